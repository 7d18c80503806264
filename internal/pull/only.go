package pull

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/restore"
	"refresher/internal/s3sink"
)

// named are the tables that are asked for, by the names that the manifest has for them. One
// without a schema may be said so where one table alone is called that.
func named(m s3sink.Manifest, asked []string) (map[string]bool, error) {
	found := map[string]bool{}
	var all []string
	for _, t := range m.Tables {
		all = append(all, t.Name)
	}
	var wrong fault.Input
	add := func(format string, args ...any) {
		wrong.Problems = append(wrong.Problems, fault.Problem{Text: fmt.Sprintf(format, args...)})
	}
	for _, name := range asked {
		matches := slices.DeleteFunc(slices.Clone(all), func(t string) bool {
			parsed, err := catalog.ParseName(t)
			return t != name && (err != nil || parsed.Name != name)
		})
		if slices.Contains(all, name) {
			matches = []string{name}
		}
		switch len(matches) {
		case 1:
			found[matches[0]] = true
		case 0:
			add("--only: the dataset has no table %s%s", name, fault.DidYouMean(name, all))
		default:
			add("--only: %s may be any of %s: write it with its schema", name, strings.Join(matches, ", "))
		}
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	return found, nil
}

// choice are the tables of the database whose rows are loaded: those of Only, with their partitions
// and children, and all that foreign keys of these lead to, so that each key finds its row. nil
// if all are. The names of those that nobody asked for are for the result.
func (p *pulling) choice(cat *catalog.Catalog, c *restore.Contents) (map[catalog.Name]bool, error) {
	if len(p.Only) == 0 {
		return nil, nil
	}
	asked, err := named(p.dataset.Manifest, p.Only)
	if err != nil {
		return nil, err
	}
	chosen := map[catalog.Name]bool{}
	for _, t := range cat.Tables {
		if asked[t.Name.String()] {
			chosen[t.Name] = true
		}
	}
	for before := -1; before < len(chosen); {
		before = len(chosen)
		for _, t := range cat.Tables {
			if slices.ContainsFunc(t.Parents, func(parent catalog.Name) bool { return chosen[parent] }) {
				chosen[t.Name] = true
			}
		}
		for from := range maps.Clone(chosen) {
			for _, to := range c.References[from] {
				chosen[to] = true
			}
		}
	}
	p.result.Tables, p.result.Rows = 0, 0
	for _, t := range p.dataset.Manifest.Tables {
		name, err := catalog.ParseName(t.Name)
		if err != nil || !chosen[name] {
			continue
		}
		p.result.Tables++
		p.result.Rows += t.Rows
		if !asked[t.Name] {
			p.result.Also = append(p.result.Also, t.Name)
		}
	}
	return chosen, nil
}

// data restores the rows.
func (p *pulling) data(ctx context.Context, c *restore.Contents) error {
	rows := restore.Rows{Jobs: p.Jobs}
	err := p.look(ctx, "to see its tables", func(_ *pgx.Conn, cat *catalog.Catalog) (err error) {
		rows.Sizes = p.sizes(cat)
		rows.Only, err = p.choice(cat, c)
		return err
	})
	if err != nil {
		return err
	}
	p.chosen = rows.Only
	p.watch.Expect(p.result.Rows, 0)
	return p.db.Data(ctx, p.dump, rows, p.watch.Copied)
}

// sizes are how many rows each table has, to be told apart by size; a partitioned table's are
// spread over its partitions.
func (p *pulling) sizes(cat *catalog.Catalog) map[catalog.Name]int64 {
	leaves := map[catalog.Name]int64{}
	for _, t := range cat.Tables {
		if t.IsPartition && t.HoldsRows() {
			leaves[t.Root]++
		}
	}
	rows := map[string]int64{}
	for _, t := range p.dataset.Manifest.Tables {
		rows[t.Name] = t.Rows
	}
	sizes := map[catalog.Name]int64{}
	for _, t := range cat.Tables {
		sizes[t.Name] = rows[t.Name.String()]
		if t.IsPartition {
			sizes[t.Name] = rows[t.Root.String()] / max(1, leaves[t.Root])
		}
	}
	return sizes
}
