package config

import (
	"fmt"
	"maps"
	"slices"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/postgres/catalog"
)

// Synthetic is how a bucket's rows are made up.
type Synthetic struct {
	Seed    int                       `yaml:"seed" doc:"another makes other rows; the same makes the same rows of the same statistics"`
	Scale   float64                   `yaml:"scale" doc:"rows for each row that staging has; without it, as many"`
	K       int                       `yaml:"k" doc:"least count that is released: counts of the statistics are rounded down to multiples of it; at least 20, and 20 without epsilon"`
	Epsilon float64                   `yaml:"epsilon" doc:"instead of k, at most 10: counts carry Laplace noise, and all statistics together are differentially private for one row with this epsilon"`
	Tables  map[string]SyntheticTable `yaml:"tables" doc:"what goes for single tables, by schema.table"`
}

// SyntheticTable is how the rows of one table are made up.
type SyntheticTable struct {
	Rows   int                 `yaml:"rows" doc:"how many rows; 0: none; -1: by the scale" default:"-1" shorthand:"true"`
	Scale  float64             `yaml:"scale" doc:"rows for each row that staging has; without it, that of the bucket"`
	Values map[string][]string `yaml:"values" doc:"values of columns, as text, that the table's rows draw from instead of what was released, such as {plan: [free, pro]}"`
}

// Options are what the rows are made up by.
func (s Synthetic) Options() synthetic.Options {
	o := synthetic.Options{Seed: int64(s.Seed), Scale: s.Scale, Tables: map[catalog.Name]synthetic.TableOptions{},
		Method: synthetic.Method{K: int64(s.K), Epsilon: s.Epsilon}}
	if s.K == 0 && s.Epsilon == 0 {
		o.Method.K = synthetic.LeastK
	}
	for name, t := range s.Tables {
		n, _ := catalog.ParseName(name) // validated with the configuration
		table := synthetic.TableOptions{Scale: t.Scale, Values: t.Values}
		if rows := int64(t.Rows); rows >= 0 {
			table.Rows = &rows
		}
		o.Tables[n] = table
	}
	return o
}

func (s Synthetic) isZero() bool {
	return s.Seed == 0 && s.Scale == 0 && s.K == 0 && s.Epsilon == 0 && len(s.Tables) == 0
}

func (s Synthetic) validate(at func(field, format string, args ...any)) {
	if err := s.Options().Method.Check(); err != nil {
		at("synthetic", "is wrong: %v", err)
	}
	if s.Scale < 0 {
		at("synthetic.scale", "can't be below 0")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Tables)) {
		t, field := s.Tables[name], fmt.Sprintf("synthetic.tables.%s", name)
		if _, err := catalog.ParseName(name); err != nil {
			at(field, "is wrong: %v", err)
		}
		if t.Rows < -1 {
			at(field+".rows", "can't be below 0")
		}
		switch {
		case t.Scale < 0:
			at(field+".scale", "can't be below 0")
		case t.Scale > 0 && t.Rows >= 0:
			at(field, "has rows and scale; write one of them")
		}
	}
}
