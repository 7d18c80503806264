package catalog

import (
	"fmt"
	"strings"
)

// Join is what is read of another table beside each row of a table: the columns
// of the one row whose Key equals On, or NULLs if there is none.
type Join struct {
	Table   *Table    // the other table
	Key     *Column   // of Table; unique, so that rows stay as many as they are
	On      *Column   // of the table that is read
	Columns []*Column // of Table
}

// SQL is the join's columns and its clause, for a table that is called t. The key of a partitioned table is
// unique over its partitions, that of another table over its own rows only.
func (j *Join) SQL() (list, clause string) {
	only := "ONLY "
	if j.Table.Kind == Partitioned {
		only = ""
	}
	columns := make([]string, len(j.Columns))
	for i, c := range j.Columns {
		columns[i] = "j." + Quote(c.Name)
	}
	return strings.Join(columns, ", "), fmt.Sprintf(" LEFT JOIN %s%s AS j ON j.%s = t.%s", only, j.Table.Name.SQL(),
		Quote(j.Key.Name), Quote(j.On.Name))
}
