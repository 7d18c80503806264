package scrub_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"refresher/internal/pii"
	"refresher/internal/scrub"
	"refresher/internal/scrub/transform"
)

func parseISO(s string) (days int, err error) {
	at, err := time.Parse("2006-01-02", s)
	return int(at.Unix() / 86400), err
}

// One number in a column of integers, of numerics, of text, in a JSON number and
// in a JSON string of one domain becomes one number, with any transform.
func TestNumbersAgreeAcrossTypes(t *testing.T) {
	punctuation := regexp.MustCompile(`[^0-9]`)
	tried := map[string]bool{}
	for _, d := range transform.Definitions() {
		if !serves(d, transform.FamilyNumber) || !serves(d, transform.FamilyText) {
			continue
		}
		rule := d.Example.Rule
		cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"i int8", "n numeric", "t text", "v varchar(40)", "j json", "b jsonb", "a _text"}})
		text := head + "  a.t: {columns: {i: R, n: R, t: R, v: R, a: {array: R}, j: {json: {x: R, \"y[*]\": R}}, b: {json: {x: R}}}}\n"
		rs := mustParse(t, strings.ReplaceAll(text, "R", rule))
		p, err := scrub.Compile(rs, cat, testKey)
		if err != nil {
			rule = strings.ReplaceAll(rule, "BASE36", "digits")
			if p, err = scrub.Compile(mustParse(t, strings.ReplaceAll(text, "R", rule)), cat, testKey); err != nil {
				t.Logf("%s serves numbers and texts, but not in one domain: %v", d.Name, err)
				continue
			}
		}
		for _, v := range []string{"123", "4711", "123456789", "2128675309", "4539578763621486"} {
			decimal := v // an amount with decimals is another one without
			if d.Class != pii.None {
				decimal += ".0"
			}
			out, err := tryScrub(t, p, "a.t", []string{v, v, v, v, fmt.Sprintf(`{"x": %s, "y": [%q, %s]}`, v, v, decimal), fmt.Sprintf(`{"x": %q}`, v), "{" + v + "}"})
			if err != nil {
				t.Logf("%s: %s is refused: %v", d.Name, v, err)
				continue
			}
			tried[d.Name] = true
			r := out[0]
			want := punctuation.ReplaceAllString(r[0], "")
			got := append([]string{r[1], r[2], r[3], r[6]}, leaves(t, r[4])...)
			for _, g := range append(got, leaves(t, r[5])...) {
				if punctuation.ReplaceAllString(g, "") != want {
					t.Errorf("%s: %s became %s as an integer, %s elsewhere: %q", d.Name, v, want, g, r)
				}
			}
		}
	}
	for _, name := range []string{"phone", "national_id", "credit_card", "fpe", "digits"} {
		if !tried[name] {
			t.Errorf("%s was not tried", name)
		}
	}
}

// leaves are the scalars of a document, as text.
func leaves(t testing.TB, doc string) (list []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		default:
			list = append(list, fmt.Sprint(v))
		}
	}
	walk(v)
	return list
}

func serves(d transform.Definition, f transform.Family) bool {
	for _, g := range d.Families {
		if f == g {
			return true
		}
	}
	return false
}

// A phone in a JSON number becomes the same fake as in a text: its digits, or a string where
// those alone can't be told from a real line's. How a number was written counts for nothing.
func TestPhonesInJSONNumbers(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"t text", "j json"}})
	rule := head + "  a.t: {columns: {t: %[1]s, j: {json: {x: %[1]s, y: %[1]s, z: %[1]s, s: %[1]s}}}}\n"
	p := compile(t, cat, fmt.Sprintf(rule, "{transform: phone, range: narrow}"))
	r := scrubbed(t, p, "a.t", []string{"+1 (212) 867-5309", `{"x": 2128675309, "y": 2128675309.0, "z": 2.128675309e9, "s": "212 867 5309"}`})[0]
	if f := r[0]; r[1] != fmt.Sprintf(`{"x": %q, "y": %q, "z": %q, "s": %q}`, f, f, f, f) {
		t.Errorf("%q", r)
	}
	p = compile(t, cat, fmt.Sprintf(rule, "phone"))
	r = scrubbed(t, p, "a.t", []string{"+1 (212) 867-5309", `{"x": 2128675309, "y": 2128675309.0, "z": 2.128675309e9, "s": "212 867 5309"}`})[0]
	if f := strings.TrimPrefix(r[0], "+"); r[1] != fmt.Sprintf(`{"x": %s, "y": %[1]s, "z": %[1]s, "s": %q}`, f, r[0]) {
		t.Errorf("%q", r)
	}
}

// Addresses that differ in case and surrounding space are one address, in every type.
func TestAddressesAgreeAcrossTypes(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a text", "b citext", "c bpchar(60)", "d json", "e _text", "f mail"}})
	p := compile(t, cat, head+"  a.t: {columns: {a: email, b: email, c: email, d: {json: {x: email}}, e: {array: email}, f: email}}\n")
	r := scrubbed(t, p, "a.t", []string{"Jane.Doe@Mail.invalid", " jane.doe@mail.invalid", "JANE.DOE@MAIL.INVALID", `{"x": "\tjane.Doe@mail.invalid\u0020"}`, `{" Jane.doe@mail.invalid"}`, "jane.doe@mail.invalid"})[0]
	if r[1] != r[0] || r[2] != r[0] || r[3] != `{"x": "`+r[0]+`"}` || r[4] != "{"+r[0]+"}" || r[5] != r[0] {
		t.Errorf("%q", r)
	}
}
