package sample_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/sample"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

var salt = bytes.Repeat([]byte("salt"), 8)

func name(s string) catalog.Name { return catalog.Name{Schema: "public", Name: s} }

func names(list ...string) []catalog.Name {
	var out []catalog.Name
	for _, s := range list {
		out = append(out, name(s))
	}
	return out
}

// loader loads into a database by plain COPY.
type loader struct{ conn *pgx.Conn }

func (l loader) CopyIn(ctx context.Context, table catalog.Name, cols []string, f copyfmt.Format,
	r io.Reader) (int64, error) {
	list := ""
	if len(cols) > 0 {
		list = " (" + catalog.QuoteAll(cols) + ")"
	}
	tag, err := l.conn.PgConn().CopyFrom(ctx, r, "COPY "+table.SQL()+list+" FROM STDIN (FORMAT "+f.String()+")")
	return tag.RowsAffected(), err
}

// pick samples the database at url into a new one made by schema, and then adds
// the foreign keys there, which validates them.
func pick(t *testing.T, url, schema, keys string, opts sample.Options) (target string, counts map[string]sample.Count) {
	t.Helper()
	target = pgserver.DB(t)
	pgserver.Exec(t, target, schema)
	conn := pgserver.Conn(t, url)
	cat, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sample.Compute(t.Context(), conn, cat, opts)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counts = map[string]sample.Count{}
	var total int64
	for _, c := range list {
		counts[c.Table.Name] = c
		total += c.Rows
		if c.Rows != c.Roots+c.Down+c.Own+c.Whole+c.Up {
			t.Errorf("the reasons don't add up: %+v", c)
		}
	}
	n, err := s.Copy(t.Context(), loader{pgserver.Conn(t, target)})
	if err != nil {
		t.Fatal(err)
	}
	if n != total {
		t.Errorf("copied %d rows, counted %d", n, total)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	pgserver.Exec(t, target, "SELECT 1;"+keys)
	return target, counts
}

func column(t *testing.T, url, sql string) []string {
	t.Helper()
	rows, err := pgserver.Conn(t, url).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A model of a random database, and the sample of it as the package doc states it,
// computed row by row in the plainest way.
type world struct {
	tables []*table
	keys   []fkey
	rows   []*row // all, numbered by uid
}

type table struct {
	name   string
	pk     []string // none: no primary key
	unique bool     // has a unique column code
	parts  int      // hash partitions, 0: none
	rows   []*row
}

type fkey struct {
	from, to *table
	cols     []string
	refs     []string
}

type row struct {
	uid    int
	values map[string]string // no entry: NULL
}

func randomWorld(r *rand.Rand) *world {
	w := new(world)
	for i := range 3 + r.IntN(5) {
		t := &table{name: fmt.Sprintf("t%d", i)}
		switch r.IntN(6) {
		case 0:
			t.unique = true
		case 1, 2:
			t.pk = []string{"a", "b"}
		default:
			t.pk, t.unique = []string{"a"}, true
		}
		if t.pk != nil && r.IntN(3) == 0 {
			t.parts, t.unique = 1+r.IntN(3), false
		}
		w.tables = append(w.tables, t)
	}
	for i := range r.IntN(2 * len(w.tables)) {
		k := fkey{from: w.tables[r.IntN(len(w.tables))], to: w.tables[r.IntN(len(w.tables))]}
		if k.to.unique && r.IntN(2) == 0 || k.to.pk == nil {
			k.refs = []string{"code"}
		} else {
			k.refs = k.to.pk
		}
		for j := range k.refs {
			k.cols = append(k.cols, fmt.Sprintf("f%d_%d", i, j))
		}
		w.keys = append(w.keys, k)
	}
	for _, t := range w.tables {
		for i := range r.IntN(60) {
			row := &row{uid: len(w.rows), values: map[string]string{
				"uid": fmt.Sprint(len(w.rows)), "a": fmt.Sprint(i), "b": fmt.Sprint(r.IntN(3)), "code": fmt.Sprintf("c'%d", i)}}
			t.rows = append(t.rows, row)
			w.rows = append(w.rows, row)
		}
	}
	for _, k := range w.keys {
		for _, from := range k.from.rows {
			if len(k.to.rows) == 0 || r.IntN(3) == 0 {
				if len(k.cols) == 2 && r.IntN(2) == 0 {
					from.values[k.cols[0]] = "7" // MATCH SIMPLE: one NULL and there is no reference
				}
				continue
			}
			to := k.to.rows[r.IntN(len(k.to.rows))]
			for j := range k.cols {
				from.values[k.cols[j]] = to.values[k.refs[j]]
			}
		}
	}
	return w
}

func (w *world) schema() string {
	var b strings.Builder
	for _, t := range w.tables {
		fmt.Fprintf(&b, "CREATE TABLE %s (uid int NOT NULL, a int NOT NULL, b bigint NOT NULL, code text", t.name)
		for _, k := range w.keys {
			if k.from != t {
				continue
			}
			for j, c := range k.cols {
				// a and b of another type than what they point at
				typ := map[string]string{"a": "bigint", "b": "int", "code": "text"}[k.refs[j]]
				fmt.Fprintf(&b, ", %s %s", c, typ)
			}
		}
		if t.pk != nil {
			fmt.Fprintf(&b, ", PRIMARY KEY (%s)", strings.Join(t.pk, ", "))
		}
		if t.unique {
			b.WriteString(", UNIQUE (code)")
		}
		b.WriteString(")")
		if t.parts > 0 {
			b.WriteString(" PARTITION BY HASH (a)")
		}
		b.WriteString(";\n")
		for p := range t.parts {
			fmt.Fprintf(&b, "CREATE TABLE %s_%d PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d);\n", t.name, p,
				t.name, t.parts, p)
		}
	}
	return b.String()
}

func (w *world) inserts() string {
	var b strings.Builder
	for _, t := range w.tables {
		for _, r := range t.rows {
			cols := slices.Sorted(maps.Keys(r.values))
			vals := make([]string, len(cols))
			for i, c := range cols {
				vals[i] = catalog.Literal(r.values[c])
			}
			fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES (%s);\n", t.name, strings.Join(cols, ", "), strings.Join(vals, ", "))
		}
	}
	return b.String()
}

func (w *world) constraints() string {
	var b strings.Builder
	for i, k := range w.keys {
		fmt.Fprintf(&b, "ALTER TABLE %s ADD CONSTRAINT k%d FOREIGN KEY (%s) REFERENCES %s (%s);\n",
			k.from.name, i, strings.Join(k.cols, ", "), k.to.name, strings.Join(k.refs, ", "))
	}
	return b.String()
}

// target is the row that r references by k, nil if none.
func (k fkey) target(r *row) *row {
	for _, to := range k.to.rows {
		match := true
		for j := range k.cols {
			v, ok := r.values[k.cols[j]]
			match = match && ok && v == to.values[k.refs[j]]
		}
		if match {
			return to
		}
	}
	return nil
}

// expect is the sample by the rules of the package doc: uid → reason.
func (w *world) expect(roots, whole []*table, percent float64, hashes map[int]string) map[int]string {
	limit := uint64(percent / 100 * (1 << 63) * 2)
	hit := func(r *row) bool {
		sum := sha256.Sum256(append(slices.Clone(salt), hashes[r.uid]...))
		var n uint64
		for _, b := range sum[:8] {
			n = n<<8 | uint64(b)
		}
		return percent == 100 || n < limit
	}
	got := map[int]string{}
	add := func(r *row, why string) bool {
		if _, ok := got[r.uid]; ok || r == nil {
			return false
		}
		got[r.uid] = why
		return true
	}
	near := map[*table]bool{}
	for _, t := range roots {
		near[t] = true
		for _, r := range t.rows {
			if hit(r) {
				add(r, "root")
			}
		}
	}
	until(func() (grew bool) {
		for _, k := range w.keys {
			if slices.Contains(roots, k.from) {
				continue
			}
			for _, r := range k.from.rows {
				if to := k.target(r); to != nil && got[to.uid] != "" {
					grew = add(r, "down") || grew
				}
			}
		}
		return grew
	})
	for _, down := range []bool{true, false} {
		until(func() (grew bool) {
			for _, k := range w.keys {
				src, dst := k.to, k.from
				if !down {
					src, dst = k.from, k.to
				}
				if near[src] && !near[dst] {
					near[dst], grew = true, true
				}
			}
			return grew
		})
	}
	for _, t := range w.tables {
		for _, r := range t.rows {
			if slices.Contains(whole, t) {
				add(r, "whole")
			} else if !near[t] && hit(r) {
				add(r, "own")
			}
		}
	}
	until(func() (grew bool) {
		for _, k := range w.keys {
			for _, r := range k.from.rows {
				if to := k.target(r); to != nil && got[r.uid] != "" {
					grew = add(to, "up") || grew
				}
			}
		}
		return grew
	})
	return got
}

func until(step func() bool) {
	for step() {
	}
}

// TestRandomSchemas compares the sample of random databases (self-references,
// cycles, keys of two columns, keys to unique columns, partitions, tables without a
// primary key) with the model, row by row; adding the keys proves the closure.
func TestRandomSchemas(t *testing.T) {
	for seed := range uint64(14) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			w := randomWorld(r)
			url := pgserver.DB(t)
			pgserver.Exec(t, url, w.schema()+w.inserts()+w.constraints())
			if seed%2 == 0 {
				pgserver.Exec(t, url, "ANALYZE")
			}
			opts := sample.Options{Percent: []float64{3, 25, 60, 100}[r.IntN(4)], Salt: salt}
			var roots, whole []*table
			for _, tab := range w.tables {
				switch r.IntN(5) {
				case 0, 1:
					roots, opts.Roots = append(roots, tab), append(opts.Roots, name(tab.name))
				case 2:
					whole, opts.Whole = append(whole, tab), append(opts.Whole, name(tab.name))
				}
			}
			hashes := map[int]string{}
			for _, tab := range w.tables {
				key := map[int]string{0: "ROW(x.*)::text", 1: "a::text", 2: "ROW(a, b)::text"}[len(tab.pk)]
				for _, line := range column(t, url, "SELECT uid || '|' || "+key+" FROM "+tab.name+" x") {
					var uid int
					id, text, _ := strings.Cut(line, "|")
					fmt.Sscan(id, &uid)
					hashes[uid] = text
				}
			}
			want := w.expect(roots, whole, opts.Percent, hashes)
			target, counts := pick(t, url, w.schema(), w.constraints(), opts)
			wantCounts := map[string]sample.Count{}
			for _, tab := range w.tables {
				c := sample.Count{Table: name(tab.name)}
				var uids []string
				for _, r := range tab.rows {
					switch want[r.uid] {
					case "root":
						c.Roots++
					case "down":
						c.Down++
					case "own":
						c.Own++
					case "whole":
						c.Whole++
					case "up":
						c.Up++
					default:
						continue
					}
					c.Rows++
					uids = append(uids, fmt.Sprint(r.uid))
				}
				wantCounts[tab.name] = c
				if got := column(t, target, "SELECT uid::text FROM "+tab.name+" x ORDER BY x.uid"); !slices.Equal(got, uids) {
					t.Errorf("%s: rows %v, want %v", tab.name, got, uids)
				}
			}
			if !maps.Equal(counts, wantCounts) {
				t.Errorf("counts %+v, want %+v", counts, wantCounts)
			}
		})
	}
}
