package sample_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

func rows(counts map[string]sample.Count) map[string]int64 {
	out := map[string]int64{}
	for n, c := range counts {
		out[n] = c.Rows
	}
	return out
}

func TestSameUsersEveryWeek(t *testing.T) {
	const schema = `CREATE TABLE users (id bigint PRIMARY KEY, note text);`
	this, next := pgserver.DB(t), pgserver.DB(t)
	pgserver.Exec(t, this, schema+`INSERT INTO users SELECT i, 'x' FROM generate_series(1, 5000) i`)
	// A week later: other notes, other places on disk, some users gone, some new.
	pgserver.Exec(t, next, schema+`INSERT INTO users SELECT i, 'y' FROM generate_series(6000, 1001, -1) i`)
	ids := func(url string, percent float64, salt []byte) []string {
		target, _ := pick(t, url, schema, "", sample.Options{Roots: share(percent, "users"), Salt: salt})
		return column(t, target, "SELECT id::text FROM users WHERE id BETWEEN 1001 AND 5000 ORDER BY 1")
	}
	one := ids(this, 1, salt)
	if n := len(one); n < 20 || n > 65 { // 40 expected, standard deviation 6.3
		t.Errorf("1 %% of 4000 is %d rows", n)
	}
	if again := ids(next, 1, salt); !slices.Equal(one, again) {
		t.Errorf("the sample changed from %v to %v", one, again)
	}
	five := ids(this, 5, salt)
	for _, id := range one {
		if !slices.Contains(five, id) {
			t.Errorf("user %s is in the 1 %% but not in the 5 %% sample", id)
		}
	}
	if other := ids(this, 1, []byte("another salt of enough bytes")); slices.Equal(one, other) {
		t.Error("another salt picks the same users")
	}
}

// Everything that the random schemas lack: keys to and from single partitions,
// sub-partitions, inheritance, identity and generated columns, enum arrays (text
// COPY), NOT VALID keys with dangling references, and duplicate rows without a key.
func TestSpecialTables(t *testing.T) {
	const schema = `
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE SCHEMA "Odd Schema";
CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, moods mood[], twice int GENERATED ALWAYS AS (id
	* 2) STORED, region int);
CREATE TABLE regions (id int, part int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE regions_1 PARTITION OF regions (CONSTRAINT r1 UNIQUE (id)) FOR VALUES IN (1);
CREATE TABLE regions_2 PARTITION OF regions (CONSTRAINT r2 UNIQUE (id)) FOR VALUES IN (2) ;
CREATE TABLE "Odd Schema"."ev.ents" (id int, day int, user_id int, PRIMARY KEY (day, id)) PARTITION BY LIST (day);
CREATE TABLE "Odd Schema".ev_1 PARTITION OF "Odd Schema"."ev.ents" FOR VALUES IN (1) PARTITION BY HASH (id);
CREATE TABLE "Odd Schema".ev_1a PARTITION OF "Odd Schema".ev_1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE "Odd Schema".ev_1b PARTITION OF "Odd Schema".ev_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE "Odd Schema".ev_2 (user_id int, day int NOT NULL, id int NOT NULL);
ALTER TABLE "Odd Schema"."ev.ents" ATTACH PARTITION "Odd Schema".ev_2 FOR VALUES IN (2);
CREATE TABLE parent (id int PRIMARY KEY, user_id int);
CREATE TABLE child (extra text) INHERITS (parent);
CREATE TABLE log (user_id int, line text);
CREATE TABLE stray (user_id int);
CREATE TABLE nothing ();`
	const keys = `
ALTER TABLE users ADD FOREIGN KEY (region) REFERENCES regions_1 (id);
ALTER TABLE "Odd Schema".ev_2 ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE "Odd Schema".ev_1 ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE parent ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE log ADD FOREIGN KEY (user_id) REFERENCES users;`
	url := pgserver.DB(t)
	pgserver.Exec(t, url, schema+`
INSERT INTO regions SELECT i, 1 + i % 2 FROM generate_series(1, 20) i;
INSERT INTO users (moods) SELECT '{sad,ok}' FROM generate_series(1, 100) i;
UPDATE users SET region = 2 * (id % 3) + 2;
INSERT INTO "Odd Schema"."ev.ents" SELECT i, 1 + i % 2, 1 + i % 100 FROM generate_series(1, 400) i;
INSERT INTO parent SELECT i, i FROM generate_series(1, 100) i;
INSERT INTO child SELECT i, i, 'x' FROM generate_series(1, 100) i;
INSERT INTO log SELECT 1 + i % 100, 'same' FROM generate_series(1, 300) i;
INSERT INTO stray VALUES (-1), (1), (NULL), (-1);`+keys+`
ALTER TABLE stray ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID`)
	target, counts := pick(t, url, schema, keys, sample.Options{
		Roots: share(20, "users"), Percent: 20, Salt: salt, Whole: names("stray"),
	})
	users := counts["users"]
	want := map[string]int64{
		"users": users.Roots + users.Up, "ev.ents": 4 * users.Roots, "parent": users.Roots, "log": 3 * users.Roots,
		"regions": 3, "stray": 4, "nothing": 0, "child": counts["child"].Own,
	}
	if users.Roots < 8 || users.Roots > 35 || users.Up > 1 || !maps.Equal(rows(counts), want) ||
		counts["child"].Rows == 0 {
		t.Errorf("picked %v, want %v", rows(counts), want)
	}
	if counts["regions"].Up != 3 {
		t.Errorf("regions: %+v", counts["regions"])
	}
	if got := column(t, target, "SELECT DISTINCT moods::text FROM users"); !slices.Equal(got, []string{"{sad,ok}"}) {
		t.Errorf("moods arrived as %v", got)
	}
	if got := column(t, target, "SELECT count(*)::text FROM users WHERE twice = 2 * "+
		"id"); got[0] != fmt.Sprint(users.Rows) {
		t.Errorf("%s rows have their generated column, want %d", got[0], users.Rows)
	}
}

