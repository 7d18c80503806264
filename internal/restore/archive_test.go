package restore

import (
	"strings"
	"testing"

	"refresher/internal/postgres/client"
)

// What a pg_restore that is too new for the server writes as a script comes to
// the same as what it would restore itself.
func TestRestoreByScript(t *testing.T) {
	s := newStage(t, sourceSchema+`
		CREATE FUNCTION odd(x text) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RETURN '\restrict; ' || $1 || E'\';'; END $f$;
		CREATE FUNCTION atomic() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;
		CREATE VIEW "odd;view" AS SELECT ';'::text AS "a;b"; COMMENT ON VIEW "odd;view" IS 'it''s; -- here';
		CREATE RULE r AS ON INSERT TO extra.things DO ALSO (SELECT 1; SELECT 2); CREATE INDEX ON users (lower(email));
		CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`)
	scripted := s.restored(t)
	_, direct := s.shadow("direct")
	same := func(q string) {
		t.Helper()
		if a, b := s.value(direct.name, q), s.value(scripted.name, q); a != b {
			t.Errorf("%s:\nby pg_restore %s\nby script     %s", q, a, b)
		}
	}
	same(`SELECT string_agg(pg_get_functiondef(oid), E'\n' ORDER BY proname) FROM pg_proc WHERE pronamespace =
		'public'::regnamespace`)
	same(`SELECT string_agg(definition, E'\n' ORDER BY viewname) FROM pg_views WHERE schemaname = 'public'`)
	same(`SELECT string_agg(definition, E'\n') FROM pg_rules WHERE schemaname = 'extra'`)
	same(`SELECT string_agg(indexdef, E'\n' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public'`)
	same(`SELECT string_agg(conrelid::regclass || pg_get_constraintdef(oid), E'\n' ORDER BY conname) FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace`)
	same(`SELECT string_agg(tgrelid::regclass || tgname, ' ') FROM pg_trigger WHERE NOT tgisinternal`)
	same(`SELECT obj_description('"odd;view"'::regclass)`)
}

// restored is a shadow whose sections a script restored.
func (s *stage) restored(t *testing.T) *Database {
	t.Helper()
	s.runs++
	db, err := s.srv.Create(t.Context(), s.srv.ShadowName("20261121T04000"+string(rune('0'+s.runs))+"Z-7f3a"), s.source)
	s.ok(err)
	major, _, err := db.restorer(s.dump)
	s.ok(err)
	for _, section := range []string{"pre-data", "post-data"} {
		s.ok(db.byScript(t.Context(), client.Command{Tool: client.Restore, MinMajor: major, Doing: "restoring " + section,
			Args: []string{"--section=" + section, "--no-owner", "--no-privileges", "--file=-", s.dump}}))
	}
	err = db.byScript(t.Context(), client.Command{Tool: client.Restore, MinMajor: major, Doing: "restoring again",
		Args: []string{"--section=post-data", "--no-owner", "--no-privileges", "--file=-", s.dump}})
	if err == nil || !strings.Contains(err.Error(), "restoring again: at ") || !strings.Contains(err.Error(), "SQLSTATE "+
		"42") {
		t.Errorf("restoring twice: %v", err)
	}
	return db
}

func TestPlainTakesOutPsqlsCommands(t *testing.T) {
	script := "--\n-- dump\n--\n\n\\restrict AbC12\n\nSET a = 1;\nSELECT '\n\\restrict other\n';\n\n\\unrestrict AbC12\n\n"
	if got, want := Plain(script), "--\n-- dump\n--\n\n\n\nSET a = 1;\nSELECT '\n\\restrict "+
		"other\n';\n\n\n\n"; got != want {
		t.Errorf("got %q", got)
	}
	if got := Plain("SELECT 1;\n"); got != "SELECT 1;\n" {
		t.Errorf("got %q", got)
	}
}
