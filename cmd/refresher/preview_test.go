package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// onScreen runs with a terminal of that width for stdout.
func (s *site) onScreen(width int, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	s.replayed()
	var out, err bytes.Buffer
	a := &app{out: &out, err: &err, getenv: s.getenv, screen: screen{width: width}}
	code = run(context.Background(), append(args, "--config", filepath.Join(s.dir, "refresher.yaml")), a)
	return code, out.String(), err.String()
}

// What preview shows is what a run makes, and the rows are production's own.
func TestPreviewShowsWhatARunMakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withoutBuckets()
	const query = `SELECT %s FROM users WHERE ctid = (SELECT min(ctid) FROM users)`
	source := func(column string) string { return s.one(s.primary.URL(s.db), strings.Replace(query, "%s", column, 1)) }
	id := source("id::text")
	code, stdout, stderr := s.onScreen(160, "preview", "public.users", "--rows", "2")
	if code != exitClean || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if strings.Contains(stdout, "\x1b") || !strings.Contains(stdout, "row 2 of 2") ||
		strings.Contains(stdout, "row 3") {
		t.Errorf("not two rows in plain text:\n%s", stdout)
	}
	s.must(exitClean, "run")
	for _, column := range []string{"email", "full_name", "phone", "street", "national_id", "date_of_birth::text", "host(signup_ip)"} {
		before := source("coalesce(" + column + ", 'NULL')")
		after := s.one(s.staging.URL(s.db), "SELECT coalesce("+column+", 'NULL') FROM users WHERE id = "+id)
		found := false
		for _, line := range strings.Split(stdout, "\n") {
			if at := strings.Index(line, before); at >= 0 && strings.Contains(line[at+len(before):], after) {
				found = true
			}
		}
		if !found {
			t.Errorf("no line shows %s becoming what the run made of it:\n%s", column, stdout)
		}
	}
}

func TestPreviewOfPartitionsAndOddNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.production(
		`CREATE TABLE "Odd Schema"."t" ("a\b" text); INSERT INTO "Odd Schema"."t" VALUES (E'\x1b[2Jx'), (NULL);
		CREATE TYPE contact AS (mail text, city text);
		CREATE FUNCTION lie(contact) RETURNS text LANGUAGE sql AS $$ SELECT 'lie' $$;
		CREATE CAST (contact AS text) WITH FUNCTION lie(contact) AS IMPLICIT;
		CREATE TABLE lies (a contact, b contact[]);
		INSERT INTO lies VALUES (('Ott', 'Ulm'), ARRAY[('Ann', 'Bern')::contact])`)
	s.edit("rules.yaml", "tables:\n",
		"tables:\n  '\"Odd Schema\".t': {columns: {'a\\b': keep}}\n  public.empty: {columns: {n: keep}}\n"+
			"  public.lies: {columns: {a: keep, b: keep}}\n")
	s.production("CREATE TABLE empty (n int)")
	for _, tc := range []struct{ table, want string }{
		{"public.metrics", "row 3 of 3"},
		{`"Odd Schema"."Order ""Book"""`, "Buyer's E-mail"},
		{`"Odd Schema".t`, `\x1b[2Jx`},
		{"public.sessions", "rows: none"},
		{"public.employees", "PostgreSQL computes them again: full_name"},
		{"public.empty", "The table has no rows."},
		{"public.lies", "(Ott,Ulm)"}, // as it is stored, not as the cast has it
		{"public.lies", `{"(Ann,Bern)"}`},
	} {
		code, stdout, stderr := s.onScreen(100, "preview", tc.table)
		if code != exitClean || !strings.Contains(stdout, tc.want) || strings.Contains(stdout, "\x1b") {
			t.Errorf("%s: exit %d: %s\n%s", tc.table, code, stderr, stdout)
		}
	}
	left := s.one(s.standby.URL(pgserver.User),
		"SELECT count(*)::text FROM pg_stat_activity WHERE application_name LIKE 'refresher/preview%'")
	if left != "0" {
		t.Errorf("%s sessions are left on the source", left)
	}
}

