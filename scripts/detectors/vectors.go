package main

import (
	"os"
	"regexp"
	"strings"

	"refresher/internal/pii"
)

// stdnumKinds are the modules of python-stdnum and stdnum-js whose numbers are looked for.
var stdnumKinds = map[string]string{
	"us/ssn": "us_ssn", "us/itin": "us_itin", "ca/sin": "ca_sin", "mx/curp": "mx_curp", "br/cpf": "br_cpf", "br/cnpj": "br_cnpj", "ar/cuit": "ar_cuit",
	"cl/rut": "cl_rut", "ec/ci": "ec_cedula", "pe/ruc": "pe_ruc", "uy/cedula": "uy_ci", "do/cedula": "do_cedula", "gb/nhs": "gb_nhs", "gb/nino": "gb_nino",
	"gb/utr": "gb_utr", "ie/pps": "ie_pps", "fr/nir": "fr_nir", "es/dni": "es_dni", "es/nie": "es_nie", "pt/nif": "pt_nif", "it/codicefiscale": "it_cf",
	"de/idnr": "de_steuerid", "de/svnr": "de_svnr", "at/vnr": "at_svnr", "ch/ssn": "ch_ahv", "be/nn": "be_rrn", "nl/bsn": "nl_bsn",
	"se/personnummer": "se_personnummer", "dk/cpr": "dk_cpr", "no/fodselsnummer": "no_fnr", "fi/hetu": "fi_hetu", "is_/kennitala": "is_kennitala",
	"is/kennitala": "is_kennitala", "ee/ik": "ee_isikukood", "lt/asmens": "ee_isikukood", "pl/pesel": "pl_pesel", "pl/nip": "pl_nip", "cz/rc": "cz_rc",
	"ro/cnp": "ro_cnp", "bg/egn": "bg_egn", "hr/oib": "hr_oib", "si/emso": "rs_jmbg", "rs/jmbg": "rs_jmbg", "ba/jmbg": "rs_jmbg", "gr/amka": "gr_amka",
	"ua/rntrc": "ua_rnokpp", "tr/tckimlik": "tr_tckn", "in_/aadhaar": "in_aadhaar", "in/aadhaar": "in_aadhaar", "in_/pan": "in_pan", "in/pan": "in_pan",
	"cn/ric": "cn_ric", "hk/hkid": "hk_id", "kr/rrn": "kr_rrn", "th/pin": "th_id", "th/idnr": "th_id", "il/idnr": "il_tz", "za/idnr": "za_id",
	"au/tfn": "au_tfn", "nz/ird": "nz_ird", "my/nric": "my_nric", "pk/cnic": "pk_cnic", "tw/natid": "tw_id",
	"iban": "iban", "luhn": "", "imei": "imei", "bic": "bic", "bitcoin": "btc", "mac": "mac",
}

// kindRecord is a record of a kind, or of a class by its name.
func kindRecord(kind, value string, valid bool) record {
	r := record{Value: value, Valid: &valid, Class: pii.NationalID, Kind: kind}
	switch {
	case kind == "btc" || kind == "eth":
		r.Class = pii.Crypto
	case !strings.Contains(kind, "_") || kind == string(pii.CreditCard):
		r.Class, r.Kind = pii.Class(kind), ""
	}
	return r
}

var (
	pyCall  = regexp.MustCompile(`(?m)^\s*>>> (?:[a-z_]+\.)?validate\('([^']+)'\)[^\n]*\n\s*(\S[^\n]*)`)
	pyList  = regexp.MustCompile(`(?s)numbers = '''(.*?)'''(.{0,200})`)
	pyName  = regexp.MustCompile(`^(?:stdnum/)?(?:tests/test_)?([a-z]{2}_?)[_/]([a-z]+)\.(?:py|doctest)$`)
	pyPlain = regexp.MustCompile(`^(?:stdnum/)?([a-z]+)\.py$`)
)

// pythonVectors reads the examples of a docstring, and the lists of the tests that
// must all be valid.
func pythonVectors(path, text string) (out []record) {
	kind := ""
	if m := pyName.FindStringSubmatch(path); m != nil {
		kind = stdnumKinds[m[1]+"/"+m[2]]
	} else if m := pyPlain.FindStringSubmatch(path); m != nil {
		kind = stdnumKinds[m[1]]
	}
	if kind == "" {
		return nil
	}
	for _, m := range pyCall.FindAllStringSubmatch(text, -1) {
		out = append(out, kindRecord(kind, m[1], !strings.HasPrefix(m[2], "Traceback")))
	}
	for _, m := range pyList.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(m[2], "not ") {
			continue // asks for something else
		}
		for _, v := range strings.Split(m[1], "\n") {
			if v = strings.TrimSpace(v); v != "" && !strings.Contains(v, "...") {
				out = append(out, kindRecord(kind, v, true))
			}
		}
	}
	return out
}

var (
	jsName = regexp.MustCompile(`^(?:src/)?([a-z]{2}/[a-z_]+)\.spec\.ts$`)
	jsEach = regexp.MustCompile(`(?s)(?:test|it)\.each\(\[(.*?)\]\)\(\s*'([^']*)'.{0,60}?\{(.*?)\n  \}\);`)
	jsOne  = regexp.MustCompile(`(?s)(?:test|it)\('([^']*)'.{0,40}?\{(.*?)\n  \}\);`)
	jsCall = regexp.MustCompile(`validate\('([^']+)'\)`)
	jsText = regexp.MustCompile(`'([^']+)'`)
)

