package scrub_test

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// A value that a rule can't take refuses the run. The refusal says where it stands, what is
// wrong with it and what takes it, and never what it is.
func TestUnfitValuesAreRefusals(t *testing.T) {
	for _, c := range []struct{ column, rule, value, what, takes string }{
		{"text", "{transform: fpe, alphabet: alphanumeric}", "jane@mail.invalid", "the value has a sign, which is not in the alphabet", "mask"},
		{"varchar(20) not null", "fpe", "212-8675309", "the value has a hyphen or underscore", "digits"},
		{"text", "fpe", "1234", "the value has 4 characters to encrypt", "digits"},
		{"text", "digits", "n/a", "the value has no digits", "mask"},
		{"text", "{transform: date_shift, max_days: 9}", "17 May 1984", "the value is no ISO date", "token"},
		{"text", "{transform: number_noise, percent: 5}", "1021 zł", "the value is no number: it has white space", "digits"},
		{"text", "age_bucket", "old", "the value is no age", "mask"},
		{"text", "{transform: regex_replace, pattern: '\\d{9}', with: x}", "Jane Doe", "the pattern matches nothing in the value, which has 8 characters", "mask"},
		{"varchar(9)", "{transform: regex_replace, pattern: '[a-z]', with: xx}", "jane doe", "it has 15 characters, and there is room for 9", "mask"},
		{"text", "{json: {a: keep}}", "{not", "not valid JSON", "invalid: redact"},
		{"xml", "{xml: {a: keep}}", "<a>", "not well-formed XML", "null"},
		{"unique text", "phone", "49151123456789012", "the value has 17 digits, of which 13 can be kept apart", "token"},
		{"unique text not null", "phone", "see notes", "the value is no phone number: it has a small letter", "token"},
		{"unique varchar(20)", "{transform: credit_card, unique: true}", "4539578763621487", "wrong check digit", "token"},
		{"unique macaddr", "{transform: mac, unique: true}", "01:00:5e:00:00:01", "the address of a group", "null"},
	} {
		column, isUnique := strings.CutPrefix(c.column, "unique ")
		cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + column}, edit: func(t *catalog.Table) {
			if isUnique {
				t.Unique = []catalog.UniqueIndex{unique("x")}
			}
		}})
		p := compile(t, cat, head+"  a.t: {columns: {x: "+c.rule+"}}\n")
		_, err := tryScrub(t, p, "a.t", []string{c.value})
		var refusal *fault.Refusal
		if !errors.As(err, &refusal) || refusal.Gate != "values" || !strings.Contains(err.Error(), "scrubbing a.t, row 1, column x (") {
			t.Errorf("%s %s of %s: %v", c.column, c.rule, c.value, err)
			continue
		}
		if !strings.Contains(refusal.Reason, c.what) || !strings.Contains(refusal.Problems[0].Text, c.takes) || strings.Contains(err.Error(), c.value) {
			t.Errorf("%s %s of %s: %v", c.column, c.rule, c.value, err)
		}
		if not := strings.Contains(c.column, "not null"); not && strings.Contains(refusal.Problems[0].Text, "null") {
			t.Errorf("%s is proposed NULL: %v", c.column, err)
		}
	}
}
