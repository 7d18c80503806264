package scrub_test

import (
	"io"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
)

func templates(t testing.TB, rules string) *scrub.Program {
	return compile(t, templateCatalog(t), head+"  a.t: {columns: "+rules+"}\n")
}

func templateCatalog(t testing.TB) *catalog.Catalog {
	return newCatalog(t, tableDef{name: "a.t", columns: []string{"mail varchar(40)", "first text", "last text", "id int8 not null", "note text", "gone text", "who text", "day date", "tags _text", "mood _mood"},
		edit: func(t *catalog.Table) {
			t.Unique = []catalog.UniqueIndex{{Name: "pk", Columns: []string{"id"}, Primary: true}, {Name: "t_mail", Columns: []string{"mail"}}}
		}})
}

const otherColumns = ", first: first_name, last: last_name, id: keep, gone: null, day: keep, tags: keep, mood: keep"

// Templates are made of what the other columns become, in any order of columns.
func TestTemplate(t *testing.T) {
	p := templates(t, `{mail: {transform: template, format: "{first}.{last}.{id}@example.com"}, note: text, who: {transform: template, format: "{last}, {first} ({day}) {{x}} <{mail}>", class: full_name}`+otherColumns+"}")
	row := func(mail, first, last, id, note string) []string {
		return scrubbed(t, p, "a.t", []string{mail, first, last, id, note, "x", "Poe, Jo", "2024-05-17", null, null})[0]
	}
	r := row("jo.poe@mail.invalid", "Jo", "Poe", "17", "mail jo.poe@mail.invalid")
	first, last := r[1], r[2]
	mail := strings.ToLower(first + "." + last + ".17@example.com")
	if r[0] != mail || r[6] != last+", "+first+" (2024-05-17) {x} <"+mail+">" || r[4] != "mail "+mail || r[5] != null {
		t.Errorf("%q", r)
	}
	for _, tt := range []struct{ mail, first, last, id, want string }{
		{"x@mail.invalid", null, "Poe", "17", strings.ToLower(last) + ".17@example.com"},
		{"x@mail.invalid", "Jo", null, "17", strings.ToLower(first) + ".17@example.com"},
		{"x@mail.invalid", null, null, "17", "17@example.com"},
		{"x@mail.invalid", null, null, "-17", "-17@example.com"[1:]},
		{"x@mail.invalid", " ", "", "17", "17@example.com"},
		{null, "Jo", "Poe", "17", null},
		{" ", "Jo", "Poe", "17", " "},
	} {
		if got := row(tt.mail, tt.first, tt.last, tt.id, null)[0]; got != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.first, tt.last, got, tt.want)
		}
	}
	// What doesn't fit is cut off the first parts, never off what keeps rows apart.
	long := row("x@mail.invalid", "Jo", "Poe", "1234567890123456789", null)[0]
	if len(long) != 40-len(".")*strings.Count(long[:1], ".") && len(long) > 40 || !strings.HasSuffix(long, ".1234567890123456789@example.com") || !strings.HasPrefix(long, strings.ToLower(first[:2])) {
		t.Errorf("%q", long)
	}
	for i := range 100 {
		id := strings.Repeat("9", 1+i%19)
		if got := row("x@mail.invalid", "Jo"+id, "Poe"+id, id, null)[0]; len(got) > 40 || !strings.HasSuffix(got, id+"@example.com") || !fake.Recognise(pii.Email, []byte(got)) {
			t.Errorf("%q", got)
		}
	}
}

