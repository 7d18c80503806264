package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"refresher/internal/config/secret"
	"refresher/internal/dataset/sample"
	"refresher/internal/postgres/catalog"
)

// Sample is how a bucket's rows are chosen.
type Sample struct {
	Roots    []Root              `yaml:"roots" doc:"where the sample starts: tables, as schema.table, of which percent is taken; or mappings that say more. See [samples](samples.md)"`
	Percent  float64             `yaml:"percent" doc:"share of the rows of roots that say nothing of their own, and of tables that no root leads to (without it those stay empty); above 0, at most 100"`
	Whole    []string            `yaml:"whole" doc:"tables to take in full, such as look-up tables"`
	Children map[string]Children `yaml:"children" doc:"how many of a table's rows come with each row that they reference, by schema.table, or by schema.table(column, …) for one foreign key; without an entry, all do"`
	MaxRows  int                 `yaml:"max_rows" doc:"rows that the sample may hold; shares are lowered to fit; 0: any number"`
	Rekey    secret.Text         `yaml:"rekey" reference:"true" doc:"secret reference of another key than the masking key: the sample is scrubbed a second time with it, so that its fakes are not those of staging"`
	MaxBytes Size                `yaml:"max_bytes" doc:"bytes of rows that the sample may hold, as PostgreSQL stores them and without indexes, such as 1GB; shares are lowered to fit; 0: any number"`
}

// Root is a table that a sample starts from.
type Root struct {
	Table   string  `yaml:"table" doc:"as schema.table" required:"true" shorthand:"true"`
	Percent float64 `yaml:"percent" doc:"share of its rows, above 0, at most 100"`
	Rows    int     `yaml:"rows" doc:"how many rows"`
	Where   string  `yaml:"where" doc:"SQL condition on the scrubbed rows: those that count. Without percent and rows, all of them"`
	Keys    []Key   `yaml:"keys" doc:"values of the primary key, as they are in production: those rows. A key of several columns is a list"`
}

// Key is a primary key's values; in a file, one value or a list of them.
type Key []string

// Children limits the rows that come with a row that they reference.
type Children struct {
	Limit int    `yaml:"limit" doc:"rows for each row that they reference; 0: none" required:"true" shorthand:"true"`
	Order string `yaml:"order" doc:"newest, oldest or random" default:"newest"`
	By    string `yaml:"by" doc:"column of the order; empty: the only date or time, else created_at and its like, else a whole number that is the primary key"`
}

// Size is a number of bytes; in a file with a unit: kB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and
// TiB of 1024.
type Size int64

// parseSize reads a size, false if it is none.
func parseSize(s string) (Size, bool) {
	s = strings.TrimSpace(s)
	digits := strings.TrimRight(s, "BKMGTikmgtb ")
	factor, known := map[string]float64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	n, err := strconv.ParseFloat(digits, 64)
	return Size(n * factor), err == nil && known && n >= 0 && n*factor < 1<<62
}

// childrenOf reads a name of children: schema.table, or schema.table(column, …).
func childrenOf(name string) (table catalog.Name, columns []string, err error) {
	before, list, found := strings.Cut(name, "(")
	if table, err = catalog.ParseName(strings.TrimSpace(before)); err != nil || !found {
		return table, nil, err
	}
	list, closed := strings.CutSuffix(strings.TrimSpace(list), ")")
	for column := range strings.SplitSeq(list, ",") {
		column = strings.TrimSpace(column)
		if inner, ok := strings.CutPrefix(column, `"`); ok {
			column = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
		}
		if column == "" || !closed {
			return table, nil, fmt.Errorf("%q is not the name of a foreign key: write it as schema.table(column, …)",
				name)
		}
		columns = append(columns, column)
	}
	return table, columns, nil
}

// Options are what the sample is made by, without what is the run's.
func (s Sample) Options() sample.Options {
	o := sample.Options{Percent: s.Percent, Budget: sample.Budget{Rows: int64(s.MaxRows), Bytes: int64(s.MaxBytes)}}
	for _, r := range s.Roots {
		n, _ := catalog.ParseName(r.Table) // validated with the configuration
		root := sample.Root{Table: n, Percent: r.Percent, Rows: int64(r.Rows), Where: r.Where}
		for _, k := range r.Keys {
			root.Keys = append(root.Keys, k)
		}
		if root.Percent == 0 && root.Rows == 0 && root.Where == "" && root.Keys == nil {
			root.Percent = s.Percent
		}
		o.Roots = append(o.Roots, root)
	}
	for _, name := range s.Whole {
		n, _ := catalog.ParseName(name)
		o.Whole = append(o.Whole, n)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Children)) {
		c := s.Children[name]
		table, columns, _ := childrenOf(name)
		o.Children = append(o.Children, sample.Children{
			Table: table, Columns: columns, Limit: int64(c.Limit), Order: sample.Order(c.Order), By: c.By,
		})
	}
	return o
}

// isZero reports whether nothing was said of a sample.
func (s Sample) isZero() bool {
	return len(s.Roots) == 0 && s.Percent == 0 && len(s.Whole) == 0 && len(s.Children) == 0 &&
		s.MaxRows == 0 && s.MaxBytes == 0 &&
		s.Rekey.IsZero()
}

func (s Sample) validate(at func(field, format string, args ...any)) {
	if len(s.Roots) == 0 {
		at("sample", "needs roots: the tables to start from, such as [public.users]")
	}
	if s.Percent < 0 || s.Percent > 100 {
		at("sample.percent", "must be above 0 and at most 100")
	}
	if s.MaxRows < 0 {
		at("sample.max_rows", "can't be below 0")
	}
	for i, r := range s.Roots {
		r.validate(s, func(field, format string, args ...any) {
			at(strings.TrimSuffix(fmt.Sprintf("sample.roots[%d].%s", i, field), "."), format, args...)
		})
	}
	for i, name := range s.Whole {
		if _, err := catalog.ParseName(name); err != nil {
			at(fmt.Sprintf("sample.whole[%d]", i), "is wrong: %v", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Children)) {
		field := "sample.children." + name
		if _, _, err := childrenOf(name); err != nil {
			at(field, "is wrong: %v", err)
		}
		c := s.Children[name]
		if c.Limit < 0 {
			at(field+".limit", "can't be below 0")
		}
		orders := []sample.Order{sample.Newest, sample.Oldest, sample.Random}
		if !slices.Contains(orders, sample.Order(c.Order)) {
			at(field+".order", "must be newest, oldest or random")
		}
		if c.By != "" && sample.Order(c.Order) == sample.Random {
			at(field+".by", "has no use with order: random, which goes by no column")
		}
	}
}

func (r Root) validate(s Sample, at func(field, format string, args ...any)) {
	if _, err := catalog.ParseName(r.Table); err != nil {
		at("table", "is wrong: %v", err)
	}
	if r.Percent < 0 || r.Percent > 100 {
		at("percent", "must be above 0 and at most 100")
	}
	if r.Rows < 0 {
		at("rows", "must be at least 1")
	}
	if r.Where != "" {
		if err := sample.CheckCondition(r.Where); err != nil {
			at("where", "%v", err)
		}
	}
	switch given := r.Percent != 0; {
	case given && r.Rows != 0:
		at("", "has percent and rows; write one of them")
	case r.Keys != nil && (given || r.Rows != 0 || r.Where != ""):
		at("", "has keys and something else that chooses rows; write two roots of that table")
	case r.Keys == nil && !given && r.Rows == 0 && r.Where == "" && s.Percent == 0:
		at("", "needs percent (above 0 and at most 100), rows, where or keys; or give the sample a percent")
	}
}
