// Package rules reads rulesets: the YAML files that say, table by table and
// column by column, what happens to production's data on its way out.
//
//	version: 1
//	tables:
//	  public.users:
//	    columns:
//	      id: keep
//	      email: email                                   # a transform's name
//	      date_of_birth: {transform: date_shift, max_days: 90}
//	      attributes: {json: {contact_email: email, plan: keep, "tags[*]": keep}}
//	      aliases: {array: email}
//	      notes: text
//	  public.sessions: {rows: none}                      # structure only
//	  public.events: {rows: {when: tenant_id != 7}, columns: {…}}   # other rows stay behind
//	  public.countries: {columns: {"*": keep}}
//	  public.audit:
//	    columns:
//	      actor: [{transform: keep, when: is_robot}, email]          # the first that holds counts
//	references:                                                     # as foreign keys, without a constraint
//	  - {table: public.audit, columns: [user_id], to: public.users, to_columns: [id]}
//	allow:
//	  - {table: public.pages, column: body, class: email, values: [support@acme.com], why: our own address}
//	risk:                                                           # columns that together point at few
//	  - {table: public.users, quasi_identifiers: [postcode, date_of_birth], sensitive: [diagnosis], min_k: 5}
//	large_objects: keep                                             # as they are; default drop
//	prf: hmac-sha-256                                               # what fakes are drawn from; default aes-256-cmac
//	made_for: [{product: MLflow, table: public.alembic_version, column: version_num, versions: [5b0e9adcef9c]}]
//	hipaa: {absent: {fax: no such column}, columns: {public.devices.serial: device_id}}
//
// [Load] is strict: an unknown key, a key given twice, a value of the wrong
// shape is an error, and all errors of all files come together, each with its
// line and column and what to write instead. What Load doesn't know — which
// tables, columns and transforms exist — the compiler of package scrub checks, so
// every part of a [Ruleset] carries its [Pos].
package rules

import (
	"fmt"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

// Pos is a place in a rules file.
type Pos struct {
	File      string
	Line, Col int // from 1
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Problem is a mistake at the place.
func (p Pos) Problem(format string, args ...any) fault.Problem {
	return fault.Problem{File: p.File, Line: p.Line, Col: p.Col, Text: fmt.Sprintf(format, args...)}
}

// Ruleset is the content of one or more rules files.
type Ruleset struct {
	Tables     map[catalog.Name]*Table
	Patterns   []*Pattern // in the order of the files
	Defaults   Defaults
	References []Reference // in the order of the files
	Allow      []Allow     // in the order of the files
	Risk       []Risk      // in the order of the files
	HIPAA      HIPAA

	Objects      []*Object // in the order of the files
	LargeObjects LargeObjects
	PRF          PRF
	MadeFor      []MadeFor // in the order of the files

	// Reviewed are the columns that a person has agreed to keep by a pattern, with
	// the type that each had then; see [ReviewFile].
	Reviewed map[catalog.Name]map[string]string
}

// LargeObjects says what happens to the large objects of the database.
type LargeObjects struct {
	Keep bool
	Pos  Pos // zero if nothing is said, which drops them
}

// LargeObjectsChoices are what can happen to large objects, the default first.
var LargeObjectsChoices = []string{"drop", "keep"}

// PRF is the keyed function that fakes are drawn from.
type PRF struct {
	Name string // as [prf.Names] have it; "": the default
	Pos  Pos    // zero if nothing is said
}

// Table is what the rules say of one table.
type Table struct {
	Name    catalog.Name
	Rows    Rows
	When    Condition // which rows, with RowsWhen
	Subject *Subject  // nil if the rows are about nobody in particular
	Columns []*Column // in the order of the file; at most one is the wildcard
	Pos     Pos

	called    string // the table's name or pattern, as written
	rowsGiven bool

	Optional bool // a database without the table is no mistake
	Remember bool // values of rows that stay behind are looked for in staging, too
}

// Subject says which column of a table identifies the person a row is about.
//
//	public.users:           {subject: id, columns: …}
//	public.payments:        {subject: user_id, columns: …}
//	public.support_tickets: {subject: {column: user_id, fallback: requester_email}, columns: …}
//	public.employees:       {subject: {column: id, domain: staff}, columns: …}
type Subject struct {
	Column   string
	Domain   string // kind of person: subjects of one domain and one value are one person
	Fallback string // column of e-mail addresses that says it where Column is NULL; "" if none
	Home     bool   // the domain's own table, where several could be
	Pos      Pos
}

// Person is the domain of subjects that name none.
const Person = "person"

// Rows says which rows of a table are copied.
type Rows uint8

// All rows, or none: the table arrives empty, or those for which a condition holds.
const (
	AllRows Rows = iota
	NoRows
	RowsWhen
)

// Condition is an expression over the columns of a row; package condition says
// what it may be.
type Condition struct {
	Text string // "" if there is none
	Pos  Pos    // where its text begins

	inline bool // it stands in the file as it is in Text
}

// At is the place of a condition's character, counted from 0, as far as the
// way it is written tells.
func (c Condition) At(char int) Pos {
	p := c.Pos
	if c.inline {
		p.Col += char
	}
	return p
}

// Reference says that columns hold what columns of another table hold, as a
// foreign key does, although no constraint says so.
type Reference struct {
	Table     catalog.Name // referring
	Columns   []string
	To        catalog.Name // referred to
	ToColumns []string     // as many as Columns; empty: its primary key
	When      Condition    // only in these rows of Table
	Pos       Pos
}

// Column returns the rule of a column named literally, nil if there is none.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if !c.Wildcard && c.Name == name {
			return c
		}
	}
	return nil
}

