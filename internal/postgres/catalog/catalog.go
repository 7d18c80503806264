// Package catalog is the model of a PostgreSQL database's tables, columns,
// types and keys, as read from its system catalogs, and the quoting of names.
//
// [Load] reads pg_catalog only: never a row of a user's table, and with no more
// than CONNECT on the database.
package catalog

import "slices"

// Catalog is what refresher knows of one database at one moment.
type Catalog struct {
	Database      string
	ServerVersion int    // server_version_num, e.g. 150018
	SystemID      uint64 // pg_control_system(): equal on a primary and all its physical replicas
	InRecovery    bool   // true on a hot standby
	// seconds since a hot standby replayed a transaction; nil on a primary. It grows on an idle primary's, too
	Lag            *float64
	Encoding       string // pg_encoding_to_char(encoding), e.g. UTF8
	Collate        string
	CType          string
	LocaleProvider byte   // pg_database.datlocprovider: 'c' libc, 'i' ICU, 'b' built-in; 'c' before 15
	Locale         string // locale of the ICU or built-in provider, empty for libc
	// ordinary, partitioned and foreign tables of user schemas, sorted by name, and configuration tables
	Tables      []*Table
	Sequences   []*Sequence
	MatViews    []*MatView // in refresh order: a view comes after those it reads
	Reaching    []Reach    // parts of tables and domains that call what leaves the database, sorted
	Extensions  []string
	Servers     []*Server // foreign servers, sorted by name
	Credentials []string  // what else of foreign data has options that could hold a credential, in words
	PolicyRoles []string  // roles that row-level security policies name
	// ExtensionTables belong to an extension, not to the application: CREATE
	// EXTENSION makes them on arrival and their rows are never copied. Those whose rows
	// pg_dump carries (pg_extension_config_dump) are among Tables.
	ExtensionTables []ExtensionTable
}

// ExtensionTable is a table that is a member of an extension.
type ExtensionTable struct {
	Name      Name
	Extension string
}

// Table returns the table of that name, nil if there is none.
func (c *Catalog) Table(n Name) *Table {
	i, ok := slices.BinarySearchFunc(c.Tables, n, func(t *Table, n Name) int { return t.Name.Compare(n) })
	if !ok {
		return nil
	}
	return c.Tables[i]
}

// Kind is pg_class.relkind.
type Kind byte

// The kinds of table refresher meets.
const (
	Ordinary    Kind = 'r'
	Partitioned Kind = 'p'
	Foreign     Kind = 'f'
)

// Table is one relation that can hold rows of its own or of its partitions.
type Table struct {
	OID         uint32
	Name        Name
	Kind        Kind
	Persistence byte          // pg_class.relpersistence: 'p' permanent, 'u' unlogged
	Root        Name          // topmost partitioned or inheritance parent; the table itself if it has none
	Parents     []Name        // direct parents, by inhseqno
	IsPartition bool          // a declarative partition (not mere inheritance)
	RowSecurity bool          // relrowsecurity: SELECT could be filtered
	Columns     []*Column     // by attnum, dropped ones left out
	PrimaryKey  []string      // column names in key order
	Unique      []UniqueIndex // includes the primary key's
	Exclusions  []UniqueIndex // indexes of exclusion constraints, whose rows must differ by their own operators
	ForeignKeys []ForeignKey  // constraints of which this table is the referencing side
	Checks      []Check       // CHECK constraints made on this table
	Search      []Search      // columns that tsvector_update_trigger fills
	// NotValid are constraints that are NOT VALID (rows that break them may be there), and a
	// partitioned table's indexes that not all partitions have.
	NotValid    []string
	PartitionBy []string // of a partitioned table: the columns that its partition key reads
	// main fork size in blocks (block_size, 8 KiB nearly everywhere), now; 0 for partitioned and foreign tables
	Pages int64
	Rows  float64 // reltuples; negative when never analysed
	Bytes int64   // pg_table_size: heap + TOAST, for ordering the work

	// Extension is that of which the table is a configuration table, empty for the
	// application's own: CREATE EXTENSION makes it, and only the rows that Where selects
	// are the database's.
	Extension string
	Where     string // WHERE and a condition as SQL, by the table's own column names; empty: all rows
}