func jsVectors(path, text string) (out []record) {
	m := jsName.FindStringSubmatch(path)
	if m == nil || stdnumKinds[m[1]] == "" {
		return nil
	}
	kind := stdnumKinds[m[1]]
	add := func(body string, values [][]string) {
		valid := strings.Contains(body, "isValid).toEqual(true)") ||
			strings.Contains(body, "isValid && result.compact).toEqual(")
		invalid := strings.Contains(body, "toBeInstanceOf(Invalid") || strings.Contains(body, "isValid).toEqual(false)")
		if valid == invalid {
			return
		}
		for _, v := range values {
			out = append(out, kindRecord(kind, v[1], valid))
		}
	}
	for _, m := range jsEach.FindAllStringSubmatch(text, -1) {
		add(m[3], jsText.FindAllStringSubmatch(m[1], -1))
	}
	for _, m := range jsOne.FindAllStringSubmatch(text, -1) {
		add(m[2], jsCall.FindAllStringSubmatch(m[2], -1))
	}
	return out
}

// validators are those of validator.js whose values are looked for; with a locale
// where one has several.
var validators = map[string]string{
	"isEmail": "email", "isIBAN": "iban", "isBIC": "bic", "isMACAddress": "mac", "isCreditCard": "credit_card", "isIMEI": "imei", "isBtcAddress": "btc",
	"isEthereumAddress": "eth", "isJWT": "token",
	"isIdentityCard ES": "es_dni", "isIdentityCard IN": "in_aadhaar", "isIdentityCard TH": "th_id", "isIdentityCard zh-CN": "cn_ric", "isIdentityCard zh-TW": "tw_id",
	"isIdentityCard zh-HK": "hk_id", "isIdentityCard he-IL": "il_tz", "isIdentityCard PL": "pl_pesel", "isIdentityCard NO": "no_fnr", "isIdentityCard FI": "fi_hetu",
	"isIdentityCard PK": "pk_cnic",
	"isTaxID pt-BR":     "br_cpf", "isTaxID es-ES": "es_dni", "isTaxID de-DE": "de_steuerid", "isTaxID nl-NL": "nl_bsn", "isTaxID it-IT": "it_cf", "isTaxID en-IE": "ie_pps",
	"isTaxID hr-HR": "hr_oib", "isTaxID cs-CZ": "cz_rc", "isTaxID bg-BG": "bg_egn", "isTaxID fi-FI": "fi_hetu", "isTaxID et-EE": "ee_isikukood", "isTaxID pt-PT": "pt_nif",
	"isTaxID sv-SE": "se_personnummer", "isTaxID dk-DK": "dk_cpr", "isTaxID hu-HU": "hu_adoazonosito", "isTaxID fr-BE": "be_rrn", "isTaxID en-CA": "ca_sin",
}

var jsLiteral = regexp.MustCompile(`'((?:[^'\\]|\\.)*)'`)

// validatorJS reads the calls of test({validator, args, valid, invalid}) and the
// fixtures of identity cards.
func validatorJS(source string, emit func(record) error) error {
	b, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	text := string(b)
	blocks := strings.Split(text, "validator: '")
	for _, block := range blocks[1:] {
		name, rest, _ := strings.Cut(block, "'")
		if end := strings.Index(rest, "\n    });"); end > 0 {
			rest = rest[:end]
		}
		args := section(rest, "args: [")
		if locale := jsLiteral.FindStringSubmatch(args); locale != nil {
			name += " " + locale[1]
		} else if args != "" {
			continue // options
		}
		if err := both(validators[name], rest, emit); err != nil {
			return err
		}
	}
	_, cards, _ := strings.Cut(text, "should validate identity cards")
	cards, _, _ = strings.Cut(cards, "\n  });")
	for _, block := range strings.Split(cards, "locale: '")[1:] {
		locale, rest, _ := strings.Cut(block, "'")
		if end := strings.Index(rest, "locale: '"); end > 0 {
			rest = rest[:end]
		}
		if err := both(validators["isIdentityCard "+locale], rest, emit); err != nil {
			return err
		}
	}
	return nil
}

func both(kind, text string, emit func(record) error) error {
	if kind == "" {
		return nil
	}
	for _, s := range []struct {
		name  string
		valid bool
	}{{"\nvalid: [", true}, {"invalid: [", false}} {
		list := section(strings.ReplaceAll(text, " valid:", "\nvalid:"), s.name)
		for _, m := range jsLiteral.FindAllStringSubmatch(list, -1) {
			v := strings.ReplaceAll(strings.ReplaceAll(m[1], `\'`, "'"), `\\`, `\`)
			if len(v) < 4 { // a piece of an expression
				continue
			}
			if err := emit(kindRecord(kind, v, s.valid)); err != nil {
				return err
			}
		}
	}
	return nil
}

// section is what stands between a word with a bracket, and the closing one.
func section(text, open string) string {
	_, rest, ok := strings.Cut(text, open)
	if !ok {
		return ""
	}
	depth, quote := 0, false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && quote:
			i++
		case c == '\'':
			quote = !quote
		case quote:
		case c == '[':
			depth++
		case c == ']':
			if depth == 0 {
				return rest[:i]
			}
			depth--
		}
	}
	return ""
}
