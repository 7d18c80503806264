package sample_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

const shopSchema = `
CREATE TABLE users (id int PRIMARY KEY, plan text, note text);
CREATE TABLE events (id int PRIMARY KEY, user_id int, at timestamptz);
CREATE TABLE countries (id int PRIMARY KEY);`

const shopKeys = `ALTER TABLE events ADD CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users`

// shop is a database whose catalog was read once.
type shop struct {
	url string
	cat *catalog.Catalog
}

func (s shop) compute(t *testing.T, o sample.Options) (*sample.Sample, error) {
	t.Helper()
	return sample.Compute(t.Context(), config(t, s.url), s.cat, o)
}

// newShop has 2000 users with 10 events each, and 50 countries.
func newShop(t *testing.T) shop {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, shopSchema+`
INSERT INTO users SELECT i, CASE WHEN i % 4 = 0 THEN 'pro' ELSE 'free' END, repeat('x', 100) FROM generate_series(1, 2000) i;
INSERT INTO events SELECT i, 1 + i % 2000, timestamptz '2026-01-01' + i * interval '1 minute' FROM generate_series(1, 20000) i;
INSERT INTO countries SELECT i FROM generate_series(1, 50) i;`+shopKeys+`; ANALYZE`)
	return shop{url, catalogOf(t, url)}
}

