package restore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Everything that belongs to the live database rather than to the source is there
// after the swap, carried over by a role that is no superuser.
func TestCarryOver(t *testing.T) {
	s := newStage(t, sourceSchema)
	s.promoteShadow("first")
	r := strings.NewReplacer("{", s.prefix+"_", "}", "", "LIVE", s.live, "STAGING", s.role)
	s.sql("postgres", r.Replace(`
		CREATE ROLE {owner}; CREATE ROLE {fnowner}; CREATE ROLE {reader} LOGIN; CREATE ROLE {writer}; CREATE ROLE {stranger};
		GRANT {owner}, {fnowner}, {reader} TO STAGING;
		ALTER DATABASE LIVE OWNER TO {owner};
		ALTER DATABASE LIVE SET search_path = "$user", extra, public;
		ALTER DATABASE LIVE SET app.token = 'o''neil';
		ALTER DATABASE LIVE SET datestyle = 'SQL, DMY';
		ALTER ROLE {reader} IN DATABASE LIVE SET statement_timeout = '7s';
		ALTER ROLE {stranger} IN DATABASE LIVE SET work_mem = '9MB';
		ALTER DATABASE LIVE CONNECTION LIMIT 77;
		COMMENT ON DATABASE LIVE IS 'our staging';
		REVOKE ALL ON DATABASE LIVE FROM PUBLIC;
		GRANT CONNECT ON DATABASE LIVE TO {reader}, {writer} WITH GRANT OPTION`))
	s.sql(s.live, r.Replace(`
		ALTER SCHEMA extra OWNER TO {owner};
		ALTER TABLE users OWNER TO {owner};
		ALTER TABLE extra.things OWNER TO {owner};
		ALTER VIEW mails OWNER TO {owner};
		ALTER FUNCTION answer() OWNER TO {fnowner};
		ALTER TYPE mood OWNER TO {owner};
		ALTER TABLE orders OWNER TO {stranger};
		REVOKE ALL ON FUNCTION answer() FROM PUBLIC;
		GRANT EXECUTE ON FUNCTION answer() TO {reader};
		GRANT USAGE ON SCHEMA extra TO {reader};
		GRANT SELECT ON users, mails TO {reader};
		GRANT SELECT, UPDATE ON users TO {writer} WITH GRANT OPTION;
		GRANT UPDATE (email) ON users TO {reader};
		GRANT USAGE ON SEQUENCE orders_id_seq TO {writer};
		GRANT USAGE ON TYPE mood TO {writer};
		ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {reader};
		ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA extra GRANT INSERT ON TABLES TO {writer};
		ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
		DROP TABLE marker`))
	before := s.properties()
	notes := s.promoteShadow("second")
	s.sql(s.live, "DROP TABLE marker")
	after := s.properties()
	// What the role is no member of can't be handed over, and is said.
	want := strings.ReplaceAll(before, "orders owned by "+s.prefix+"_stranger", "orders owned by "+s.role)
	want = strings.ReplaceAll(want, "orders_id_seq owned by "+s.prefix+"_stranger", "orders_id_seq owned by "+s.role)
	want = strings.ReplaceAll(want, "\n"+s.prefix+"_stranger {work_mem=9MB}", "")
	want = strings.ReplaceAll(want, "app.token=o'neil,", "")
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(after, "\n")); d != "" {
		t.Errorf("%s\nnotes: %s", d, strings.Join(notes, "\n"))
	}
	said := strings.Join(notes, "\n")
	for _, n := range []string{"table public.orders: its owner " + s.prefix + "_stranger could not be carried over",
		"the setting work_mem of role " + s.prefix + "_stranger", "the setting app.token: permission denied"} {
		if !strings.Contains(said, n) {
			t.Errorf("the notes don't say %q:\n%s", n, said)
		}
	}
	if len(notes) != 3 || strings.Contains(said, "neil") {
		t.Errorf("notes:\n%s", said)
	}
}

