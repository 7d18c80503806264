package refresh_test

import (
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// needsExtension skips a test on a server without an extension, and says which package has it.
func needsExtension(t *testing.T, name, debian string) {
	t.Helper()
	url := pgserver.DB(t)
	if count(t, url, "(SELECT FROM pg_available_extensions WHERE name = '"+name+"') AS x") == 0 {
		t.Skipf("extension %s isn't there (scripts/setup-extensions.sh, Debian's %s)", name, debian)
	}
}

// What pg_dump carries of an extension's tables arrives: rows that the extension didn't
// make itself, before the generated columns and indexes that look into them.
func TestConfigurationOfPostGIS(t *testing.T) {
	needsExtension(t, "postgis", "postgresql-15-postgis-3")
	const schema = `
		CREATE SCHEMA gis; CREATE EXTENSION postgis SCHEMA gis; SET search_path = public, gis;
		INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)
			SELECT 990001, 'own', 1, srtext, proj4text FROM spatial_ref_sys WHERE srid = 2180;
		CREATE TABLE place (id int PRIMARY KEY, at geometry(Point, 4326),
			projected geometry GENERATED ALWAYS AS (st_transform(at, 990001)) STORED);
		INSERT INTO place SELECT g, st_setsrid(st_makepoint(19 + g / 100.0, 52), 4326) FROM generate_series(1, 20) g;
		CREATE INDEX ON place (st_transform(at, 990001));`
	const placesOnly = "version: 1\ntables: {public.place: {columns: {\"*\": keep}}}\n"
	rep, staging, err := run(t, schema, placesOnly)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, staging, "gis.spatial_ref_sys WHERE srid = 990001"); n != 1 {
		t.Errorf("%d coordinate systems of the database's own", n)
	}
	if n := count(t, staging, "gis.spatial_ref_sys"); n < 5000 {
		t.Errorf("%d coordinate systems in all: those of the extension are missing", n)
	}
	for _, table := range rep.Tables {
		if table.Name == "gis.spatial_ref_sys" && (table.Rows != 1 || !table.Columns[0].Keep) {
			t.Errorf("the report says %+v", table)
		}
	}

	t.Run("left behind by a rule", func(t *testing.T) {
		o := options(t, strings.Replace(schema, "CREATE INDEX", "DROP TABLE place; CREATE TABLE place (id int); --", 1),
			"version: 1\ntables: {public.place: {columns: {\"*\": keep}}, gis.spatial_ref_sys: {rows: none}}\n")
		if _, err := again(t, o.Options); err != nil {
			t.Fatal(err)
		}
		if n := count(t, o.cluster.URL(o.Staging.Database), "gis.spatial_ref_sys WHERE srid = 990001"); n != 0 {
			t.Errorf("%d rows arrived", n)
		}
	})
}

// Configuration tables refer to one another, and their constraints are there before any row.
func TestConfigurationOfPgPartman(t *testing.T) {
	needsExtension(t, "pg_partman", "postgresql-15-partman")
	_, staging, err := run(t, `
		CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman;
		CREATE TABLE public.event (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at);
		SELECT partman.create_parent('public.event', 'at', 'native', 'monthly');
		SELECT partman.create_sub_parent('public.event', 'at', 'native', 'daily', 'yes');
		INSERT INTO public.event SELECT g, now() FROM generate_series(1, 10) g;`, `
version: 1
tables:
  public.event: {columns: {"*": keep}}
  partman.template_public_event: {rows: none}
`)
	if err != nil {
		t.Fatal(err)
	}
	for table, least := range map[string]int{"partman.part_config": 5, "partman.part_config_sub": 1, "public.event": 10} {
		if n := count(t, staging, table); n < least {
			t.Errorf("%s has %d rows, want %d or more", table, n, least)
		}
	}
	pgserver.Exec(t, staging, "SELECT partman.run_maintenance('public.event')")
}

// Jobs of pg_cron are production's: the extension, its rows and its sequence stay behind.
func TestConfigurationOfPgCron(t *testing.T) {
	needsExtension(t, "pg_cron", "postgresql-15-cron")
	c := pgserver.New(t, pgserver.Options{
		Config: map[string]string{"shared_preload_libraries": "pg_cron", "cron.database_name": "postgres"},
	})
	pgserver.Exec(t, c.URL("postgres"), `CREATE EXTENSION pg_cron; CREATE TABLE kept (id int);
		SELECT cron.schedule('nightly', '0 3 * * *', 'DELETE FROM kept')`)
	o := options(t, "", "version: 1\ntables: {public.kept: {columns: {\"*\": keep}}}\n")
	from := o.Source.Copy()
	from.Port, from.Database = uint16(c.Port()), "postgres"
	o.Source = from
	rep, err := again(t, o.Options)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(rep.LeftOut, "\n"), "EXTENSION - pg_cron") {
		t.Errorf("left out: %q", rep.LeftOut)
	}
}

// A table of an extension of which nothing is known takes a rule, as any other does.
func TestUnknownConfigurationTakesARule(t *testing.T) {
	const schema = `
		CREATE EXTENSION hstore;
		CREATE TABLE own (id int, what text); INSERT INTO own VALUES (1, 'of the extension'), (2, 'of the database');
		ALTER EXTENSION hstore ADD TABLE own;
		UPDATE pg_extension SET extconfig = ARRAY['own'::regclass::oid], extcondition = ARRAY['WHERE id > 1']
			WHERE extname = 'hstore'`
	_, _, err := run(t, schema, "version: 1\ntables: {}\n")
	const want = `public.own (configuration of extension hstore) has no rules`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
