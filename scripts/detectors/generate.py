#!/usr/bin/env python3
"""Makes corpora of numbers with the generators and checks of others:

    PYTHONPATH=faker:python-stdnum python3 scripts/detectors/generate.py FOLDER

Faker makes valid numbers. python-stdnum, which knows nothing of Faker, judges
random numbers of the right length and those of Faker with one digit changed: what
it takes is valid, what it refuses is not. The rest of a folder is noise (orders,
times, hashes), and numbers in sentences. With the same seed the same comes out.
"""
import importlib
import json
import os
import random
import re
import sys

from faker import Faker

N = 200
rnd = random.Random(20)
Faker.seed(20)

# kind: (locale, method, python-stdnum module or None, a word before it)
FAKER = {
    "cz_rc": ("cs_CZ", "birth_number", "cz.rc", "Rodné číslo"),
    "cz_rc ": ("sk_SK", "birth_number", "cz.rc", "Rodné číslo"),
    "at_svnr": ("de_AT", "ssn", "at.vnr", "SVNR"),
    "de_svnr": ("de_DE", "rvnr", None, "Rentenversicherungsnummer"),
    "ca_sin": ("en_CA", "ssn", "ca.sin", "SIN"),
    "gb_nino": ("en_GB", "ssn", None, "NINO"),
    "in_aadhaar": ("en_IN", "aadhaar_id", "in_.aadhaar", "Aadhaar"),
    "in_pan": ("en_IN", "pan", "in_.pan", "PAN"),
    "us_ssn": ("en_US", "ssn", "us.ssn", "SSN"),
    "us_itin": ("en_US", "itin", "us.itin", "ITIN"),
    "cl_rut": ("es_CL", "person_rut", "cl.rut", "RUT"),
    "es_nie": ("es_ES", "nie", "es.nie", "NIE"),
    "es_dni": ("es_ES", "nif", "es.dni", "DNI"),
    "mx_curp": ("es_MX", "curp", "mx.curp", "CURP"),
    "mx_rfc": ("es_MX", "rfc", "mx.rfc", "RFC"),
    "ee_isikukood": ("et_EE", "ssn", "ee.ik", "Isikukood"),
    "fi_hetu": ("fi_FI", "ssn", "fi.hetu", "Henkilötunnus"),
    "ch_ahv": ("de_CH", "ssn", "ch.ssn", "AHV"),
    "fr_nir": ("fr_FR", "ssn", "fr.nir", "NIR"),
    "gr_amka": ("el_GR", "ssn", "gr.amka", "AMKA"),
    "gr_afm": ("el_GR", "tin", "gr.vat", "AFM"),
    "il_tz": ("he_IL", "ssn", "il.idnr", "Teudat Zehut"),
    "hr_oib": ("hr_HR", "ssn", "hr.oib", "OIB"),
    "it_cf": ("it_IT", "ssn", "it.codicefiscale", "Codice fiscale"),
    "kr_rrn": ("ko_KR", "ssn", "kr.rrn", "RRN"),
    "lv_pk": ("lv_LV", "ssn", None, "Personas kods"),
    "rs_jmbg": ("sr_BA", "ssn", "si.emso", "JMBG"),
    "rs_jmbg ": ("mk_MK", "ssn", "si.emso", "JMBG"),
    "be_rrn": ("nl_BE", "ssn", "be.nn", "Rijksregisternummer"),
    "nl_bsn": ("nl_NL", "ssn", "nl.bsn", "BSN"),
    "no_fnr": ("no_NO", "ssn", "no.fodselsnummer", "Fødselsnummer"),
    "pl_pesel": ("pl_PL", "pesel", "pl.pesel", "PESEL"),
    "pl_nip": ("pl_PL", "nip", "pl.nip", "NIP"),
    "pl_dowod": ("pl_PL", "identity_card_number", None, "Dowód osobisty"),
    "br_cpf": ("pt_BR", "cpf", "br.cpf", "CPF"),
    "br_cnpj": ("pt_BR", "cnpj", "br.cnpj", "CNPJ"),
    "ro_cnp": ("ro_RO", "ssn", "ro.cnp", "CNP"),
    "ru_inn": ("ru_RU", "individuals_inn", "ru.inn", "ИНН"),
    "ru_snils": ("ru_RU", "snils", None, "СНИЛС"),
    "se_personnummer": ("sv_SE", "ssn", "se.personnummer", "Personnummer"),
    "th_id": ("th_TH", "ssn", "th.pin", "Thai ID"),
    "tr_tckn": ("tr_TR", "ssn", "tr.tckimlik", "T.C. kimlik no"),
    "ua_rnokpp": ("uk_UA", "ssn", "ua.rntrc", "РНОКПП"),
    "cn_ric": ("zh_CN", "ssn", "cn.ric", "身份证"),
    "tw_id": ("zh_TW", "ssn", None, "身分證"),
    "credit_card": ("en_US", "credit_card_number", None, "Card"),
}
IBANS = "de_AT de_CH de_DE el_GR en_GB en_IE es_ES fi_FI fr_FR it_IT mk_MK nl_BE nl_NL no_NO pl_PL pt_PT ro_RO tr_TR da_DK cs_CZ sk_SK".split()

