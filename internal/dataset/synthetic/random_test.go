package synthetic_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/schemas"
)

// Synthetic databases of random schemas take all constraints, have the rows that were asked for, are the same for a
// seed and others for another. Of the rows that they stand for nothing is released that fewer than k have.
func TestRandomSchemas(t *testing.T) {
	seeds := uint64(4)
	if longform.Asked() {
		seeds = 200
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			random := schemas.Random(r, 3+r.IntN(6))
			w := newWorld(t, random.Schema(), random.Inserts()+plant(random), random.Constraints())
			o := synthetic.Options{Seed: int64(seed), Tables: map[catalog.Name]synthetic.TableOptions{}}
			for _, table := range random.Tables {
				if rows := 1 + r.Int64N(150); r.IntN(2) == 0 {
					o.Tables[name(table.Name)] = synthetic.TableOptions{Rows: &rows}
				}
			}
			stats, err := synthetic.Measure(t.Context(), w.conn, catalogOf(t, w.conn), columns{}.policy(synthetic.Method{K: 20}))
			if err != nil {
				t.Fatal(err)
			}
			atLeast(t, stats, 20)
			m, err := w.from(t, stats, o)
			if err != nil {
				t.Fatal(err)
			}
			for table, o := range o.Tables {
				if got := m.rows[table.String()]; got != *o.Rows {
					t.Errorf("%s has %d rows, not %d", table, got, *o.Rows)
				}
			}
			for table := range m.rows {
				if n := one(t, m.conn, "SELECT count(*)::text FROM "+table+" x WHERE x::text LIKE '%planted%'"); n != "0" {
					t.Errorf("%s rows of %s have a rare value", n, table)
				}
			}
			if !maps.Equal(m.sums, w.sums(t, stats, o)) {
				t.Error("one seed made two databases")
			}
			if o.Seed += 1000; maps.Equal(m.sums, w.sums(t, stats, o)) {
				t.Error("two seeds made one database")
			}
		})
	}
}

// plant gives up to 19 rows of each table values that no other has.
func plant(w *schemas.World) string {
	var b strings.Builder
	for i, t := range w.Tables {
		fmt.Fprintf(&b, "UPDATE %[1]s SET kind = 'planted', about = 'planted ' || uid, at = 987654 WHERE uid IN "+
			"(SELECT uid FROM %[1]s LIMIT %[2]d);\n", t.Name, 1+(i*7)%19)
	}
	return b.String()
}

// atLeast fails if statistics hold a count that is below k or no multiple of it.
func atLeast(t *testing.T, s *synthetic.Statistics, k int64) {
	t.Helper()
	var counts []int64
	for _, table := range s.Tables {
		counts = append(counts, table.Rows)
		for _, c := range table.Columns {
			counts = append(counts, c.Nulls, c.Filled)
			for _, v := range c.Values {
				counts = append(counts, max(v.Rows, 1))
			}
			for _, b := range c.Bins {
				counts = append(counts, max(b.Rows, 1))
			}
		}
		for _, key := range table.Keys {
			counts = append(counts, key.Nulls, key.Filled)
			for _, f := range key.Fans {
				counts = append(counts, max(f.Rows, 1))
			}
		}
		for _, p := range table.Partitions {
			counts = append(counts, p.Rows)
		}
	}
	for _, n := range counts {
		if n%k != 0 {
			t.Errorf("a count of %d was released", n)
		}
	}
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, rare := range []string{"planted", "987654"} {
		if strings.Contains(text.String(), rare) {
			t.Errorf("the statistics hold %s", rare)
		}
	}
}

const privateSchema = `
CREATE TABLE people (id int NOT NULL, email text, plan text, note text, born date, score int NOT NULL, active boolean);
CREATE TABLE events (person int NOT NULL, name text NOT NULL, place text);`

