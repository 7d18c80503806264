package doctor

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/scrub/rules"
	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

// Doctor says which version of a product a database has, and whether the rules were written for it.
func TestVersions(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('c3d9e7f1a2b4');
		CREATE TABLE databasechangelog (id text, orderexecuted int);
		INSERT INTO databasechangelog VALUES ('v50.2024-01-01', 1), ('v99.2030-01-01', 3), ('v51.2024-06-01', 2);
		CREATE TABLE migrations (id text)`)
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	source, err := snapshot.Open(t.Context(), snapshot.Options{Config: cfg, Run: "doctor", Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close(t.Context())
	var made []rules.MadeFor
	for _, pack := range []string{"builtin:mlflow", "builtin:metabase"} {
		rs, err := rules.Load([]string{pack})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, rs.MadeFor...)
	}
	own, err := rules.Parse("app.yaml", []byte(`{version: 1, tables: {}, made_for: [
		{product: empty, table: public.migrations, column: id, versions: [x]},
		{product: absent, table: public.nothing, column: id, versions: [x]}, {product: other, table: public.migrations, column: no, versions: [x]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	r.versions(t.Context(), append(made, own.MadeFor...), source)
	want := []struct {
		state State
		text  string
	}{{OK, "c3d9e7f1a2b4"}, {Warn, "it has v99.2030-01-01, and they were written for v50.*, v51.*"}, {Warn, "is empty"}}
	if len(r.Checks) != len(want) {
		t.Fatalf("%+v", r.Checks)
	}
	for i, w := range want {
		if c := r.Checks[i]; c.State != w.state || !strings.HasPrefix(c.Detail, w.text) && !strings.HasSuffix(c.Detail, w.text) {
			t.Errorf("%+v, want %s: %s", c, w.state, w.text)
		}
	}
}
