package sample_test

import (
	"math"
	"testing"

	"refresher/internal/dataset/sample"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// What the planner's statistics say of a sample is near what it comes to, and names what brings it.
func TestEstimate(t *testing.T) {
	shop := newShop(t)
	pgserver.Exec(t, shop.url, `CREATE TABLE makers (id int PRIMARY KEY);
		INSERT INTO makers SELECT i FROM generate_series(1, 500) i;
		ALTER TABLE events ADD maker int REFERENCES makers; UPDATE events SET maker = 1 + abs(hashint4(id)) % 500 WHERE id % 3 = 0;
		ANALYZE`)
	shop.cat = catalogOf(t, shop.url)
	const byUser = "public.events (user_id) → public.users"
	const byMaker = "public.events (maker) → public.makers"
	for what, c := range map[string]struct {
		opts sample.Options
		by   map[string]string
	}{
		"share": {sample.Options{Roots: share(5, "users")}, map[string]string{"users": "root", "events": byUser, "makers": byMaker}},
		"limit": {sample.Options{Roots: share(5, "users"), Children: []sample.Children{{Table: name("events"), Limit: 3,
			Order: sample.Newest}}, Whole: names("countries")},
			map[string]string{"users": "root", "events": byUser, "makers": byMaker, "countries": "whole"}},
		"condition": {sample.Options{Roots: []sample.Root{{Table: name("users"), Where: "plan = 'pro'"}},
			Children: []sample.Children{{Table: name("events")}}, Percent: 50},
			map[string]string{"users": byUser, "events": "own share", "makers": byMaker, "countries": "own share"}},
		"budget": {sample.Options{Roots: share(50, "users"), Budget: sample.Budget{Rows: 3000}},
			map[string]string{"users": "root", "events": byUser, "makers": byMaker}},
		"keys": {sample.Options{Roots: []sample.Root{{Table: name("events"), Keys: [][]string{{"1"}, {"3"}}}}},
			map[string]string{"events": "root", "users": byUser, "makers": byMaker}},
	} {
		t.Run(what, func(t *testing.T) {
			c.opts.Salt = salt
			got, err := sample.EstimateSample(t.Context(), pgserver.Conn(t, shop.url), shop.cat, c.opts, nil)
			if err != nil {
				t.Fatal(err)
			}
			s, err := shop.compute(t, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close(t.Context())
			counts, err := s.Counts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			is := map[catalog.Name]int64{}
			for _, n := range counts {
				is[n.Table] = n.Rows
			}
			if len(got.Tables) != len(c.by) || got.Lowered < 1 != (s.Lowered() < 1) {
				t.Errorf("%+v", got)
			}
			for _, e := range got.Tables {
				if n := float64(is[e.Table]); e.By != c.by[e.Table.Name] || math.Abs(e.Rows-n) > max(4, 0.35*n) || e.Bytes <= 0 {
					t.Errorf("%+v, and it is %v", e, n)
				}
			}
		})
	}
	got, err := sample.EstimateSample(t.Context(), pgserver.Conn(t, shop.url), shop.cat,
		sample.Options{Roots: share(50, "users"), Whole: names("countries"), Budget: sample.Budget{Rows: 20}, Salt: salt},
		map[catalog.Name]bool{name("events"): true})
	if err != nil || got.Lowered != 0 || len(got.Tables) != 2 {
		t.Errorf("what can't be kept, without events: %+v, %v", got, err)
	}
}
