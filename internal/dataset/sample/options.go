package sample

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Options say what to pick.
type Options struct {
	Roots    []Root         // where the sample starts; none: every table by its own key
	Percent  float64        // of the rows of tables that no root leads to, 0 to 100
	Whole    []catalog.Name // tables taken whole
	Children []Children     // how many of the rows that reference a picked row come with it

	References []catalog.Reference // followed like foreign keys

	Budget Budget // what the sample may hold at most

	Salt []byte // keeps the choice secret and stable; at least 16 bytes, derived from the run's key
}

// Root is a table that a sample starts from, and which of its rows it takes: a share, a number, those
// of a condition (or a share or number of them), or those with given keys. Several roots can be
// of one table.
type Root struct {
	Table   catalog.Name
	Percent float64    // share of the rows, above 0, at most 100
	Rows    int64      // how many rows
	Where   string     // SQL of the rows that count; see [CheckCondition]
	Keys    [][]string // values of the primary key as text, a list for each row, as the sampled database has them
}

// Children limits the rows that come with a row that they reference.
type Children struct {
	Table   catalog.Name // the referencing table
	Columns []string     // of one foreign key; none: each key of the table that no other entry names
	Limit   int64        // rows for each referenced row, by each key; 0: the key is not followed
	Order   Order        // which of them
	By      string       // column of the order; empty: see [Order]
}

// Order says which of a row's children come with it. Without [Children.By], newest and oldest go by the
// table's column of type date or timestamp if it has one alone, else by the first of created_at, occurred_at,
// inserted_at, created, created_on, timestamp and time that it has as such, else by the primary
// key if that is one column of whole numbers.
type Order string

// The orders. Rows that are equal in them are taken by their primary key.
const (
	Newest Order = "newest"
	Oldest Order = "oldest"
	Random Order = "random" // by a hash of the primary key: the same rows next week
)

// Budget is what a sample may hold at most. Shares of roots are lowered until it fits.
type Budget struct {
	Rows  int64 // 0: any number
	Bytes int64 // of rows as PostgreSQL stores them, without indexes; 0: any number
}

// unlimited is an entry for keys that none names.
const unlimited = -1

// Check reports every mistake in the options as one *fault.Input.
func (o Options) Check(cat *catalog.Catalog) error {
	c := &checker{cat: cat}
	if !(o.Percent >= 0 && o.Percent <= 100) || o.Percent == 0 && len(o.Roots) == 0 {
		c.bad("percent is %s; write a number above 0 and at most 100", number(o.Percent))
	}
	if len(o.Salt) < 16 {
		c.bad("the salt is shorter than 16 bytes; derive it from the run's key")
	}
	if o.Budget.Rows < 0 || o.Budget.Bytes < 0 {
		c.bad("max_rows and max_bytes can't be below 0")
	}
	for _, r := range o.Roots {
		c.root(r)
	}
	c.whole(o)
	for i, ch := range o.Children {
		c.children(o, i, ch)
	}
	if len(c.in.Problems) > 0 {
		return &c.in
	}
	return nil
}

// checker collects mistakes.
type checker struct {
	cat *catalog.Catalog
	in  fault.Input
}

func (c *checker) bad(format string, args ...any) {
	p := fault.Problem{Text: "sample: " + fmt.Sprintf(format, args...)}
	if !slices.Contains(c.in.Problems, p) {
		c.in.Problems = append(c.in.Problems, p)
	}
}

// table is that of the name, nil with a problem if rows can't be picked of it.
func (c *checker) table(what string, n catalog.Name) *catalog.Table {
	t := c.cat.Table(n)
	switch {
	case t == nil:
		c.bad("%s table %s does not exist", what, n)
	case t.Kind == catalog.Foreign:
		c.bad("%s table %s is a foreign table, which holds no rows here", what, n)
	case t.IsPartition:
		c.bad("%s table %s is a partition; name its root %s", what, n, t.Root)
	default:
		return t
	}
	return nil
}

func (c *checker) root(r Root) {
	t := c.table("root", r.Table)
	kinds := 0
	for _, given := range []bool{r.Percent != 0, r.Rows != 0, r.Keys != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds > 1 || r.Keys != nil && r.Where != "":
		c.bad("root table %s: write one of percent, rows and keys; where goes with percent or rows", r.Table)
	case kinds == 0 && r.Where == "":
		c.bad("root table %s: write one of percent, rows, where and keys", r.Table)
	case r.Percent != 0 && !(r.Percent > 0 && r.Percent <= 100):
		c.bad("root table %s: percent is %s; write a number above 0 and at most 100", r.Table, number(r.Percent))
	case r.Rows < 0:
		c.bad("root table %s: rows is below 1", r.Table)
	case r.Keys != nil && len(r.Keys) == 0:
		c.bad("root table %s: keys is empty", r.Table)
	}
	if r.Where != "" {
		if err := CheckCondition(r.Where); err != nil {
			c.bad("root table %s: where %v", r.Table, err)
		}
	}
	if t == nil || r.Keys == nil {
		return
	}
	if len(t.PrimaryKey) == 0 {
		c.bad("root table %s has no primary key, so no keys can be listed; write where", r.Table)
	}
	for i, k := range r.Keys {
		if len(k) != len(t.PrimaryKey) && len(t.PrimaryKey) > 0 {
			c.bad("root table %s: entry %d of keys has %d values, and the primary key has %d (%s)", r.Table, i+1,
				len(k), len(t.PrimaryKey), strings.Join(t.PrimaryKey, ", "))
		}
	}
}