// What is joined in for a row's subject is used as in a run.
func TestPreviewOfATableWithASubject(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.production(
		`UPDATE support_tickets t SET body = 'Send it to ' || u.street || ', please.' FROM users u WHERE u.id = t.user_id`,
	)
	code, stdout, stderr := s.onScreen(160, "preview", "public.support_tickets", "--rows", "100")
	if code != exitClean {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	found := 0
	for _, line := range strings.Split(stdout, "\n") {
		if before, after, ok := strings.Cut(line, "→"); ok && strings.Contains(before, "Send it to ") {
			found++
			_, street, _ := strings.Cut(before, "Send it to ")
			if street, _, _ = strings.Cut(street, ","); strings.Contains(after, street) {
				t.Errorf("the street of the subject stays: %s", line)
			}
		}
	}
	if found == 0 {
		t.Errorf("no ticket with the street of its subject:\n%s", stdout)
	}
}

// Conditions decide in a preview as in a run.
func TestPreviewOfConditions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.production(
		"CREATE TABLE guests (id int, mail text); INSERT INTO guests VALUES (1, 'a@acme.test'), (2, 'jane@mail.test'), (3, NULL)",
	)
	s.edit(
		"rules.yaml",
		"tables:\n",
		"tables:\n  public.guests:\n    rows: {when: mail != nil}\n    columns: {id: keep, mail: [{transform: keep, when: 'mail endsWith \"@acme.test\"'}, email]}\n",
	)
	code, stdout, stderr := s.onScreen(100, "preview", "public.guests")
	if code != exitClean {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	rows := strings.Split(stdout, "\n  row ")
	for i, want := range []string{"holds are copied: mail != nil", "=  a@acme.test", "→  ", "left behind"} {
		if len(rows) != 4 || !strings.Contains(rows[i], want) {
			t.Fatalf("part %d lacks %q:\n%s", i, want, stdout)
		}
	}
}

func TestPreviewRefusesWhatIsNoTerminal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	code, stdout, stderr := s.run("preview", "public.users")
	if code != exitInput || stdout != "" || !strings.Contains(stderr, "--output FILE") {
		t.Errorf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	out, err := s.process("preview", "public.users").Output() // a pipe, in a process of its own
	if err == nil || len(out) > 0 {
		t.Errorf("%v: %d bytes went into a pipe", err, len(out))
	}

	file := filepath.Join(t.TempDir(), "preview.txt")
	stdout, stderr = s.must(exitClean, "preview", "public.users", "--output", file)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || stdout != "" || !strings.Contains(stderr, "raw values") {
		t.Errorf("mode %v, stdout %q, stderr %q", info.Mode(), stdout, stderr)
	}
	if !strings.Contains(readFile(t, file),
		s.one(s.primary.URL(s.db), "SELECT email FROM users WHERE ctid = (SELECT min(ctid) FROM users)")) {
		t.Error("the file doesn't hold the rows")
	}
	before := readFile(t, file)
	if _, stderr = s.must(exitInput, "preview", "public.events", "--output", file); !strings.Contains(stderr,
		"is there already") ||
		readFile(t, file) != before {
		t.Errorf("%s, or the file changed", stderr)
	}
}

func TestPreviewMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"preview"}, exitInput, "preview takes one table"},
		{[]string{"preview", "public.users", "public.events"}, exitInput, "preview takes one table"},
		{[]string{"preview", "public.users", "--rows", "0"}, exitInput, "--rows must be from 1 to"},
		{[]string{"preview", "public.user"}, exitInput, "there is no table public.user in database " + s.db + " (did you mean public.users?)"},
		{[]string{"preview", "users"}, exitInput, "did you mean public.users?"},
	} {
		code, stdout, stderr := s.onScreen(100, tc.args...)
		if code != tc.code || stdout != "" || !strings.Contains(stderr, tc.want) {
			t.Errorf("%v: exit %d, %s\n%s", tc.args, code, stderr, stdout)
		}
	}
	s.edit("rules.yaml", "      company: company\n", "")
	code, stdout, stderr := s.onScreen(100, "preview", "public.events")
	if code != exitRefused || stdout != "" || !strings.Contains(stderr, "company") {
		t.Errorf("exit %d without a rule for a column: %s\n%s", code, stderr, stdout)
	}
}
