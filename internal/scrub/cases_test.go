package scrub_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
)

// copied runs rows through a table's writer and returns it, too.
func copied(t testing.TB, p *scrub.Program, table string, fp *fingerprint.Collector, rows ...[]string) *scrub.Writer {
	t.Helper()
	tp := plan(t, p, table)
	w := p.NewWriter(tp, io.Discard, fp)
	stream := copyfmt.AppendHeader(nil, tp.Format)
	for _, r := range rows {
		stream = append(stream, wire(t, tp, r...)...)
	}
	if _, err := w.Write(copyfmt.AppendTrailer(stream, tp.Format)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// In both formats, with and without free text in the table.
func TestFirstCaseThatHoldsCounts(t *testing.T) {
	for _, extra := range []string{"x text: keep", "moods _mood: keep", "note text: text"} {
		spec, rule, _ := strings.Cut(extra, ": ")
		name, _, _ := strings.Cut(spec, " ")
		cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"mail text", "staff bool", "kind mood", "tok text", spec}})
		p := compile(t, cat, head+`  a.t: {columns: {staff: keep, kind: keep, `+name+`: `+rule+`,
    mail: [{transform: keep, when: 'staff and mail endsWith "@acme.invalid"'}, {transform: "null", when: kind == "sad"}, {transform: constant, value: none, when: mail == "x"}, email],
    tok: [{transform: keep, when: staff}, token]}}
`)
		last := "{ok}"
		if name != "moods" {
			last = "nothing to say"
		}
		rows := [][]string{
			{"jane@acme.invalid", "t", "sad", "secret", last}, {"jane@acme.invalid", "f", "ok", "secret", last}, {"jane@acme.invalid", null, "sad", null, null},
			{"x", "t", "ok", "other", last}, {null, "t", "sad", null, null}, {"", "t", null, "", last},
		}
		out := scrubbed(t, p, "a.t", rows...)
		mail, tok := out[1][0], out[1][3]
		if !strings.Contains(mail, "@example.") || !strings.HasPrefix(tok, "tok_") {
			t.Errorf("%s: %q, %q", extra, mail, tok)
		}
		want := [][]string{
			rows[0], {mail, "f", "ok", tok, last}, {null, null, "sad", null, null},
			{"none", "t", "ok", "other", last}, rows[4], {"", "t", null, "", last},
		}
		for i := range want {
			if !slices.Equal(out[i], want[i]) {
				t.Errorf("%s, row %d: %q, want %q", extra, i, out[i], want[i])
			}
		}
		w := copied(t, p, "a.t", nil, rows...)
		if kept := w.Kept(); !slices.Equal(kept, []scrub.Kept{{"mail", 1}, {"tok", 3}}) || w.Dropped() != 0 || w.Rows() != 6 {
			t.Errorf("%s: kept %v, dropped %d of %d", extra, kept, w.Dropped(), w.Rows())
		}
		d := p.Decisions()[0].Columns[0]
		if d.Transform != "email" || d.Class != pii.Email || d.Keep || !d.KeepSome || d.Domain != "email" ||
			d.Detail != `keep when staff and mail endsWith "…"; null when kind == "…"; constant when mail == "…"; else email` {
			t.Errorf("%+v", d)
		}
	}
}

