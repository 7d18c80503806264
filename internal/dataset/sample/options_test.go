package sample

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

func TestShareOf(t *testing.T) {
	for percent, want := range map[float64]uint64{
		50:    0x8000000000000000,
		25:    0x4000000000000000,
		1:     0x028f5c28f5c28f5c, // ⌊2⁶⁴/100⌋
		0.1:   0x004189374bc6a7ef, // ⌊2⁶⁴/1000⌋, not of the binary fraction nearest to 0.1
		99.99: 0xfff972474538ef34,
		1e-30: 0,
	} {
		if got := shareOf(percent, 1); got != (share{below: want}) {
			t.Errorf("shareOf(%v, 1) = %+v, want %x", percent, got, want)
		}
	}
	if got := shareOf(100, 1); !got.all {
		t.Errorf("shareOf(100, 1) = %+v, want all", got)
	}
	if got := shareOf(100, 0.25); got != (share{below: 1 << 62}) {
		t.Errorf("shareOf(100, 0.25) = %+v, want a quarter", got)
	}
}

func TestCheck(t *testing.T) {
	name := func(s string) catalog.Name { return catalog.Name{Schema: "public", Name: s} }
	typed := func(name string, oid uint32) *catalog.Column {
		return &catalog.Column{Name: name, Type: &catalog.Type{OID: oid, Kind: catalog.BaseType}}
	}
	table := func(n string, columns ...*catalog.Column) *catalog.Table {
		return &catalog.Table{Name: name(n), Kind: catalog.Ordinary, Root: name(n), Columns: columns}
	}
	root := &catalog.Table{Name: name("parted"), Kind: catalog.Partitioned, Root: name("parted")}
	users, events := table("users", typed("id", catalog.Int8OID)), table("events", typed("user_id", catalog.Int8OID),
		typed("begun", catalog.TimestamptzOID), typed("ended", catalog.TimestamptzOID))
	users.PrimaryKey = []string{"id"}
	events.ForeignKeys = []catalog.ForeignKey{{Table: events.Name, Columns: []string{"user_id"}, RefTable: users.Name}}
	cat := &catalog.Catalog{Tables: []*catalog.Table{
		events, {Name: name("far"), Kind: catalog.Foreign, Root: name("far")}, root,
		{Name: name("parted_1"), Kind: catalog.Ordinary, Root: root.Name, IsPartition: true}, users,
	}}
	salt := bytes.Repeat([]byte{1}, 16)
	one := Root{Table: name("users"), Percent: 1}
	limit := func(c Children) Options {
		c.Table = name("events")
		return Options{Roots: []Root{one}, Salt: salt, Children: []Children{c}}
	}
	for _, c := range []struct {
		what string
		opts Options
		want []string // none: good
	}{
		{"good", Options{Roots: []Root{one}, Whole: []catalog.Name{name("parted")}, Percent: 100, Salt: salt}, nil},
		{"no percent", Options{Roots: []Root{one}, Salt: salt}, nil},
		{"limit", limit(Children{Limit: 3, Order: Newest, By: "begun"}), nil},
		{"limit of a key", limit(Children{Columns: []string{"user_id"}, Limit: 3, Order: Random}), nil},
		{"nothing", Options{Percent: 0, Salt: salt}, []string{"percent is 0"}},
		{"too much", Options{Percent: 100.5, Salt: salt}, []string{"percent is 100.5"}},
		{"not a number", Options{Percent: math.NaN(), Salt: salt}, []string{"percent is NaN"}},
		{"short salt", Options{Percent: 1, Salt: salt[:15]}, []string{"salt"}},
		{"bad names", Options{Percent: -1, Salt: salt, Whole: []catalog.Name{name("users"), name("users")}, Roots: []Root{
			{Table: name("user"), Percent: 1}, {Table: name("parted_1"), Percent: 1}, {Table: name("far"), Percent: 1},
		}}, []string{"percent is -1", "root table public.user does not exist",
			"public.parted_1 is a partition; name its root public.parted", "foreign", "listed twice"}},
		{"root and whole", Options{Roots: []Root{one}, Salt: salt, Whole: []catalog.Name{name("users")}},
			[]string{"root and as whole"}},
		{"bad roots", Options{Salt: salt, Roots: []Root{
			{Table: users.Name}, {Table: users.Name, Percent: 1, Rows: 1}, {Table: users.Name, Percent: 101},
			{Table: events.Name, Keys: [][]string{{"1"}}}, {Table: users.Name, Keys: [][]string{{"1", "2"}}},
			{Table: users.Name, Where: "id = 1; DROP TABLE users"},
		}}, []string{"one of percent, rows, where and keys", "one of percent, rows and keys", "percent is 101",
			"no primary key", "entry 1 of keys has 2 values, and the primary key has 1 (id)", "semicolon"}},
		{"no key", limit(Children{Columns: []string{"ended"}, Limit: 3, Order: Random}), []string{"no such foreign key"}},
		{"no order", limit(Children{Limit: 3, Order: "latest"}), []string{"newest, oldest or random"}},
		{"no column", limit(Children{Limit: 3, Order: Oldest, By: "at"}), []string{`no column "at"`}},
		{"two columns", limit(Children{Limit: 3, Order: Oldest}), []string{"no column says which is oldest; write by:"}},
		{"random by", limit(Children{Limit: 3, Order: Random, By: "begun"}), []string{"leave by out"}},
	} {
		err := c.opts.Check(cat)
		if len(c.want) == 0 {
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
			continue
		}
		var in *fault.Input
		if !errors.As(err, &in) || len(in.Problems) != len(c.want) {
			t.Errorf("%s: error %v, want %d problems", c.what, err, len(c.want))
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q lacks %q", c.what, err, w)
			}
		}
	}
}
