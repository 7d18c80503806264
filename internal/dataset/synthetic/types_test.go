package synthetic_test

import (
	"fmt"
	"strings"
	"testing"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

// types of which values are made.
var types = []string{
	"smallint", "integer", "bigint", "oid", "numeric", "numeric(3,2)", "numeric(20,10)", "numeric(4,-2)", "real",
	"double precision", "money", "text", "varchar(3)", "varchar(200)", "char(2)", "char(20)", "name", `"char"`, "boolean",
	"bytea", "uuid", "date", "time", "timetz", "timestamp", "timestamptz", "timestamp(0)", "interval", "inet", "cidr",
	"macaddr", "macaddr8", "json", "jsonb", "xml", "tsvector", "tsquery", "jsonpath", "bit(12)", "varbit", "point", "line",
	"lseg", "box", "path", "polygon", "circle", "pg_lsn", "xid8", "tid", "int4range", "int8range", "numrange", "daterange",
	"tsrange", "tstzrange", "int4multirange", "datemultirange", "integer[]", "text[]", "varchar(3)[]", "jsonb[]",
	"timestamptz[]", "mood", "mood[]", "pair", "pair[]", "percent", "percent[]", "label", "citext", "hstore", "ltree",
}

const typesOf = `CREATE TYPE mood AS ENUM ('so so', 'don''t "ask"', '\', 'd', 'e');
CREATE TYPE pair AS (a int, b text, c mood, d date[]);
CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN label AS varchar(12) CHECK (VALUE <> '') NOT NULL;
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;
`

// Values of all types are made, from nothing at all, and those of a unique column differ, where the type
// can be indexed.
func TestTypes(t *testing.T) {
	var all, each, keys strings.Builder
	o := synthetic.Options{Tables: map[catalog.Name]synthetic.TableOptions{}}
	rows, many, few := int64(300), int64(200), int64(5)
	all.WriteString("CREATE TABLE every_type (id int NOT NULL")
	o.Tables[name("every_type")] = synthetic.TableOptions{Rows: &rows}
	for i, typ := range types {
		fmt.Fprintf(&all, ", c%d %s NOT NULL", i, typ)
		fmt.Fprintf(&each, "CREATE TABLE t%d (u %s NOT NULL);\n", i, typ)
		n := &many
		switch typ {
		case "json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "jsonpath": // no B-tree
			n = &rows
		case "boolean":
			n = new(int64)
			*n = 2
			fallthrough
		default:
			fmt.Fprintf(&keys, "ALTER TABLE t%d ADD UNIQUE (u);\n", i)
		}
		if typ == "mood" || typ == "mood[]" || typ == `"char"` {
			n = &few
		}
		o.Tables[name(fmt.Sprint("t", i))] = synthetic.TableOptions{Rows: n}
	}
	all.WriteString(");\n")
	w := newWorld(t, typesOf+all.String()+each.String(), "SELECT 1", keys.String())
	m := w.must(t, columns{}.policy(synthetic.Method{K: 20}), o)
	for table, options := range o.Tables {
		if got := m.rows[table.String()]; got != *options.Rows {
			t.Errorf("%s has %d rows, not %d", table, got, *options.Rows)
		}
	}
}

// A fake of each class fits columns of any width, unique or not.
func TestClasses(t *testing.T) {
	var schema, keys strings.Builder
	kinds := columns{}
	o := synthetic.Options{Tables: map[catalog.Name]synthetic.TableOptions{}}
	rows := int64(100)
	for i, class := range []pii.Class{pii.Email, pii.Phone, pii.FullName, pii.FirstName, pii.LastName, pii.Company, pii.Street,
		pii.City, pii.Postcode, pii.IP, pii.UserAgent, pii.NationalID, pii.CreditCard, pii.IBAN, pii.Token, pii.Username,
		pii.MAC, pii.URL, pii.Domain, pii.Region, pii.Country, pii.Latitude, pii.Longitude, pii.Date, pii.BirthDate, pii.IMEI,
		pii.VIN, pii.BIC, pii.Crypto, pii.Location, pii.Capability, pii.FreeText} {
		for _, width := range []int{2, 11, 35, 80} {
			table := fmt.Sprintf("t%d_%d", i, width)
			fmt.Fprintf(&schema, "CREATE TABLE %s (a varchar(%d) NOT NULL, u varchar(%d) NOT NULL, n bigint);\n", table, width, width)
			fmt.Fprintf(&keys, "ALTER TABLE %s ADD UNIQUE (u);\n", table)
			kinds[table+".a"], kinds[table+".u"], kinds[table+".n"] = class, class, class
			o.Tables[name(table)] = synthetic.TableOptions{Rows: &rows}
		}
	}
	w := newWorld(t, schema.String(), "SELECT 1", keys.String())
	m := w.must(t, kinds.policy(synthetic.Method{K: 20}), o)
	if got := one(t, m.conn, "SELECT count(*)::text FROM t0_80 WHERE a !~ '@example\\.(com|org|net)$' OR u !~ '@example'"); got != "0" {
		t.Errorf("%s addresses are no fakes", got)
	}
}