// A table that is new on the source gets its owner's default privileges, as if
// the application had made it.
func TestNewObjectsGetDefaults(t *testing.T) {
	s := newStage(t, sourceSchema)
	s.promoteShadow("first")
	r := strings.NewReplacer("{", s.prefix+"_", "}", "", "LIVE", s.live, "STAGING", s.role)
	s.sql("postgres", r.Replace(`CREATE ROLE {owner}; CREATE ROLE {reader}; GRANT {owner} TO STAGING; ALTER DATABASE
		LIVE OWNER TO {owner}`))
	s.sql(s.live, r.Replace(`ALTER SCHEMA extra OWNER TO {owner}; DROP TABLE extra.things; DROP TABLE orders;
		ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA extra GRANT SELECT ON TABLES TO {reader} WITH GRANT OPTION`))
	if notes := s.promoteShadow("second"); len(notes) > 0 {
		t.Errorf("notes: %q", notes)
	}
	got := s.properties()
	for _, want := range []string{r.Replace("extra.things owned by {owner}"), r.Replace("extra.things {reader} SELECT " +
		"true"), r.Replace("orders owned by {owner}")} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// properties prints owners, privileges, default privileges and settings of the
// live database, in the server's own words.
func (s *stage) properties() string {
	s.t.Helper()
	const objects = `
		SELECT string_agg(line, E'\n' ORDER BY line) FROM (
			SELECT o.oid::regclass || ' owned by ' || pg_get_userbyid(o.relowner) AS line FROM pg_class o
				WHERE relnamespace::regnamespace::text IN ('public', 'extra') AND relkind IN ('r', 'v', 'S')
			UNION ALL SELECT nspname || ' owned by ' || pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname IN
				('public', 'extra')
			UNION ALL SELECT proname || ' owned by ' || pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace =
				'public'::regnamespace
			UNION ALL SELECT typname || ' owned by ' || pg_get_userbyid(typowner) FROM pg_type WHERE typname = 'mood'
			UNION ALL SELECT o.oid::regclass || ' ' || coalesce(nullif(x.grantee, 0)::regrole::text, 'PUBLIC') || ' ' ||
				x.privilege_type || ' ' || x.is_grantable FROM pg_class o, aclexplode(relacl) x
				WHERE relnamespace::regnamespace::text IN ('public', 'extra') AND x.grantee <> relowner
			UNION ALL SELECT o.attrelid::regclass || '.' || attname || ' ' || coalesce(nullif(x.grantee, 0)::regrole::text,
				'PUBLIC') || ' ' || x.privilege_type FROM pg_attribute o, aclexplode(attacl) x
				WHERE o.attrelid > 16384
			UNION ALL SELECT nspname || ' ' || coalesce(nullif(x.grantee, 0)::regrole::text, 'PUBLIC') || ' ' ||
				x.privilege_type || ' ' || x.is_grantable FROM pg_namespace, aclexplode(nspacl) x
				WHERE nspname IN ('public', 'extra') AND x.grantee <> nspowner
			UNION ALL SELECT proname || ' ' || coalesce(nullif(x.grantee, 0)::regrole::text, 'PUBLIC') || ' ' ||
				x.privilege_type FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) x
				WHERE pronamespace = 'public'::regnamespace AND x.grantee <> proowner
			UNION ALL SELECT typname || ' ' || coalesce(nullif(x.grantee, 0)::regrole::text, 'PUBLIC') || ' ' ||
				x.privilege_type FROM pg_type, aclexplode(typacl) x
				WHERE typname = 'mood' AND x.grantee <> typowner
			UNION ALL SELECT 'default ' || defaclrole::regrole || ' ' || defaclnamespace::regnamespace || ' ' ||
				defaclobjtype::text || ' ' || defaclacl::text FROM pg_default_acl
		) x`
	const database = `
		SELECT string_agg(line, E'\n' ORDER BY line) FROM (
			SELECT 'database of ' || pg_get_userbyid(datdba) || ' ' || datconnlimit || ' ' || shobj_description(oid,
				'pg_database') AS line
				FROM pg_database WHERE datname = current_database()
			UNION ALL SELECT 'database ' || coalesce(nullif(x.grantee, 0)::regrole::text, 'PUBLIC') || ' ' || x.privilege_type
				|| ' ' || x.is_grantable FROM pg_database, aclexplode(datacl) x
				WHERE datname = current_database() AND x.grantee <> datdba
			UNION ALL SELECT setrole::regrole || ' ' || array(SELECT unnest(setconfig) ORDER BY 1)::text FROM
				pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
				WHERE datname = current_database()
		) x`
	return s.value(s.live, objects) + "\n" + s.value(s.live, database)
}
