package snapshot_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/snapshot"
)

// A join adds columns and neither rows nor another order; what has no match is NULL.
func TestJoin(t *testing.T) {
	_, _, cfg := setup(t, `
		CREATE TABLE people (id int PRIMARY KEY, "e mail" text, name text);
		CREATE TABLE heirs () INHERITS (people);
		CREATE TABLE parts (id bigint, name text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
		CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (50);
		CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (50) TO (100000);
		CREATE TABLE t (v int, "who is" int);
		INSERT INTO people SELECT i, 'mail' || i, 'name' || i FROM generate_series(1, 5000) i;
		INSERT INTO heirs SELECT * FROM people;
		INSERT INTO parts SELECT i, 'name' || i FROM generate_series(1, 99) i;
		INSERT INTO t SELECT i, CASE WHEN i % 3 > 0 THEN 1 + i * 7919 % 6000 END FROM generate_series(1, 20000) i;
		ANALYZE`)
	src := openLocked(t, snapshot.Options{Config: cfg, ChunkBytes: 100 << 10})
	r := reader(t, src)
	table := src.Catalog().Table(public("t"))
	for _, tt := range []struct {
		home, columns, want string
		matches             int
	}{
		{"people", "e mail,name", "1\t1920\tmail1920\tname1920\n2\t3839\tmail3839\tname3839\n3\t\\N\t\\N\t\\N\n", 11111},
		{"parts", "name", "1\t1920\t\\N\n2\t3839\t\\N\n3\t\\N\t\\N\n", 220},
	} {
		home := src.Catalog().Table(public(tt.home))
		join := &catalog.Join{Table: home, Key: home.Column("id"), On: table.Column("who is")}
		for _, name := range strings.Split(tt.columns, ",") {
			join.Columns = append(join.Columns, home.Column(name))
		}
		chunks := src.Chunks(table)
		if len(chunks) < 3 {
			t.Fatalf("%d chunks", len(chunks))
		}
		for _, cs := range [][]snapshot.Chunk{chunks, {{Table: table, Of: 1, End: -1}}} {
			var out bytes.Buffer
			rows := int64(0)
			for _, c := range cs {
				c.Join = join
				n, err := r.CopyOut(t.Context(), c, table.Columns, copyfmt.Text, &out)
				if err != nil {
					t.Fatal(err)
				}
				rows += n
			}
			if rows != 20000 || !strings.HasPrefix(out.String(), tt.want) {
				t.Errorf("%s: %d rows: %.80q…", tt.home, rows, out.String())
			}
			matches := 0
			for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
				fields := strings.Split(line, "\t")
				if fields[0] != strconv.Itoa(i+1) {
					t.Fatalf("%s: row %d comes as number %d", tt.home, i+1, i)
				}
				if last := fields[len(fields)-1]; last != `\N` {
					matches++
					if last != "name"+fields[1] {
						t.Fatalf("%s: %q", tt.home, line)
					}
				}
			}
			if matches < tt.matches-50 || matches > tt.matches+50 {
				t.Errorf("%s: %d rows have a match", tt.home, matches)
			}
		}
	}
}

// However a join is executed, rows keep their order, and no hash outgrows memory.
func TestJoinPlans(t *testing.T) {
	_, _, cfg := setup(t, `
		CREATE TABLE people (id int PRIMARY KEY, name text);
		CREATE TABLE crowd (id int PRIMARY KEY, name text);
		CREATE TABLE t (v int, who int, what text);
		INSERT INTO people SELECT i, 'name' || i FROM generate_series(1, 2000) i;
		INSERT INTO crowd SELECT i, repeat('name', 20) || i FROM generate_series(1, 60000) i;
		INSERT INTO t SELECT i, 1 + i * 7919 % 2000, repeat('x', 100) FROM generate_series(1, 20000) i;
		ANALYZE`)
	src := openLocked(t, snapshot.Options{Config: cfg})
	r := reader(t, src)
	table := src.Catalog().Table(public("t"))
	for _, tt := range []struct{ home, want string }{{"people", "Hash Left Join"}, {"crowd", "Nested Loop Left Join"}, {"people", "Hash Left Join"}} {
		home := src.Catalog().Table(public(tt.home))
		c := snapshot.Chunk{Table: table, Of: 1, End: -1, Join: &catalog.Join{Table: home, Key: home.Columns[0], On: table.Columns[1], Columns: home.Columns[1:]}}
		var out bytes.Buffer
		if rows, err := r.CopyOut(t.Context(), c, table.Columns, copyfmt.Text, &out); err != nil || rows != 20000 {
			t.Fatal(rows, err)
		}
		for i, line := range strings.SplitN(out.String(), "\n", 20001)[:20000] {
			if v, _, _ := strings.Cut(line, "\t"); v != strconv.Itoa(i+1) {
				t.Fatalf("%s: row %d comes as number %d", tt.home, i+1, i)
			}
		}
		lines, err := snapshot.Explain(t.Context(), r, c, table.Columns)
		if err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(lines, "\n"); !strings.Contains(plan, tt.want) {
			t.Errorf("%s is not read by a %s:\n%s", tt.home, tt.want, plan)
		}
	}
}

func TestJoinMemory(t *testing.T) {
	for plan, want := range map[string]bool{
		`{"Node Type": "Nested Loop", "Join Type": "Left", "Plans": [{}, {}]}`:                                                                                     true,
		`{"Node Type": "Hash Join", "Join Type": "Left", "Plans": [{}, {"Node Type": "Hash", "Plan Rows": 600000, "Plan Width": 40}]}`:                             true,
		`{"Node Type": "Hash Join", "Join Type": "Left", "Plans": [{}, {"Node Type": "Hash", "Plan Rows": 600000, "Plan Width": 400}]}`:                            false,
		`{"Node Type": "Hash Join", "Join Type": "Right", "Plans": [{}, {"Node Type": "Hash", "Plan Rows": 6, "Plan Width": 4}]}`:                                  false,
		`{"Node Type": "Merge Join", "Join Type": "Left", "Plans": [{}, {"Node Type": "Sort", "Plan Rows": 6, "Plan Width": 4}]}`:                                  false,
		`{"Node Type": "Sort", "Plans": [{"Node Type": "Hash Join", "Join Type": "Left", "Plans": [{}, {"Node Type": "Hash", "Plan Rows": 1, "Plan Width": 4}]}]}`: false,
		`{}`: false,
	} {
		if got := snapshot.Ordered(t, plan); got != want {
			t.Errorf("%s: %v", plan, got)
		}
	}
}
