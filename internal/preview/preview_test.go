package preview

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

var users = &Page{
	Table: catalog.Name{Schema: "public", Name: "users"}, Estimate: 5000, RowsWhen: "tenant != 7", Generated: []string{"full_name"},
	Columns: []Column{
		{Name: "id", Rule: "keep"}, {Name: "email", Rule: "email", Masked: true}, {Name: "born", Rule: "date_shift", Masked: true},
		{Name: "phone", Rule: "phone", Masked: true}, {Name: "notes", Rule: "text", Masked: true, Inside: true},
	},
	Rows: []Row{
		{text("1", "jane@mail.test", "1984-05-17", null, "Ask Jane Doe, please.\nThanks"), text("1", "ada.finch@example.org", "1984-03-02", null, "Ask Ada Finch, please.\nThanks")},
		{text("2", "", "1990-01-01", "+1 212 867 5309", "nothing"), nil},
		{text("3", "NULL", "1990-01-01", " x ", "nothing to see"), text("3", "b@example.org", "1990-01-01", "+15550100", "nothing to see")},
	},
}

const null = "\x00"

func text(values ...string) []Cell {
	cells := make([]Cell, len(values))
	for i, v := range values {
		if cells[i].Text = v; v == null {
			cells[i] = Cell{Null: true}
		}
	}
	return cells
}

func render(t *testing.T, p *Page, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := p.Render(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRenderSideBySide(t *testing.T) {
	want := strings.TrimPrefix(`
public.users
3 rows of about 5 000. 5 columns, 4 with a transform.
Only rows for which this holds are copied: tenant != 7

  row 1 of 3  rule        production                           staging
  id          keep        1                                    1
  email       email       jane@mail.test                    →  ada.finch@example.org
  born        date_shift  1984-05-17                        →  1984-03-02
  phone       phone       NULL                                 NULL
  notes       text        Ask Jane Doe, please.             →  Ask Ada Finch, please.
                          Thanks                               Thanks

  row 2 of 3  rule        production                           staging
  left behind: the condition on rows does not hold
  id          keep        2
  email       email       ""
  born        date_shift  1990-01-01
  phone       phone       +1 212 867 5309
  notes       text        nothing

  row 3 of 3  rule        production                           staging
  id          keep        3                                    3
  email       email       "NULL"                            →  b@example.org
  born        date_shift  1990-01-01                        =  1990-01-01
  phone       phone       " x "                             →  +15550100
  notes       text        nothing to see                    =  nothing to see

Not shown, as PostgreSQL computes them again: full_name.

→ changed   = came out as it was   no mark: kept
`, "\n")
	got := strings.ReplaceAll(render(t, users, Options{Width: 96}), "\u202f", " ")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRenderNarrow(t *testing.T) {
	page := *users
	page.Rows = users.Rows[:1]
	got := render(t, &page, Options{Width: 40})
	for _, want := range []string{"\n  email (email)\n    jane@mail.test\n  → ada.finch@example.org\n", "\n  id\n    1\n", "\n    Thanks\n  → Ask Ada Finch, please.\n    Thanks\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// Colour says what of a value changes; without it nothing but text comes.
func TestColours(t *testing.T) {
	got := render(t, users, Options{Width: 100, Colour: true})
	for _, want := range []string{
		"\x1b[31mjane@mail.test\x1b[0m", "\x1b[32mada.finch@example.org\x1b[0m", // nothing in common but an at sign
		"1984-\x1b[31m05-17\x1b[0m", "1984-\x1b[32m03-02\x1b[0m", // the year stays
		"Ask \x1b[31mJane Doe\x1b[0m, please.", "Ask \x1b[32mAda Finch\x1b[0m, please.",
		"\x1b[33m=\x1b[0m", "\x1b[2mNULL\x1b[0m",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%q", want, got)
		}
	}
	if strings.Contains(render(t, users, Options{Width: 100}), "\x1b") {
		t.Error("an escape sequence without colours")
	}
}

// No line is wider than the terminal, with any values and names.
func TestWidth(t *testing.T) {
	long := strings.Repeat("Wort ", 300) + strings.Repeat("x", 500) + strings.Repeat("日本語", 100) + strings.Repeat("👩‍👩‍👧", 50) + "\n\n\n" + strings.Repeat("e\u0301", 90)
	page := &Page{
		Table: catalog.Name{Schema: "public", Name: strings.Repeat("very_long_table_name", 4)}, Estimate: -1,
		Columns: []Column{{Name: strings.Repeat("column", 9), Rule: strings.Repeat("rule", 9), Masked: true}, {Name: "日本語の列", Rule: "text", Masked: true, Inside: true}},
		Rows:    []Row{{text(long, long), text("y"+long, strings.Replace(long, "Wort", "Satz", 20))}},
	}
	for width := 24; width < 220; width += 7 {
		for i, line := range strings.Split(render(t, page, Options{Width: width, Lines: 12}), "\n") {
			if n := uniseg.StringWidth(line); n > width && !strings.Contains(line, "with a transform") && !strings.HasPrefix(line, "=") {
				t.Fatalf("width %d: line %d has %d: %q", width, i, n, line)
			}
		}
	}
	got := render(t, page, Options{Width: 100, Lines: 3})
	if n := strings.Count(got, "\n"); n > 12 || !strings.Contains(got, " more") {
		t.Errorf("%d lines\n%s", n, got)
	}
}

// A value can't reach the terminal as anything but characters to draw.
func TestHostileValuesAreEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b]0;title\x07":    `\x1b]0;title\x07`,
		"\x1b[2J":             `\x1b[2J`,
		"\u009b31m":           `\u009b31m`,
		"a\tb\rc\x00d\x7f":    `a\tb\rc\x00d\x7f`,
		"txt\u202eexe\u202c":  `txt\u202eexe\u202c`,
		"\u2066x\u2069\u200e": `\u2066x\u2069\u200e`,
		"zero\u200bwidth":     `zero\u200bwidth`,
		"bad \xff\xfe utf8":   `bad \xff\xfe utf8`,
		"\u0301alone":         `\u0301alone`,
		"\u2028line":          `\u2028line`,
		"\U000e0041tag":       `\U000e0041tag`,
		"👩‍👩‍👧 é e\u0301 日本":  "👩‍👩‍👧 é e\u0301 日本",
	} {
		var b strings.Builder
		for _, g := range glyphs(nil, in, stylePlain) {
			b.WriteString(g.text)
		}
		if b.String() != want {
			t.Errorf("%q: %q, want %q", in, b.String(), want)
		}
	}
}

func TestDifference(t *testing.T) {
	show := func(list []piece) string {
		var b strings.Builder
		for _, p := range list {
			if p.common {
				b.WriteString(p.text)
			} else {
				b.WriteString("[" + p.text + "]")
			}
		}
		return b.String()
	}
	for _, tc := range []struct {
		before, after string
		always        bool
		b, a          string
	}{
		{"call Jane now", "call Ada now", false, "call [Jane] now", "call [Ada] now"},
		{"jane@mail.test", "ada@example.org", false, "[jane@mail.test]", "[ada@example.org]"},
		{`{"plan": "pro", "mail": "j@x.test"}`, `{"plan": "pro", "mail": "a@y.org"}`, true, `{"plan": "pro", "mail": "[j@x.test]"}`, `{"plan": "pro", "mail": "[a@y.org]"}`},
		{"a", "b", true, "[a]", "[b]"},
		{"one two", "one two three", false, "one two", "one two[ three]"},
		{"x one two", "one two", false, "[x ]one two", "one two"},
		{"", "new", true, "", "[new]"},
		{strings.Repeat("a ", maxTokens), "a", true, "[" + strings.Repeat("a ", maxTokens) + "]", "[a]"},
	} {
		b, a := difference(tc.before, tc.after, tc.always)
		if show(b) != tc.b || show(a) != tc.a {
			t.Errorf("%.40q, %.40q: %.60s, %.60s", tc.before, tc.after, show(b), show(a))
		}
	}
}

func FuzzDifference(f *testing.F) {
	f.Add("call Jane now", "call Ada now")
	f.Add("\xff", "\x1b[2J")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, always := range []bool{true, false} {
			b, a := difference(before, after, always)
			for want, list := range map[string][]piece{before: b, after: a} {
				if before == after {
					break
				}
				got := ""
				for _, p := range list {
					got += p.text
				}
				if got != want {
					t.Fatalf("%q became %q", want, got)
				}
			}
		}
		for _, g := range glyphs(nil, before, stylePlain) {
			if g.text != newline && strings.ContainsFunc(g.text, unicode.IsControl) || g.width != uniseg.StringWidth(g.text) && g.text != newline {
				t.Fatalf("%q holds %q", before, g.text)
			}
		}
	})
}

