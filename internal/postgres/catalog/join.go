package catalog

// Join is what is read of another table beside each row of a table: the columns
// of the one row whose Key equals On, or NULLs if there is none.
type Join struct {
	Table   *Table    // the other table
	Key     *Column   // of Table; unique, so that rows stay as many as they are
	On      *Column   // of the table that is read
	Columns []*Column // of Table
}