// Wildcard returns the rule for all columns not named, nil if there is none.
func (t *Table) Wildcard() *Column {
	for _, c := range t.Columns {
		if c.Wildcard {
			return c
		}
	}
	return nil
}

// Column is the rule of one column, or of all others ("*").
type Column struct {
	Name     string // "*" for the wildcard
	Wildcard bool
	Pattern  string // the pattern or default that decided, "" for a rule that names the column or its table
	Rule     *Rule
	Pos      Pos
}

// Kind is the shape of a rule.
type Kind uint8

// The shapes.
const (
	Scalar    Kind = iota // NAME, or {transform: NAME, …}
	JSON                  // {json: {PATH: rule, …}}
	Array                 // {array: rule}
	Composite             // {composite: {FIELD: rule, …}}
	Hstore                // {hstore: {KEY: rule, …}}
	Range                 // {range: rule}
	XML                   // {xml: {PATH: rule, …}}
	Cases                 // [{…, when: EXPR}, …, rule]
)

func (k Kind) String() string {
	return [...]string{"transform", "json", "array", "composite", "hstore", "range", "xml", "list of rules"}[k]
}

// Rule is what happens to one value.
type Rule struct {
	Kind      Kind
	Transform string  // Scalar: the transform's name; "keep" is one
	Params    []Param // all keys beside the shape's own and when
	Parts     []Part  // JSON, Composite, Hstore, XML: in the order of the file
	Elem      *Rule   // Array, Range: the rule of every element, of the bounds
	Cases     []*Rule // Cases: the first whose condition holds counts
	When      Condition
	Class     pii.Class // what the values are, as far as the rule declares it; "" if it doesn't
	Optional  bool      // of a column: a table without it is no mistake
	Pos       Pos
}

// Param returns the parameter of that name, nil if it is not given.
func (r *Rule) Param(name string) *Param {
	for i := range r.Params {
		if r.Params[i].Name == name {
			return &r.Params[i]
		}
	}
	return nil
}

// Part is the rule of a path, field or key within a value.
type Part struct {
	Name string
	Rule *Rule
	Pos  Pos
}

// Param is one parameter of a transform.
type Param struct {
	Name  string
	Value Value
	Pos   Pos
}

// ValueKind is the kind of a YAML value.
type ValueKind uint8

// The kinds of value.
const (
	String ValueKind = iota
	Number
	Bool
	Null
	List
	Map
)

func (k ValueKind) String() string {
	return [...]string{"a string", "a number", "a boolean", "null", "a list", "a mapping"}[k]
}

// Value is a parameter's value as written.
type Value struct {
	Kind  ValueKind
	Text  string  // of a scalar: a string's content, or the literal
	Items []Value // of a list
	Parts []Param // of a mapping, in the order of the file
	Pos   Pos
}

// Allow is a reviewed exception: values that may be seen in a column although
// they look like personal data, listed or up to a number of them.
type Allow struct {
	Table   catalog.Name
	Objects string // pattern of objects, instead of a table
	Column  string
	Class   pii.Class
	Values  []string
	UpTo    int64 // how many findings of the class are accepted, listed values aside; 0: none
	Why     string
	Pos     Pos
}