# kind: (module, form): 9 is a digit, A a letter, YYMMDD a day in 1930-1999, [..] one of these.
RANDOM = {
    "ar_cuit": ("ar.cuit", "2[0347]999999999"), "au_tfn": ("au.tfn", "999999999"), "bg_egn": ("bg.egn", "YYMMDD9999"),
    "br_cpf": ("br.cpf", "99999999999"), "br_cnpj": ("br.cnpj", "99999999000199"), "ca_sin": ("ca.sin", "999999999"),
    "cl_rut": ("cl.rut", "[12]9999999[0123456789K]"), "do_cedula": ("do.cedula", "99999999999"), "dk_cpr": ("dk.cpr", "DDMMYY[0123]999"),
    "ec_cedula": ("ec.ci", "[012]9[012345]9999999"), "ee_isikukood": ("ee.ik", "[34]YYMMDD9999"), "es_dni": ("es.dni", "99999999A"),
    "es_nie": ("es.nie", "[XYZ]9999999A"), "fi_hetu": ("fi.hetu", "DDMMYY-999A"), "fr_nir": ("fr.nir", "[12]YYMM[123456789]999999999"),
    "gb_nhs": ("gb.nhs", "9999999999"), "gb_utr": ("gb.utr", "9999999999"), "gr_amka": ("gr.amka", "DDMMYY99999"),
    "hr_oib": ("hr.oib", "99999999999"), "ie_pps": ("ie.pps", "9999999A[ A]"), "il_tz": ("il.idnr", "999999999"),
    "in_aadhaar": ("in_.aadhaar", "999999999999"), "is_kennitala": ("is_.kennitala", "DDMMYY9999"), "kr_rrn": ("kr.rrn", "YYMMDD[12]999999"),
    "my_nric": ("my.nric", "YYMMDD999999"), "nl_bsn": ("nl.bsn", "999999999"), "no_fnr": ("no.fodselsnummer", "DDMMYY[01234]9999"),
    "nz_ird": ("nz.ird", "99999999"), "pe_ruc": ("pe.ruc", "1[057]999999999"), "pl_nip": ("pl.nip", "[123456789]999999999"),
    "pl_pesel": ("pl.pesel", "YYMMDD99999"), "pt_nif": ("pt.nif", "[12356789]99999999"), "ro_cnp": ("ro.cnp", "[12]YYMMDD999999"),
    "rs_jmbg": ("si.emso", "DDMM[9]YY999999"), "se_personnummer": ("se.personnummer", "YYMMDD-9999"), "th_id": ("th.pin", "[12345678]999999999999"),
    "tr_tckn": ("tr.tckimlik", "99999999999"), "ua_rnokpp": ("ua.rntrc", "[123]999999999"), "za_id": ("za.idnr", "YYMMDD9999[01]99"),
    "de_steuerid": ("de.idnr", "99999999999"), "imei": ("imei", "[3][5]9999999999999"), "be_rrn": ("be.nn", "YYMMDD99999"),
    "cz_rc": ("cz.rc", "YYMMDD9999"), "at_svnr": ("at.vnr", "9999DDMMYY"), "ch_ahv": ("ch.ssn", "[7][5][6]9999999999"),
    "pk_cnic": ("pk.cnic", "99999-9999999-9"), "it_cf": ("it.codicefiscale", "AAAAAAYY[ABCDEHLMPRST]DD[ABCDEFGHILMZ]999A"),
}


def authority(kind, value):
    """Why the authority that gives out a kind refuses a value that a generator makes;
    empty if it does not."""
    digits = re.sub(r"[^0-9]", "", value)
    if kind == "gb_nino" and value.startswith("ZZ"):
        return "HMRC NIM39110: the prefix ZZ is not used"
    if kind == "vin" and value[9] in "UZ0":
        return "49 CFR 565.15: no model year has the code U, Z or 0"
    if kind == "mx_rfc" and not importlib.import_module("stdnum.mx.rfc").is_valid(value, validate_check_digits=True):
        return "SAT: the check digit is wrong"
    if kind == "ca_sin" and digits[0] in "08":
        return "CRA: 0 and 8 are not given to persons"
    if kind == "iban" and value.startswith("IE") and len(value.replace(" ", "")) != 22:
        return "ISO 13616: an Irish number has 22 characters"
    if kind == "credit_card" and digits[0] == "0":
        return "ISO/IEC 7812-1: 0 is no card issuer's"
    if kind == "cl_rut" and len(digits) < 8 and not value[-1:].isalpha():
        return "older than anybody living"
    if kind == "nl_bsn" and int(digits) < 1_000_000:
        return "RvIG: below the first number"
    return ""


def module(name):
    try:
        return importlib.import_module("stdnum." + name) if name else None
    except ImportError:
        return None


