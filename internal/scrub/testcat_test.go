package scrub_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// types are catalog types by the name that newTable takes.
var types = newTypes()

func newTypes() map[string]*catalog.Type {
	types := map[string]*catalog.Type{}
	base := func(name string, oid uint32, sql string) {
		types[name] = &catalog.Type{OID: oid, Schema: "pg_catalog", Name: name, SQL: sql, Kind: catalog.BaseType, BinaryIO: true}
	}
	base("bool", catalog.BoolOID, "boolean")
	base("bytea", catalog.ByteaOID, "bytea")
	base("int8", catalog.Int8OID, "bigint")
	base("int4", catalog.Int4OID, "integer")
	base("text", catalog.TextOID, "text")
	base("json", catalog.JSONOID, "json")
	base("jsonb", catalog.JSONBOID, "jsonb")
	base("xml", catalog.XMLOID, "xml")
	base("inet", catalog.InetOID, "inet")
	base("cidr", catalog.CIDROID, "cidr")
	base("bpchar", catalog.BPCharOID, "character")
	base("varchar", catalog.VarcharOID, "character varying")
	base("date", catalog.DateOID, "date")
	base("timestamp", catalog.TimestampOID, "timestamp without time zone")
	base("timestamptz", catalog.TimestamptzOID, "timestamp with time zone")
	base("numeric", catalog.NumericOID, "numeric")
	base("uuid", catalog.UUIDOID, "uuid")
	base("macaddr", catalog.MacaddrOID, "macaddr")
	base("macaddr8", 774, "macaddr8")
	base("float8", catalog.Float8OID, "double precision")
	base("tsvector", catalog.TSVectorOID, "tsvector")
	base("point", catalog.PointOID, "point")
	base("int2", catalog.Int2OID, "smallint")
	base("float4", catalog.Float4OID, "real")
	base("name", catalog.NameOID, "name")
	types["citext"] = &catalog.Type{OID: 16400, Schema: "public", Name: "citext", SQL: "citext", Kind: catalog.BaseType, BinaryIO: true}
	types["mood"] = &catalog.Type{OID: 16401, Schema: "public", Name: "mood", SQL: "mood", Kind: catalog.EnumType, Labels: []string{"sad", "ok"}, BinaryIO: true}
	types["mail"] = &catalog.Type{OID: 16402, Schema: "public", Name: "mail", SQL: "mail", Kind: catalog.DomainType, Base: types["varchar"], BaseMod: 44, BinaryIO: true}
	array := func(name string, oid uint32, elem string) {
		types[name] = &catalog.Type{OID: oid, Schema: "pg_catalog", Name: name, SQL: types[elem].SQL + "[]", Kind: catalog.ArrayType, Elem: types[elem], BinaryIO: true}
	}
	array("_text", 1009, "text")
	array("_varchar", 1015, "varchar")
	array("_inet", 1041, "inet")
	array("_date", 1182, "date")
	array("_mood", 16403, "mood")
	types["vector"] = &catalog.Type{OID: 16404, Schema: "public", Name: "vector", SQL: "vector", Kind: catalog.BaseType}
	types["sparsevec"] = &catalog.Type{OID: 16405, Schema: "public", Name: "sparsevec", SQL: "sparsevec", Kind: catalog.BaseType}
	return types
}

// tableDef is a table for tests. A column is "name type", "name varchar(20)", with
// " not null" or " generated" after it.
type tableDef struct {
	name    string
	columns []string
	edit    func(*catalog.Table)
}

func newCatalog(t testing.TB, defs ...tableDef) *catalog.Catalog {
	t.Helper()
	c := &catalog.Catalog{Database: "shop", ServerVersion: 150000, Encoding: "UTF8"}
	for i, d := range defs {
		name, err := catalog.ParseName(d.name)
		if err != nil {
			t.Fatal(err)
		}
		table := &catalog.Table{OID: uint32(20000 + i), Name: name, Root: name, Kind: catalog.Ordinary, Persistence: 'p', Rows: 1000, Pages: 10}
		for j, spec := range d.columns {
			table.Columns = append(table.Columns, newColumn(t, int16(j+1), spec))
		}
		if d.edit != nil {
			d.edit(table)
		}
		c.Tables = append(c.Tables, table)
	}
	slices.SortFunc(c.Tables, func(a, b *catalog.Table) int { return a.Name.Compare(b.Name) })
	return c
}

