package refresh_test

import (
	"context"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// Words for full-text search are made anew from the masked text while rows arrive: as a
// trigger says, as a rule says, in partitions, too; without either the column is empty.
func TestSearchColumnsAreMadeAnew(t *testing.T) {
	rep, staging, err := run(t, `
		CREATE TABLE posts (id int PRIMARY KEY, author text, body text, by_trigger tsvector NOT NULL, by_rule tsvector, unknown tsvector);
		CREATE TRIGGER words BEFORE INSERT OR UPDATE ON posts FOR EACH ROW
			EXECUTE FUNCTION tsvector_update_trigger(by_trigger, 'pg_catalog.english', author, body);
		INSERT INTO posts (id, author, body, by_rule, unknown)
			SELECT i, 'zwetschgauer@bigcorp.com', 'walking ' || i, to_tsvector('simple', 'zwetschgauer'), to_tsvector('zwetschgauer') FROM generate_series(1, 50) i;
		CREATE INDEX ON posts USING gin (by_trigger);
		CREATE TABLE parts (id int, title text, words tsvector) PARTITION BY LIST (id); CREATE TABLE parts_1 PARTITION OF parts DEFAULT;
		INSERT INTO parts SELECT i, 'Titles', to_tsvector('x') FROM generate_series(1, 20) i`, `
version: 1
tables:
  public.posts:
    columns: {id: keep, author: email, body: keep, by_trigger: tsvector, by_rule: {transform: tsvector, from: [body, author], config: simple},
      unknown: tsvector}
  public.parts: {columns: {id: keep, title: keep, words: {transform: tsvector, from: [title], config: english}}}
`)
	if err != nil {
		t.Fatal(err)
	}
	conn := pgserver.Conn(t, staging)
	defer conn.Close(context.Background())
	for what, q := range map[string]string{
		"trigger":   "SELECT bool_and(by_trigger = to_tsvector('english', author || ' ' || body)) FROM posts",
		"rule":      "SELECT bool_and(by_rule = to_tsvector('simple', body || ' ' || author)) FROM posts",
		"nothing":   "SELECT bool_and(unknown = '') FROM posts",
		"stems":     "SELECT bool_and(by_trigger @@ to_tsquery('english', 'walk')) FROM posts",
		"partition": "SELECT bool_and(words = to_tsvector('english', title)) AND count(*) = 20 FROM parts",
		"triggers":  "SELECT count(*) = 1 FROM pg_trigger WHERE NOT tgisinternal",
	} {
		var ok bool
		if err := conn.QueryRow(t.Context(), q).Scan(&ok); err != nil || !ok {
			t.Errorf("%s: %v, %v", what, ok, err)
		}
	}
	if !strings.Contains(strings.Join(rep.Warnings, "\n"), "public.posts.unknown arrives empty: no trigger says") {
		t.Errorf("warnings: %q", rep.Warnings)
	}
	_, _, err = run(t, "CREATE TABLE t (n int, w tsvector)",
		"version: 1\ntables: {public.t: {columns: {n: keep, w: {transform: tsvector, from: [n]}}}}\n")
	if err == nil || !strings.Contains(err.Error(), `tsvector is made from column "n" of public.t, which is no column of text`) {
		t.Errorf("%v", err)
	}
}
