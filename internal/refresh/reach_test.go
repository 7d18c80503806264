package refresh_test

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
)

// Code that runs while a copy is built and can leave the database is refused by name before
// anything runs, in any kind of object; what waits for an INSERT is named.
func TestCodeThatReachesOut(t *testing.T) {
	const schema = `
		CREATE TABLE victims (id int, v text DEFAULT pg_read_file('PG_VERSION'));
		CREATE FUNCTION looks(v text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN v || pg_read_file('PG_VERSION'); END $$;
		CREATE FUNCTION by_name(v text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT public.looks(v)';
		CREATE FUNCTION atomic(v text) RETURNS text LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT public.by_name(v); END;
		CREATE FUNCTION program() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN COPY victims FROM PROGRAM 'id'; RETURN NEW; END $$;
		CREATE FUNCTION differs(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT public.looks(a) <> b';
		CREATE OPERATOR #<># (LEFTARG = text, RIGHTARG = text, FUNCTION = differs);
		CREATE DOMAIN odd AS text CHECK (atomic(VALUE) <> '');
		CREATE TABLE a (v text, g text GENERATED ALWAYS AS (atomic(v)) STORED);
		CREATE TABLE b (v text CHECK (v #<># ''), w text CHECK (pg_stat_file(w) IS NULL)); CREATE INDEX ON b (by_name(v));
		CREATE TABLE c (v odd); CREATE TABLE d (v text); CREATE STATISTICS s ON (by_name(v)), (v || '') FROM d;
		CREATE TABLE fine (v text CHECK (v <> 'pg_read_file')); CREATE INDEX ON fine (lower(v));
		CREATE TRIGGER g BEFORE INSERT ON fine FOR EACH ROW EXECUTE FUNCTION program();`
	columns := func(more string) string {
		return "version: 1\ntables:\n  public.victims: {columns: {\"*\": keep}}\n  public.fine: {columns: {v: keep}}\n" + more
	}
	const all = "  public.a: {columns: {v: keep}}\n  public.b: {columns: {\"*\": keep}}\n  public.c: {columns: {v: keep}}\n" +
		"  public.d: {columns: {v: keep}}\n"
	_, _, err := run(t, schema, columns(all))
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != "coverage" {
		t.Fatalf("%v", err)
	}
	var got []string
	for _, p := range refusal.Problems {
		got = append(got, p.Text)
	}
	said := strings.Join(got, "\n")
	for _, want := range []string{
		"generated column g of public.a: it calls public.atomic,", "constraint b_v_check of public.b: it calls public.differs,",
		"constraint b_w_check of public.b: it calls pg_catalog.pg_stat_file,", "index b_by_name_idx of public.b: it calls public.by_name,",
		"constraint odd_check of domain public.odd: it calls public.atomic,", "statistics s of public.d: it calls public.by_name,",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d problems:\n%s", len(got), said)
	}
	rep, _, err := run(t, schema, columns("  public.a: {rows: none}\n  public.b: {rows: none}\n  public.c: {rows: none}\n"+
		"  public.d: {rows: none}\n"))
	if err != nil {
		t.Fatal(err)
	}
	warned := strings.Join(rep.Warnings, "\n")
	for _, want := range []string{"trigger g of public.fine: it calls public.program,", "default of column v of public.victims: it calls pg_catalog.pg_read_file,"} {
		if !strings.Contains(warned, want) {
			t.Errorf("no %q in\n%s", want, warned)
		}
	}
}
