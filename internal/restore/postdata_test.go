package restore

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// postDataSchema has every shape that post-data's scheduling tells apart, and names
// made to be mistaken for another.
const postDataSchema = `
CREATE TABLE countries (code text PRIMARY KEY);
COMMENT ON CONSTRAINT countries_pkey ON countries IS 'of a key; CREATE INDEX x ON y USING z';
CREATE TABLE "Odd ""Name"" (a.b)" (id int PRIMARY KEY, "x) REFERENCES public.countries(" int REFERENCES
	"Odd ""Name"" (a.b)", code text REFERENCES countries);
CREATE TABLE people (id int PRIMARY KEY, code text UNIQUE REFERENCES countries ON DELETE CASCADE, boss int REFERENCES
	people DEFERRABLE INITIALLY DEFERRED,
	room int4range, EXCLUDE USING gist (room WITH &&));
COMMENT ON CONSTRAINT people_code_fkey ON people IS 'of a foreign key';
CREATE INDEX people_some ON people (boss) WHERE boss > 1;
CREATE UNIQUE INDEX "people ON x USING" ON people USING btree (id, code);
COMMENT ON INDEX people_some IS 'of an index';
ALTER TABLE people CLUSTER ON "people ON x USING";
ALTER TABLE people REPLICA IDENTITY USING INDEX people_pkey;
CREATE TABLE events (id int, at date, person int REFERENCES people, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE "events 2025" PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (id);
CREATE TABLE "events 2025 rest" PARTITION OF "events 2025" DEFAULT;
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX events_person ON events (person);
CREATE TABLE notes (event int, at date, other int, FOREIGN KEY (event, at) REFERENCES events MATCH FULL ON UPDATE
	CASCADE);
ALTER TABLE notes ADD CONSTRAINT "a country" FOREIGN KEY (other) REFERENCES people NOT VALID;
CREATE STATISTICS people_stats ON id, code FROM people;
CREATE VIEW grouped AS SELECT p.id, p.code, count(*) FROM people p JOIN notes n ON n.other = p.id GROUP BY p.id;
CREATE MATERIALIZED VIEW by_key AS SELECT id, code FROM people GROUP BY id;
CREATE UNIQUE INDEX by_key_id ON by_key (id);
CREATE RULE "no INDEX" AS ON DELETE TO notes DO INSTEAD NOTHING;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER off BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE people DISABLE TRIGGER off;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON people USING (code = 'CREATE INDEX i ON a.b USING c');
`

// In any order of post-data, what comes of it is what pg_restore makes.
func TestPostDataOrder(t *testing.T) {
	s := newStage(t, postDataSchema)
	dumped := func(db *Database) string {
		var out bytes.Buffer
		s.ok(client.Run(t.Context(), client.Command{
			Tool: client.Dump, MinMajor: s.admin.Major(), Doing: "dumping the copy", Server: db.cfg, Stdout: &out,
			Args: []string{"--schema-only", client.DBName(db.name)},
		}))
		return Plain(out.String())
	}
	restored := func(run string, postData func(*Database) error) *Database {
		db, err := s.srv.Create(t.Context(), s.srv.ShadowName(run), s.source)
		s.ok(err)
		_, err = db.PreData(t.Context(), s.dump)
		s.ok(err)
		s.ok(postData(db))
		return db
	}
	want := dumped(restored("20261121T030000Z-7f3a", func(db *Database) error {
		return client.Run(t.Context(), client.Command{
			Tool: client.Restore, MinMajor: s.admin.Major(), Doing: "restoring", Server: db.cfg,
			Args: []string{"--section=post-data", "--no-owner", "--exit-on-error", client.DBName(db.name), s.dump},
		})
	}))
	for i, jobs := range []int{1, 4} {
		db := restored(fmt.Sprintf("20261121T03000%dZ-7f3a", i+1),
			func(db *Database) error { return db.PostData(t.Context(), s.dump, jobs) })
		if d := cmp.Diff(want, dumped(db)); d != "" {
			t.Errorf("%d sessions: %s", jobs, d)
		}
		const unvalidated = `SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE NOT convalidated`
		if got := s.value(db.Name(), unvalidated); got != "a country" {
			t.Errorf("%d sessions: not validated: %s", jobs, got)
		}
	}
}

// A function of an index that reads another table takes a lock that nobody knows
// of: two such builds deadlock, and the one that the server ends is run again.
func TestPostDataAfterADeadlock(t *testing.T) {
	s := newStage(t, `
		CREATE TABLE a (x int); CREATE TABLE b (x int);
		CREATE FUNCTION fa(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
			'BEGIN PERFORM pg_sleep(0.2); PERFORM 1 FROM public.b LIMIT 1; RETURN $1; END';
		CREATE FUNCTION fb(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
			'BEGIN PERFORM pg_sleep(0.2); PERFORM 1 FROM public.a LIMIT 1; RETURN $1; END';
		ALTER TABLE a ADD CONSTRAINT ea EXCLUDE USING btree (fa(x) WITH =); ALTER TABLE b ADD CONSTRAINT eb EXCLUDE USING
			btree (fb(x) WITH =)`)
	db, err := s.srv.Create(t.Context(), s.srv.ShadowName(run), s.source)
	s.ok(err)
	_, err = db.PreData(t.Context(), s.dump)
	s.ok(err)
	loader, err := db.Loader(t.Context())
	s.ok(err)
	for _, table := range []string{"a", "b"} {
		_, err = loader.CopyIn(t.Context(), public(table), []string{"x"}, copyfmt.Text, strings.NewReader("1\n2\n"))
		s.ok(err)
	}
	loader.Close(t.Context())
	s.ok(db.PostData(t.Context(), s.dump, 2))
	if got := s.value(db.Name(), "SELECT count(*)::text FROM pg_constraint WHERE contype = 'x'"); got != "2" {
		t.Errorf("%s constraints", got)
	}
}
