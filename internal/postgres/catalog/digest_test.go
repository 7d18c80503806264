package catalog_test

import (
	"testing"

	"refresher/internal/testkit/pgserver"
)

// A digest stays while rows come and statistics change, and is another after what a program depends on.
func TestDigest(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, gallery)
	digest := func() string {
		t.Helper()
		d, err := load(t, url).Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := load(t, url)
	first, err := before.Digest()
	if err != nil {
		t.Fatal(err)
	}
	pgserver.Exec(t, url, "INSERT INTO users (email) SELECT i || '@example.com' FROM generate_series(1, 500) i; ANALYZE; SELECT setval('users_id_seq', 9000)")
	if digest() != first {
		t.Error("rows and statistics make another digest")
	}
	now := load(t, url)
	if err := now.SetSizes(before.Sizes()); err != nil || now.Table(public("users")).Rows != before.Table(public("users")).Rows {
		t.Errorf("sizes were not taken over: %v", err)
	}
	for _, change := range []string{
		"CREATE UNIQUE INDEX ON users (lower(email))", "ALTER TABLE users ADD CONSTRAINT few CHECK (length(email) < 900)",
		"CREATE TABLE more (id int, user_id bigint REFERENCES users)", "ALTER TABLE more ALTER user_id TYPE numeric USING NULL",
	} {
		was := digest()
		if _, err := pgserver.Conn(t, url).Exec(t.Context(), change); err != nil {
			t.Logf("%s: %v", change, err)
			continue
		}
		if digest() == was {
			t.Errorf("%s: the same digest", change)
		}
	}
	if now.SetSizes(nil) == nil {
		t.Error("the sizes of no table were taken")
	}
}
