package condition

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/testkit/pgserver"
)

// A condition holds for the rows that WHERE finds, NULLs and all.
func TestAgreesWithPostgreSQL(t *testing.T) {
	ctx := context.Background()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE EXTENSION citext;
		CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
		CREATE TABLE t (id int, n numeric, f float8, b bool, s text, ci citext, m mood, d date, ts timestamp, tz timestamptz, j jsonb, tags text[], nums int8[], u uuid, c char(5));
		INSERT INTO t (id) VALUES (1);
		INSERT INTO t VALUES
		 (2, 1.50, 1.5, true, 'Jane', 'Jane', 'ok', '2024-01-01', '2024-01-01 00:00', '2024-01-01 00:00+00', '{"a": 1, "s": "x", "b": true}', '{a,b}', '{1,2}', '550e8400-e29b-41d4-a716-446655440000', 'ab'),
		 (3, 'NaN', 'NaN', false, '', '', 'sad', 'infinity', 'infinity', '-infinity', '{"a": "1", "s": null, "b": false}', '{}', '{}', '00000000-0000-0000-0000-000000000000', ''),
		 (-4, 'Infinity', '-Infinity', NULL, 'jane\t\\', 'JANE', 'glad', '4713-01-01 BC', '294276-12-31', '2024-06-01 12:00+02', '{"a": 2.5, "s": "y"}', '{NULL,a}', '{NULL}', NULL, 'ab cd'),
		 (5, -0.001, 1e300, true, 'x', 'SS', 'ok', '5874897-12-31', NULL, '2024-06-01 10:00+00', '[1]', '{{a,c},{d,e}}', '{9223372036854775807}', NULL, NULL),
		 (2147483647, 9223372036854775808, 9007199254740993, true, 'é', 'é', 'ok', '2024-02-29', '2024-02-29 10:00', NULL, '{}', NULL, NULL, NULL, 'AB')`)
	conn := pgserver.Conn(t, url)
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	table := cat.Table(catalog.Name{Schema: "public", Name: "t"})
	if _, err := conn.Exec(ctx, "SET TimeZone = 'UTC'; SET extra_float_digits = 1"); err != nil {
		t.Fatal(err)
	}
	written := 0
	for text, where := range map[string]string{
		`id in [1, 3] or not (m == nil)`:   `id IN (1, 3) OR m IS NOT NULL`,
		`s in ["x", "O'Neil"] and 5 == id`: `s IN ('x', 'O''Neil') AND id = 5`,
		`b`:                                `b`,
		`not b`:                            `NOT b`,
		`b == nil or id > 4`:               `b IS NULL OR id > 4`,
		`not (b and id > 2)`:               `NOT (b AND id > 2)`,
		`not (b or n > 1)`:                 `NOT (b OR n > 1)`,
		`n > 1`:                            `n > 1`,
		`n >= 1.5 and n != 1.50`:           `n >= 1.5 AND n <> 1.50`,
		`n == f`:                           `n = f`,
		`n < f`:                            `n < f`,
		`n in [1.5, 0]`:                    `n IN (1.5, 0)`,
		`not (n in [1.5, 0])`:              `n NOT IN (1.5, 0)`,
		`f == 9007199254740993`:            `f = 9007199254740993`,
		`id == n`:                          `id = n`,
		`n > 9223372036854775807`:          `n > 9223372036854775807`,
		`id % 3 == -1`:                     `id % 3 = -1`,
		`id in 1..3`:                       `id BETWEEN 1 AND 3`,
		`s == "Jane"`:                      `s = 'Jane'`,
		`s != "Jane"`:                      `s <> 'Jane'`,
		`lower(s) startsWith "jane"`:       `lower(s) LIKE 'jane%'`,
		`s contains "\\"`:                  `s LIKE '%\\%'`,
		`s matches "^[A-Z]"`:               `s ~ '^[A-Z]'`,
		`upper(s) == "JANE"`:               `upper(s) = 'JANE'`,
		`len(s) == 1`:                      `char_length(s) = 1`,
		`ci == "jane"`:                     `ci = 'jane'`,
		`ci == s`:                          `ci = s::citext`,
		`ci in ["JANE", "é"]`:              `ci IN ('JANE', 'é')`,
		`m == "ok"`:                        `m = 'ok'`,
		`m in ["sad", "glad"]`:             `m IN ('sad', 'glad')`,
		`m != "ok"`:                        `m <> 'ok'`,
		`d < "2024-02-01"`:                 `d < '2024-02-01'`,
		`d == "infinity"`:                  `d = 'infinity'`,
		`d > "294276-12-31"`:               `d > '294276-12-31'`,
		`ts > "2024-01-15"`:                `ts > '2024-01-15'`,
		`ts == d`:                          `isfinite(d) AND d < '294277-01-01' AND ts = d OR d = 'infinity' AND ts = 'infinity'`,
		`tz == "2024-06-01 10:00:00+00"`:   `tz = '2024-06-01 10:00:00+00'`,
		`tz < "2024-01-01"`:                `tz < '2024-01-01 00:00+00'`,
		`(s ?? "none") == "none"`:          `coalesce(s, 'none') = 'none'`,
		`s == c`:                           `s = c`,
		`c == "ab"`:                        `c = 'ab'`,
		`u == "550E8400-E29B-41D4-A716-446655440000"`: `u = '550E8400-E29B-41D4-A716-446655440000'`,
		`j.s == "x"`:                 `j->>'s' = 'x'`,
		`j.s == nil`:                 `j->>'s' IS NULL`,
		`j.a > 1`:                    `jsonb_typeof(j->'a') = 'number' AND (j->>'a')::numeric > 1`,
		`j.b`:                        `(j->>'b')::bool`,
		`not j.b`:                    `NOT (j->>'b')::bool`,
		`j[0] == 1`:                  `j->>0 = '1'`,
		`"a" in tags`:                `'a' = ANY (tags)`,
		`not ("b" in tags)`:          `NOT ('b' = ANY (tags))`,
		`id in nums`:                 `id = ANY (nums)`,
		`not (id in nums)`:           `NOT (id = ANY (nums))`,
		`tags == nil or "d" in tags`: `tags IS NULL OR 'd' = ANY (tags)`,
	} {
		c, err := Compile(text, table.Columns)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		find := func(where string) []string {
			rows, _ := conn.Query(ctx, "SELECT id::text FROM t WHERE "+where)
			ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			slices.Sort(ids)
			return ids
		}
		want := find(where)
		if sql, ok := SQL(text, "t", table.Columns); ok {
			written++
			if got := find(sql); !slices.Equal(got, want) {
				t.Errorf("%s is WHERE %s, which finds %v instead of %v", text, sql, got, want)
			}
		}
		for _, f := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
			e, err := c.Bind(f, table.Columns)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			parser := copyfmt.NewRawParser(f, len(table.Columns), func(r *copyfmt.Row) error {
				ok, err := e.Holds(r)
				if ok && err == nil {
					var id []byte
					id, err = value.For(table.Columns[0].Type, f).AppendText(nil, r.Field(0))
					got = append(got, string(id))
				}
				return err
			})
			if _, err := conn.PgConn().CopyTo(ctx, parser, fmt.Sprintf("COPY t TO STDOUT (FORMAT %s)", strings.ToLower(f.String()))); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s in %s format: rows %v, and WHERE %s finds %v", text, f, got, where, want)
			}
		}
	}
	if written < 7 {
		t.Errorf("only %d of the conditions can be written in SQL", written)
	}
}
