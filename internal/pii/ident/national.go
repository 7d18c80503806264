package ident

// National is one kind of national identification number: what a state, or its
// health or tax administration, gives to one person.
type National struct {
	Kind string // ISO 3166-1 code and a word: "pl_pesel"
	Name string // what people call it
	// Forms are how it is written, separated by '|': 9 a digit, A a letter, X either, the rest as
	// it is; ! behind what little else looks like, ? behind what some else does.
	Forms string
	Check func(compact []byte) bool
	// Chance is the probability that random characters of the compact form pass
	// Check (measured; TestChances holds it to a factor of two).
	Chance float64
	Note   string // what the check looks at
}

// Nationals are all kinds, by continent and country. Checks take the compact
// form: upper case, without separators, of a length that a form has.
func Nationals() []National { return nationals }

var nationals = []National{
	// America
	{"us_ssn", "Social Security number", "999-99-9999!|999 99 9999?|999999999", SSN, 0.9, "areas, groups and serials that are issued; there is no check digit"},
	{"us_itin", "taxpayer number (ITIN)", "999-99-9999!|999999999", itin, 0.05, "9xx and the groups in use"},
	{"us_mbi", "Medicare beneficiary", "XXXX-XXX-XXXX!|XXXXXXXXXXX", mbi, 0.0001, "letters and digits in their places (CMS)"},
	{"ca_sin", "Social Insurance Number", "999 999 999|999-999-999|999999999", sin, 0.08, "Luhn"},
	{"mx_curp", "CURP", "AAAA999999AAAAAAX9", curp, 0.00003, "date, state, mod 10"},
	{"mx_rfc", "RFC", "AAAA999999XXX", rfc, 0.003, "date, mod 11"},
	{"br_cpf", "CPF", "999.999.999-99!|999 999 999 99|999999999-99!|99999999999", cpf, 0.01, "two digits, mod 11"},
	{"br_cnpj", "CNPJ", "99.999.999/9999-99!|XX.XXX.XXX/XXXX-99!|99999999999999|XXXXXXXXXXXX99", cnpj, 0.01, "two digits, mod 11"},
	{"ar_cuit", "CUIT/CUIL", "99-99999999-9!|99 99999999 9|99999999999", cuit, 0.006, "type, mod 11"},
	{"cl_rut", "RUT", "99.999.999-X!|9.999.999-X!|99999999-X|9999999-X|99999999X|9999999X", rut, 0.09, "mod 11"},
	{"ec_cedula", "cédula", "9999999999|999999999-9", cedulaEC, 0.015, "province, mod 10"},
	{"pe_ruc", "RUC", "99999999999", rucPE, 0.003, "type, mod 11"},
	{"uy_ci", "cédula de identidad", "9.999.999-9!|9999999-9|99999999", ciUY, 0.1, "mod 10"},
	{"do_cedula", "cédula", "999-9999999-9!|99999999999", luhn11, 0.1, "Luhn"},
	// Europe
	{"gb_nino", "National Insurance number", "AA999999A!|AA 99 99 99 A!|AA-99-99-99-A!|AA 999999 A!", nino, 0.07, "prefixes in use, suffix A–D; there is no check digit"},
	{"gb_nino", "National Insurance number without its suffix", "AA999999", nino, 0.55, "prefixes in use"},
	{"gb_nhs", "NHS number", "999 999 9999|999-999-9999|9999999999", nhs, 0.09, "mod 11"},
	{"gb_utr", "Unique Taxpayer Reference", "9999999999|99999 99999", utr, 0.1, "mod 11"},
	{"ie_pps", "PPS number", "9999999A!|9999999AA!", pps, 0.04, "mod 23"},
	{"fr_nir", "NIR (sécurité sociale)", "9 99 99 99 999 999 99!|9 99 99 9X 999 999 99!|999999999999999|999999X99999999", nir, 0.003, "sex, month, department, mod 97"},
	{"fr_nir", "NIR without its key", "9 99 99 99 999 999!", nir, 0.025, "sex, month, department"},
	{"es_dni", "DNI", "99999999A!|99999999-A!|99.999.999-A!|99.999.999A!|99999999 A", dni, 0.04, "mod 23"},
	{"es_nie", "NIE", "A9999999A!|A-9999999-A!|A9999999-A!|A-9999999A!", nie, 0.01, "X, Y, Z, or K, L, M; mod 23"},
	{"pt_nif", "NIF", "999999999|999 999 999", nif, 0.06, "first digit, mod 11"},
	{"it_cf", "codice fiscale", "AAAAAAXXAXXAXXXA!", codiceFiscale, 0.006, "form, month, day, mod 26"},
	{"de_steuerid", "Steuer-ID", "99 999 999 999!|99 9999 99999|9999999999 9|99999999999", steuerID, 0.003, "repeated digits, ISO 7064 MOD 11,10"},
	{"de_svnr", "Rentenversicherungsnummer", "99999999A999|99 999999 A 999|99 999999 A 99 9", svnrDE, 0.004, "date, mod 10"},
	{"de_ausweis", "Personalausweis", "AXXXXXXXX9", ausweis, 0.08, "letters in use, mod 10"},
	{"de_ausweis", "Personalausweis without its check digit", "AXXXXXXXX", ausweis, 0.6, "letters in use"},
	{"at_svnr", "Sozialversicherungsnummer", "9999 999999|9999-999999|9999999999", svnrAT, 0.025, "date, mod 11"},
	{"ch_ahv", "AHV/AVS", "999.9999.9999.99|999 9999 9999 99|9999999999999", ahv, 0.0001, "756, EAN-13"},
	{"be_rrn", "Rijksregisternummer", "99.99.99-999.99!|99 99 99 999 99|99.99.99-999-99|999999-999-99|999999-999.99|99999999999", rrnBE, 0.0026, "date, mod 97"},
	{"nl_bsn", "BSN", "999999999|99999999|9999.99.999|9999 99 999|999 999 999|999.999.999", bsn, 0.09, "mod 11"},
	{"lu_nin", "matricule", "9999999999999", matriculeLU, 0.00001, "date, Luhn, Verhoeff"},
	{"se_personnummer", "personnummer", "999999-9999|999999+9999|99999999-9999|9999999999|999999999999", personnummer, 0.004, "date, Luhn"},
	{"dk_cpr", "CPR", "999999-9999!|999999 9999|9999999999", cpr, 0.04, "date; the check digit is no longer kept to"},
	{"no_fnr", "fødselsnummer", "999999 99999|99999999999", fnr, 0.0007, "date, two digits, mod 11"},
	{"fi_hetu", "henkilötunnus", "999999-999X|999999+999X|999999A999X", hetu, 0.001, "date, mod 31"},
	{"is_kennitala", "kennitala", "999999-9999|999999 9999|9999999999", kennitala, 0.0017, "date, mod 11"},
	{"ee_isikukood", "isikukood / asmens kodas", "99999999999", isikukood, 0.001, "date, mod 11"},
	{"lv_pk", "personas kods", "999999-99999!", personasKods, 0.02, "date or 32"},
	{"pl_pesel", "PESEL", "99999999999", pesel, 0.006, "date, mod 10"},
	{"pl_nip", "NIP", "999-999-99-99!|999-99-99-999!|9999999999", nip, 0.08, "mod 11"},
	{"pl_dowod", "dowód osobisty", "AAA999999|AAA 999999", dowod, 0.1, "mod 10"},
	{"cz_rc", "rodné číslo", "999999/9999!|9999999999", rodneCislo, 0.015, "date, mod 11"},
	{"cz_rc", "rodné číslo before 1954", "999999/999!|999999999", rodneCislo, 0.08, "date"},
	{"hu_adoazonosito", "adóazonosító jel", "9999999999", adoazonosito, 0.007, "8, date, mod 11"},
	{"ro_cnp", "CNP", "9999999999999", cnp, 0.002, "date, county, mod 11"},
	{"bg_egn", "EGN", "9999999999", egn, 0.008, "date, mod 11"},
	{"hr_oib", "OIB", "99999999999", oib, 0.1, "ISO 7064 MOD 11,10"},
	{"rs_jmbg", "JMBG/EMŠO", "9999999999999", jmbg, 0.0004, "date, mod 11"},
	{"gr_amka", "AMKA", "99999999999", amka, 0.004, "date, Luhn"},
	{"gr_afm", "AFM", "999999999", afm, 0.09, "mod 11"},
	{"ua_rnokpp", "RNOKPP", "9999999999", rnokpp, 0.05, "date, mod 11"},
	{"ru_inn", "INN", "999999999999", inn12, 0.009, "two digits, mod 11"},
	{"ru_snils", "SNILS", "999-999-999 99!|999-999-999-99!|99999999999", snils, 0.01, "mod 101"},
	{"tr_tckn", "T.C. kimlik no", "99999999999", tckn, 0.009, "two digits, mod 10"},
	// Asia, Africa, Oceania
	{"in_aadhaar", "Aadhaar", "9999 9999 9999!|9999-9999-9999!|999999999999", aadhaar, 0.08, "Verhoeff"},
	{"in_pan", "PAN", "AAAAA9999A!", pan, 0.4, "letter of the holder's status; there is no check digit"},
	{"cn_ric", "居民身份证", "99999999999999999X", ric, 0.00001, "province, date, ISO 7064 MOD 11-2"},
	{"cn_ric", "居民身份证 before 1999", "999999999999999", ric, 0.01, "province, date"},
	{"tw_id", "身分證", "A999999999", twid, 0.04, "sex, mod 10"},
	{"hk_id", "HKID", "A999999(X)!|AA999999(X)!|A999999[X]!|AA999999[X]!|A999999X|AA999999X|A999999-X", hkid, 0.08, "mod 11"},
	{"kr_rrn", "주민등록번호", "999999-9999999|9999999999999", rrnKR, 0.004, "date, century; check digit before 2020"},
	{"jp_mynumber", "マイナンバー", "9999 9999 9999|9999-9999-9999|999999999999", myNumber, 0.1, "mod 11"},
	{"sg_nric", "NRIC/FIN", "A9999999A!", nric, 0.007, "mod 11"},
	{"my_nric", "MyKad", "999999-99-9999!|999999999999", mykad, 0.03, "date, place; there is no check digit"},
	{"th_id", "Thai ID", "9-9999-99999-99-9!|9 9999 99999 99 9!|9999999999999", thaiID, 0.08, "mod 11"},
	{"il_tz", "Teudat Zehut", "999999999|99999999-9|9999999-9", teudatZehut, 0.1, "Luhn"},
	{"ae_id", "Emirates ID", "999-9999-9999999-9|999999999999999", emiratesID, 0.00002, "784, year, Luhn"},
	{"sa_id", "Saudi ID", "9999999999", saudiID, 0.02, "1 or 2, Luhn"},
	{"kz_iin", "IIN", "999999999999", iin, 0.002, "date, mod 11"},
	{"pk_cnic", "CNIC", "99999-9999999-9!", cnic, 0.5, "province; there is no check digit"},
	{"za_id", "South African ID", "999999 9999 999|999999 9999 99 9|9999999999999", zaID, 0.0008, "date, citizenship, Luhn"},
	{"au_tfn", "Tax File Number", "999 999 999|999999999", tfn, 0.09, "mod 11"},
	{"au_medicare", "Medicare", "9999 99999 9!|9999-99999-9!|9999 99999 9/9!|9999999999", medicareAU, 0.05, "first digit, mod 10"},
	{"nz_ird", "IRD number", "99-999-999|999-999-999|9999999-9|99999999-9|99999999|999999999", ird, 0.08, "mod 11"},
}
