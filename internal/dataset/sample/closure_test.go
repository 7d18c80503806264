package sample_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"refresher/internal/dataset/sample"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/schemas"
)

// model computes the sample of a world as the package's documentation states it, row by row in the
// plainest way.
type model struct {
	*schemas.World
	opts  sample.Options
	texts map[int]string // uid → text of the key
	got   map[int]string // uid → reason
}

func (m *model) add(r *schemas.Row, why string) bool {
	if _, ok := m.got[r.UID]; ok {
		return false
	}
	m.got[r.UID] = why
	return true
}

func (m *model) hash(r *schemas.Row) uint64 {
	sum := sha256.Sum256(append(slices.Clone(salt), m.texts[r.UID]...))
	return binary.BigEndian.Uint64(sum[:])
}

func (m *model) named(name string) *schemas.Table {
	return m.Tables[slices.IndexFunc(m.Tables, func(t *schemas.Table) bool { return t.Name == name })]
}

// takes are the rows that a root takes.
func (m *model) takes(r sample.Root) []*schemas.Row {
	rows := slices.Clone(m.named(r.Table.Name).Rows)
	if r.Where != "" { // the only condition that these tests write
		rows = slices.DeleteFunc(rows, func(x *schemas.Row) bool { return x.Values["b"] != "1" })
	}
	slices.SortFunc(rows, func(a, b *schemas.Row) int { return cmp.Compare(m.hash(a), m.hash(b)) })
	switch {
	case r.Keys != nil:
		return slices.DeleteFunc(rows, func(x *schemas.Row) bool {
			var key []string
			for _, c := range x.Table.PrimaryKey {
				key = append(key, x.Values[c])
			}
			return !slices.ContainsFunc(r.Keys, func(k []string) bool { return slices.Equal(k, key) })
		})
	case r.Rows > 0:
		return rows[:min(len(rows), int(r.Rows))]
	case r.Percent > 0 && r.Percent < 100:
		limit := uint64(r.Percent / 100 * (1 << 63) * 2)
		return slices.DeleteFunc(rows, func(x *schemas.Row) bool { return m.hash(x) >= limit })
	}
	return rows
}

// limit is the entry for a key, nil if there is none.
func (m *model) limit(k *schemas.Key) *sample.Children {
	var found *sample.Children
	for _, c := range m.opts.Children {
		if c.Table.Name == k.From.Name && (c.Columns == nil && found == nil || slices.Equal(c.Columns, k.Columns)) {
			found = &c
		}
	}
	return found
}

// children are the rows that come with a row by a key, going down.
func (m *model) children(k *schemas.Key, parent *schemas.Row) []*schemas.Row {
	rows := slices.DeleteFunc(slices.Clone(k.From.Rows), func(r *schemas.Row) bool { return k.Refers(r) != parent })
	limit := m.limit(k)
	if limit == nil {
		return rows
	}
	slices.SortFunc(rows, func(a, b *schemas.Row) int {
		if limit.Order == sample.Random {
			ha, hb := sha256.Sum256([]byte(m.texts[a.UID])), sha256.Sum256([]byte(m.texts[b.UID]))
			return slices.Compare(ha[:], hb[:])
		}
		return compareBy(a, b, append([]string{"at"}, k.From.PrimaryKey...), limit.Order == sample.Newest)
	})
	return rows[:min(len(rows), int(limit.Limit))]
}

// compareBy compares by columns of numbers, of which NULL is the last in any direction.
func compareBy(a, b *schemas.Row, columns []string, descending bool) int {
	for _, c := range columns {
		va, oka := a.Values[c]
		vb, okb := b.Values[c]
		x, _ := strconv.Atoi(va)
		y, _ := strconv.Atoi(vb)
		d := cmp.Compare(x, y)
		switch {
		case !oka && !okb:
			d = 0
		case !oka:
			return 1
		case !okb:
			return -1
		case descending:
			d = -d
		}
		if d != 0 {
			return d
		}
	}
	return 0
}

// expect is the sample: uid → reason.
func (m *model) expect() map[int]string {
	m.got = map[int]string{}
	near := map[*schemas.Table]bool{}
	for _, r := range m.opts.Roots {
		near[m.named(r.Table.Name)] = true
		for _, x := range m.takes(r) {
			m.add(x, "root")
		}
	}
	roots := maps.Clone(near)
	until(func() (grew bool) {
		for _, k := range m.Keys {
			if roots[k.From] {
				continue
			}
			for _, parent := range k.To.Rows {
				if m.got[parent.UID] == "" {
					continue
				}
				for _, r := range m.children(k, parent) {
					grew = m.add(r, "down") || grew
				}
			}
		}
		return grew
	})
	for _, down := range []bool{true, false} {
		until(func() (grew bool) {
			for _, k := range m.Keys {
				src, dst := k.To, k.From
				if !down {
					src, dst = k.From, k.To
				} else if l := m.limit(k); l != nil && l.Limit == 0 {
					continue
				}
				if near[src] && !near[dst] {
					near[dst], grew = true, true
				}
			}
			return grew
		})
	}
	for _, t := range m.Tables {
		if slices.Contains(m.opts.Whole, name(t.Name)) {
			for _, r := range t.Rows {
				m.add(r, "whole")
			}
		} else if !near[t] && m.opts.Percent > 0 {
			for _, r := range m.takes(sample.Root{Table: name(t.Name), Percent: m.opts.Percent}) {
				m.add(r, "own")
			}
		}
	}
	until(func() (grew bool) {
		for _, k := range m.Keys {
			for _, r := range k.From.Rows {
				if to := k.Refers(r); to != nil && m.got[r.UID] != "" {
					grew = m.add(to, "up") || grew
				}
			}
		}
		return grew
	})
	return m.got
}