// Values are released of kept columns alone, that look like nobody's, and that k people have: one person's many
// rows are no crowd. Intervals are fixed.
func TestWhatIsReleased(t *testing.T) {
	w := newWorld(t, privateSchema, `
INSERT INTO people SELECT i, 'p' || i || '@posteo.de', CASE WHEN i <= 19 THEN 'rare plan' ELSE 'free' END,
	CASE WHEN i <= 60 THEN 'hanna.quistorp@posteo.de' WHEN i <= 100 THEN 'ask Hanna Schmidt' ELSE 'common note' END, '1980-01-01'::date + i % 3,
	CASE WHEN i = 1 THEN 1234567 ELSE i END, i % 2 = 0 FROM generate_series(1, 200) i;
INSERT INTO events SELECT 7, 'only by one', 'd' FROM generate_series(1, 500) i;
INSERT INTO events SELECT i, 'click', 'd' FROM generate_series(1, 200) i;`,
		"ALTER TABLE people ADD PRIMARY KEY (id); ALTER TABLE events ADD FOREIGN KEY (person) REFERENCES people")
	kinds := columns{"email": "email", "place": "city"}
	stats, err := synthetic.Measure(t.Context(), w.conn, catalogOf(t, w.conn), kinds.policy(synthetic.Method{K: 20}, "people"))
	if err != nil {
		t.Fatal(err)
	}
	atLeast(t, stats, 20)
	var text bytes.Buffer
	if err := stats.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"rare plan", "posteo", "Schmidt", "only by one", "1234567", `"d"`} {
		if strings.Contains(text.String(), value) {
			t.Errorf("%s was released", value)
		}
	}
	for _, value := range []string{`"free"`, `"common note"`, `"click"`, `"1980-01-01"`, `"email"`} {
		if !strings.Contains(text.String(), value) {
			t.Errorf("%s was not released", value)
		}
	}
}

// With epsilon no value comes from the data, counts have noise, and each table's shares of epsilon add up.
func TestEpsilon(t *testing.T) {
	w := newWorld(t, privateSchema, `
INSERT INTO people SELECT i, NULL, 'free', 'note', '1980-01-01', 70, i % 2 = 0 FROM generate_series(1, 5000) i;
INSERT INTO events SELECT i, 'click', 'd' FROM generate_series(1, 5000) i;`,
		"ALTER TABLE people ADD PRIMARY KEY (id); ALTER TABLE events ADD FOREIGN KEY (person) REFERENCES people")
	p := columns{"email": "email"}.policy(synthetic.Method{Epsilon: 1}, "people")
	rows := map[int64]bool{}
	for range 5 {
		stats, err := synthetic.Measure(t.Context(), w.conn, catalogOf(t, w.conn), p)
		if err != nil {
			t.Fatal(err)
		}
		people := stats.Tables[1]
		// Rows, email, plan, note, born, score, active; id is a key's.
		if people.Name != "public.people" || people.Each < 1.0/8-1e-9 || people.Each > 1.0/7+1e-9 {
			t.Errorf("%s: each has %v", people.Name, people.Each)
		}
		for _, c := range people.Columns {
			for _, v := range c.Values {
				if c.Name != "active" || v.Rows < 2000 || v.Rows > 3000 {
					t.Errorf("%s: %+v", c.Name, v)
				}
			}
		}
		rows[people.Rows] = true
		if people.Rows < 4500 || people.Rows > 5500 {
			t.Errorf("%d rows", people.Rows)
		}
	}
	if len(rows) == 1 {
		t.Error("five releases have the same noise")
	}
	small := int64(100)
	m := w.must(t, p, synthetic.Options{Tables: map[catalog.Name]synthetic.TableOptions{name("people"): {Rows: &small},
		name("events"): {Rows: &small}}})
	if m.rows["public.people"] != 100 || m.rows["public.events"] != 100 {
		t.Error(m.rows)
	}
}

// Parents have as many children as the released histogram says.
func TestChildren(t *testing.T) {
	w := newWorld(t, privateSchema, `
INSERT INTO people SELECT i, NULL, 'free', 'note', '1980-01-01', 70, true FROM generate_series(1, 400) i;
INSERT INTO events SELECT i, 'click', 'd' FROM generate_series(1, 200) i;
INSERT INTO events SELECT 200 + i % 40, 'click', 'd' FROM generate_series(1, 40 * 12) i;`,
		"ALTER TABLE people ADD PRIMARY KEY (id); ALTER TABLE events ADD FOREIGN KEY (person) REFERENCES people")
	m := w.must(t, columns{}.policy(synthetic.Method{K: 20}), synthetic.Options{})
	got := column(t, m.conn, "SELECT n || ' ' || count(*) FROM (SELECT count(*) n FROM events GROUP BY person) x GROUP BY n ORDER BY n")
	// Released: 180 with one, 40 with 8 to 15.
	if want := "1 198, 10 2, 11 42"; strings.Join(got, ", ") != want {
		t.Errorf("events of each: %v, want %s", got, want)
	}
}

// Each of these can't be understood as something else than it is.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{"CHECK (((a > 0) AND (b IS NULL)))", "CHECK ((x = ANY (ARRAY['a'::text, 'b'::text])))",
		"CHECK ((length(btrim(x)) > 0))", "a - (", "CASE WHEN", "NOT (x)::integer[] IS DISTINCT FROM '1'::\"odd type\""} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) { synthetic.ParseForTest(text) })
}