// A root table is not entered from below: one team must not pull in everybody.
func TestCyclesThroughTheRootDoNotSpread(t *testing.T) {
	const schema = `
CREATE TABLE users (id int PRIMARY KEY, team int, referrer int);
CREATE TABLE teams (id int PRIMARY KEY, owner int);`
	const keys = `ALTER TABLE users ADD FOREIGN KEY (team) REFERENCES teams, ADD FOREIGN KEY (referrer) REFERENCES users;
ALTER TABLE teams ADD FOREIGN KEY (owner) REFERENCES users`
	url := pgserver.DB(t)
	pgserver.Exec(t, url, schema+`INSERT INTO teams SELECT i, i FROM generate_series(1, 1000) i;
INSERT INTO users SELECT i, 1 + i / 10, CASE WHEN i % 100 > 1 THEN i - 1 END FROM generate_series(1, 1000) i;`+keys)
	_, counts := pick(t, url, schema, keys, sample.Options{Roots: share(0.5, "users"), Salt: salt})
	u := counts["users"]
	if u.Roots < 1 || u.Roots > 15 || u.Down != 0 || u.Up == 0 || u.Rows == 1000 {
		t.Errorf("users: %+v", u)
	}
	if counts["teams"].Down != u.Roots {
		t.Errorf("teams: %+v, want one below each of the %d roots", counts["teams"], u.Roots)
	}
}

func TestLongChain(t *testing.T) {
	const schema = `CREATE TABLE boss (id int PRIMARY KEY, above int);`
	const keys = `ALTER TABLE boss ADD FOREIGN KEY (above) REFERENCES boss`
	url := pgserver.DB(t)
	pgserver.Exec(t, url, schema+`INSERT INTO boss SELECT i, nullif(i - 1, 0) FROM generate_series(1, 400) i;`+keys+`;
		ANALYZE`)
	_, counts := pick(t, url, schema, keys, sample.Options{Percent: 5, Salt: salt})
	if c := counts["boss"]; c.Own < 5 || c.Up < 200 {
		t.Errorf("boss: %+v", c)
	}
}

// The constraint's own operators compare keys: citext, which lies outside the
// search path, finds 'ABC' by 'abc'.
func TestKeysAreComparedAsTheConstraintDoes(t *testing.T) {
	const schema = `CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;
CREATE TABLE a (id int PRIMARY KEY, code ext.citext UNIQUE);
CREATE TABLE b (id int PRIMARY KEY, code ext.citext);`
	const keys = `ALTER TABLE b ADD FOREIGN KEY (code) REFERENCES a (code)`
	url := pgserver.DB(t)
	pgserver.Exec(t, url, schema+`INSERT INTO a VALUES (1, 'ABC'), (2, 'other'); INSERT INTO b VALUES (1, 'abc');`+keys)
	_, counts := pick(t, url, schema, keys, sample.Options{Roots: share(100, "b"), Salt: salt})
	if want := map[string]int64{"a": 1, "b": 1}; !maps.Equal(rows(counts), want) {
		t.Errorf("picked %v, want %v", rows(counts), want)
	}
}

