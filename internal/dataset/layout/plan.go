package layout

import (
	"cmp"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
)

// Job is one table to write.
type Job struct {
	Table *catalog.Table
	From  string // FROM item, aliased t

	bytes int64
}

// plan lists the tables that have a folder of their own, by name.
func plan(cat *catalog.Catalog) []Job {
	var jobs []Job
	for _, t := range cat.Tables {
		if t.IsPartition || t.Kind == catalog.Foreign || len(t.Columns) == 0 {
			continue
		}
		j := Job{Table: t, From: t.Only(), bytes: t.Bytes}
		if t.Kind == catalog.Partitioned {
			j.From, j.bytes = fromPartitions(cat, t)
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// fromPartitions reads a partitioned table through its root, unless a partition is
// foreign: those rows live on another server and are left out, as anywhere.
func fromPartitions(cat *catalog.Catalog, root *catalog.Table) (from string, bytes int64) {
	var leaves []string
	foreign := false
	for _, t := range cat.Tables {
		if !t.IsPartition || t.Root != root.Name {
			continue
		}
		bytes += t.Bytes
		switch t.Kind {
		case catalog.Foreign:
			foreign = true
		case catalog.Ordinary:
			names := make([]string, len(root.Columns))
			for i, c := range root.Columns {
				names[i] = c.Name
			}
			leaves = append(leaves, "SELECT "+catalog.QuoteAll(names)+" FROM ONLY "+t.Name.SQL())
		}
	}
	if foreign && len(leaves) > 0 {
		return "(" + strings.Join(leaves, " UNION ALL ") + ") AS t", bytes
	}
	if foreign {
		return "ONLY " + root.Name.SQL() + " AS t", 0 // nothing of it is here
	}
	return root.Name.SQL() + " AS t", bytes
}

func bySize(jobs []Job) []int {
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(jobs[b].bytes, jobs[a].bytes) })
	return order
}

// maxSortKeys is how many columns a table is sorted by, one by one: a target list ends
// at 1664 entries (MaxTupleAttributeNumber), and sort keys count.
const maxSortKeys = 800

// OrderBy is the one order in which the rows of t are written, as SQL: by primary key, or else by
// the text of all columns; strings bytewise.
func OrderBy(t *catalog.Table) string {
	var keys []string
	for _, name := range t.PrimaryKey {
		key := "t." + catalog.Quote(name)
		if c := t.Column(name); c != nil && collatable(c.Type) {
			key += ` COLLATE pg_catalog."C"`
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 && len(t.Columns) > maxSortKeys {
		return `t::pg_catalog.text COLLATE pg_catalog."C"`
	}
	if len(keys) == 0 {
		for _, c := range t.Columns {
			keys = append(keys, "("+c.Type.AsText("t."+catalog.Quote(c.Name))+`) COLLATE pg_catalog."C"`)
		}
	}
	return strings.Join(keys, ", ")
}

func collatable(t *catalog.Type) bool {
	switch t.Underlying().OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BPCharOID:
		return true
	}
	return false
}
