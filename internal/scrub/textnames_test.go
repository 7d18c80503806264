package scrub_test

import (
	"io"
	"strings"
	"testing"

	"refresher/internal/pii/detect"
	"refresher/internal/postgres/copyfmt"
)

// With names, common names are replaced where they stand as names do.
func TestTextNamesByDictionary(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"notes text", "first text", "last text", "plain text"}})
	p := compile(t, cat, head+"  a.t: {columns: {notes: {transform: text, names: true}, first: first_name, last: last_name, plain: text}}\n")
	get := func(notes string) string { return scrubbed(t, p, "a.t", []string{notes, null, null, null})[0][0] }
	for in, gone := range map[string]string{
		"I spoke to Sarah Thompson about it":   "Sarah Thompson",
		"SARAH THOMPSON called":                "SARAH THOMPSON",
		"Thompson, Sarah":                      "Thompson, Sarah",
		"ask Dr. Müller, please":               "Müller",
		"Herr Schröder war da":                 "Schröder",
		"für Jürgen von der Weiß":              "Jürgen von der Weiß",
		"John F. Kennedy":                      "John F. Kennedy",
		"Jean-Pierre Lefèvre est parti":        "Jean-Pierre Lefèvre",
		"María José García Márquez llamó":      "María José García Márquez",
		"Pan Łukasz Wójcik":                    "Łukasz Wójcik",
		"thanks,\nMike Johnson":                "Mike Johnson",
		"(Sarah Thompson)":                     "Sarah Thompson",
		"Sarah Thompson's account, and others": "Sarah Thompson's",
		"Will Price rises":                     "Will Price",     // what the documentation warns of
		"Called Anna Lindqvist back":           "Anna Lindqvist", // no dictionary has all surnames
		"Met Peter M. Ahlgren":                 "Peter M. Ahlgren",
		"for Maria de la Zwetschgauer.":        "Maria de la Zwetschgauer",
		"Emailed Jürgen Peter Hinterhuberl":    "Jürgen Peter Hinterhuberl",
	} {
		got := get(in)
		kept := strings.Split(in, gone)
		if strings.Contains(got, gone) || !strings.HasPrefix(got, kept[0]) || !strings.HasSuffix(got, kept[1]) && !strings.Contains(gone, "'s") || got == in {
			t.Errorf("%q became %q", in, got)
		}
	}
	for _, in := range []string{
		"", "the new checkout shows another price", "in March or April", "mark my words", "a brown fox, green hills", "Sarah went", "Thompson Ltd", "Sarah. Thompson street",
		"Sarah\nThompson is a town", "Sarah and Thompson", "Next Monday Morning", "In Frankfurt am Main", "Dr. No", "Sarah's Thompson", "日本語 Sarah", "Ü", "'s", "-", "O'", "J. P.", "Frank or Young",
		"Anna PDF", "Maria, Rechnung", "Anna. Rechnung", "Anna and Rechnung", "Rose Garden", "Summer Special",
	} {
		if got := get(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
	a, b := get("Sarah Thompson"), get("tell Sarah Thompson and sarah thompson")
	if b != "tell "+a+" and sarah thompson" {
		t.Errorf("%q, %q", a, b)
	}
	// What the row knows comes first; a name that it knows in part is not left over.
	r := scrubbed(t, p, "a.t", []string{"Sarah Thompson, Sarah Miller", "Sarah", "Thompson", "Mike Johnson"})[0]
	if want := r[1] + " " + r[2] + ", " + r[1] + " "; !strings.HasPrefix(r[0], want) || strings.Contains(r[0], "Miller") || r[3] != "Mike Johnson" {
		t.Errorf("%q", r)
	}
}

// Each name that a detector reads in a text, `names: true` has replaced: strict
// verification refuses no name that a text rule can't find.
func TestTextNamesMaskWhatDetectorsFind(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"notes text"}}),
		head+"  a.t: {columns: {notes: {transform: text, names: true}}}\n")
	d := detect.New().Words()
	found := 0
	given := []string{"Sarah", "Jürgen", "Anne-Marie", "Giulia", "Priya", "Wojciech"}
	last := []string{"Abbott", "O'Connor", "Weiß", "Kowalczyk", "Ericsson", "Blumenberg", "Papadopoulos", "Smith-Jones", "Wolff"}
	for _, form := range []string{"G L", "ask G L, please", "L, G", "Dear Mr. L", "Frau L", "Mister Quistorp", "Herr Dr. L", "Mrs Zebramann Karlotto",
		"G F. L", "G van der L", "G G L was here"} {
		for _, g := range given {
			for _, l := range last {
				text := strings.NewReplacer("G", g, "L", l).Replace(form)
				masked := scrubbed(t, p, "a.t", []string{text})[0][0]
				for _, h := range d.Scan(nil, []byte(text)) {
					found++
					if name := text[h.Start:h.End]; strings.Contains(masked, name) {
						t.Errorf("%q became %q, in which a detector reads %q", text, masked, name)
					}
				}
			}
		}
	}
	if found < 300 {
		t.Errorf("detectors found %d names only", found)
	}
}

func TestTextNamesAllocateNothing(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"notes text"}}), head+"  a.t: {columns: {notes: {transform: text, names: true}}}\n")
	tp := plan(t, p, "a.t")
	w := p.NewWriter(tp, io.Discard, nil)
	if _, err := w.Write(copyfmt.AppendHeader(nil, tp.Format)); err != nil {
		t.Fatal(err)
	}
	row := wire(t, tp, "Dear Sarah Thompson, Mr. Müller said that María José García will call. Thanks, Jean-Pierre")
	write := func() {
		if _, err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	for range 2000 {
		write()
	}
	if n := testing.AllocsPerRun(1000, write); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
}

// For any text, finding names in it ends, and what comes out is text.
func FuzzTextNames(f *testing.F) {
	p := compile(f, newCatalog(f, tableDef{name: "a.t", columns: []string{"notes text"}}), head+"  a.t: {columns: {notes: {transform: text, names: true}}}\n")
	for _, s := range []string{"Sarah Thompson", "Thompson, Sarah", "Mr. J. de la Cruz", "Ann-Marie O’Neill", "\xff Sarah\xc3 Thompson", "Sarah " + strings.Repeat("Sarah ", 30) + "Smith"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		if got := scrubbed(t, p, "a.t", []string{s})[0][0]; strings.Contains(got, "Sarah Thompson") {
			t.Errorf("%q became %q", s, got)
		}
	})
}
