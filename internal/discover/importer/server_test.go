package importer

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/testkit/pgserver"
)

// A database's labels can be read without the extension that made them: they stand
// in the catalog, where this test puts them.
func TestDatabase(t *testing.T) {
	ctx := t.Context()
	cluster, err := pgserver.Start(ctx, pgserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Stop()
	url := cluster.URL(pgserver.User)
	pgserver.Exec(t, url, `CREATE SCHEMA hr; CREATE TABLE hr.staff (id int, "E mail" text, born date);
		SET allow_system_table_mods = on;
		INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label) VALUES
			('hr.staff'::regclass, 'pg_class'::regclass, 2, 'anon', 'MASKED WITH FUNCTION anon.fake_email()'),
			('hr.staff'::regclass, 'pg_class'::regclass, 3, 'anon', 'MASKED WITH FUNCTION anon.dnoise(born, ''10 days''::interval)'),
			('hr.staff'::regclass, 'pg_class'::regclass, 1, 'selinux', 'system_u:object_r')`)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	r, err := Database(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{{Name: "E mail", Rule: "email", From: "anon.fake_email"}, {Name: "born", Rule: "{transform: date_shift, max_days: 10}", From: "anon.dnoise"}}
	if len(r.Columns) != 2 {
		t.Fatalf("%+v", r.Columns)
	}
	for i, c := range r.Columns {
		if c.Table.String() != "hr.staff" || c.Name != want[i].Name || c.Rule != want[i].Rule || c.From != want[i].From {
			t.Errorf("%+v, want %+v", c, want[i])
		}
	}
}
