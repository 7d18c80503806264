package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// describes expects the current dataset to say what it is: a schema that psql loads, and a dictionary
// that has the column under its rule. The manifest names all of it.
func (s *site) describes(table, column, rule string) {
	s.t.Helper()
	var latest struct{ Run string }
	if err := json.Unmarshal(s.object("data/latest.json"), &latest); err != nil {
		s.t.Fatal(err)
	}
	at := "data/runs/" + latest.Run + "/"
	manifest := string(s.object(at + "manifest.json"))
	for _, name := range []string{"schema.sql", "README.md", "dictionary.json", "dictionary.md", "datapackage.json"} {
		if !strings.Contains(manifest, `"name": "`+name+`"`) {
			s.t.Errorf("the manifest doesn't name %s", name)
		}
	}
	var dictionary struct {
		Tables []struct {
			Name    string
			Columns []struct{ Name, Rule, Comment string }
		}
	}
	if err := json.Unmarshal(s.object(at+"dictionary.json"), &dictionary); err != nil {
		s.t.Fatal(err)
	}
	said := ""
	for _, t := range dictionary.Tables {
		for _, c := range t.Columns {
			if t.Name == table && c.Name == column {
				said = c.Rule
			}
		}
	}
	if said != rule {
		s.t.Errorf("the dictionary says that %s.%s is %q, want %q", table, column, said, rule)
	}
	var p struct{ Resources []struct{ Path, Hash string } }
	if err := json.Unmarshal(s.object(at+"datapackage.json"), &p); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range p.Resources {
		if sum := strings.TrimPrefix(r.Hash, "sha256:"); !strings.Contains(manifest, sum) {
			s.t.Errorf("the manifest and the data package have different hashes of %s", r.Path)
		}
	}
	s.loadsSchema(string(s.object(at + "schema.sql")))
}

// loadsSchema has psql load a schema into a new database.
func (s *site) loadsSchema(schema string) {
	s.t.Helper()
	name := s.db + "_schema"
	pgserver.Exec(s.t, s.staging.URL(pgserver.User), "CREATE DATABASE "+name)
	defer pgserver.Exec(s.t, s.staging.URL(pgserver.User), "DROP DATABASE "+name)
	cmd := exec.Command(s.staging.Tool("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", s.staging.URL(name))
	cmd.Stdin = strings.NewReader(schema)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(schema, "OWNER TO") || strings.Contains(schema, "GRANT ") {
		s.t.Errorf("psql: %v\n%s\n%.2000s", err, out, schema)
	}
}

// A comment may hold what looks personal: in a schema that is reported, and refuses nothing.
func commented(t *testing.T, s *site) {
	t.Helper()
	s.production(`COMMENT ON COLUMN users.email IS 'to change it ask support@acme-billing.com'; COMMENT ON TABLE users IS 'who buys'`)
}
