package verify_test

import (
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// What is looked through is what is stored, not what a cast of the schema's own makes of
// it: the casts here leave out everything.
func TestCastsOfTheSchemaHideNothing(t *testing.T) {
	const types = `
		CREATE TYPE contact AS (mail text, city text);
		CREATE FUNCTION brief(contact) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nothing'::text $$;
		CREATE CAST (contact AS text) WITH FUNCTION brief(contact);
		CREATE FUNCTION brief(contact[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nothing'::text $$;
		CREATE CAST (contact[] AS text) WITH FUNCTION brief(contact[]);
		CREATE DOMAIN reach AS contact;
		CREATE TABLE base (id int PRIMARY KEY, home contact);
		INSERT INTO base VALUES (1, ROW('` + srcEmail + `', 'Ulm')), (2, NULL);`
	for name, sql := range map[string]string{
		"composite":           "CREATE TABLE t AS SELECT home AS v FROM base",
		"domain over it":      "CREATE TABLE t (v reach); INSERT INTO t SELECT home::reach FROM base",
		"array":               "CREATE TABLE t AS SELECT ARRAY[home] AS v FROM base",
		"domain in composite": "CREATE TYPE two AS (a int, r reach); CREATE TABLE t AS SELECT ROW(1, home)::two AS v FROM base",
		"materialised view": `CREATE MATERIALIZED VIEW t AS SELECT id, home AS v FROM base;
			CREATE FUNCTION brief(t) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'nothing'::text $$;
			CREATE CAST (t AS text) WITH FUNCTION brief(t)`,
	} {
		url := pgserver.DB(t)
		pgserver.Exec(t, url, types+sql)
		r := database(t, verify.Options{Set: source(t)}, url, nil)
		in := 0
		for _, p := range refused(t, "survivors", r).Problems {
			if strings.HasPrefix(p.Text, "public.t.") && strings.Contains(p.Text, "1 value of the source (class email)") {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%s: %d survivors of 1", name, in)
		}
	}
}

// Letters and bytes of a text are one by one too small to say anything; together they are the text.
func TestArraysOfSmallElements(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE t AS SELECT
		(SELECT array_agg(substr(v, i, 1)::"char" ORDER BY i) FROM generate_series(1, length(v)) i) AS letters,
		(SELECT array_agg(ascii(substr(v, i, 1))::smallint ORDER BY i) FROM generate_series(1, length(v)) i) AS codes,
		ARRAY[1, 2, 3]::smallint[] AS others, 7::smallint AS one FROM (VALUES ('`+srcEmail+`')) AS v (v)`)
	r := database(t, verify.Options{Set: source(t)}, url, nil)
	if got := found([]*verify.Result{r}); !strings.Contains(got, "public.t.letters") || !strings.Contains(got, "public.t.codes") {
		t.Errorf("%q", got)
	}
}

// An MD5 fits into a UUID, and is a pseudonym that anybody with a list of addresses resolves.
func TestDigestsInUUIDs(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE t AS SELECT md5(v)::uuid AS person, ARRAY[md5(v)::uuid] AS persons, gen_random_uuid() AS own
		FROM (VALUES ('`+srcEmail+`')) AS v (v)`)
	store, err := fingerprint.NewStore(t.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := store.Collector()
	c.Add(pii.Email, []byte(srcEmail))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	r := database(t, verify.Options{Set: set}, url, nil)
	if got := found([]*verify.Result{r}); strings.Count(got, "survivor of class email") != 2 {
		t.Errorf("%q", got)
	}
}