func TestRowsByCondition(t *testing.T) {
	root, _ := catalog.ParseName("a.root")
	cat := newCatalog(t,
		tableDef{name: "a.t", columns: []string{"id int8", "mail text", "moods _mood"}},
		tableDef{name: "a.plain", columns: []string{"id int8"}},
		tableDef{name: "a.root", columns: []string{"id int8", "mail text"}, edit: func(t *catalog.Table) { t.Kind = catalog.Partitioned }},
		tableDef{name: "a.part", columns: []string{"mail text", "id int8"}, edit: func(t *catalog.Table) {
			t.Root, t.Parents, t.IsPartition = root, []catalog.Name{root}, true
		}},
	)
	p := compile(t, cat, head+`  a.t: {rows: {when: id > 1}, columns: {id: keep, mail: email, moods: keep}}
  a.plain: {rows: {when: id % 2 == 0}, columns: {id: keep}}
  a.root: {rows: {when: id == nil}, columns: {id: keep, mail: email}}
`)
	out := scrubbed(t, p, "a.t", []string{"1", "a", "{ok}"}, []string{"2", "b", null}, []string{null, "c", "{}"}, []string{"3", null, null})
	if len(out) != 2 || out[0][0] != "2" || out[1][0] != "3" {
		t.Errorf("%q", out)
	}
	out = scrubbed(t, p, "a.plain", []string{"1"}, []string{"2"}, []string{null}, []string{"4"})
	if len(out) != 2 || out[0][0] != "2" || out[1][0] != "4" {
		t.Errorf("%q", out)
	}
	out = scrubbed(t, p, "a.part", []string{"a", "1"}, []string{"b", null})
	if len(out) != 1 || out[0][1] != null {
		t.Errorf("%q", out)
	}
	w := copied(t, p, "a.plain", nil, []string{"1"}, []string{"2"}, []string{"3"})
	if w.Rows() != 3 || w.Dropped() != 2 || !plan(t, p, "a.plain").Filtered() {
		t.Errorf("%d of %d rows dropped", w.Dropped(), w.Rows())
	}
	for _, d := range p.Decisions() {
		if want := map[string]string{"a.t": "id > 1", "a.plain": "id % 2 == 0", "a.root": "id == nil", "a.part": "id == nil"}[d.Table.String()]; d.RowsWhen != want {
			t.Errorf("%s: rows when %q", d.Table, d.RowsWhen)
		}
	}
}

func TestConditionsAreChecked(t *testing.T) {
	root, _ := catalog.ParseName("a.t")
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8 not null", "mail text", "tags _text", "j json", "gen text generated"}},
		tableDef{name: "a.child", columns: []string{"id int8", "mail text"}, edit: func(t *catalog.Table) {
			t.Root, t.Parents, t.IsPartition = root, []catalog.Name{root}, true
		}})
	expect(t, problems(t, cat, head+`  a.child: {rows: {when: id > 1}}
  a.t:
    rows: {when: idd > 1}
    columns:
      id: [{transform: "null", when: mail == "x"}, keep]
      mail: [{transform: keep, when: staff}, {transform: keep, when: 'id == "x"'}, {transform: emial, when: id = 1}, email]
      tags:
        - transform: keep
          when: >
            mail > 1
        - array: {transform: email, when: id == 1}
      j: {json: {a: {transform: email, when: id == 1}}}
`), []string{
		`3:26: a.child takes the rules of a.t: write rows: there`,
		`5:18: the condition on a.t: there is no column "idd" (did you mean "id"?)`,
		`7:12: a.t.id is NOT NULL, so it can't become NULL`,
		`8:38: the condition on a.t: there is no column "staff"`,
		`8:74: the condition on a.t: == doesn't go between column "id", which is bigint, and a text`,
		`8:84: there is no transform "emial"`,
		`8:112: the condition on a.t: unexpected token Operator("="): write == to compare`,
		`11:17: the condition on a.t: > doesn't go between`,
		`13:43: a condition (when:) stands in a rule of the whole column`,
		`14:46: a condition (when:) stands in a rule of the whole column`,
	})
	expect(t, problems(t, cat, head+`  a.t:
    columns:
      id: keep
      mail: [{transform: email, when: 'mail contains "@"'}, keep]
      tags: [{transform: keep, when: id == 1}, null]
      j: [{transform: keep, when: id == 1}, {json: {}}]
`), []string{"6:61: the last rule of a.t.mail is for all other rows, also for those in which a condition can't be decided because of a NULL"})
	if n := len(problems(t, cat, head+`  a.t:
    columns:
      id: keep
      mail: [{transform: keep, when: 'mail == nil'}, keep]
      tags: [{transform: keep, when: id == 1}, {array: email}]
      j: [{transform: keep, when: id == 1}, {json: {}}]
`)); n != 0 {
		t.Errorf("%d problems", n)
	}
}