// A budget lowers the shares until the sample fits, and never what was asked for by name.
func TestBudget(t *testing.T) {
	shop := newShop(t)
	half := sample.Options{Roots: share(50, "users"), Whole: names("countries"), Salt: salt}
	pickOf := func(t *testing.T, o sample.Options) (s *sample.Sample, rows, bytes int64) {
		t.Helper()
		s, err := shop.compute(t, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close(t.Context()) })
		counts, err := s.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			rows, bytes = rows+c.Rows, bytes+c.Bytes
		}
		return s, rows, bytes
	}
	_, all, size := pickOf(t, half)
	if all < 10_000 || size < 500_000 {
		t.Fatalf("the sample has %d rows of %d bytes", all, size)
	}
	t.Run("rows", func(t *testing.T) {
		o := half
		o.Budget.Rows = 3000
		s, rows, _ := pickOf(t, o)
		if rows > 3000 || rows < 2600 || s.Lowered() >= 1 || s.Taken()[0].Percent > 15 {
			t.Errorf("%d rows, shares lowered to %v: %+v", rows, s.Lowered(), s.Taken())
		}
	})
	t.Run("bytes", func(t *testing.T) {
		o := half
		o.Budget.Bytes = size / 4
		if s, _, bytes := pickOf(t, o); bytes > size/4 || bytes < size/5 || s.Lowered() >= 1 {
			t.Errorf("%d bytes of %d, shares lowered to %v", bytes, size/4, s.Lowered())
		}
	})
	t.Run("fits", func(t *testing.T) {
		o := half
		o.Budget = sample.Budget{Rows: all, Bytes: size}
		if s, rows, _ := pickOf(t, o); rows != all || s.Lowered() != 1 {
			t.Errorf("%d rows of %d, shares lowered to %v", rows, all, s.Lowered())
		}
	})
	t.Run("keys stay", func(t *testing.T) {
		o := half
		o.Roots = append(share(50, "users"), sample.Root{Table: name("users"), Keys: [][]string{{"1"}, {"2"}, {"2"}, {"-1"}}})
		o.Budget.Rows = 500
		s, rows, _ := pickOf(t, o)
		if taken := s.Taken()[1]; rows > 500 || taken.Rows != 2 || taken.NotFound != 1 {
			t.Errorf("%d rows: %+v", rows, taken)
		}
	})
	for what, c := range map[string]struct {
		rows int64
		want string
	}{
		"what must come":    {40, "what has to come is more than max_rows (40): 41 of public.countries, taken whole"},
		"no root fits":      {55, "the first row of a root brings more than max_rows (55): 45 of public.countries, taken whole"},
		"the edge is named": {60, "children of public.events by public.events (user_id) → public.users"},
	} {
		t.Run(what, func(t *testing.T) {
			o := half
			o.Budget.Rows = c.rows
			_, err := shop.compute(t, o)
			var no *fault.Refusal
			if !errors.As(err, &no) || no.Gate != "sample" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Conditions are PostgreSQL's own, and can do nothing but look at rows.
func TestConditions(t *testing.T) {
	shop := newShop(t)
	pgserver.Exec(t, shop.url, `CREATE FUNCTION public.bad(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'`)
	counts := map[string]int64{
		"id <= 10":                      10,
		"users.plan = 'pro' AND id < 9": 2,
		"id IN (SELECT user_id FROM public.events WHERE at < '2026-01-01 00:05')": 4,
		"lower(plan) = 'pro' -- all of them":                                      500,
		"note ~ '^x+$' AND (id)::bigint = ANY ('{1,2}')":                          2,
	}
	o := sample.Options{Salt: salt, Children: []sample.Children{{Table: name("events")}}}
	for where := range counts {
		o.Roots = append(o.Roots, sample.Root{Table: name("users"), Where: where},
			sample.Root{Table: name("users"), Where: where, Rows: 1})
	}
	s, err := shop.compute(t, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	for _, taken := range s.Taken() {
		want := counts[taken.Where]
		if taken.Root.Rows > 0 {
			want = 1
		}
		if taken.Rows != want {
			t.Errorf("%s: %d rows, want %d", taken.Where, taken.Rows, want)
		}
	}
	_, err = shop.compute(t, sample.Options{Salt: salt, Roots: []sample.Root{{Table: name("users"), Where: "note::int = 1"}}})
	var in *fault.Input
	if !errors.As(err, &in) || !strings.Contains(err.Error(), "can't be decided for some row") ||
		strings.Contains(err.Error(), "xxx") {
		t.Errorf("a condition that fails on a row: %v", err)
	}
	conn := pgserver.Conn(t, shop.url)
	for where, want := range map[string]string{
		"true; DELETE FROM users":        "semicolon",
		"true) OR (true":                 "closes a parenthesis",
		"(true":                          "leaves a parenthesis open",
		"plan = 'pro":                    "ends within",
		"true /* ":                       "ends within",
		" -- nothing":                    "is empty",
		"pg_sleep(1) IS NULL":            "calls pg_sleep",
		"PG_CATALOG.Pg_Sleep(1) IS NULL": "calls pg_sleep",
		`"pg_terminate_backend" (1)`:     "calls pg_terminate_backend",
		"public.bad(id)":                 "another schema",
		"id OPERATOR(public.=) 1":        "another schema",
		"bad(id, 2)":                     "none that the database understands",
		"nosuch = 1":                     "none that the database understands",
		"plan = 1":                       "none that the database understands",
	} {
		err := sample.CheckConditions(t.Context(), conn, []sample.Root{{Table: name("users"), Where: where}})
		if !errors.As(err, &in) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", where, err, want)
		}
	}
}

// What joined and left is counted by hashes of keys, and why by the shares.
func TestMembers(t *testing.T) {
	shop := newShop(t)
	members := func(roots ...sample.Root) (list []sample.Members) {
		t.Helper()
		s, err := shop.compute(t, sample.Options{Roots: roots, Salt: salt})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(t.Context())
		for i := range roots {
			m, err := s.Members(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			b, err := m.MarshalBinary()
			var stored sample.Members
			if err == nil {
				err = stored.UnmarshalBinary(b)
			}
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, stored)
		}
		return list
	}
	users := func(r sample.Root) sample.Root { r.Table = name("users"); return r }
	ten, twenty := users(sample.Root{Percent: 10}), users(sample.Root{Percent: 20})
	fifty, pro := users(sample.Root{Rows: 50}), users(sample.Root{Where: "plan = 'pro'"})
	before := members(ten, twenty, fifty, pro)
	n10, n20 := count(t, before[0]), count(t, before[1])
	pgserver.Exec(t, shop.url, `DELETE FROM events; DELETE FROM users WHERE id <= 500;
		INSERT INTO users SELECT i, 'pro' FROM generate_series(2001, 2600) i`)
	after := members(ten, twenty, fifty, pro)
	if c := after[0].Since(before[0]); c.JoinedByShare+c.LeftByShare != 0 || c.Left == 0 || c.Joined == 0 ||
		c.Stayed+c.Left != n10 || c.Stayed+c.Joined != count(t, after[0]) {
		t.Errorf("the same share: %+v of %d", c, n10)
	}
	if c := after[1].Since(before[0]); c.JoinedByShare == 0 || c.Stayed+c.Left != n10 || c.LeftByShare != 0 {
		t.Errorf("a larger share: %+v", c)
	}
	if c := after[0].Since(before[1]); c.LeftByShare == 0 || c.Stayed+c.Left+c.LeftByShare != n20 {
		t.Errorf("a smaller share: %+v", c)
	}
	if c := after[2].Since(before[2]); c.Stayed+c.Joined+c.JoinedByShare != 50 || c.Stayed+c.Left+c.LeftByShare != 50 ||
		c.Stayed < 20 {
		t.Errorf("a number of rows: %+v", c)
	}
	if c := after[3].Since(before[3]); fmt.Sprint(c) != fmt.Sprint(sample.Change{Stayed: 375, Joined: 600, Left: 125}) {
		t.Errorf("a condition: %+v", c)
	}
	for _, b := range [][]byte{nil, make([]byte, 26), append([]byte{1}, make([]byte, 24)...)} {
		if new(sample.Members).UnmarshalBinary(b) == nil {
			t.Errorf("%x is taken for members", b)
		}
	}
}

// count is how many members there are: all stay if nothing changes.
func count(t *testing.T, m sample.Members) int64 {
	t.Helper()
	c := m.Since(m)
	if c.Stayed == 0 || c != (sample.Change{Stayed: c.Stayed}) {
		t.Errorf("beside itself: %+v", c)
	}
	return c.Stayed
}

// Without a column to order by, the table's own says which row is newer.
func TestNewestByDefault(t *testing.T) {
	shop := newShop(t)
	target, counts := pick(t, shop.url, shopSchema, shopKeys, sample.Options{Salt: salt,
		Roots:    []sample.Root{{Table: name("users"), Keys: [][]string{{"1"}, {"2"}}}},
		Children: []sample.Children{{Table: name("events"), Limit: 2, Order: sample.Newest}}})
	if got := column(t, target, "SELECT id::text FROM events ORDER BY id"); fmt.Sprint(got) != "[16001 18000 18001 20000]" {
		t.Errorf("events %v", got)
	}
	if e := counts["events"].Edges; len(e) != 1 || e[0].Rows != 4 || !e[0].Down ||
		e[0].String() != "public.events (user_id) → public.users" {
		t.Errorf("%+v", e)
	}
}