// Search says from which columns of text a trigger makes a column's words for full-text search.
type Search struct {
	Column       string
	Config       string   // text search configuration, with its schema
	ConfigColumn string   // the column that names it instead; empty: Config does
	From         []string // in the trigger's order
}

// Only is the FROM item, called t, of the table's own rows without those of children; of
// a configuration table, the rows that are not the extension's.
func (t *Table) Only() string {
	if t.Where == "" {
		return "ONLY " + t.Name.SQL() + " AS t"
	}
	return "(SELECT tableoid, ctid, * FROM ONLY " + t.Name.SQL() + " " + t.Where + ") AS t"
}

// Bound are extensions that a server can have in one database only, which runs
// production's jobs: they stay behind, and staging needn't have them.
var Bound = []string{"pg_cron"}

// Configuration takes the configuration tables of extensions out of a list, each after those
// that it refers to: their constraints are there before any row, and generated columns
// and constraints of other tables may look into them.
func Configuration(tables []*Table) (configuration, rest []*Table) {
	byName, seen := map[Name]*Table{}, map[Name]bool{}
	for _, t := range tables {
		if t.Extension == "" {
			rest = append(rest, t)
		} else {
			byName[t.Name] = t
		}
	}
	var visit func(*Table)
	visit = func(t *Table) {
		if t == nil || seen[t.Name] {
			return
		}
		seen[t.Name] = true
		for _, f := range t.ForeignKeys {
			visit(byName[f.RefTable])
		}
		configuration = append(configuration, t)
	}
	for _, t := range tables {
		visit(byName[t.Name])
	}
	return configuration, rest
}

// Column returns the column of that name, nil if there is none.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// HoldsRows reports whether the table itself stores rows that a refresh copies.
func (t *Table) HoldsRows() bool { return t.Kind == Ordinary }

// Column is one attribute of a table.
type Column struct {
	Num       int16
	Name      string
	Type      *Type
	Mod       int32 // atttypmod; -1 none
	NotNull   bool
	Generated bool     // GENERATED ALWAYS AS (…) STORED: never copied, computed on arrival
	From      []string // of a generated column: the columns that it is computed from
	As        string   // of a generated column: its expression as SQL
	Identity  byte     // 0, 'a' always, 'd' by default
	Comment   string
}

// MaxChars is the column's limit in characters for varchar(n) and char(n),
// domains over them included; 0 means no limit.
func (c *Column) MaxChars() int {
	t, mod := c.Type, c.Mod
	for t.Kind == DomainType {
		if mod < 0 {
			mod = t.BaseMod
		}
		t = t.Base
	}
	if (t.OID == VarcharOID || t.OID == BPCharOID) && mod > 4 {
		return int(mod - 4)
	}
	return 0
}

// TypeKind is pg_type.typtype, with arrays told apart from other base types.
type TypeKind byte

// The kinds of type.
const (
	BaseType       TypeKind = 'b'
	ArrayType      TypeKind = 'a'
	EnumType       TypeKind = 'e'
	DomainType     TypeKind = 'd'
	CompositeType  TypeKind = 'c'
	RangeType      TypeKind = 'r'
	MultirangeType TypeKind = 'm'
	PseudoType     TypeKind = 'p'
)

// Type is a PostgreSQL data type.
type Type struct {
	OID      uint32
	Schema   string
	Name     string // typname, e.g. "varchar", "_int4", "mood"
	SQL      string // format_type(oid, NULL), e.g. "character varying", "integer[]"
	Kind     TypeKind
	Elem     *Type    // an array's element, a range's subtype, a multirange's range
	Base     *Type    // of a domain
	BaseMod  int32    // typtypmod of a domain
	Fields   []Field  // of a composite
	Labels   []string // of an enum, in order
	BinaryIO bool     // has both a send and a receive function
	Checks   []Check  // of a domain: its own constraints, not those of its base
}

