package client

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSafeLines(t *testing.T) {
	for _, tt := range []struct {
		name, stderr string
		rows         bool
		want         []string
	}{
		{"version mismatch", "pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 16.1; pg_dump version: 15.4\n", false,
			[]string{"aborting because of server version mismatch", "server version: 16.1; pg_dump version: 15.4"}},
		{"statement dropped", "pg_dump: error: query failed: ERROR:  permission denied for table t\npg_dump: detail: Query was: LOCK TABLE public.t\n", false,
			[]string{"permission denied for table t"}},
		{"multi-line command", "pg_restore: while PROCESSING TOC:\npg_restore: from TOC entry 9; 1259 16 TABLE my table ann\n" +
			"pg_restore: error: could not execute query: ERROR:  type \"public.geo\" does not exist\nLINE 2:   a public.geo\n            ^\nCommand was: CREATE TABLE x (\n  a text DEFAULT 'secret'\n);\n", false,
			[]string{"at TABLE my table", `type "public.geo" does not exist`, "at CREATE TABLE x"}},
		{"constraint", "pg_restore: error: could not execute query: ERROR:  insert or update on table \"a\" violates foreign key constraint \"a_b\"\n" +
			"DETAIL:  Key (b)=(secret) is not present in table \"b\".\nCommand was: ALTER TABLE ONLY public.\"A x\"\n    ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b(id);\n", true,
			[]string{`insert or update on table "a" violates foreign key constraint "a_b"`, `at ALTER TABLE ONLY public."A x" ADD CONSTRAINT a_b`}},
		{"constants in DDL", "pg_restore: error: could not execute query: ERROR:  invalid input syntax for type date: \"secret\"\n", false,
			[]string{"the server rejected a value"}},
		{"copy", "pg_restore: error: COPY failed for table \"users\": ERROR:  missing data for column \"b\"\nCONTEXT:  COPY users, line 1: \"secret\"\n", true,
			[]string{"the server refused the statement (its message is withheld, because it could quote a row; the server's log has it)"}},
		{"a value as a name", "pg_restore: error: could not execute query: ERROR:  column \"secret\" does not exist\nCONTEXT:  PL/pgSQL function f(text) line 3 at EXECUTE\nCommand was: CREATE INDEX i ON public.t (f(a));\n", true,
			[]string{withheld, "at CREATE INDEX i"}},
		{"recovery", "pg_dump: error: query failed: ERROR:  canceling statement due to conflict with recovery\nDETAIL:  x\n", false,
			[]string{"canceling statement due to conflict with recovery"}},
		{"nothing", "Segmentation fault\n", false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := safeLines(strings.Split(tt.stderr, "\n"), tt.rows)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	tl := &tail{max: 10}
	for range 100 {
		_, _ = tl.Write([]byte("abcdefg"))
	}
	_, _ = tl.Write([]byte("\nlast"))
	lines := tl.lines()
	if len(tl.buf) > 20+5 || lines[len(lines)-1] != "last" {
		t.Errorf("kept %q", tl.buf)
	}
}
