package schemafile

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

// tree writes files below a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Files run in the order of the tool that wrote them, without what undoes them.
func TestOrderOfMigrations(t *testing.T) {
	for tool, c := range map[string]struct{ files, want string }{
		"plain":                  {"1_a.sql 2_b.sql 10_c.sql", "1_a.sql 2_b.sql 10_c.sql"},
		"golang-migrate":         {"000002_b.up.sql 000002_b.down.sql 000001_a.up.sql 000001_a.down.sql 000010_c.up.sql", "000001_a.up.sql 000002_b.up.sql 000010_c.up.sql"},
		"Flyway":                 {"V10__c.sql V9__b.sql V1.10__a2.sql V1_9__a1.sql R__views.sql U10__c.sql beforeMigrate.sql sub/V9.1__b2.sql", "V1_9__a1.sql V1.10__a2.sql V9__b.sql sub/V9.1__b2.sql V10__c.sql R__views.sql"},
		"Flyway from a baseline": {"V1__a.sql V2__b.sql V3__c.sql B2__base.sql", "B2__base.sql V3__c.sql"},
		"Prisma":                 {"migration_lock.toml 20230102_b/migration.sql 20230101_a/migration.sql", "20230101_a/migration.sql 20230102_b/migration.sql"},
		"Diesel":                 {"2023-01-02_b/up.sql 2023-01-02_b/down.sql 00000000000000_setup/up.sql 00000000000000_setup/down.sql", "00000000000000_setup/up.sql 2023-01-02_b/up.sql"},
		"Rails":                  {"structure.sql seeds/x.sql other.sql migrate/20230101_a.rb", "structure.sql"},
	} {
		files := map[string]string{}
		for _, f := range strings.Fields(c.files) {
			files[f] = ""
		}
		dir := tree(t, files)
		got, err := expand([]string{dir})
		for i := range got {
			got[i], _ = filepath.Rel(dir, got[i])
		}
		if err != nil || !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s: %v, want %s (%v)", tool, got, c.want, err)
		}
	}
}

// What is no SQL is refused with what to do instead.
func TestOtherLanguages(t *testing.T) {
	for file, want := range map[string]string{
		"db/schema.rb": "structure.sql", "db/migrate/20230101_users.rb": "structure.sql", "prisma/schema.prisma": "prisma migrate diff",
		"alembic/versions/1_users.py": "alembic upgrade head --sql", "src/schema.rs": "migrations", "m/V1__a.java": "pg_dump --schema-only",
		"database/migrations/2023_users.php": "artisan schema:dump", "migrations/1.js": "pg_dump --schema-only", "priv/1_users.exs": "mix ecto.dump",
		"db/changelog-master.xml": "liquibase update-sql",
	} {
		dir := tree(t, map[string]string{file: "x"})
		for _, path := range []string{dir, filepath.Join(dir, file)} {
			if _, err := expand([]string{path}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(file)) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if _, err := expand([]string{tree(t, map[string]string{"V1__a.sql": "", "V2__b.java": ""})}); err == nil || !strings.Contains(err.Error(), "V2__b.java") {
		t.Errorf("a migration in Java among SQL: %v", err)
	}
	if _, err := expand([]string{t.TempDir()}); err == nil || !strings.Contains(err.Error(), "no .sql file") {
		t.Errorf("an empty folder: %v", err)
	}
}

// The parts of files that undo a migration don't run.
func TestUpParts(t *testing.T) {
	dir := tree(t, map[string]string{
		"1_goose.sql": "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1;';\n-- +goose StatementEnd\n" +
			"CREATE TABLE a (id int, email text);\n\n-- +goose Down\nDROP TABLE a;\nDROP FUNCTION f;\n",
		"2_dbmate.sql": "-- migrate:up transaction:false\nALTER TABLE a ADD phone text;\r\n-- migrate:down\r\nALTER TABLE a DROP phone;\n",
		"3_sql.sql":    "-- +migrate Up\nCREATE TABLE b (id int);\n-- +migrate Down\nDROP TABLE b;\n",
		"4_tern.sql":   "ALTER TABLE b ADD name text;\n---- create above / drop below ----\nALTER TABLE b DROP name;\n",
		"5_alembic.sql": "BEGIN;\n\nCREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);\n\n-- Running upgrade  -> ae1027a6acf\n\n" +
			"CREATE TABLE c (id SERIAL NOT NULL, PRIMARY KEY (id));\n\nINSERT INTO alembic_version (version_num) VALUES ('ae1027a6acf') RETURNING alembic_version.version_num;\n\nCOMMIT;\n",
		"6_wrong/migration.sql": "-- CreateTable\nCREATE TABLE \"User\" (\"id\" TEXT NOT NULL, \"userEmail\" TEXT, CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\"));\n",
	})
	cat, err := Load(context.Background(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for table, columns := range map[string]string{"a": "email phone", "b": "name", "c": "id", "User": "userEmail"} {
		tab := cat.Table(catalog.Name{Schema: "public", Name: table})
		if tab == nil {
			t.Errorf("there is no table %s", table)
			continue
		}
		for _, c := range strings.Fields(columns) {
			if tab.Column(c) == nil {
				t.Errorf("there is no column %s.%s", table, c)
			}
		}
	}
}