func newColumn(t testing.TB, num int16, spec string) *catalog.Column {
	t.Helper()
	col := &catalog.Column{Num: num, Mod: -1}
	spec, col.NotNull = strings.CutSuffix(spec, " not null")
	spec, col.Generated = strings.CutSuffix(spec, " generated")
	space := strings.LastIndexByte(spec, ' ')
	name, typ := spec[:space], spec[space+1:]
	col.Name = name
	if typ, rest, ok := strings.Cut(typ, "("); ok {
		n := 0
		for _, c := range strings.TrimSuffix(rest, ")") {
			n = n*10 + int(c-'0')
		}
		col.Type, col.Mod = types[typ], int32(n+4)
		if typ == "numeric" {
			col.Mod = int32(n<<16 + 4)
		}
	} else {
		col.Type = types[typ]
	}
	if col.Type == nil {
		t.Fatalf("no type in %q", spec)
	}
	return col
}

func mustParse(t testing.TB, text string) *rules.Ruleset {
	t.Helper()
	rs, err := rules.Parse("r.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func compile(t testing.TB, cat *catalog.Catalog, text string) *scrub.Program {
	t.Helper()
	p, err := scrub.Compile(mustParse(t, text), cat, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// problems are those of a compilation that must fail: "line:col: text" and, for
// coverage, "coverage: text".
func problems(t testing.TB, cat *catalog.Catalog, text string) []string {
	t.Helper()
	_, err := scrub.Compile(mustParse(t, text), cat, testKey)
	var list []string
	var in *fault.Input
	if errors.As(err, &in) {
		for _, p := range in.Problems {
			list = append(list, strings.TrimPrefix(p.String(), "r.yaml:"))
		}
	}
	var refusal *fault.Refusal
	if errors.As(err, &refusal) {
		for _, p := range refusal.Problems {
			list = append(list, refusal.Gate+": "+p.String())
		}
	}
	return list
}

func expect(t testing.TB, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if w == "" || !strings.Contains(g, w) {
			t.Errorf("problem %d\n got %s\nwant %s", i, g, w)
		}
	}
}

// plan is the plan of a table of a program.
func plan(t testing.TB, p *scrub.Program, table string) *scrub.TablePlan {
	t.Helper()
	for _, tp := range p.Tables() {
		if tp.Table.Name.String() == table {
			return tp
		}
	}
	t.Fatalf("no plan for %s", table)
	return nil
}

const null = "\x00NULL"

// wire is a row of canonical texts in COPY's form; the string null is NULL.
func wire(t testing.TB, tp *scrub.TablePlan, texts ...string) []byte {
	t.Helper()
	fields := make([][]byte, len(texts))
	columns := tp.Columns
	if tp.Join != nil {
		columns = append(slices.Clip(columns), tp.Join.Columns...)
	}
	for i, s := range texts {
		if s == null {
			continue
		}
		var err error
		if fields[i], err = value.For(columns[i].Type, tp.Format).AppendWire([]byte{}, []byte(s)); err != nil {
			t.Fatalf("%s: %v", columns[i].Name, err)
		}
	}
	return copyfmt.AppendRow(nil, tp.Format, fields)
}

// scrubbed runs rows of canonical texts through a table's writer.
func scrubbed(t testing.TB, p *scrub.Program, table string, rows ...[]string) [][]string {
	t.Helper()
	out, err := tryScrub(t, p, table, rows...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryScrub(t testing.TB, p *scrub.Program, table string, rows ...[]string) ([][]string, error) {
	t.Helper()
	tp := plan(t, p, table)
	var out [][]string
	parser := copyfmt.NewParser(tp.Format, len(tp.Columns), func(fields [][]byte) error {
		row := make([]string, len(fields))
		for i, f := range fields {
			if row[i] = null; f != nil {
				text, err := value.For(tp.Columns[i].Type, tp.Format).AppendText(nil, f)
				if err != nil {
					t.Errorf("%s: %v", tp.Columns[i].Name, err)
				}
				row[i] = string(text)
			}
		}
		out = append(out, row)
		return nil
	})
	w := p.NewWriter(tp, parser, nil)
	stream := copyfmt.AppendHeader(nil, tp.Format)
	for _, r := range rows {
		stream = append(stream, wire(t, tp, r...)...)
	}
	stream = copyfmt.AppendTrailer(stream, tp.Format)
	_, err := w.Write(stream)
	if err = cmp.Or(err, w.Close()); err != nil {
		return nil, err
	}
	return out, parser.Close()
}
