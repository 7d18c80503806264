package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
)

// Each pack decides on every column of its schema, carries a run by itself, and leaves
// neither a person nor a secret of it; a database that has none of its tables takes it too.
// Of a product's older versions only the long form makes a run.
func TestPacks(t *testing.T) {
	for _, schema := range schemas(t) {
		pack, _, _ := strings.Cut(schema, ".")
		t.Run(schema, func(t *testing.T) {
			t.Parallel()
			s := newSiteOf(t, "pack_"+strings.NewReplacer("-", "_", ".", "_").Replace(schema),
				readFile(t, "../../testdata/corpus/people.sql")+readFile(t, "../../testdata/packs/"+schema+".sql"))
			s.edit("refresher.yaml", "rules.yaml", rules.Builtin+pack)
			s.must(exitClean, "check", "--strict")
			if schema != pack && !longform.Asked() {
				return
			}
			s.must(exitClean, "run")
			s.noPerson()
			dump, err := exec.Command("pg_dump", "--data-only", s.staging.URL(s.db)).CombinedOutput()
			if err != nil || strings.Contains(string(dump), "s3cr3t") {
				t.Errorf("staging holds a secret of production (%v):\n%s", err, dump)
			}
			if works := worksStill[pack]; works != nil {
				works(s)
			}
		})
	}
	t.Run("none of its tables", func(t *testing.T) {
		t.Parallel()
		s := newSiteOf(t, "pack_none", "CREATE TABLE notes (id int PRIMARY KEY)")
		for _, p := range rules.Packs() {
			s.write("rules.yaml", "version: 1\ninclude: ['builtin:"+p.Name+"']\ntables: {public.notes: {columns: {id: keep}}}\n")
			s.must(exitClean, "check")
		}
	})
}

// schemas are the fixtures of packs, one for each version of a product: PACK.sql, PACK.VERSION.sql.
func schemas(t *testing.T) (names []string) {
	t.Helper()
	for _, p := range rules.Packs() {
		files, err := filepath.Glob("../../testdata/packs/" + p.Name + ".*")
		if err != nil || len(files) == 0 {
			t.Fatalf("no fixture of %s (%v)", p.Name, err)
		}
		for _, f := range files {
			names = append(names, strings.TrimSuffix(filepath.Base(f), ".sql"))
		}
	}
	return names
}

// What init and discover draft includes the packs whose tables are there, and decides
// nothing that they decide.
func TestADraftIncludesPacks(t *testing.T) {
	t.Parallel()
	s := newSiteOf(t, "pack_draft", readFile(t, "../../testdata/corpus/people.sql")+readFile(t, "../../testdata/packs/devise.sql")+
		readFile(t, "../../testdata/packs/activestorage.sql")+
		"; ALTER TABLE users ADD nickname text; UPDATE users SET nickname = pg_temp.login(id::int)")
	draft, _ := s.must(exitClean, "discover")
	for _, want := range []string{"include: [builtin:activestorage, builtin:devise]", "nickname:"} {
		if !strings.Contains(draft, want) {
			t.Errorf("the draft lacks %q:\n%s", want, draft)
		}
	}
	for _, not := range []string{"encrypted_password", "active_storage_blobs", "reset_password_token"} {
		if strings.Contains(draft, not+":") {
			t.Errorf("the draft decides on %s, which a pack does:\n%s", not, draft)
		}
	}
	s.write("rules.yaml", draft)
	s.must(exitClean, "run")
	s.noPerson()
}

// newSiteOf is a site whose production is what SQL makes.
func newSiteOf(t *testing.T, name, sql string) *site {
	t.Helper()
	srv, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{servers: srv, t: t, db: name, dir: t.TempDir()}
	pgserver.Exec(t, s.primary.URL(pgserver.User), "CREATE DATABASE "+s.db)
	t.Cleanup(func() {
		pgserver.Exec(t, s.primary.URL(pgserver.User), "DROP DATABASE IF EXISTS "+s.db+" WITH (FORCE)")
	})
	pgserver.Exec(t, s.primary.URL(s.db), sql)
	s.vars = map[string]string{
		"SOURCE": s.primary.URL(s.db), "STAGING": s.staging.URL(s.db),
		"KEY": "8f2a6c0d5e1b47938d7a3c6f90b1e2d4a5c68790f1e3b2d4c6a8097f5e3d1b2c",
	}
	s.write("refresher.yaml", `
source: {url: "${SOURCE}"}
staging: {url: "${STAGING}"}
rules: [rules.yaml]
key: env:KEY
workers: 1
`)
	return s
}
