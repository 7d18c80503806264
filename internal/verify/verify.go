package verify

import (
	"io"
	"runtime"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/risk"
)

// Options of a Verifier.
type Options struct {
	Run        string           // the run whose output is verified; a Pass is for this run only
	Set        *fingerprint.Set // the source's identifiers; nil: survivors can't be looked for
	Exceptions []Exception
	Strict     bool           // weak findings refuse too
	Risk       []risk.Spec    // quasi-identifiers to count in a database
	Canaries   *canary.Result // of the run; without it nothing passes as staging
	Objects    LargeObjects   // what the rules decided for large objects
	Replaces   string         // database whose comment and settings go over to the one that is verified; empty: none
	Workers    int            // sessions and goroutines that scan; 0: one a processor
}

// LargeObjects is what the ruleset decided for the large objects of a database.
type LargeObjects struct {
	Keep   bool
	Source *client.LargeObjectSum // of those that left the source; nil: unknown
}

// Table is what the ruleset decided for a table.
type Table struct {
	Name       catalog.Name
	Columns    []Column
	Rest       bool     // further columns have a rule that doesn't name them
	ByRules    bool     // known by the rules alone, which don't name generated columns
	RowsNone   bool     // `rows: none`: must be empty
	SourceRows int64    // rows that left the source for this very table, children not counted; negative: unknown
	NotValid   []string // constraints that the source hasn't validated either, indexes that aren't valid there
}

// Column is what the ruleset decided for a column.
type Column struct {
	Name      string
	Transform string
	Class     pii.Class // of the values that the transform puts there; pii.None for keep
	Keep      bool
	Dates     bool // its type holds dates and times alone, which a file of text does not say
}

// Exception is a reviewed finding that is no leak.
type Exception struct {
	Table   catalog.Name
	Objects string // pattern of objects, instead of a table
	Column  string
	Class   pii.Class
	Values  []string // compared without case; empty, and no UpTo: every detection of the class, but no survivor
	UpTo    int64    // how many findings of the class are accepted beside Values; 0: none
	Why     string
}

// Verifier verifies the output of one run. It may be used by several goroutines.
type Verifier struct {
	opts    Options
	allowed exceptions
}

// New returns a verifier.
func New(opts Options) *Verifier {
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	return &Verifier{opts: opts, allowed: newExceptions(opts.Exceptions)}
}

// TableNamed is the table of that name; one of which nothing is known if there is none.
func TableNamed(tables []Table, name catalog.Name) Table {
	for _, t := range tables {
		if t.Name == name {
			return t
		}
	}
	return Table{Name: name, SourceRows: -1}
}

// Sealed reports whether a file is a fingerprint set that was made with the key of the
// verifier's own set, unchanged to the last byte. Without a set nothing is.
func (v *Verifier) Sealed(r io.ReaderAt, size int64) (bool, error) {
	if v.opts.Set == nil {
		return false, nil
	}
	return v.opts.Set.Sealed(r, size)
}
