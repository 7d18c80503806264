package scrub_test

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
)

// Rows like those of the sample database: users with 11 masked columns, events
// with an address and one JSON path, tickets with free text. In every row # stands
// for six digits, ~ for two bytes of an address and $ for four letters of the row's
// own, so that no identifier comes twice.
var benchTables = []struct {
	name    string
	columns []string
	rules   string
	row     []string
}{
	{"users", []string{"id int8 not null", "email text not null", "first_name text", "last_name text", "full_name text", "phone varchar(40)", "street text",
		"city text", "postcode varchar(12)", "date_of_birth date", "company text", "signup_ip inet", "plan text", "created_at timestamptz"},
		`{id: keep, email: email, first_name: first_name, last_name: last_name, full_name: full_name, phone: phone, street: street, city: city,
		  postcode: postcode, date_of_birth: date_shift, company: company, signup_ip: ip, plan: keep, created_at: keep}`,
		[]string{"1234567", "jane.doe#@mail.invalid", "Jane", "Doe$", "Jane Doe$", "+1 212-8#", "# Some Street", "Some City", "10001", "1984-05-17",
			"Doe & Sons", "83.~.2", "pro", "2024-01-02 03:04:05+00"}},
	{"events", []string{"id int8 not null", "user_id int8", "name text", "ip inet", "payload jsonb", "occurred_at timestamptz"},
		`{id: keep, user_id: keep, name: keep, ip: ip, payload: {json: {email: email, path: keep, ms: keep, value: keep}}, occurred_at: keep}`,
		[]string{"123456789", "1234567", "page_view", "83.~.2", `{"ms": 3000, "path": "/settings/team", "email": "jane.doe#@mail.invalid"}`, "2024-01-02 03:04:05+00"}},
	{"tickets", []string{"id int8 not null", "name text", "email text", "phone text", "cc _text", "body text"},
		`{id: keep, name: full_name, email: email, phone: phone, cc: {array: email}, body: text}`,
		[]string{"1", "Jane Doe$", "jane.doe#@mail.invalid", "+1 212-8#", "{a#@mail.invalid,b#@mail.invalid}",
			"Hi, this is Jane Doe$ (jane.doe#@mail.invalid). I was charged twice this month, please call me back on (212) 8#. Thanks, Jane"}},
}

func benchProgram(t testing.TB) *scrub.Program {
	var defs []tableDef
	text := "version: 1\ntables:\n"
	for _, b := range benchTables {
		defs = append(defs, tableDef{name: "public." + b.name, columns: b.columns, edit: func(t *catalog.Table) {
			t.Unique = []catalog.UniqueIndex{{Name: "pk", Columns: []string{"id"}, Primary: true}}
		}})
		text += "  public." + b.name + ": {columns: " + b.rules + "}\n"
	}
	return compile(t, newCatalog(t, defs...), text)
}

// benchRow is row i of a bench table.
func benchRow(row []string, i int) []string {
	letters := ""
	for n := i; len(letters) < 4; n /= 26 {
		letters += string(rune('a' + n%26))
	}
	own := strings.NewReplacer("#", strconv.Itoa(100_000+i), "~", fmt.Sprintf("%d.%d", 1+i/250%250, 1+i%250), "$", letters)
	out := make([]string, len(row))
	for j, s := range row {
		out[j] = own.Replace(s)
	}
	return out
}

// feed returns a writer that has its header, and rows to feed it with.
func feed(t testing.TB, p *scrub.Program, i int, fp *fingerprint.Collector, rows int) (*scrub.Writer, []byte) {
	b := benchTables[i]
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

// The steady state allocates nothing a row, with and without fingerprints.
func TestNoAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("not with the race detector: one goroutine")
	}
	p := benchProgram(t)
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i, b := range benchTables {
		for _, fp := range []*fingerprint.Collector{nil, store.Collector()} {
			w, batch := feed(t, p, i, fp, 1000)
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

// One operation is one row. Every pass over the rows has a new store of
// fingerprints, as for that one values that it saw before cost less. cpu-ns/op is
// the process's own time, which other programs on the machine disturb less.
func BenchmarkWriter(b *testing.B) {
	p := benchProgram(b)
	const rows, step = 50_000, 500
	for i, table := range benchTables {
		_, batch := feed(b, p, i, nil, rows)
		for _, watch := range []bool{false, true} {
			name := table.name
			if watch {
				name += "+fingerprints"
			}
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(len(batch) / rows))
				b.ReportAllocs()
				var cpu time.Duration
				for n := 0; n < b.N; {
					b.StopTimer()
					var fp *fingerprint.Collector
					if watch {
						store, err := fingerprint.NewStore(b.TempDir(), testKey)
						if err != nil {
							b.Fatal(err)
						}
						defer store.Close()
						fp = store.Collector()
					}
					w, _ := feed(b, p, i, fp, 0)
					began := processTime(b)
					b.StartTimer()
					for rest := batch; n < b.N && len(rest) > 0; n += step {
						part := rest[:min(len(rest), len(batch)/(rows/step))]
						if _, err := w.Write(part); err != nil {
							b.Fatal(err)
						}
						rest = rest[len(part):]
					}
					cpu += processTime(b) - began
				}
				b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// processTime is the processor time that this process has used.
func processTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