func TestFind(t *testing.T) {
	cat := &catalog.Catalog{Database: "shop"}
	for _, n := range []string{`"Odd Schema"."Order ""Book"""`, "billing.invoices", "public.support_tickets", "public.users"} {
		name, err := catalog.ParseName(n)
		if err != nil {
			t.Fatal(err)
		}
		cat.Tables = append(cat.Tables, &catalog.Table{Name: name})
	}
	for arg, want := range map[string]string{
		"public.users":            "",
		"users":                   "(did you mean public.users?)",
		"public.user":             "there is no table public.user in database shop (did you mean public.users?)",
		"public.invoices":         "(did you mean billing.invoices?)",
		"supprt_tickets":          "(did you mean public.support_tickets?)",
		"shop.support_tickts":     "(did you mean public.support_tickets?)",
		`public.Order "Book"`:     "is not a table name",
		"public.nothing_like_it":  "there is no table public.nothing_like_it in database shop",
		"":                        "is not a table name",
		`"Odd Schema"."Order"`:    "there is no table",
		`"Odd Schema"."Order ""B`: "is not a table name",
	} {
		name, err := Find(cat, arg)
		if want == "" {
			if err != nil || name.String() != arg {
				t.Errorf("%s: %v, %v", arg, name, err)
			}
			continue
		}
		var in *fault.Input
		if err == nil || !strings.Contains(err.Error(), want) || !asInput(err, &in) {
			t.Errorf("%s: %v, want %q", arg, err, want)
		}
	}
}

func asInput(err error, in **fault.Input) bool {
	var ok bool
	*in, ok = err.(*fault.Input)
	return ok
}

func TestEmptyPages(t *testing.T) {
	page := &Page{Table: catalog.Name{Schema: "public", Name: "sessions"}, RowsNone: true}
	if got := render(t, page, Options{}); !strings.Contains(got, "rows: none") {
		t.Error(got)
	}
	page = &Page{Table: page.Table, Columns: users.Columns}
	if got := render(t, page, Options{}); !strings.Contains(got, "The table has no rows. 5 columns") {
		t.Error(got)
	}
}