// Field is one attribute of a composite type.
type Field struct {
	Name string
	Type *Type
	Mod  int32
}

// Underlying follows domains down to the type that is stored.
func (t *Type) Underlying() *Type {
	for t.Kind == DomainType {
		t = t.Base
	}
	return t
}

// Builtin reports whether the type's OID is the same on every server
// (below FirstNormalObjectId, 16384; src/include/access/transam.h).
func (t *Type) Builtin() bool { return t.OID < 16384 }

// UniqueIndex is a unique index, constraint-backed or not.
type UniqueIndex struct {
	Name       string
	Columns    []string // plain key columns; an expression contributes the columns it reads
	Expression bool     // some key is an expression
	Predicate  string   // WHERE of a partial index, empty if none
	Primary    bool

	Keys             []IndexKey // one for each key column or expression, in order
	PredicateReads   []string   // columns whose values the predicate looks at
	PredicateNulls   []string   // columns of which the predicate asks no more than whether they are NULL
	NullsNotDistinct bool       // two NULLs are equal (PostgreSQL 15)
}

// IndexKey is one key of an index.
type IndexKey struct {
	Column string   // the column, if the key is one; else empty
	Expr   string   // the expression as SQL; the quoted name of a column
	Reads  []string // the columns that it reads
	Folds  bool     // its collation compares some texts that differ as equal
}

// Check is a CHECK constraint.
type Check struct {
	Name  string
	Expr  string   // as SQL: CHECK (…)
	Reads []string // of a table: columns whose values it looks at, rather than asking whether they are NULL
}

// Reference is what a foreign key would say if there were one.
type Reference struct {
	Table, To          Name
	Columns, ToColumns []string
	When               string // SQL of the rows of Table, as alias t, that refer to To; "": all
	Loose              bool   // When leaves out what can't be said in SQL: some other rows seem to refer, too
}

// ForeignKey is a FOREIGN KEY constraint.
type ForeignKey struct {
	Name       string
	Table      Name // referencing
	Columns    []string
	RefTable   Name     // referenced
	RefColumns []string // same length as Columns
	Validated  bool
	Inherited  bool // a partition's copy of its parent's constraint
}

// Sequence is a sequence relation and where it stands.
type Sequence struct {
	Name        Name
	OwnedBy     string // "schema.table.column", empty if free-standing
	Persistence byte   // as a table's; an unlogged sequence cannot be read on a standby
}

// SequenceValue is where a sequence stands (PostgreSQL docs, CREATE SEQUENCE, Notes).
type SequenceValue struct {
	Name      Name
	LastValue int64
	IsCalled  bool // whether LastValue was handed out already
}

// Server is a foreign server.
type Server struct {
	Name, Wrapper string
	Type, Version string   // empty if it has none
	Options       []Option // those that can't hold a credential
	Withheld      []string // names of the others, whose values are not even read
}

// Option is an option of a foreign server.
type Option struct{ Name, Value string }

// Reach is a part of a table, or a constraint of a domain, whose code can leave the database:
// reach other servers, files or programs.
type Reach struct {
	What     string // "index i", "constraint c", "generated column g", "default of column d", "trigger t", …
	Of       Name   // the table, or the domain
	Domain   bool
	Function string // that it calls, qualified
	Runs     bool   // while a copy is built: others wait for an INSERT or UPDATE
}

func (r Reach) String() string {
	of := "of "
	if r.Domain {
		of += "domain "
	}
	return r.What + " " + of + r.Of.String() + ": it calls " + r.Function +
		", which can reach other servers, files or programs"
}

// MatView is a materialised view.
type MatView struct {
	Name      Name
	Populated bool
	Blocked   string // why its query can't be run in a copy of the database; empty if it can
	Reaches   bool   // Blocked, because the query can leave the database: no rule has seen what it fetches
}

// MatView is the materialised view of that name, nil if there is none.
func (c *Catalog) MatView(n Name) *MatView {
	for _, v := range c.MatViews {
		if v.Name == n {
			return v
		}
	}
	return nil
}
