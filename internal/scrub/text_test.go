package scrub_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub"
)

// person is a table with a person's columns and free text about them.
func person(t testing.TB, rules string) *scrub.Program {
	return compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"notes text", "first text", "last text", "name text", "mail text", "phone text", "iban text", "short varchar(30)"}}),
		head+"  a.t: {columns: {notes: text, first: first_name, last: last_name, name: full_name, mail: {transform: email, domain: customers}, phone: phone, iban: iban, short: text"+rules+"}}\n")
}

// The row's own identifiers are found however they are written, and become what
// the columns show.
func TestTextKnowsTheRow(t *testing.T) {
	p := person(t, "")
	columns := []string{"José", "Núñez-Müller", "José Antonio Núñez-Müller", "jose.nunez@mail.invalid", "+44 20 7946 1234", "DE89 3704 0044 0532 0130 00"}
	row := func(notes string) (got string, r []string) {
		r = scrubbed(t, p, "a.t", append(append([]string{notes}, columns...), null))[0]
		return r[0], r
	}
	_, r := row("")
	first, last, full, mail, phone, iban := r[1], r[2], r[3], r[4], r[5], r[6]
	fullLast := full[strings.IndexByte(full, ' ')+1:]
	for in, want := range map[string]string{
		"":                                  "",
		"nothing to see":                    "nothing to see",
		"Jose called":                       first + " called",
		"JOSÉ, jose and Jose\u0301":         first + ", " + first + " and " + first,
		"Joseph and Josefa stay":            "Joseph and Josefa stay",
		"Mr Nunez Muller":                   "Mr " + last,
		"Núñez-Müller, José":                last + ", " + first,
		"jose  antonio\nnunez-muller wrote": full + " wrote",
		"write to JOSE.NUNEZ@mail.invalid!": "write to " + mail + "!",
		"call (020) 7946-1234 or +44 (0)20 79461234": "call " + phone + " or " + phone,
		"020.7946.1234":                    phone,
		"0044 20 7946 1234 now":            phone + " now",
		"IBAN de89 3704 0044 0532 0130 00": "IBAN " + iban,
		"José's":                           first + "'s",
		"<b>José</b>":                      "<b>" + first + "</b>",
		"x@José":                           "x@" + first,
	} {
		if got, _ := row(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	if got, _ := row("Müller only"); strings.Contains(got, "ller") {
		t.Logf("a part of a double name stays: %q", got) // one word of two is not an identifier
	}
	if got, _ := row("Antonio Núñez-Müller"); strings.Contains(got, "Müller") || !strings.Contains(got, last) && !strings.Contains(got, fullLast) {
		t.Errorf("%q", got)
	}
}

func TestTextSkipsTitles(t *testing.T) {
	p := person(t, "")
	r := scrubbed(t, p, "a.t", []string{"Dr House sees Jane, Doe and the III wards", null, null, "Dr. Jane  Doe, Jr.", null, null, null, null})[0]
	first, last, _ := strings.Cut(r[3], " ")
	if want := "Dr House sees " + first + ", " + last + " and the III wards"; r[0] != want {
		t.Errorf("%q, want %q", r[0], want)
	}
}

// What looks like an identifier is replaced, whoever's it is.
func TestTextDetects(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"notes text", "mail text"}}), head+"  a.t: {columns: {notes: text, mail: email}}\n")
	get := func(notes, mail string) []string { return scrubbed(t, p, "a.t", []string{notes, mail})[0] }
	r := get("ask bob.smith@gmail.com, and BOB.SMITH@gmail.com.", "bob.smith@gmail.com")
	if r[0] != "ask "+r[1]+", and "+r[1]+"." {
		t.Errorf("%q, %q", r[0], r[1])
	}
	for class, v := range map[pii.Class]string{
		pii.Phone: "+1 212-867-5309", pii.CreditCard: "4539 5787 6362 1486", pii.IBAN: "DE89 3704 0044 0532 0130 00",
		pii.IP: "83.232.78.2", pii.NationalID: "SSN 123-45-6789", pii.Token: "sk_live_4eC39HqLyjWDarjtT1zdp7dc", pii.Email: "a.b@gmail.com",
	} {
		in := "before " + v + " after"
		got := get(in, null)[0]
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "before "), " after")
		if got == in || strings.Contains(got, v) || !fake.Recognise(class, []byte(strings.TrimPrefix(inner, "SSN "))) {
			t.Errorf("%s: %q", class, got)
		}
	}
	if got := get("a.bob.smith@gmail.com", "bob.smith@gmail.com")[0]; strings.Contains(got, "a.") && strings.HasPrefix(got, "a.") || !fake.Recognise(pii.Email, []byte(got)) {
		t.Errorf("a longer address that ends like a known one: %q", got)
	}
}

// Replaced text may be longer than the column: then identifiers are blanked.
func TestTextFitsItsColumn(t *testing.T) {
	p := person(t, "")
	for _, in := range []string{"jo@mail.invalid, 2128675309", "Jo jo JO jo Jo jo jo Jo jo Jo", "日本語 jo@mail.invalid 日本語語語語"} {
		r := scrubbed(t, p, "a.t", []string{null, "Jo", null, null, "jo@mail.invalid", "212 867 5309", null, in})[0]
		if utf8.RuneCountInString(r[7]) > 30 || strings.Contains(strings.ToLower(r[7]), "jo") || strings.Contains(r[7], "8675") || !strings.Contains(r[7], "*") {
			t.Errorf("%q became %q", in, r[7])
		}
	}
}

// Text within JSON and arrays knows the row too.
func TestTextWithinJSONAndArrays(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"j jsonb", "l _text", "name text"}}), head+"  a.t: {columns: {j: {json: {note: text, n: text}}, l: {array: text}, name: full_name}}\n")
	r := scrubbed(t, p, "a.t", []string{`{"note": "for \"JANE DOE\"", "n": 12}`, `{"dear jane",NULL}`, "Jane Doe"})[0]
	first, _, _ := strings.Cut(r[2], " ")
	if r[0] != `{"note": "for \"`+r[2]+`\"", "n": 12}` || r[1] != `{"dear `+first+`",NULL}` {
		t.Errorf("%q", r)
	}
}

// Known values of one row mean nothing in the next.
func TestTextForgetsTheRow(t *testing.T) {
	p := person(t, "")
	rows := scrubbed(t, p, "a.t", []string{"Zebedee", "Zebedee", null, null, null, null, null, null},
		[]string{"Zebedee", "Other", null, null, null, null, null, null})
	if rows[0][0] == "Zebedee" || rows[1][0] != "Zebedee" {
		t.Errorf("%q, %q", rows[0][0], rows[1][0])
	}
}

// For any text, the row's address never stays, and what comes out is text.
func FuzzText(f *testing.F) {
	p := person(f, "")
	for _, s := range []string{"Jane Doe", "j\u0301ane doe +1 (212) 867-5309", "jane.doe@mail.invalid", "\xff\xfejane", "12128675309 2128675309", strings.Repeat("jane ", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		r := scrubbed(t, p, "a.t", []string{s, "Jane", "Doe", "Jane Doe", "jane.doe@mail.invalid", "212 867 5309", null, null})[0]
		if strings.Contains(strings.ToLower(r[0]), "jane.doe@mail.invalid") && !strings.ContainsAny(s, "@") {
			t.Errorf("%q became %q", s, r[0])
		}
		if utf8.ValidString(s) && !utf8.ValidString(r[0]) {
			t.Errorf("%q became %q", s, r[0])
		}
	})
}
