// Package describe writes what lies beside the rows of a dataset, for people and programs that
// open it: what it is and how to open it (README.md), a data dictionary (dictionary.json and
// dictionary.md), and a descriptor that other tools know, a Data Package of version 2
// (datapackage.json, datapackage.org). All of it is made of the schema and the rules: no value of
// a row is in it.
package describe

import (
	"strings"

	"refresher/internal/dataset/layout"
	"refresher/internal/postgres/catalog"
)

// Names of the files, below a run's prefix.
const (
	SchemaName       = "schema.sql" // made by pg_dump, named in README.md
	ReadmeName       = "README.md"
	DictionaryName   = "dictionary.json"
	DictionaryMDName = "dictionary.md"
	PackageName      = "datapackage.json"
)

// Beside reports whether a file of a dataset is one of these, so that what it holds are
// definitions: names, types and comments.
func Beside(name string) bool {
	switch name {
	case ReadmeName, DictionaryName, DictionaryMDName, PackageName:
		return true
	}
	return false
}

// Dataset is what is described.
type Dataset struct {
	Run      string  // its id, which begins with its time
	Database string  // the database that it is of
	Content  string  // "full", "sample of 1 %"
	URL      string  // of the bucket, which refresher pull takes
	Server   int     // major version of PostgreSQL
	Schema   bool    // schema.sql is there
	MadeUp   bool    // its rows are synthetic: none of production's values is in them
	Dump     string  // name of the archive of pg_dump; empty: none
	Tables   []Table // by name
	Files    []File  // all that are there so far
}

// Table is one table.
type Table struct {
	*catalog.Table

	Comment string
	Rows    int64
	Empty   bool     // its rows were left behind by a rule
	Columns []Column // those of the catalog, in its order

	// Files are its files in each format, and their columns.
	Files map[layout.Format]layout.Table
}

// Column is one column.
type Column struct {
	*catalog.Column

	Type      string // with its length or precision: "character varying(20)"
	Comment   string
	Rule      Rule
	Transform string // of a scrubbed column
}

// Rule is what became of a column's values on their way.
type Rule string

// What can become of values.
const (
	Kept     Rule = "kept"             // as they are in production
	Scrubbed Rule = "scrubbed"         // replaced
	Partly   Rule = "scrubbed in part" // replaced but where a condition keeps them
	Computed Rule = "computed"         // by the database, of other columns
	MadeUp   Rule = "made up"          // of released statistics, see statistics.json
	Own      Rule = "own"              // staging's own, or a hook's: none of production
)

// File is a file of the dataset.
type File struct {
	Name   string
	Bytes  int64
	SHA256 string // in hex
}

// names of columns, joined.
func joined(names []string) string { return strings.Join(names, ", ") }
