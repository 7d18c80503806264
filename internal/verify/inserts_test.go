package verify_test

import (
	"strings"
	"testing"

	"refresher/internal/verify"
)

// dumped is a script of pg_dump around some statements.
func dumped(statements string) []byte {
	return []byte("--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n\n" + statements)
}

// Every row of an INSERT is looked through, however its statement ends.
func TestInsertsAreLookedThrough(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 2})
	const mail = "'lars.holm@telia.com'"
	for name, c := range map[string]struct{ sql, table string }{
		"values":   {"INSERT INTO public.users VALUES (7, " + mail + ");\n", "public.users"},
		"conflict": {"INSERT INTO public.users VALUES (7, " + mail + ") ON CONFLICT DO NOTHING;\n", "public.users"},
		"rows": {"INSERT INTO public.users VALUES\n\t(7, 'x);\ny'),\n\t(7, " + mail +
			")\n\tON CONFLICT DO NOTHING;\n", "public.users"},
		"defaults": {"INSERT INTO public.seq DEFAULT VALUES;\nINSERT INTO public.users VALUES (7, " + mail + ");\n",
			"public.users"},
		"no newline":          {"INSERT INTO public.users VALUES (7, " + mail + ");", "public.users"},
		"no schema":           {"INSERT INTO users VALUES (" + mail + ");\n", "users"},
		"lower case":          {"insert into users (mail)\nvalues (" + mail + ");\n", "users"},
		"update":              {"UPDATE users SET mail = " + mail + ";\n", "x.sql.statements"},
		"copy":                {"COPY users (mail) FROM stdin;\nlars.holm@telia.com\n\\.\n", "users.mail"},
		"copy, lower case":    {"copy users(mail)\n  from STDIN ;\nlars.holm@telia.com\n\\.\n", "users.mail"},
		"copy of CSV":         {"COPY users (id, mail) FROM STDIN WITH (FORMAT csv);\n1,\"lars.holm@telia.com\"\n\\.\n", "users"},
		"copy of all columns": {"COPY users FROM stdin;\n1\tlars.holm@telia.com\n\\.\n", "users"},
		"second of a line":    {"SET a = 1; INSERT INTO users VALUES (" + mail + ");\n", "users"},
		"after a comment":     {"/* a /* b */ */ INSERT INTO users VALUES (" + mail + "); -- INSERT\n", "users"},
		"after a body": {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; INSERT INTO users " +
			"VALUES (" + mail + ");\n", "users"},
		"after body": {"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $_$\nINSERT INTO x VALUES " +
			"('$$\n$_$;\nINSERT INTO users VALUES (" + mail + ");\n", "users"},
		"after quote": {"INSERT INTO public.a VALUES ('it''s;', E'\\';', \"x;\");\n/* it's */ -- don't\n\\connect " +
			"it's\nINSERT INTO users VALUES (" + mail + ");\n", "users"},
		// pg_dump --statistics of PostgreSQL 18: the most frequent values are those of rows.
		"statistics": {"SELECT * FROM pg_catalog.pg_restore_attribute_stats(\n\t'version', '180001'::integer,\n\t'relname', " +
			"'users',\n\t'most_common_vals', '{lars.holm@telia.com}'::text\n);\n", "x.sql.statements"},
	} {
		results := looked(t, v, "x.sql", dumped(c.sql))
		if len(results) != 1 || results[0].Detected != 1 || !strings.HasPrefix(found(results), c.table) {
			t.Errorf("%s: %s, want %s", name, found(results), c.table)
		}
		if name == "conflict" && results[0].Rows != 1 {
			t.Errorf("%s: %d rows", name, results[0].Rows)
		}
	}
	// What a function does is a definition, not a row.
	results := looked(t, v, "x.sql", dumped("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$\nINSERT INTO x "+
		"VALUES ("+mail+")\n$$;\n"))
	if results[0].Detected != 0 || results[0].Weak != 1 {
		t.Errorf("a function: %s", found(results))
	}
	results = looked(t, v, "x.sql", dumped("CREATE FUNCTION f() RETURNS void LANGUAGE sql\nBEGIN ATOMIC\n SELECT 1;\n"+
		" INSERT INTO x VALUES ("+mail+");\nEND;\n"))
	if results[0].Detected != 0 || results[0].Weak != 1 {
		t.Errorf("a function of statements: %s", found(results))
	}
}

// A dump that was cut short is no clean one, at any place of the cut.
func TestCutDumps(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 2})
	for _, sql := range []string{
		"INSERT INTO public.users VALUES\n\t(1, 'a'),\n\t(2, 'b'),\n",
		"INSERT INTO public.users VALUES (1, 'a",
		"INSERT INTO public.users VALUES (1, 'a')",
		"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$\nSELECT 1;\n",
		"COPY public.users (a) FROM stdin;\n1\n",
	} {
		if _, err := verify.Judge(run, "x.sql", looked(t, v, "x.sql", dumped(sql))...); err == nil {
			t.Errorf("%q passes as whole", sql)
		}
	}
}

// Dates that pg_dump declares as dates are found in a dump no more than they are in a database; in text they are.
func TestDatesInDumps(t *testing.T) {
	script := "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.users (\n    id integer,\n    " +
		"date_of_birth date,\n    birthday text,\n    \"born, at\" timestamp without time zone DEFAULT now()\n);\n\n" +
		"COPY public.users (id, date_of_birth, birthday, \"born, at\") FROM " +
		"stdin;\n1\t1987-03-14\t1987-03-14\t1987-03-14 01:02:03\n\\.\n"
	results, err := verify.New(verify.Options{Run: run, Workers: 1}).File(t.Context(), verify.Input{Name: "x.sql",
		R: strings.NewReader(script)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range results[0].Findings {
		got = append(got, f.String())
	}
	if len(got) != 1 || !strings.Contains(got[0], "public.users.birthday") {
		t.Errorf("%q", got)
	}
}
