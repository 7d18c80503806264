package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// docsGrants are statements that docs/servers.md prints, for this site's database
// and roles of its own.
func (s *site) docsGrants(which string) string {
	s.t.Helper()
	_, rest, ok := strings.Cut(readFile(s.t, "../../docs/servers.md"), "<!-- grants: "+which+" -->\n```sql\n")
	if !ok {
		s.t.Fatalf("docs/servers.md has no grants %q", which)
	}
	sql, _, _ := strings.Cut(rest, "```")
	return strings.NewReplacer("refresher_reader", "reader_"+s.db, "refresher_staging", "writer_"+s.db, "app_owner", "owner_"+s.db,
		"DATABASE app", "DATABASE "+s.db, "refresher_template", "template_"+s.db).
		Replace(sql)
}

// asDocumented makes the roles that the docs print, and no more, on servers that
// give PUBLIC nothing.
func asDocumented(t *testing.T, source string) *site {
	t.Helper()
	s := newTinySite(t)
	servers := *s.servers
	servers.staging = pgserver.New(t, pgserver.Options{Config: map[string]string{"log_statement": "all"}})
	s.servers = &servers
	s.production(
		fmt.Sprintf("REVOKE ALL ON DATABASE %s FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC",
			s.db) + "; " + s.docsGrants(source),
	)
	t.Cleanup(func() {
		pgserver.Exec(t, s.primary.URL(s.db), "DROP OWNED BY reader_"+s.db+"; DROP ROLE reader_"+s.db)
	})
	pgserver.Exec(t, s.staging.URL(pgserver.User), s.docsGrants("staging"))
	as := func(url, role string) string { return strings.Replace(url, pgserver.User+"@", role+"@", 1) }
	s.vars["SOURCE"], s.vars["STAGING"] = as(s.standby.URL(s.db), "reader_"+s.db), as(s.staging.URL(s.db),
		"writer_"+s.db)
	return s
}

// forbidden are what only a superuser may do, or managed services don't let anybody do.
var forbidden = regexp.MustCompile(
	`(?i)statement: .*(session_replication_role|disable trigger|alter system|load '|set role|pg_read_file|lo_import|copy .* (from|to) (program|'/))`,
)

func TestTheDocumentedGrantsAreEnough(t *testing.T) {
	for _, source := range []string{"source, all", "source, by schema"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			s := asDocumented(t, source)
			s.production(
				`CREATE TABLE teams (id serial PRIMARY KEY, name text); ALTER TABLE users ADD team_id int REFERENCES teams;
				CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM users; CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('ok');
				CREATE TABLE moods (id int PRIMARY KEY, m mood, c citext);
				CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TRIGGER touch BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch()`,
			)
			s.write(
				"rules.yaml",
				tinyRules+"      team_id: keep\n  public.teams: {columns: {\"*\": keep}}\n  public.moods: {columns: {\"*\": keep}}\n",
			)
			s.must(exitClean, "run")
			s.must(exitClean, "run")
			s.must(exitClean, "verify")
			s.must(exitClean, "rollback")
			if n := s.staged("SELECT count(*)::text || (SELECT n FROM counted) FROM users"); n != "200200" {
				t.Errorf("staging holds %s users", n)
			}
			for line := range strings.Lines(s.staging.Log()) {
				if m := forbidden.FindString(line); m != "" {
					t.Errorf("a managed service would refuse: %s", m)
				}
			}
			if super := s.one(s.staging.URL(pgserver.User), "SELECT string_agg(DISTINCT rolname || rolsuper, ' ') FROM pg_roles JOIN pg_database ON datdba = pg_roles.oid WHERE datname LIKE '"+s.db+"%' OR datname = 'refresher'"); super != "writer_"+s.db+"false" {
				t.Errorf("databases belong to %s", super)
			}
		})
	}
}