def judge(m, value):
    """What python-stdnum says; None where it has no say."""
    if m is None:
        return None
    try:
        return bool(m.is_valid(value))
    except Exception:
        return None


def changed(value):
    """The value with its last digit changed, the check digit of most."""
    at = [i for i, c in enumerate(value) if c.isdigit()]
    i = at[-1]
    return value[:i] + str((int(value[i]) + rnd.randint(1, 9)) % 10) + value[i + 1:]


def fill(form):
    year, month, day = rnd.randint(30, 99), rnd.randint(1, 12), rnd.randint(1, 28)
    for name, n in ("YY", year), ("MM", month), ("DD", day):
        form = form.replace(name, "".join(f"[{c}]" for c in f"{n:02}"))
    parts = re.findall(r"\[[^]]*\]|.", form)
    for i, p in enumerate(parts):
        if p[0] == "[":
            parts[i] = rnd.choice(p[1:-1])
        elif p == "9":
            parts[i] = rnd.choice("0123456789")
        elif p == "A":
            parts[i] = rnd.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return "".join(parts).replace(" ", "")


class Out:
    def __init__(self, folder, name):
        self.f, self.seen = open(os.path.join(folder, name + ".jsonl"), "w"), set()

    def value(self, kind, value, valid, said=None):
        if (kind, value) in self.seen:
            return
        self.seen.add((kind, value))
        cls = "national_id" if "_" in kind and kind != "credit_card" else kind
        r = {"value": value, "class": cls, "valid": valid}
        if cls == "national_id":
            r["kind"] = kind
        why = authority(kind, value) if valid else ""
        if why or valid and said is False:
            r["disputed"] = why or "python-stdnum refuses it"
        self.f.write(json.dumps(r, ensure_ascii=False) + "\n")

    def text(self, before, value, cls, after="."):
        s = len(before) + 1
        spans = [{"start": s, "end": s + len(value), "class": cls}] if cls else []
        self.f.write(json.dumps({"text": f"{before} {value}{after}", "spans": spans}, ensure_ascii=False) + "\n")


def main(folder):
    os.makedirs(folder, exist_ok=True)
    made, words = Out(folder, "faker"), Out(folder, "sentences")
    for kind, (locale, method, name, word) in FAKER.items():
        kind, fake, m = kind.strip(), Faker(locale), module(name)
        cls = kind if kind == "credit_card" else "national_id"
        for i in range(N):
            v = str(getattr(fake, method)())
            made.value(kind, v, True, judge(m, v))
            if i < 20 and judge(m, v) is not False and not authority(kind, v):
                words.text(rnd.choice(["", "the customer’s ", "please note: "]) + word + rnd.choice(["", ":", " is"]), v, cls)
            w = changed(v)
            if judge(m, w) is False or kind in ("credit_card", "ru_snils", "pl_dowod", "de_svnr"):
                made.value(kind, w, False)
    iban = module("iban")
    for locale in IBANS:
        fake = Faker(locale)
        for i in range(20):
            v = fake.iban()
            if i % 2:
                v = re.sub("(....)", r"\1 ", v).strip()
            made.value("iban", v, True, judge(iban, v))
            made.value("iban", changed(v), False)
            if not authority("iban", v) and judge(iban, v):
                words.text("transfer to", v, "iban")
    fake = Faker("en_US")
    for _ in range(N):
        v = fake.vin()
        made.value("vin", v, True)
    other = Out(folder, "stdnum-random")
    for kind, (name, form) in RANDOM.items():
        m = module(name)
        if m is None:
            continue
        good = bad = 0
        tries = 0
        while (good < N or bad < N) and tries < 2_000_000:
            tries += 1
            v = fill(form)
            ok = judge(m, v)
            if ok and good < N:
                good += 1
                other.value(kind, v, True)
                try:
                    w = m.format(v)
                except Exception:
                    w = v
                if w != v:
                    other.value(kind, w, True)
            elif ok is False and bad < N:
                bad += 1
                other.value(kind, v, False)
    noise = Out(folder, "noise")
    for i in range(3000):
        digits = rnd.randint(6, 18)
        noise.value("none", rnd.choice([
            str(rnd.randint(10 ** (digits - 1), 10 ** digits - 1)), str(1_500_000_000 + rnd.randint(0, 300_000_000)),
            str(1_500_000_000_000 + rnd.randint(0, 300_000_000_000)), fake.md5(), fake.sha1(), fake.uuid4(), fake.ean13(), fake.isbn13(),
            f"ORD-{rnd.randint(100000, 99999999)}", f"{rnd.randint(2000, 2026)}{rnd.randint(100000, 999999)}", fake.iso8601(), fake.hexify("^" * 16),
            f"{rnd.randint(100, 999)}-{rnd.randint(10000, 99999)}", f"{rnd.randint(0, 10**9) / 1000:.3f}", fake.bothify("??######")]), False)


if __name__ == "__main__":
    main(sys.argv[1])
