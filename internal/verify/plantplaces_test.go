package verify_test

import (
	"archive/tar"
	"bytes"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/postgres/catalog"
)

// plantedPlace is where an encoded value stands, in a table or file of its own;
// places of bytes take binary ones.
type plantedPlace struct {
	name  string
	kind  string // in the table of docs/verification.md
	bytes bool
	rows  func(table string) string                 // DDL and an INSERT of $1, or with %s for a literal
	file  func(s string) (name string, data []byte) // instead
}

func insert(columns, value string) func(string) string {
	return func(table string) string {
		return "CREATE TABLE " + table + " (" + columns + "); INSERT INTO " + table + " VALUES (" + value + ")"
	}
}

func ddl(text string) func(string) string {
	return func(table string) string { return strings.ReplaceAll(text, "TABLE_", table) }
}

var plantedPlaces = []plantedPlace{
	{name: "text", kind: "text", rows: insert("v text", "%s")},
	{name: "prose", kind: "text", rows: insert("v text", "'Called on Tuesday about ' || %s || ', will call back.'")},
	{name: "varchar", kind: "text", rows: insert("v varchar(4000)", "%s")},
	{name: "domain", kind: "text", rows: insert("v domain_of_text", "%s")},
	{name: "char(n)", kind: "text", rows: insert("v char(4000)", "%s")},
	{name: "unlogged table", kind: "text", rows: ddl("CREATE UNLOGGED TABLE TABLE_ (v text); INSERT INTO TABLE_ VALUES (%s)")},
	{name: "child table", kind: "text", rows: ddl("CREATE TABLE TABLE_base (v text); CREATE TABLE TABLE_ () INHERITS (TABLE_base); " +
		"INSERT INTO TABLE_ VALUES (%s)")},
	{name: "jsonb value", kind: "JSON", rows: insert("v jsonb",
		"jsonb_build_object('a', jsonb_build_array(1, jsonb_build_object('b', %s::text)))")},
	{name: "jsonb key", kind: "JSON", rows: insert("v jsonb", "jsonb_build_object(%s::text, 1)")},
	{name: "json", kind: "JSON", rows: insert("v json", "json_build_object('a', %s::text)")},
	{name: "array", kind: "array", rows: insert("v text[]", "ARRAY['first', %s, NULL]")},
	{name: "composite", kind: "array", rows: insert("v pair", "ROW('x', %s)::pair")},
	{name: "array of composites", kind: "array", rows: insert("v pair[]", "ARRAY[ROW(%s, 'x')::pair]")},
	{name: "XML", kind: "array", rows: insert("v xml", "xmlelement(name note, %s::text)")},
	{name: "range", kind: "array", rows: insert("v text_range", "text_range(%s, NULL)")},
	{name: "hstore value", kind: "array", rows: insert("v hstore", "hstore('k', %s)")},
	{name: "hstore key", kind: "array", rows: insert("v hstore", "hstore(%s, 'v')")},
	{name: "bytea", kind: "bytes", bytes: true, rows: insert("v bytea", "%b")},
	{name: "bytea in an array", kind: "bytes", bytes: true, rows: insert("v bytea[]", "ARRAY['\\x00'::bytea, %b]")},
	{name: "partition", kind: "text", rows: func(t string) string {
		return "CREATE TABLE " + t + " (k int, v text) PARTITION BY LIST (k); CREATE TABLE " + t + "_1 PARTITION OF " +
			t + " FOR VALUES IN (1); INSERT INTO " + t + " VALUES (1, %s)"
	}},
	{name: "generated column", kind: "text", rows: func(t string) string {
		return "CREATE TABLE " + t + " (v text, w text GENERATED ALWAYS AS ('<' || v || '>') STORED); INSERT INTO " +
			t + " VALUES (%s)"
	}},
	{name: "materialised view", kind: "view", rows: ddl("CREATE TABLE TABLE_base (v text); INSERT INTO TABLE_base VALUES (%s); " +
		"CREATE MATERIALIZED VIEW TABLE_ AS SELECT v FROM TABLE_base")},
	{name: "default", kind: "schema", rows: ddl("CREATE TABLE TABLE_ (v text DEFAULT %s)")},
	{name: "comment", kind: "schema", rows: ddl("CREATE TABLE TABLE_ (v text); COMMENT ON COLUMN TABLE_.v IS %s")},
	{name: "function", kind: "schema", rows: ddl("CREATE FUNCTION TABLE_() RETURNS text LANGUAGE sql AS $f$ SELECT %s::text $f$")},
	{name: "view", kind: "schema", rows: ddl("CREATE VIEW TABLE_ AS SELECT %s::text AS v")},
	{name: "constraint", kind: "schema", rows: ddl("CREATE TABLE TABLE_ (v text CHECK (v <> %s))")},
	{name: "large object", kind: "large object", bytes: true, rows: func(table string) string {
		return "SELECT lo_from_bytea(" + strings.TrimPrefix(table, "large object ") + ", %b)"
	}},
	{name: "mail", kind: "file", file: func(s string) (string, []byte) {
		return "x.eml", []byte("Subject: hello\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDear all,\r\n" + s + "\r\nbye\r\n")
	}},
	{name: "tar", kind: "file", file: func(s string) (string, []byte) {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		_ = w.WriteHeader(&tar.Header{Name: "notes.txt", Mode: 0o600, Size: int64(len(s) + 2), Format: tar.FormatPAX})
		_, _ = w.Write([]byte("\n" + s + "\n"))
		_ = w.Close()
		return "x.tar", b.Bytes()
	}},
	{name: "log", kind: "file", file: func(s string) (string, []byte) {
		return "app.log", []byte(strings.Repeat("2026-11-21T03:00:00Z INFO ok\n", 20) +
			"2026-11-21T03:00:01Z ERROR no answer for " + s + "\n" + strings.Repeat("2026-11-21T03:00:02Z INFO ok\n",
			20))
	}},
	{name: "CSV", kind: "file", file: func(s string) (string, []byte) {
		return "x.csv", []byte("id,note\r\n1,ok\r\n2,\"" + strings.ReplaceAll(s, `"`, `""`) + "\"\r\n")
	}},
	{name: "JSON lines", kind: "file", file: func(s string) (string, []byte) {
		return "x.jsonl", []byte("{\"id\": 1}\n{\"id\": 2, \"note\": " + strconv.Quote(s) + "}\n")
	}},
	{name: "packed text", kind: "file", file: func(s string) (string, []byte) {
		return "x.txt.gz",
			gzipped([]byte("first\n" + s + "\nlast\n"))
	}},
	{name: "Parquet", kind: "Parquet", bytes: true, file: func(s string) (string, []byte) {
		type row struct {
			V string `parquet:"v"`
		}
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b)
		_, _ = w.Write([]row{{"first"}, {s}})
		_ = w.Close()
		return "x.parquet", b.Bytes()
	}},
	{name: "INSERT", kind: "file", file: func(s string) (string, []byte) {
		return "x.sql", []byte("--\n-- PostgreSQL database dump\n--\n\nINSERT INTO public.x VALUES (1, " +
			catalog.Literal(s) + ");\n")
	}},
}