// A staging database that was there before, of another owner, is replaced by a
// member of that owner, and stays that owner's.
func TestAMemberOfTheOwnerReplacesStaging(t *testing.T) {
	t.Parallel()
	s := asDocumented(t, "source, all")
	owner := "owner_" + s.db
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE ROLE "+owner+" LOGIN; CREATE ROLE app_"+s.db)
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE DATABASE "+s.db+" OWNER "+owner)
	asOwner := strings.Replace(s.staging.URL(s.db), pgserver.User+"@", owner+"@", 1)
	pgserver.Exec(
		t,
		asOwner,
		"CREATE TABLE users (id int, email text); GRANT SELECT ON users TO app_"+s.db+"; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app_"+s.db,
	)
	if _, said := s.must(exitRefused, "run"); !strings.Contains(said, "say refresher run --replace once") {
		t.Errorf("no run made it, and it is not said how to replace it:\n%s", said)
	}
	if _, said := s.must(exitEnvironment, "run", "--replace"); !strings.Contains(said,
		fmt.Sprintf(`GRANT "%s" TO "writer_%s";`, owner, s.db)) {
		t.Errorf("the message doesn't print the grant:\n%s", said)
	}
	pgserver.Exec(t, s.staging.URL(pgserver.User), s.docsGrants("staging, owner"))
	s.must(exitClean, "run", "--replace")
	for q, want := range map[string]string{
		"SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()": owner,
		"SELECT tableowner::text FROM pg_tables WHERE tablename = 'users'":                         owner,
		"SELECT has_table_privilege('app_" + s.db + "', 'users', 'SELECT')::text":                  "true",
	} {
		if got := s.staged(q); got != want {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
	s.must(exitClean, "rollback")
	s.must(exitClean, "run")
}

// Extensions that only a superuser may create come from a template that one made.
func TestExtensionsAreApprovedByTemplate(t *testing.T) {
	t.Parallel()
	s := asDocumented(t, "source, all")
	s.production("CREATE EXTENSION pageinspect")
	_, said := s.must(exitEnvironment, "run")
	if !strings.Contains(said, `permission denied to create extension "pageinspect"`) ||
		!strings.Contains(said, "staging.template") {
		t.Errorf("the message doesn't say what to do:\n%s", said)
	}
	make, fill, ok := strings.Cut(s.docsGrants("staging, template"), `\connect template_`+s.db)
	if !ok {
		t.Fatal("the docs don't connect to the template")
	}
	pgserver.Exec(t, s.staging.URL(pgserver.User), make)
	pgserver.Exec(t, s.staging.URL("template_"+s.db), fill)
	s.edit("refresher.yaml", "staging: {", "staging: {template: template_"+s.db+", ")
	s.must(exitClean, "run")
	if got := s.staged("SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension"); got != "pageinspect plpgsql" {
		t.Errorf("staging has the extensions %s", got)
	}
	// A foreign server, whose wrapper the template brings, keeps staging's grants.
	s.production(
		"CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.invalid')",
	)
	pgserver.Exec(t, s.staging.URL("template_"+s.db),
		"CREATE EXTENSION postgres_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO writer_"+s.db)
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE ROLE far_"+s.db)
	s.must(exitClean, "run")
	s.inStaging("GRANT USAGE ON FOREIGN SERVER far TO far_" + s.db)
	s.must(exitClean, "run")
	if got := s.staged("SELECT has_server_privilege('far_" + s.db + "', 'far', 'USAGE')::text || pg_get_userbyid(srvowner) FROM pg_foreign_server"); got != "truewriter_"+s.db {
		t.Errorf("the foreign server's grant and owner: %s", got)
	}
	pgserver.Exec(t, s.staging.URL("template_"+s.db), "CREATE TABLE stray (x int); GRANT SELECT ON stray TO PUBLIC")
	if _, said := s.must(exitRefused, "run"); !strings.Contains(said, "public.stray: no rule names this table") {
		t.Errorf("a table of the template:\n%s", said)
	}
}

// What a role may not read is an error that prints the grant, never a table that
// is left out or arrives in part.
func TestWhatTheRoleMayNotReadIsSaid(t *testing.T) {
	t.Parallel()
	s := asDocumented(t, "source, by schema")
	s.production("CREATE SCHEMA other; CREATE TABLE other.things (id serial PRIMARY KEY)")
	s.write("rules.yaml", tinyRules+"  other.things: {columns: {id: keep}}\n")
	_, said := s.must(exitEnvironment, "run")
	for _, want := range []string{`GRANT USAGE ON SCHEMA "other" TO "reader_` + s.db, `GRANT SELECT ON TABLE "other"."things"`, `GRANT SELECT ON SEQUENCE "other"."things_id_seq"`} {
		if !strings.Contains(said, want) {
			t.Errorf("the message lacks %s:\n%s", want, said)
		}
	}
	s.production(
		"DROP SCHEMA other CASCADE; ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON users USING (id < 10)",
	)
	s.write("rules.yaml", tinyRules)
	if _, said := s.must(exitEnvironment, "run"); !strings.Contains(said, "BYPASSRLS") {
		t.Errorf("a filtered table:\n%s", said)
	}
}

// The roles that the README's SQL makes are all that a refresh needs.
func TestTheReadmesGrantsAreEnough(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers := *s.servers
	servers.staging = pgserver.New(t) // where the database "refresher" belongs to the README's role
	s.servers = &servers
	readme := readFile(t, "../../README.md")
	grants := func(which string) string {
		_, rest, ok := strings.Cut(readme, "<!-- grants: "+which+" -->\n```sql\n")
		if !ok {
			t.Fatalf("README has no %s grants", which)
		}
		sql, _, _ := strings.Cut(rest, "```")
		sql = strings.NewReplacer("refresher_reader", "reader_"+s.db, "refresher_staging", "writer_"+s.db, "app", s.db).
			Replace(sql)
		return sql
	}
	s.production(grants("source"))
	pgserver.Exec(t, s.staging.URL(pgserver.User), grants("staging"))
	t.Cleanup(func() { pgserver.Exec(t, s.primary.URL(s.db), "DROP OWNED BY reader_"+s.db+"; DROP ROLE reader_"+s.db) })
	as := func(url, role string) string { return strings.Replace(url, pgserver.User+"@", role+"@", 1) }
	s.vars["SOURCE"], s.vars["STAGING"] = as(s.standby.URL(s.db), "reader_"+s.db), as(s.staging.URL(s.db),
		"writer_"+s.db)
	s.must(exitClean, "run")
	s.production(
		"ALTER TABLE payments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY nobody ON payments USING (false); ALTER ROLE reader_" + s.db + " BYPASSRLS",
	)
	s.must(exitClean, "run")
	if got := s.one(s.staging.URL(s.db), "SELECT relforcerowsecurity::text || ' ' || (SELECT count(*) FROM payments) FROM pg_class WHERE relname = 'payments'"); got != "true "+fmt.Sprint(
		sampleUsers) {
		t.Errorf("payments in staging: %s", got)
	}
	s.must(exitClean, "rollback")
}
