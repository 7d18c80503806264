package restore

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/restore/access"
	"refresher/internal/testkit/pgserver"
)

// may tells what PUBLIC may do with what a schema of these tests holds.
const may = `SELECT concat_ws(' ',
	'function', has_function_privilege('public', 'keys(int)', 'EXECUTE'), has_function_privilege('public', 'open()',
		'EXECUTE'),
	'type', has_type_privilege('public', 'grade', 'USAGE'), 'schema', has_schema_privilege('public', 'public', 'USAGE'),
	'database', has_database_privilege('public', current_database(), 'TEMPORARY'), has_database_privilege('public',
		current_database(), 'CONNECT'))`

// What production took from PUBLIC is not PUBLIC's in staging either: functions, types,
// the schema public, the database, and what is made later.
func TestWhatProductionRevokedStaysRevoked(t *testing.T) {
	s := newStage(t, `
		CREATE FUNCTION keys(int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
		CREATE FUNCTION open() RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE TYPE grade AS ENUM ('a');
		REVOKE ALL ON FUNCTION keys(int) FROM PUBLIC; REVOKE ALL ON TYPE grade FROM PUBLIC; REVOKE ALL ON SCHEMA public
			FROM PUBLIC;
		DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
		ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`)
	s.promoteShadow("first")
	check := func(when, want string) {
		t.Helper()
		if got := s.value(s.live, may); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	closed := "function f t type f schema f database f t"
	check("after the first refresh", closed)
	s.must(s.live, s.role, "CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 1'")
	if got := s.value(s.live, "SELECT has_function_privilege('public', 'later()', 'EXECUTE')::text"); got != "false" {
		t.Errorf("a function that staging made later is open: %s", got)
	}
	s.promoteShadow("second")
	check("after the second", closed)

	// What staging grants on its own account holds.
	s.sql(s.live, "GRANT EXECUTE ON FUNCTION keys(int) TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC")
	s.promoteShadow("third")
	check("after staging's own grants", "function t t type f schema t database f t")
}

// A staging database that is open by default only, as older versions left it, is closed
// by the next refresh.
func TestADefaultIsNoGrantOfStagings(t *testing.T) {
	s := newStage(t, `CREATE FUNCTION keys(int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`)
	s.promoteShadow("first")
	pgserver.Exec(t, s.sourceURL, "REVOKE EXECUTE ON FUNCTION keys(int) FROM PUBLIC")
	production := pgserver.Conn(t, s.sourceURL)
	defer production.Close(t.Context())
	var err error
	s.public, err = access.ReadPublic(t.Context(), production)
	s.ok(err)
	s.promoteShadow("second")
	if got := s.value(s.live, "SELECT has_function_privilege('public', 'keys(int)', 'EXECUTE')::text"); got != "false" {
		t.Errorf("PUBLIC may run it: %s", got)
	}
}

// What staging grants in a schema whose name SQL reserves is carried over as anywhere.
func TestASchemaNamedByAKeyword(t *testing.T) {
	s := newStage(t, `CREATE SCHEMA "user"; CREATE TABLE "user".profile (id int PRIMARY KEY)`)
	s.promoteShadow("first")
	r := strings.NewReplacer("{", s.prefix+"_", "}", "", "STAGING", s.role)
	s.sql("postgres", r.Replace(`CREATE ROLE {dev}; CREATE ROLE {web}; GRANT {dev} TO STAGING`))
	s.sql(s.live, r.Replace(`ALTER SCHEMA "user" OWNER TO {dev}; GRANT USAGE ON SCHEMA "user" TO {web};
		ALTER DEFAULT PRIVILEGES FOR ROLE {dev} IN SCHEMA "user" GRANT SELECT ON TABLES TO {web};
		DROP TABLE "user".profile`)) // so that it is new in the next shadow
	s.promoteShadow("second")
	const q = `SELECT tableowner || ' ' || has_table_privilege('WEB', '"user".profile', 'SELECT') || ' ' ||
		(SELECT count(*) FROM pg_default_acl) FROM pg_tables WHERE tablename = 'profile'`
	if got, want := s.value(s.live, strings.ReplaceAll(q, "WEB", s.prefix+"_web")), s.prefix+"_dev true 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What can't be dropped stops no run: it is left, with what to do about it.
func TestLeftoversThatCannotBeDropped(t *testing.T) {
	s := newStage(t, "")
	s.promoteShadow("first")
	s.sql("postgres", "ALTER DATABASE "+s.live+" IS_TEMPLATE true")
	s.promoteShadow("second")
	notes := s.promoteShadow("third")
	old := s.live + "_old_20261121t030003z-7f3a"
	if said := strings.Join(notes, "\n"); !strings.Contains(said, "run ALTER DATABASE \""+old+"\" IS_TEMPLATE false; "+
		"DROP DATABASE \""+old+"\"") {
		t.Errorf("notes: %s", said)
	}
	s.ok(s.srv.do(t.Context(), func(conn *pgx.Conn) error {
		_, left, err := s.srv.sweep(t.Context(), conn, t.Context().Err)
		if len(left) != 1 || !strings.Contains(left[0], "IS_TEMPLATE false") {
			t.Errorf("left: %q", left)
		}
		return err
	}))
	if got := s.marker(s.live); got != "third" {
		t.Errorf("live is %s", got)
	}
	s.sql("postgres", `ALTER DATABASE "`+old+`" IS_TEMPLATE false`)
}
