package sqltext

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

func split(t *testing.T, script string) string {
	t.Helper()
	list, err := Split(script)
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, st := range list {
		out = append(out, fmt.Sprintf("%d<%s>", st.Line, st.Text))
	}
	return strings.Join(out, " ")
}

func TestSplit(t *testing.T) {
	for script, want := range map[string]string{
		"":                                   "",
		" ;; -- nothing\n;/* no */":          "",
		"SELECT 1":                           "1<SELECT 1>",
		"-- head\n\nSELECT 1;\nSELECT\n2 ; ": "3<SELECT 1> 4<SELECT\n2>",
		"SELECT ';', \"a;b\", 'it''s;' ; X":  `1<SELECT ';', "a;b", 'it''s;'> 1<X>`,
		`SELECT E'\';', 'C:\'; X`:            `1<SELECT E'\';', 'C:\'> 1<X>`,
		`SELECT e'\\'; X`:                    `1<SELECT e'\\'> 1<X>`,
		`SELECT ee'\'; X`:                    `1<SELECT ee'\'> 1<X>`,
		"DO $$ BEGIN; END $$; X":             "1<DO $$ BEGIN; END $$> 1<X>",
		"DO $a$ $$;$b$; $a$; X":              "1<DO $a$ $$;$b$; $a$> 1<X>",
		"SELECT $1; SELECT a$b$; X":          "1<SELECT $1> 1<SELECT a$b$> 1<X>",
		"SELECT 1 /* ; /* ; */ ; */ + 1; X":  "1<SELECT 1 /* ; /* ; */ ; */ + 1> 1<X>",
		"CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); X":                                            "1<CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)> 1<X>",
		"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; X": "1<CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END> 1<X>",
		"CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END; X":                                                         "1<CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END> 1<X>",
		"CREATE TABLE t (\"begin\" int, begin_at date); X":                                                           "1<CREATE TABLE t (\"begin\" int, begin_at date)> 1<X>",
		"CREATE TABLE begin (x int); X":                                                                              "1<CREATE TABLE begin (x int)> 1<X>",
		"SELECT 1;\nSELECT 'x":                                                                                       "line 2: a quote (') is opened and never closed",
		"\n/* /* */":                                                                                                 "line 2: a comment is opened by /* and never closed",
		"DO $x$ $$":                                                                                                  "line 1: a dollar quote is opened and never closed",
		"SELECT E'\\'":                                                                                               "line 1: a quote (') is opened and never closed",
		"SELECT 'ä;'; SELECT ä;":                                                                                     "1<SELECT 'ä;'> 1<SELECT ä>",
		"\r\nSELECT 1;\r\nSELECT 2\r\n":                                                                              "2<SELECT 1> 3<SELECT 2>",
	} {
		if got := split(t, script); got != want {
			t.Errorf("%q:\n got %s\nwant %s", script, got, want)
		}
	}
}

func TestOneTransaction(t *testing.T) {
	list, err := Split(`BEGIN;
		COMMIT; END; ABORT; ROLLBACK; ROLLBACK WORK; START TRANSACTION; PREPARE TRANSACTION 'x';
		COPY t (a, b) FROM STDIN; COPY t TO stdout WITH (FORMAT csv); \set x 1;
		SAVEPOINT a; ROLLBACK TO a; ROLLBACK TRANSACTION TO SAVEPOINT a; PREPARE q AS SELECT 1;
		COPY t FROM '/tmp/x'; INSERT INTO stdin VALUES (1); DO $$BEGIN COMMIT; END$$; COMMENT ON TABLE t IS 'COMMIT'`)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range OneTransaction(list) {
		lines = append(lines, p.Line)
	}
	if got := fmt.Sprint(lines); got != "[1 2 2 2 2 2 2 2 3 3 3]" {
		t.Errorf("found problems on lines %s", got)
	}
}

func TestLineAt(t *testing.T) {
	list, err := Split("\n\nSELECT 'ä',\n  nope\n  FROM t")
	if err != nil {
		t.Fatal(err)
	}
	for position, want := range map[int]int{0: 3, 1: 3, 11: 3, 12: 3, 13: 4, 18: 4, 19: 4, 22: 5, 900: 5} {
		if got := list[0].LineAt(position); got != want {
			t.Errorf("position %d is on line %d, want %d", position, got, want)
		}
	}
}

// Statements are cut where a real server, which parses the whole script at once,
// would cut them: it counts as many commands.
func TestServerSeesTheSameStatements(t *testing.T) {
	const script = `
		CREATE TEMP TABLE t (a int, "b;c" text DEFAULT ';'); -- one;
		INSERT INTO t VALUES (1, 'x;''y'), (2, E'\';'), (3, $$;$$), (4, $q$ $$; $q$);
		CREATE FUNCTION pg_temp.f() RETURNS bigint BEGIN ATOMIC
			SELECT CASE WHEN count(*) > 1 THEN 1 ELSE 2 END FROM pg_class; SELECT 3::bigint; END;
		CREATE RULE r AS ON UPDATE TO t DO ALSO (SELECT 1; SELECT 2);
		/* ; /* ; */ */ SELECT pg_temp.f() ;;
		DO $do$ BEGIN PERFORM 1; END $do$`
	list, err := Split(script)
	if err != nil {
		t.Fatal(err)
	}
	conn := pgserver.Conn(t, pgserver.DB(t))
	results, err := conn.PgConn().Exec(t.Context(), script).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(list) {
		t.Errorf("the server ran %d statements, Split found %d", len(results), len(list))
	}
	one := pgserver.Conn(t, pgserver.DB(t))
	for _, st := range list {
		if _, err := one.PgConn().Exec(t.Context(), st.Text).ReadAll(); err != nil {
			t.Errorf("line %d: %v", st.Line, err)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("SELECT 1; -- x\nDO $$;$$; SELECT E'\\'';\"a\"")
	f.Fuzz(func(t *testing.T, script string) {
		list, err := Split(script)
		var p *Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("not a Problem: %v", err)
		}
		lines := strings.Count(script, "\n") + 1
		last := 0
		for _, st := range list {
			if st.Text == "" || st.Line < max(1, last) || st.Line > lines || !strings.Contains(script, st.Text) {
				t.Fatalf("statement %q on line %d of %d", st.Text, st.Line, lines)
			}
			last = st.Line
			if n := st.LineAt(len(st.Text)); n < st.Line || n > lines {
				t.Fatalf("LineAt gives %d", n)
			}
		}
	})
}