func until(step func() bool) {
	for step() {
	}
}

// randomOptions asks a world for a sample.
func randomOptions(w *schemas.World, r *rand.Rand) sample.Options {
	percents := []float64{3, 25, 60, 100}
	opts := sample.Options{Percent: percents[r.IntN(4)], Salt: salt, References: w.References()}
	for _, t := range w.Tables {
		root := sample.Root{Table: name(t.Name)}
		switch r.IntN(10) {
		case 0:
			root.Percent = percents[r.IntN(4)]
		case 1:
			root.Rows = 1 + r.Int64N(20)
		case 2:
			root.Where = "b = 1 -- " + t.Name + ".b"
			root.Percent = []float64{0, 60}[r.IntN(2)]
		case 3:
			if t.PrimaryKey == nil {
				continue
			}
			root.Keys = [][]string{slices.Repeat([]string{"-5"}, len(t.PrimaryKey))} // which there isn't
			for _, row := range t.Rows {
				if r.IntN(10) == 0 {
					var key []string
					for _, c := range t.PrimaryKey {
						key = append(key, row.Values[c])
					}
					root.Keys = append(root.Keys, key)
				}
			}
		case 4:
			opts.Whole = append(opts.Whole, name(t.Name))
			continue
		default:
			continue
		}
		opts.Roots = append(opts.Roots, root)
		if r.IntN(3) == 0 { // a second root of the table
			opts.Roots = append(opts.Roots, sample.Root{Table: root.Table, Rows: 1 + r.Int64N(5)})
		}
	}
	for _, k := range w.Keys {
		limit := sample.Children{Table: name(k.From.Name), Limit: r.Int64N(4),
			Order: []sample.Order{sample.Newest, sample.Oldest, sample.Random}[r.IntN(3)]}
		if k.From.PrimaryKey == nil {
			limit.Order = sample.Random
		}
		if limit.Order != sample.Random {
			limit.By = "at"
		}
		if r.IntN(2) == 0 {
			limit.Columns = k.Columns
		}
		known := slices.ContainsFunc(opts.Children, func(c sample.Children) bool {
			return c.Table == limit.Table && slices.Equal(c.Columns, limit.Columns)
		})
		if r.IntN(3) == 0 && !known {
			opts.Children = append(opts.Children, limit)
		}
	}
	return opts
}

// keyTexts are the texts that are hashed.
func keyTexts(t *testing.T, w *schemas.World, url string) map[int]string {
	t.Helper()
	texts := map[int]string{}
	for _, tab := range w.Tables {
		key := map[int]string{0: "ROW(x.*)::text", 1: "a::text", 2: "ROW(" + strings.Join(tab.PrimaryKey, ", ") + ")::text"}[len(tab.PrimaryKey)]
		for _, line := range column(t, url, "SELECT uid || '|' || "+key+" FROM "+tab.Name+" x") {
			id, text, _ := strings.Cut(line, "|")
			uid, err := strconv.Atoi(id)
			if err != nil {
				t.Fatal(err)
			}
			texts[uid] = text
		}
	}
	return texts
}

// TestRandomSchemas compares the sample of random databases with the model, row by row: it holds every
// row that was asked for and none that no rule brings. Adding the keys proves the closure. The long form has
// more and larger ones.
func TestRandomSchemas(t *testing.T) {
	seeds := []uint64{0, 3, 6, 9}
	if longform.Asked() {
		seeds = nil
		for seed := range uint64(300) {
			seeds = append(seeds, seed)
		}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			w := schemas.Random(r, 3+r.IntN(5))
			if seed%10 == 9 {
				w = schemas.Random(r, 30)
			}
			url := pgserver.DB(t)
			pgserver.Exec(t, url, w.Schema()+w.Inserts()+w.Constraints())
			if seed%2 == 0 {
				pgserver.Exec(t, url, "ANALYZE")
			}
			m := &model{World: w, opts: randomOptions(w, r), texts: keyTexts(t, w, url)}
			m.compare(t, url)
		})
	}
}

func (m *model) compare(t *testing.T, url string) {
	t.Helper()
	want := m.expect()
	target, counts := pick(t, url, m.Schema(), m.Constraints(), m.opts)
	for _, tab := range m.Tables {
		c := sample.Count{Table: name(tab.Name)}
		var uids []string
		for _, r := range tab.Rows {
			switch want[r.UID] {
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
			uids = append(uids, fmt.Sprint(r.UID))
		}
		if got := column(t, target, "SELECT uid::text FROM "+tab.Name+" x ORDER BY x.UID"); !slices.Equal(got, uids) {
			t.Errorf("%s: rows %v, want %v", tab.Name, got, uids)
		}
		got := counts[tab.Name]
		got.Bytes, got.Edges = 0, nil
		if fmt.Sprint(got) != fmt.Sprint(c) {
			t.Errorf("counts %+v, want %+v", got, c)
		}
	}
}