// Names of all languages become addresses.
func TestTemplateSpellsNames(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"mail text", "name text"}})
	p := compile(t, cat, head+`  a.t: {columns: {mail: {transform: template, format: "{name}@mail.test"}, name: keep}}`+"\n")
	for name, want := range map[string]string{
		"Jürgen Groß": "juergengross", "Łucja Żmudrzydło": "lucjazmudrzydlo", "José Núñez": "josenunez", "霙澪": "someone", "Œuvre d'Ålfa-3": "oeuvredalfa-3", "..a--b..": "a-b",
		strings.Repeat("a", 100): strings.Repeat("a", 64), "": "someone", "a@b.c": "ab.c", "x\u0301": "x",
	} {
		r := scrubbed(t, p, "a.t", []string{"x@y.invalid", name})[0]
		if strings.Repeat("a", 100) == name {
			if !strings.HasSuffix(r[0], "@mail.test") || len(r[0]) > 64+len("@mail.test") {
				t.Errorf("%q", r[0])
			}
			continue
		}
		if r[0] != want+"@mail.test" {
			t.Errorf("%q: %q, want %q", name, r[0], want)
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	for rule, want := range map[string]string{
		`{transform: template, format: "{first}.{last}@example.com"}`:                        "template can make two values equal",
		`{transform: template, format: "{first}{id}@example.com"}`:                           "template can make two values equal",
		`{transform: template, format: "{first}.{id}@acme.com"}`:                             "addresses that could be real: let it end in @example.com",
		`{transform: template, format: "{first}.{id}@{last}.com"}`:                           "addresses that could be real",
		`{transform: template, format: "{first} {id}@example.com"}`:                          "before the @ of the format only letters",
		`{transform: template, format: "@example.com"}`:                                      "nothing stands before the @",
		`{transform: template, format: "{frist}.{id}@example.com"}`:                          `there is no column "frist" in a.t (did you mean "first"?)`,
		`{transform: template, format: "{first.{id}@example.com"}`:                           `there is no column "first.{id" in a.t`,
		`{transform: template, format: "{first}.{id@example.com"}`:                           "the format has a { without a }",
		`{transform: template, format: "first}.{id}@example.com"}`:                           "the format has a } without a {",
		`{transform: template, format: "{mail}.{id}@example.com"}`:                           "the template is made of itself: mail → mail",
		`{transform: template, format: "{who}.{id}@example.com"}`:                            "the template is made of itself: mail → who → mail",
		`{transform: template, format: "{note}.{id}@example.com"}`:                           `column "note" is text, and a template is made of single values`,
		`{transform: template, format: "{gone}.{id}@example.com"}`:                           `column "gone" becomes NULL`,
		`{transform: template, format: "{id}.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@mail.test"}`: "the format alone has 45 characters, and a.t.mail has room for 40",
		`{transform: template}`: "template needs the parameter format",
	} {
		list := problems(t, templateCatalog(t), head+"  a.t: {columns: {mail: "+rule+`, note: text, who: {transform: template, format: "{mail}"}`+otherColumns+"}}\n")
		if len(list) == 0 || !strings.Contains(strings.Join(list, "\n"), want) {
			t.Errorf("%s\n got %q\nwant %s", rule, list, want)
		}
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a _text", "j jsonb", "k text"}}), head+`  a.t: {columns: {a: {array: {transform: template, format: x}}, j: {json: {a: {transform: template, format: x}}}, k: keep}}`+"\n"), []string{
		"3:30: template makes the value of a whole column, and an element of a.t.a is a part of one",
		"3:79: template makes the value of a whole column, and path a of a.t.j is a part of one",
	})
}

// A template may be one of a column's rules by condition, and be made of such a column.
func TestTemplateByCondition(t *testing.T) {
	cat := templateCatalog(t)
	cat.Tables[0].Unique = nil
	p := compile(t, cat, head+`  a.t: {columns: {mail: [{transform: keep, when: "id < 10"}, {transform: template, format: "{who}.{id}@example.com"}], note: keep, who: [{transform: constant, value: staff, when: "id < 20"}, {transform: template, format: "{first}"}]`+otherColumns+"}}\n")
	rows := [][]string{}
	for _, id := range []string{"5", "15", "25"} {
		rows = append(rows, scrubbed(t, p, "a.t", []string{"x@mail.invalid", "Jo", "Poe", id, "", null, "me", null, null, null})[0])
	}
	if rows[0][0] != "x@mail.invalid" || rows[1][0] != "staff.15@example.com" || rows[2][0] != strings.ToLower(rows[2][1])+".25@example.com" || rows[2][6] != rows[2][1] {
		t.Errorf("%q", rows)
	}
}

func TestTemplatesAllocateNothing(t *testing.T) {
	p := templates(t, `{mail: {transform: template, format: "{first}.{last}.{id}@example.com"}, note: text, who: {transform: template, format: "{last} {first}"}`+otherColumns+"}")
	tp := plan(t, p, "a.t")
	w := p.NewWriter(tp, io.Discard, nil)
	if _, err := w.Write(copyfmt.AppendHeader(nil, tp.Format)); err != nil {
		t.Fatal(err)
	}
	var batch []byte
	for range 500 {
		batch = append(batch, wire(t, tp, "x@mail.invalid", "Jo", "Poe", "17", "I am Jo", null, "Poe", "2024-05-17", null, null)...)
	}
	write := func() {
		if _, err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if n := testing.AllocsPerRun(5, write); n > 0 {
		t.Errorf("%v allocations a 500 rows", n)
	}
}