func TestBadRootsAreInput(t *testing.T) {
	url := pgserver.DB(t)
	_, err := compute(t, url, sample.Options{Roots: share(1, "nosuch"), Salt: salt})
	var in *fault.Input
	if !errors.As(err, &in) {
		t.Errorf("error %v, want a fault.Input", err)
	}
}

type failing struct{ after int64 }

func (f failing) CopyIn(_ context.Context, _ catalog.Name, _ []string, _ copyfmt.Format, r io.Reader) (int64, error) {
	if f.after < 0 {
		_, err := io.Copy(io.Discard, r)
		return 0, err // claims that nothing arrived
	}
	_, _ = io.CopyN(io.Discard, r, f.after)
	return 0, errFull
}

var errFull = errors.New("no space left")

func TestFailedCopies(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE users (id int PRIMARY KEY, pad text); INSERT INTO users SELECT i, repeat('x',
		100) FROM generate_series(1, 20000) i`)
	for name, c := range map[string]struct {
		dst  failing
		want string
	}{
		"at once":   {failing{0}, "no space left"},
		"midway":    {failing{500_000}, "no space left"},
		"rows lost": {failing{-1}, "20000 rows were sent and 0 arrived"},
	} {
		t.Run(name, func(t *testing.T) {
			leaks := goleak.IgnoreCurrent()
			s, err := compute(t, url, sample.Options{Roots: share(100, "users"), Salt: salt})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = s.Copy(t.Context(), c.dst); err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), "public.users") {
				t.Errorf("error %v, want %q", err, c.want)
			}
			s.Close(t.Context())
			// pgx reads ahead on a connection that is open, as this one is.
			goleak.VerifyNone(t, leaks,
				goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).bgRead"))
		})
	}
}

// References that only the rules know are followed as foreign keys are: across
// types, and to one table or another by the row.
func TestDeclaredReferences(t *testing.T) {
	const schema = `
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, owner text);
CREATE TABLE audit (id int PRIMARY KEY, kind text, about int);
CREATE TABLE tags (id int PRIMARY KEY, kind text, about int);`
	url := pgserver.DB(t)
	pgserver.Exec(t, url, schema+`
INSERT INTO users SELECT i FROM generate_series(1, 200) i;
INSERT INTO orders SELECT i, 1 + i % 200 FROM generate_series(1, 600) i;
INSERT INTO audit SELECT i, CASE WHEN i % 2 = 0 THEN 'user' ELSE 'order' END, 1 + i % 200 FROM generate_series(1,
	1000) i;
INSERT INTO tags SELECT i, 'user', 1 + i % 200 FROM generate_series(1, 400) i;`)
	name := func(n string) catalog.Name { return catalog.Name{Schema: "public", Name: n} }
	refs := []catalog.Reference{
		{Table: name("orders"), Columns: []string{"owner"}, To: name("users"), ToColumns: []string{"id"}},
		{Table: name("audit"), Columns: []string{"about"}, To: name("users"), ToColumns: []string{"id"},
			When: `t."kind" = 'user'`},
		{Table: name("audit"), Columns: []string{"about"}, To: name("orders"), ToColumns: []string{"id"},
			When: `t."kind" = 'order'`},
		{Table: name("tags"), Columns: []string{"about"}, To: name("users"), ToColumns: []string{"id"}, Loose: true},
	}
	target, counts := pick(t, url, schema, "", sample.Options{Roots: share(10, "users"), Percent: 10,
		Salt: salt, References: refs})
	for _, dangling := range []string{
		"SELECT id::text FROM orders o WHERE NOT EXISTS (SELECT FROM users WHERE id::text = o.owner)",
		"SELECT id::text FROM audit a WHERE kind = 'user' AND NOT EXISTS (SELECT FROM users WHERE id = a.about)",
		"SELECT id::text FROM audit a WHERE kind = 'order' AND NOT EXISTS (SELECT FROM orders WHERE id = a.about)",
		"SELECT id::text FROM tags a WHERE NOT EXISTS (SELECT FROM users WHERE id = a.about)",
	} {
		if ids := column(t, target, dangling); len(ids) > 0 {
			t.Errorf("%d rows refer to nothing: %s", len(ids), dangling)
		}
	}
	users := counts["users"].Roots
	if users < 5 || users > 40 || counts["orders"].Down != 3*users || counts["audit"].Down < 2*users ||
		counts["audit"].Down > 12*users || counts["tags"].Own == 0 {
		t.Errorf("picked %+v", counts)
	}
}
