package scrub_test

import (
	"io"
	"strings"
	"testing"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
)

// The bench tables with subjects: users at home, events and payments of users,
// tickets with what is joined in of the user.
var subjectTables = []struct {
	name    string
	columns []string
	rules   string
	row     []string
}{
	{"users", benchTables[0].columns, "{subject: id, columns: " + benchTables[0].rules + "}", benchTables[0].row},
	{"events", benchTables[1].columns, "{subject: user_id, columns: " + benchTables[1].rules + "}", benchTables[1].row},
	{"payments", []string{"id int8 not null", "user_id int8", "holder text", "paid_at timestamptz"},
		"{subject: user_id, columns: {id: keep, user_id: keep, holder: full_name, paid_at: date_shift}}",
		[]string{"1", "1234567", "JANE DOE$", "2024-01-02 03:04:05+00", "jane.doe#@mail.invalid"}},
	{"tickets", append([]string{"user_id int8"}, benchTables[2].columns...), "{subject: user_id, columns: {user_id: keep, " + benchTables[2].rules[1:] + "}",
		append(append([]string{"1234567"}, benchTables[2].row...), "jane.doe#@mail.invalid", "Jane", "Doe$", "Jane Doe$", "+1 212-8#", "# Some Street", "Doe & Sons", "83.~.2")},
}

func subjectProgram(t testing.TB) *scrub.Program {
	var defs []tableDef
	text := "version: 1\ntables:\n"
	for _, b := range subjectTables {
		defs = append(defs, tableDef{name: "public." + b.name, columns: b.columns, edit: func(t *catalog.Table) {
			t.PrimaryKey = []string{"id"}
			t.Unique = []catalog.UniqueIndex{{Name: "pk", Columns: t.PrimaryKey, Primary: true}}
		}})
		text += "  public." + b.name + ": " + strings.Join(strings.Fields(b.rules), " ") + "\n"
	}
	return compile(t, newCatalog(t, defs...), text)
}

func feedSubjects(t testing.TB, p *scrub.Program, i int, fp *fingerprint.Collector, rows int) (*scrub.Writer, []byte) {
	b := subjectTables[i]
	tp := plan(t, p, "public."+b.name)
	w := p.NewWriter(tp, io.Discard, fp)
	if _, err := w.Write(copyfmt.AppendHeader(nil, tp.Format)); err != nil {
		t.Fatal(err)
	}
	var batch []byte
	for n := range rows {
		batch = append(batch, wire(t, tp, benchRow(b.row, n)...)...)
	}
	return w, batch
}

// Subjects and joins cost no allocation a row.
func TestSubjectsAllocateNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("not with the race detector: one goroutine")
	}
	p := subjectProgram(t)
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i, b := range subjectTables {
		for _, fp := range []*fingerprint.Collector{nil, store.Collector()} {
			w, batch := feedSubjects(t, p, i, fp, 1000)
			write := func() {
				if _, err := w.Write(batch); err != nil {
					t.Fatal(err)
				}
			}
			write()
			if n := testing.AllocsPerRun(5, write); n > 0 {
				t.Errorf("%s: %v allocations a 1,000 rows (fingerprints: %v)", b.name, n, fp != nil)
			}
		}
	}
}

// One operation is one row; beside BenchmarkWriter it says what subjects cost.
func BenchmarkSubjects(b *testing.B) {
	p := subjectProgram(b)
	const rows = 5000
	for i, table := range subjectTables {
		b.Run(table.name, func(b *testing.B) {
			w, batch := feedSubjects(b, p, i, nil, rows)
			b.SetBytes(int64(len(batch) / rows))
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += rows {
				if _, err := w.Write(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