// What a condition lets pass is no survivor, and a value that the server can't
// have sent is an error without content.
func TestKeptValuesAreNotFingerprinted(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"staff bool", "mail text", "first text", "last text"}})
	p := compile(t, cat, head+`  a.t: {rows: {when: mail != nil}, columns: {staff: keep, mail: [{transform: keep, when: staff}, email],
    first: [{transform: keep, when: staff}, first_name], last: [{transform: keep, when: staff}, last_name]}}
`)
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	fp := store.Collector()
	copied(t, p, "a.t", fp, []string{"t", "kept@gmail.com", "Quentin", "Zabriskie"}, []string{"f", "masked@gmail.com", "Wilhelmina", "Abernathy"})
	if err := fp.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	for text, want := range map[string]bool{"kept@gmail.com": false, "masked@gmail.com": true, "Quentin Zabriskie": false, "Wilhelmina Abernathy": true} {
		if (len(m.Scan(nil, []byte(text))) > 0) != want {
			t.Errorf("%s is looked for: %v", text, !want)
		}
	}

	tp := plan(t, p, "a.t")
	w := p.NewWriter(tp, io.Discard, nil)
	_, err = w.Write(copyfmt.AppendRow(copyfmt.AppendHeader(nil, tp.Format), tp.Format, [][]byte{[]byte("jane"), []byte("x"), nil, nil}))
	if err == nil || !strings.HasPrefix(err.Error(), "scrubbing a.t, row 1, column mail (by condition): ") || strings.Contains(err.Error(), "jane") {
		t.Error(err)
	}
}

// Only tables with conditions pay for them, and they allocate nothing a row.
func TestConditionsAllocateNothing(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "mail text", "staff bool", "tok text"}})
	p := compile(t, cat, head+`  a.t: {rows: {when: id > 0 and mail contains "@"}, columns: {id: keep, staff: keep, mail: [{transform: keep, when: staff}, email], tok: [{transform: keep, when: staff}, token]}}
`)
	tp := plan(t, p, "a.t")
	rows := copyfmt.AppendHeader(nil, tp.Format)
	w := p.NewWriter(tp, io.Discard, nil)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	some := bytes.Join([][]byte{wire(t, tp, "1", "jane@mail.invalid", "f", "x"), wire(t, tp, "0", "jane@mail.invalid", "f", "x"), wire(t, tp, "2", "jane@mail.invalid", "t", "x")}, nil)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := w.Write(some); err != nil {
			t.Fatal(err)
		}
	}); n > 0.1 {
		t.Errorf("%v allocations for three rows", n)
	}
}

// What conditions cost: a table of four columns, of which two are masked.
func BenchmarkConditions(b *testing.B) {
	cat := newCatalog(b, tableDef{name: "a.t", columns: []string{"id int8", "mail text", "staff bool", "tok text"}})
	for _, c := range []struct{ name, rules string }{
		{"none", "{columns: {id: keep, staff: keep, mail: email, tok: token}}"},
		{"rows", "{rows: {when: id > 0}, columns: {id: keep, staff: keep, mail: email, tok: token}}"},
		{"columns", `{columns: {id: keep, staff: keep, mail: [{transform: keep, when: 'staff or mail endsWith "@acme.invalid"'}, email], tok: [{transform: keep, when: staff}, token]}}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := compile(b, cat, head+"  a.t: "+c.rules+"\n")
			tp := plan(b, p, "a.t")
			w := p.NewWriter(tp, io.Discard, nil)
			if _, err := w.Write(copyfmt.AppendHeader(nil, tp.Format)); err != nil {
				b.Fatal(err)
			}
			rows := bytes.Repeat(wire(b, tp, "1", "jane@mail.invalid", "f", "secret"), 100)
			b.SetBytes(int64(len(rows)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Write(rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