func (c *checker) whole(o Options) {
	seen := map[catalog.Name]bool{}
	for _, n := range o.Whole {
		c.table("whole", n)
		if seen[n] {
			c.bad("whole table %s is listed twice", n)
		}
		if seen[n] = true; slices.ContainsFunc(o.Roots, func(r Root) bool { return r.Table == n }) {
			c.bad("table %s is listed as root and as whole; a whole table is not sampled, so list it once", n)
		}
	}
}

func (c *checker) children(o Options, i int, ch Children) {
	what := ch.name()
	for _, before := range o.Children[:i] {
		if before.name() == what {
			c.bad("children of %s are limited twice", what)
		}
	}
	t := c.table("children", ch.Table)
	if t == nil {
		return
	}
	if !c.refers(o, ch) {
		c.bad("children: %s has no such foreign key and no rule declares such a reference", what)
	}
	switch {
	case ch.Limit < 0:
		c.bad("children of %s: limit is below 0", what)
	case ch.Limit == 0: // no order
	case !slices.Contains([]Order{Newest, Oldest, Random}, ch.Order):
		c.bad("children of %s: order must be newest, oldest or random", what)
	case ch.By != "" && t.Column(ch.By) == nil:
		c.bad("children of %s: there is no column %q to order by", what, ch.By)
	case ch.By != "" && ch.Order == Random:
		c.bad("children of %s: order random goes by no column; leave by out", what)
	case ch.Limit > 0 && ch.Order != Random && ch.by(t) == "":
		c.bad("children of %s: no column says which is %s; write by: and the column", what, ch.Order)
	}
}

// refers reports whether there is a key that an entry is for.
func (c *checker) refers(o Options, ch Children) bool {
	for _, t := range c.cat.Tables {
		if t.Root != ch.Table && t.Name != ch.Table {
			continue
		}
		for _, f := range t.ForeignKeys {
			if ch.Columns == nil || slices.Equal(ch.Columns, f.Columns) {
				return true
			}
		}
	}
	return slices.ContainsFunc(o.References, func(r catalog.Reference) bool {
		return r.Table == ch.Table && !r.Loose && (ch.Columns == nil || slices.Equal(ch.Columns, r.Columns))
	})
}

// name is what a configuration calls the entry.
func (ch Children) name() string {
	if ch.Columns == nil {
		return ch.Table.String()
	}
	return ch.Table.String() + " (" + strings.Join(ch.Columns, ", ") + ")"
}

// by is the column of the order; empty: none was given, and none offers itself.
func (ch Children) by(t *catalog.Table) string {
	if ch.By != "" {
		return ch.By
	}
	var times []string
	for _, c := range t.Columns {
		switch c.Type.Underlying().OID {
		case catalog.TimestampOID, catalog.TimestamptzOID, catalog.DateOID:
			times = append(times, c.Name)
		}
	}
	if len(times) == 1 {
		return times[0]
	}
	for _, name := range []string{
		"created_at", "occurred_at", "inserted_at", "created", "created_on", "timestamp", "time",
	} {
		if slices.Contains(times, name) {
			return name
		}
	}
	if len(t.PrimaryKey) != 1 {
		return ""
	}
	switch t.Column(t.PrimaryKey[0]).Type.Underlying().OID {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
		return t.PrimaryKey[0]
	}
	return ""
}

// limitOf is the entry for a key of a table: that which names its columns, else that of the table.
func (o Options) limitOf(table catalog.Name, columns []string) Children {
	best := Children{Limit: unlimited}
	for _, ch := range o.Children {
		if ch.Table != table || ch.Columns != nil && !slices.Equal(ch.Columns, columns) {
			continue
		}
		if best.Limit == unlimited || ch.Columns != nil {
			best = ch
		}
	}
	return best
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// share is a part of all hashes: the lowest ones.
type share struct {
	all   bool
	below uint64 // hashes below it
}

// shareOf is the part that percent and a factor leave of all hashes, rounded down. The percent
// is taken as the decimal that the user wrote.
func shareOf(percent, factor float64) share {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(percent, 'f', -1, 64))
	f := new(big.Rat).SetFloat64(factor)
	r.Mul(r.Mul(r, f), new(big.Rat).SetFrac(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(100)))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if !n.IsUint64() {
		return share{all: true}
	}
	return share{below: n.Uint64()}
}

func (s share) holds(hash uint64) bool { return s.all || hash < s.below }

// String is what the root takes in words, without values.
func (r Root) String() string {
	of := ""
	if r.Where != "" {
		of = " of those of its condition"
	}
	switch {
	case r.Keys != nil:
		return strconv.Itoa(len(r.Keys)) + " listed keys"
	case r.Rows > 0:
		return strconv.FormatInt(r.Rows, 10) + " rows" + of
	case r.Percent > 0:
		return number(r.Percent) + " %" + of
	}
	return "the rows of its condition"
}
