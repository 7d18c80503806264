package value

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

// settings make the server print canonical text.
const settings = `SET DateStyle = ISO, MDY; SET IntervalStyle = postgres; SET bytea_output = hex;
	SET extra_float_digits = 1; SET TimeZone = 'UTC'; SET xmloption = content`

const userTypes = `
	CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;
	CREATE TYPE mood AS ENUM ('sad', 'it''s "ok", \really', 'ha,ppy');
	CREATE DOMAIN cents AS numeric(12,2);
	CREATE DOMAIN codes AS bpchar(4)[];
	CREATE TYPE addr AS (street text, "no" int, code char(5), tags text[], since timestamptz);
	CREATE TYPE moods AS RANGE (subtype = text);
	CREATE TYPE nested AS (a addr, m mood, d cents);`

// corpus holds hostile values of each type, as SQL strings.
var corpus = map[string][]string{
	"bool":                               {"t", "f"},
	"int2":                               {"0", "-1", "32767", "-32768"},
	"int4":                               {"0", "-1", "2147483647", "-2147483648"},
	"int8":                               {"0", "-1", "9223372036854775807", "-9223372036854775808", "10"},
	"oid":                                {"0", "4294967295"},
	"xid":                                {"3", "4294967295"},
	"xid8":                               {"3", "18446744073709551615"},
	"tid":                                {"(0,1)", "(4294967295,65535)"},
	"pg_lsn":                             {"0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"},
	"float4":                             {"0", "-0", "1", "0.1", "NaN", "Infinity", "-Infinity", "1e-45", "3.4028235e38", "123456", "1234567", "0.0001", "0.00001", "16777216", "33554432", "1e10", "8388608.5", "5e9", "1.5e-5", "4.2e37"},
	"float8":                             {"0", "-0", "1", "0.1", "NaN", "Infinity", "-Infinity", "5e-324", "1.7976931348623157e308", "123456789012345", "1234567890123456", "1e15", "1e14", "0.0001", "0.00001", "9007199254740993", "1e22", "1e23", "9.5367431640625e-7", "2e23", "5e22", "36028797018963968", "1.2345678901234567e-7", "72057594037927936", "3e23", "9007199254740992e3"},
	"numeric":                            {"0", "0.00", "-0.0", "1", "-1", "NaN", "Infinity", "-Infinity", "10000", "9999", "0.0001", "0.00001", "12345678.87654321", "1e20", "1e-20", "100000000.000000010", "-0.5", "1" + strings.Repeat("0", 1000), strings.Repeat("9", 1000) + "." + strings.Repeat("1", 1000), "0." + strings.Repeat("0", 1003) + "1", "1e131071", "1e-16383"},
	"numeric(10,4)":                      {"0", "1.5", "123456.7891"},
	"text":                               {"", "a", `\`, `\N`, `"`, "é😀", "a\tb\nc\rd", " pad ", `{"a":1}`},
	"varchar(20)":                        {"", "abc  "},
	"char(5)":                            {"", "a", "a b", "abcde"},
	"name":                               {"", "a name"},
	`"char"`:                             {"", "a", `\`, "~"},
	"json":                               {`{"b" : 1, "a":[1,2,{}], "a":"\u00e9"}`, "null", `"x"`, "12.50"},
	"jsonb":                              {`{"b" : 1, "a":[1,2,{}], "a":"\u00e9"}`, "null", `"x"`, "12.50"},
	"jsonpath":                           {"$.a[*] ? (@.b > 1)", "strict $"},
	"xml":                                {"<a>b &amp; c</a>", ""},
	"citext":                             {"", "MiXed"},
	"uuid":                               {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"},
	"inet":                               {"0.0.0.0", "255.255.255.255", "10.1.2.3/8", "10.1.2.3/0", "192.168.0.1/32", "::", "::1", "::1.2.3.4", "::ffff:1.2.3.4", "2001:db8::1", "2001:db8::1/64", "1:0:0:2:0:0:0:3", "1:0:0:0:2:0:0:0", "0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0", "1:2:3:4:5:6:0:0", "fe80::1/10", "::2", "::ffff:0:0", "::1:0", "::ffff", "64:ff9b::1.2.3.4", "::0.0.0.2", "0:0:0:0:0:ffff:1:2", "1:0:2:0:3:0:4:0"},
	"cidr":                               {"10.0.0.0/8", "0.0.0.0/0", "1.2.3.4", "::/0", "2001:db8::/32", "::1", "::ffff:1.2.3.0/120"},
	"macaddr":                            {"08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"},
	"macaddr8":                           {"08:00:2b:01:02:03:04:05"},
	"bytea":                              {`\x`, `\x00ff5c`, `\xdeadbeef`},
	"bit(5)":                             {"00000", "10101"},
	"varbit":                             {"", "1", "111111111", strings.Repeat("10", 50)},
	"date":                               {"2000-01-01", "1999-12-31", "infinity", "-infinity", "0001-01-01", "0001-12-31 BC", "4713-01-01 BC", "4714-11-24 BC", "5874897-12-31", "2024-02-29", "1900-02-28", "0004-02-29", "0044-03-15 BC", "0005-02-29 BC", "10000-01-01", "1582-10-15", "1969-12-31"},
	"time":                               {"00:00:00", "24:00:00", "23:59:59.999999", "01:02:03.4", "12:00:00.000001"},
	"timetz":                             {"00:00:00+00", "24:00:00-15:59:59", "23:59:59.999999+05:30", "01:02:03.4-08", "12:00+15:59"},
	"timestamp":                          {"2000-01-01 00:00:00", "infinity", "-infinity", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999", "1999-12-31 23:59:59.999999", "2026-11-21 03:00:00.1", "0001-12-31 23:59:59 BC"},
	"timestamptz":                        {"2000-01-01 00:00:00+00", "infinity", "-infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "1999-12-31 23:59:59.999999-08", "2026-11-21 03:00:00.1+05:30"},
	"interval":                           {"0", "1 year", "-1 year", "1 mon", "14 mons", "-14 mons", "1 day", "-1 day", "01:02:03.000004", "-01:02:03.4", "1 year -1 day", "-1 year +2 mons -3 days +04:05:06", "1 mon -1 day 00:00:01", "-1 mon 1 day -00:00:01", "100000:00:00", "-0.000001 s", "178000000 years", "00:00:59.999999", "1 day 00:00:00.1", "-1 day 1 hour"},
	"mood":                               {"sad", `it's "ok", \really`, "ha,ppy"},
	"cents":                              {"0.00", "-12.50", "9999999999.99"},
	"int4[]":                             {"{}", "{1}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:1]={1,2}", "[-2:-1][5:6]={{1,2},{3,NULL}}", "{{{{{{1}}}}}}", "{{{1},{2}},{{3},{4}}}"},
	"text[]":                             {"{}", `{""}`, `{a,"b c","d\"e","f\\g","{h}","i,j",NULL,"NULL","null"," k"}`, `{{"x y",z}}`, "{\"\t\",\"\v\",é,😀}", `{"\\\\","\"\""}`},
	"bool[]":                             {"{t,f,NULL}"},
	"char(5)[]":                          {`{a,"a b",""}`},
	"codes":                              {`{abcd,e}`},
	"mood[]":                             {`{sad,"it's \"ok\", \\really","ha,ppy"}`},
	"timestamptz[]":                      {`{"2026-11-21 03:00:00.1+05:30",infinity,NULL}`},
	"numeric[]":                          {"{1.50,NaN,-1e30}"},
	"jsonb[]":                            {`{"{\"a\": [1, \"x\"]}",null,"null"}`},
	"inet[]":                             {"{1.2.3.4,::1/64}"},
	"bytea[]":                            {`{"\\x00ff",""}`},
	"uuid[]":                             {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"},
	"box[]":                              {"{(1,1),(0,0);(2,2),(1,1)}"},
	"cents[]":                            {"{1.00,2.50}"},
	"int4range":                          {"empty", "[1,5)", "(,5)", "[1,)", "(,)"},
	"numrange":                           {"[1.5,2.50]", "(1,2)"},
	"tstzrange":                          {`["2026-01-01 00:00:00+00","2026-02-01 00:00:00+00")`, `(,"2026-01-01 00:00:00+00"]`},
	"moods":                              {`["",a)`, `["a b","c,d"]`, `["a""b","c\\d"]`, `[é,"ÿ]")`},
	"int4multirange":                     {"{}", "{[1,3),[5,9)}", "{(,)}"},
	"int4range[]":                        {`{"[1,5)",empty,NULL}`},
	"addr":                               {"(,,,,)", `("a street",5,"12345","{a,""b c""}","2026-01-01 00:00:00+00")`, `("q""u\\o(t)e,",,,,)`, `("",-1,"","{}",infinity)`},
	"nested":                             {`("(""a b"",5,abcde,""{""""x y""""}"",)",sad,1.50)`, "(,,)"},
	"addr[]":                             {`{"(\"a street\",5,\"12345\",{},)",NULL}`},
	"hstore":                             {"", `"a"=>"b"`, `"mail"=>"x@y.z", "q\"uo\\te"=>NULL, "empty"=>"", "null"=>"NULL"`},
	"ltree":                              {"", "top.sub.leaf"},
	"tsvector":                           {"", "'a' 'b'", "'it''s':1A,2B,3C,4 'back\\\\slash':5 'with space':16383", "'é':1"},
	"point":                              {"(1,2)", "(-0.5,1e+20)", "(NaN,Infinity)"},
	"lseg":                               {"[(0,0),(1,1.5)]"},
	"box":                                {"(1,1),(0,0)"},
	"path":                               {"((0,0),(1,1))", "[(0,0),(1,1),(2,2)]", "((0,0))"},
	"polygon":                            {"((0,0),(1,1),(2,0))", "((1,1))"},
	"line":                               {"{1,-1,0}"},
	"circle":                             {"<(0,0),5.25>"},
	"varchar[]":                          {"{a,b}"},
	"information_schema.cardinal_number": {"1"},
}

// copyOut runs COPY (query) TO STDOUT and returns the rows' fields.
func copyOut(t *testing.T, conn *pgx.Conn, query string, f copyfmt.Format, ncols int) (rows [][][]byte) {
	t.Helper()
	p := copyfmt.NewParser(f, ncols, func(fields [][]byte) error {
		row := make([][]byte, len(fields))
		for i, v := range fields {
			if v != nil {
				row[i] = append([]byte{}, v...)
			}
		}
		rows = append(rows, row)
		return nil
	})
	_, err := conn.PgConn().CopyTo(context.Background(), p, fmt.Sprintf("COPY (%s) TO STDOUT (FORMAT %v)", query, f))
	if err == nil {
		err = p.Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

func copyIn(conn *pgx.Conn, table string, f copyfmt.Format, rows [][][]byte) error {
	b := copyfmt.AppendHeader(nil, f)
	for _, r := range rows {
		b = copyfmt.AppendRow(b, f, r)
	}
	b = copyfmt.AppendTrailer(b, f)
	_, err := conn.PgConn().CopyFrom(context.Background(), bytes.NewReader(b), fmt.Sprintf("COPY %s FROM STDIN (FORMAT %v)", table, f))
	return err
}

// world is a database with the user's types and a table with a column for each
// type of the corpus.
type world struct {
	conn  *pgx.Conn
	types map[string]*catalog.Type
}

func newWorld(t testing.TB) world {
	t.Helper()
	ctx := context.Background()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, userTypes)
	conn := pgserver.Conn(t, url)
	exec(t, conn, settings)
	i := 0
	names := make([]string, 0, len(corpus))
	for typ := range corpus {
		exec(t, conn, fmt.Sprintf("CREATE TABLE t%d (v %s)", i, typ))
		names = append(names, typ)
		i++
	}
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	w := world{conn, map[string]*catalog.Type{}}
	for i, typ := range names {
		w.types[typ] = cat.Table(catalog.Name{Schema: "public", Name: fmt.Sprintf("t%d", i)}).Column("v").Type
	}
	return w
}

func exec(t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// The server is the oracle: its text format says what binary means, and it must
// read back what AppendWire writes as the same value.
func TestAgainstServer(t *testing.T) {
	w := newWorld(t)
	for typ, values := range corpus {
		t.Run(typ, func(t *testing.T) {
			c := For(w.types[typ], copyfmt.Binary)
			if c == nil {
				t.Fatal("no codec")
			}
			var list []string
			for i, v := range values {
				list = append(list, fmt.Sprintf("(%d, %s::%s)", i, catalog.Literal(v), typ))
			}
			check(t, w.conn, typ, c, "SELECT v FROM (VALUES "+strings.Join(list, ",")+") AS x (i, v) ORDER BY i")
		})
	}
}

// check compares the codec with the server on all rows of a one-column query.
func check(t *testing.T, conn *pgx.Conn, typ string, c Codec, query string) {
	t.Helper()
	binary, text := copyOut(t, conn, query, copyfmt.Binary, 1), copyOut(t, conn, query, copyfmt.Text, 1)
	var wires [][][]byte
	for i := range binary {
		want := string(text[i][0])
		if strings.HasPrefix(typ, "char(") && !strings.HasSuffix(typ, "[]") {
			want = strings.TrimRight(want, " ")
		}
		got, err := c.AppendText([]byte("x"), binary[i][0])
		if err != nil || string(got) != "x"+want {
			t.Errorf("%s: AppendText gave %q, %v; the server says %q", typ, got, err, want)
			continue
		}
		wire, err := c.AppendWire([]byte("x"), []byte(want))
		if err != nil {
			t.Errorf("%s: AppendWire(%q): %v", typ, want, err)
			continue
		}
		wires = append(wires, [][]byte{wire[1:]})
	}
	exec(t, conn, "DROP TABLE IF EXISTS back; CREATE TEMP TABLE back (i serial, v "+typ+")")
	if err := copyIn(conn, "back (v)", copyfmt.Binary, wires); err != nil {
		t.Errorf("%s: the server refused what AppendWire wrote: %v", typ, err)
		return
	}
	for i, r := range copyOut(t, conn, "SELECT v FROM back ORDER BY i", copyfmt.Text, 1) {
		if len(text) == len(wires) && !bytes.Equal(r[0], text[i][0]) {
			t.Errorf("%s: %q came back as %q", typ, text[i][0], r[0])
		}
	}
}

// Floats are where two correct printers differ: on shortest digits half way
// between neighbours.
func TestFloatsAgainstServer(t *testing.T) {
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var f4, f8 []string
	for i := range 20000 {
		v4, v8 := math.Float32frombits(rng.Uint32()), math.Float64frombits(rng.Uint64())
		switch i % 4 {
		case 1: // short decimals with big exponents: half-way points
			v8 = float64(rng.IntN(10000)) * math.Pow10(rng.IntN(30))
			v4 = float32(rng.IntN(10000)) * float32(math.Pow10(rng.IntN(20)))
		case 2:
			v8, v4 = math.Ldexp(1, rng.IntN(2000)-1000), float32(math.Ldexp(1, rng.IntN(250)-125))
		case 3:
			v8 = math.Ldexp(float64(rng.Uint64()>>11), rng.IntN(60))
			v4 = float32(math.Ldexp(float64(rng.Uint32()>>8), rng.IntN(60)))
		}
		f4 = append(f4, fmt.Sprintf("(%d, '%v'::float4)", i, v4))
		f8 = append(f8, fmt.Sprintf("(%d, '%v'::float8)", i, v8))
	}
	for typ, list := range map[string][]string{"float4": f4, "float8": f8} {
		query := strings.ReplaceAll(strings.ReplaceAll(strings.Join(list, ","), "+Inf", "Infinity"), "-Inf'", "-Infinity'")
		check(t, w.conn, typ, For(w.types[typ], copyfmt.Binary), "SELECT v FROM (VALUES "+query+") AS x (i, v) ORDER BY i")
	}
}

func TestRandomValuesAgainstServer(t *testing.T) {
	w := newWorld(t)
	exec(t, w.conn, "SELECT setseed(0.5)")
	for typ, expr := range map[string]string{
		"date":        "'2000-01-01'::date + ((random() - 0.3) * 6000000)::int",
		"timestamp":   "'2000-01-01'::timestamp + make_interval(secs => (random() - 0.3) * 3e11)",
		"timestamptz": "'2000-01-01'::timestamptz + make_interval(secs => (random() - 0.5) * 3e9)",
		"time":        "'00:00'::time + make_interval(secs => random() * 86399)",
		"interval":    "make_interval(((random() - 0.5) * 20)::int, ((random() - 0.5) * 20)::int, 0, ((random() - 0.5) * 20)::int, ((random() - 0.5) * 20)::int, ((random() - 0.5) * 20)::int, (random() - 0.5) * 20)",
		"numeric":     "round(((random() - 0.5) * power(10::numeric, (random() * 60)::int))::numeric, (random() * 20)::int) / power(10::numeric, (random() * 30)::int)",
		"inet":        "'::'::inet + (random() * power(2, random() * 62))::int8 * (i % 3)",
		"int8":        "((random() - 0.5) * 1.8e19)::int8",
	} {
		query := "SELECT v FROM rnd ORDER BY i"
		exec(t, w.conn, "DROP TABLE IF EXISTS rnd; CREATE TEMP TABLE rnd AS SELECT i, ("+expr+")::"+typ+" AS v FROM generate_series(1, 3000) i")
		check(t, w.conn, typ, For(w.types[typ], copyfmt.Binary), query)
	}
}

// Array must rewrite in both formats, and the server must read the result.
func TestArrayRewriteAgainstServer(t *testing.T) {
	w := newWorld(t)
	src := `VALUES (ARRAY['a@b.c', NULL, 'x "y" \z', '', 'NULL', ' p ', '{', 'a,b']), (NULL), ('{}'),
		('[0:1][3:4]={{a,NULL},{"c d",e}}'), (ARRAY[['1','2'],['3','4']])`
	exec(t, w.conn, "CREATE TEMP TABLE src (v text[]); INSERT INTO src "+src+"; CREATE TEMP TABLE back (v text[])")
	want := copyOut(t, w.conn, `SELECT v::text, (SELECT array_agg(coalesce('<' || u || '>"', '-')) FROM unnest(v) u)::text FROM src`, copyfmt.Text, 2)
	for _, f := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
		a := ArrayOf(w.types["text[]"], f)
		var rows [][][]byte
		for i, r := range copyOut(t, w.conn, "SELECT v FROM src", f, 1) {
			if r[0] == nil {
				rows = append(rows, r)
				continue
			}
			same, err := a.Rewrite([]byte("x"), r[0], func(dst, text []byte) ([]byte, error) { return append(dst, text...), nil })
			if err != nil || !bytes.Equal(same[1:], r[0]) {
				t.Errorf("%v: row %d changed when no element did: %q, %v", f, i, same, err)
			}
			out, err := a.Rewrite(nil, r[0], func(dst, text []byte) ([]byte, error) {
				return append(append(append(dst, '<'), text...), `>"`...), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			if err := a.Walk(out, func([]byte) error { n++; return nil }); err != nil {
				t.Errorf("%v: walking row %d: %v", f, i, err)
			}
			rows = append(rows, [][]byte{out})
		}
		exec(t, w.conn, "TRUNCATE back")
		if err := copyIn(w.conn, "back", f, rows); err != nil {
			t.Fatalf("%v: %v", f, err)
		}
		got := copyOut(t, w.conn, `SELECT array_ndims(v)::text || array_dims(v), (SELECT array_agg(coalesce(u, '-')) FROM unnest(v) u)::text FROM back`, copyfmt.Text, 2)
		dims := copyOut(t, w.conn, `SELECT array_ndims(v)::text || array_dims(v) FROM src`, copyfmt.Text, 1)
		for i := range got {
			if !bytes.Equal(got[i][1], want[i][1]) || !bytes.Equal(got[i][0], dims[i][0]) {
				t.Errorf("%v: row %d is %q, want %q with dimensions %q", f, i, got[i], want[i][1], dims[i][0])
			}
		}
	}
	// Elements with a wire form of their own.
	for _, f := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
		a := ArrayOf(w.types["inet[]"], f)
		in := copyOut(t, w.conn, "SELECT '{1.2.3.4,NULL,::1/64}'::inet[]", f, 1)[0][0]
		var seen []string
		out, err := a.Rewrite(nil, in, func(dst, text []byte) ([]byte, error) {
			seen = append(seen, string(text))
			return append(dst, "203.0.113.9"...), nil
		})
		if err != nil || fmt.Sprint(seen) != "[1.2.3.4 ::1/64]" {
			t.Fatalf("%v: %v, %v", f, seen, err)
		}
		exec(t, w.conn, "DROP TABLE IF EXISTS ips; CREATE TEMP TABLE ips (v inet[])")
		if err := copyIn(w.conn, "ips", f, [][][]byte{{out}}); err != nil {
			t.Fatal(err)
		}
		if got := copyOut(t, w.conn, "SELECT v FROM ips", copyfmt.Text, 1)[0][0]; string(got) != "{203.0.113.9,NULL,203.0.113.9}" {
			t.Errorf("%v: got %s", f, got)
		}
	}
}

func TestBinary(t *testing.T) {
	w := newWorld(t)
	exec(t, w.conn, `CREATE TABLE more (a regclass, b aclitem, c regclass[], d pg_snapshot, e mood[], f money);
		CREATE DOMAIN mooddom AS mood[]; CREATE TABLE more2 (g mooddom, h txid_snapshot)`)
	cat, err := catalog.Load(context.Background(), w.conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range []string{"more", "more2"} {
		for _, c := range cat.Table(catalog.Name{Schema: "public", Name: tab}).Columns {
			w.types[tab+"."+c.Name] = c.Type
		}
	}
	for typ, want := range map[string]bool{
		"int4": true, "text[]": true, "mood": true, "mood[]": false, "cents": true, "cents[]": false, "codes": true,
		"addr": true, "nested": false, "addr[]": false, "moods": true, "int4range[]": true, "citext": true, "hstore": true,
		"more.a": false, "more.b": false, "more.c": false, "more.d": true, "more.e": false, "more.f": true, "more2.g": false, "more2.h": true,
	} {
		if got := Binary(w.types[typ]); got != want {
			t.Errorf("%s: %v", typ, got)
		}
	}
}
