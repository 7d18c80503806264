package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"refresher/internal/pii"
)

// convertTo writes the records of a public collection.
func convertTo(w io.Writer, format, source string) error {
	emit := func(r record) error {
		b, err := json.Marshal(r)
		if err == nil {
			_, err = fmt.Fprintf(w, "%s\n", b)
		}
		return err
	}
	switch format {
	case "presidio":
		return presidio(source, emit)
	case "presidio-tests":
		return vectors(source, `test_[a-z_]+_recognizer\.py$`, presidioTests, emit)
	case "stdnum":
		return vectors(source, `\.(py|doctest)$`, pythonVectors, emit)
	case "stdnum-js":
		return vectors(source, `\.spec\.ts$`, jsVectors, emit)
	case "validator.js":
		return validatorJS(source, emit)
	}
	return fmt.Errorf("there is no format %q", format)
}

// presidioClasses are the labels of presidio-research; others stand for what no
// detector of text looks for.
var presidioClasses = map[string]pii.Class{
	"CREDIT_CARD":    pii.CreditCard,
	"EMAIL_ADDRESS":  pii.Email,
	"IBAN_CODE":      pii.IBAN,
	"IP_ADDRESS":     pii.IP,
	"PHONE_NUMBER":   pii.Phone,
	"US_SSN":         pii.NationalID,
	"PERSON":         pii.FullName,
	"STREET_ADDRESS": pii.Street,
}

func presidio(source string, emit func(record) error) error {
	b, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	var list []struct {
		Text  string `json:"full_text"`
		Spans []struct {
			Type  string `json:"entity_type"`
			Start int    `json:"start_position"`
			End   int    `json:"end_position"`
		}
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, x := range list {
		r := record{Text: x.Text}
		for _, s := range x.Spans {
			if c := presidioClasses[s.Type]; c != "" {
				r.Spans = append(r.Spans, span{s.Start, s.End, c})
			}
		}
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

// presidioFiles are the tests of Presidio's recognisers whose entities are looked for.
var presidioFiles = map[string]pii.Class{
	"au_medicare":               pii.NationalID,
	"au_tfn":                    pii.NationalID,
	"ca_sin":                    pii.NationalID,
	"credit_card":               pii.CreditCard,
	"crypto":                    pii.Crypto,
	"de_id_card":                pii.NationalID,
	"de_social_security":        pii.NationalID,
	"de_tax_id":                 pii.NationalID,
	"email":                     pii.Email,
	"es_nie":                    pii.NationalID,
	"es_nif":                    pii.NationalID,
	"fi_personal_identity_code": pii.NationalID,
	"iban":                      pii.IBAN,
	"in_aadhaar":                pii.NationalID,
	"in_pan":                    pii.NationalID,
	"ip":                        pii.IP,
	"it_fiscal_code":            pii.NationalID,
	"kr_rrn":                    pii.NationalID,
	"mac":                       pii.MAC,
	"phone":                     pii.Phone,
	"pl_pesel":                  pii.NationalID,
	"se_personnummer":           pii.NationalID,
	"sg_fin":                    pii.NationalID,
	"th_tnin":                   pii.NationalID,
	"tr_national_id":            pii.NationalID,
	"uk_nhs":                    pii.NationalID,
	"uk_nino":                   pii.NationalID,
	"us_itin":                   pii.NationalID,
	"us_mbi":                    pii.NationalID,
	"us_ssn":                    pii.NationalID,
	"za_id_number":              pii.NationalID,
}

var (
	presidioName = regexp.MustCompile(`test_([a-z_]+)_recognizer\.py$`)
	presidioCase = regexp.MustCompile(`(?m)^\s*\(\s*"((?:[^"\\]|\\.)*)",\s*(\d+),([^"]*)`)
	presidioSpan = regexp.MustCompile(`\(\s*(\d+)\s*,\s*(\d+)\s*\)`)
)

// presidioTests reads ("text", number of entities, (start, end), …) lines.
func presidioTests(path, text string) (out []record) {
	class := presidioFiles[presidioName.FindStringSubmatch(path)[1]]
	if class == "" {
		return nil
	}
	for _, m := range presidioCase.FindAllStringSubmatch(text, -1) {
		value, err := strconv.Unquote(`"` + m[1] + `"`)
		if err != nil || value == "" {
			continue
		}
		r := record{Text: value, Labels: class}
		for _, s := range presidioSpan.FindAllStringSubmatch(m[3], -1) {
			start, _ := strconv.Atoi(s[1])
			end, _ := strconv.Atoi(s[2])
			if m[2] != "0" && end > start {
				r.Spans = append(r.Spans, span{start, end, class})
			}
		}
		if m[2] == "0" || len(r.Spans) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// vectors reads test values out of the sources of a library, a file a kind.
func vectors(dir, names string, parse func(path, text string) []record, emit func(record) error) error {
	match := regexp.MustCompile(names)
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !match.MatchString(path) {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		for _, r := range parse(filepath.ToSlash(rel), string(b)) {
			if err := emit(r); err != nil {
				return err
			}
		}
		return nil
	})
}
