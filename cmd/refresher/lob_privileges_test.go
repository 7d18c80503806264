package main

import (
	"fmt"
	"strings"
	"testing"

	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
)

// Roles that are no superusers, on the versions before and after the server itself
// says who may read a large object: what the source's role may not read is refused
// before a row is read, and what arrives is the owner's of the staging database.
func TestLargeObjectsWithLeastPrivilege(t *testing.T) {
	found := builds(t)
	useClients(t)
	common, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	for _, major := range []int{15, 18} {
		if major == 18 && !longform.Asked() {
			continue // make long
		}
		if found[major] == "" {
			t.Logf("no server of PostgreSQL %d: scripts/setup-versions.sh gets it", major)
			continue
		}
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			srv := &servers{
				primary: pgserver.New(t, pgserver.Options{Bin: found[major]}),
				staging: pgserver.New(t, pgserver.Options{Bin: found[major]}),
				s3:      common.s3,
			}
			srv.standby = pgserver.NewStandby(t, srv.primary)
			s := newSiteOn(t, srv, "template0")
			s.write("rules.yaml", tinyRules+"large_objects: keep\n")
			s.write("refresher.yaml",
				"source: {url: \"${SOURCE}\"}\nstaging: {url: \"${STAGING}\"}\nrules: [rules.yaml]\nkey: env:KEY\n")
			s.leastPrivilege(t)
		})
	}
}

func (s *site) leastPrivilege(t *testing.T) {
	reader, owner := "reader_"+s.db, "owner_"+s.db
	s.production(
		tinySchema + "; " + s.docsGrants(
			"source, all",
		) + `; CREATE ROLE ` + owner + `; CREATE ROLE group_` + s.db + `; GRANT group_` + s.db + ` TO ` + reader + `;
		SELECT lo_from_bytea(7000 + i, convert_to('object ' || i, 'UTF8')) FROM generate_series(1, 5) i;
		ALTER LARGE OBJECT 7002 OWNER TO ` + owner + `; GRANT SELECT ON LARGE OBJECT 7003 TO PUBLIC;
		GRANT SELECT ON LARGE OBJECT 7004 TO ` + reader + `; GRANT SELECT ON LARGE OBJECT 7005 TO group_` + s.db,
	)
	pgserver.Exec(t, s.staging.URL(pgserver.User),
		s.docsGrants("staging")+"CREATE ROLE "+owner+" LOGIN;"+s.docsGrants("staging, owner"))
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE DATABASE "+s.db+" OWNER "+owner)
	as := func(url, role string) string { return strings.Replace(url, pgserver.User+"@", role+"@", 1) }
	s.vars["SOURCE"], s.vars["STAGING"] = as(s.standby.URL(s.db), reader), as(s.staging.URL(s.db), "writer_"+s.db)

	before := s.state()
	refused := func(want string) {
		t.Helper()
		_, said := s.must(exitRefused, "run")
		if !strings.Contains(said, want) || strings.Contains(said, "data …") {
			t.Errorf("want %q in:\n%s", want, said)
		}
		if s.state() != before || s.leftovers() != "" {
			t.Errorf("staging changed: %s", s.leftovers())
		}
	}
	refused(
		`role "` + reader + `" may not read 2 of the 5 large objects of the source: on the primary, GRANT SELECT ON LARGE OBJECT 7001, 7002 TO "` + reader + `", or make it a member of their owner`,
	)
	s.production("GRANT " + owner + " TO " + reader)
	refused(
		`may not read 1 of the 5 large objects of the source: on the primary, GRANT SELECT ON LARGE OBJECT 7001 TO "` + reader + `"`,
	)
	s.production("REVOKE " + owner + " FROM " + reader + "; " + s.docsGrants("source, large objects"))
	s.must(exitClean, "run")
	s.sameObjects()
	if got := s.staged("SELECT string_agg(DISTINCT pg_get_userbyid(lomowner)::text, ' ') FROM pg_largeobject_metadata"); got != owner {
		t.Errorf("large objects of staging belong to %s", got)
	}
	if got := s.one(as(s.staging.URL(s.db), owner), "SELECT convert_from(lo_get(7001), 'UTF8')"); got != "object 1" {
		t.Errorf("the application reads %q", got)
	}
	s.must(exitClean, "run")
	s.must(exitClean, "verify")

	s.production("SELECT lo_create(7006)")
	before = s.state()
	refused("may not read 1 of the 6 large objects")
	s.production("ALTER ROLE " + reader + " SET lo_compat_privileges = on") // as before PostgreSQL 9.0
	s.must(exitClean, "run")
	s.sameObjects()

	s.write("rules.yaml", tinyRules)
	s.production("ALTER ROLE " + reader + " RESET lo_compat_privileges")
	if _, said := s.must(exitClean, "run"); !strings.Contains(said, "the source has 6 large objects, ") {
		t.Errorf("dropped, and nothing is said:\n%s", said)
	}
}
