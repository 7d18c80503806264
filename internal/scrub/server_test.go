package scrub_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
	"refresher/internal/testkit/pgserver"
)

// refreshed copies a real database, scrubbed, into another: tables makes both,
// rows fills the source, constraints are made when the copy is full.
func refreshed(t testing.TB, tables, rows, constraints, rules string) (source, target string, p *scrub.Program) {
	t.Helper()
	ctx := context.Background()
	source, target = pgserver.DB(t), pgserver.DB(t)
	pgserver.Exec(t, source, tables)
	pgserver.Exec(t, source, rows)
	pgserver.Exec(t, source, constraints)
	pgserver.Exec(t, target, tables)
	from, to := pgserver.Conn(t, source), pgserver.Conn(t, target)
	cat, err := catalog.Load(ctx, from)
	if err != nil {
		t.Fatal(err)
	}
	p = compile(t, cat, rules)
	if _, err := from.Exec(ctx, "SET TimeZone = 'UTC'; SET extra_float_digits = 1; SET IntervalStyle = postgres"); err != nil {
		t.Fatal(err)
	}
	for _, tp := range p.Tables() {
		var columns []string
		for _, c := range tp.Columns {
			columns = append(columns, catalog.Quote(c.Name))
		}
		format := strings.ToLower(tp.Format.String())
		name, list := tp.Table.Name.SQL(), strings.Join(columns, ", ")
		var out bytes.Buffer
		w := p.NewWriter(tp, &out, nil)
		if _, err := from.PgConn().CopyTo(ctx, w, fmt.Sprintf("COPY (SELECT %s FROM ONLY %s) TO STDOUT (FORMAT %s)", list, name, format)); err != nil {
			t.Fatalf("%s: %v", tp.Table.Name, err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		tag, err := to.PgConn().CopyFrom(ctx, &out, fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT %s)", name, list, format))
		if err != nil {
			t.Fatalf("%s, %s format: the server refuses what the rules made: %v", tp.Table.Name, tp.Format, err)
		}
		if tag.RowsAffected() != w.Rows()-w.Dropped() {
			t.Errorf("%s: %d rows of %d, %d dropped", tp.Table.Name, tag.RowsAffected(), w.Rows(), w.Dropped())
		}
	}
	pgserver.Exec(t, target, constraints)
	return source, target, p
}

func asked(t testing.TB, url, sql string) (text string) {
	t.Helper()
	if err := pgserver.Conn(t, url).QueryRow(context.Background(), "SELECT coalesce(("+sql+")::text, 'NULL')").Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// The server takes what rules of every shape make, in both formats of COPY.
func TestShapesOnARealServer(t *testing.T) {
	for _, format := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
		extra := "x int"
		if format == copyfmt.Text {
			extra = "x mood[]"
		}
		_, target, p := refreshed(t, `
			CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('sad', 'ok');
			CREATE TYPE addr AS (street text, "No." int, code char(6), meta jsonb, since timestamptz, tags text[]);
			CREATE DOMAIN home AS addr CHECK ((VALUE).street <> 'nowhere');
			CREATE TABLE t (id int, mail text, a addr, h hstore, d daterange, ts tstzrange, m datemultirange, j jsonb, js json, txt text, h2 home, `+extra+`)`, `
			INSERT INTO t SELECT i, 'p' || i || '@mail.invalid',
				ROW(i || ' Main "St", \\ (x)', i, 'c' || i, jsonb_build_object('m', 'p' || i || '@mail.invalid', 'n', i, 's', 'secret'), '2024-01-01 10:00+00'::timestamptz + i * '1 day'::interval, ARRAY['a', NULL, 'b "c"'])::addr,
				hstore(ARRAY['mail', 'plan', 'p' || i || '@mail.invalid', 'n'], ARRAY['p' || i || '@mail.invalid', 'pro "x"', 'v', NULL]),
				daterange('2024-01-01'::date + i, '2024-01-11'::date + i), tstzrange('2024-01-01 10:00+00', NULL), datemultirange(daterange('2024-01-01', '2024-01-03'), daterange('2024-02-01', NULL)),
				jsonb_build_object('m', 'p' || i || '@mail.invalid', 'n', i * 1.50, 'l', ARRAY[1, 2, 3], 'e', '{"m": "p' || i || '@mail.invalid"}'),
				('{"m": "p' || i || '@mail.invalid", "m": 1, "b": true}')::json, CASE i % 3 WHEN 0 THEN 'no json' WHEN 1 THEN '' ELSE '{"m": "p' || i || '@mail.invalid", "k": [1]}' END,
				ROW('x' || i, 1, '', NULL, NULL, '{}')::home
			FROM generate_series(1, 40) i;
			INSERT INTO t (id) VALUES (0); INSERT INTO t (id, a, h, d, m, j) VALUES (41, ROW(NULL, NULL, NULL, NULL, NULL, NULL), '', 'empty', '{}', '[]')`, "", head+`  public.t:
    columns:
      id: keep
      mail: email
      a: {composite: {street: street, "No.": keep, code: keep, meta: {json: {m: email, n: keep}}, since: date_shift, tags: keep}}
      h: {hstore: {mail: email, plan: keep}}
      d: {range: date_shift}
      ts: {range: {transform: date_shift, max_days: 10}}
      m: {range: date_shift}
      j: {json: {m: email, "l[1:]": keep, e: {json: {m: email}, embedded: true}}, other: drop}
      js: {json: {m: email}, other: keep}
      txt: {json: {m: email}, other: drop, invalid: redact}
      h2: {composite: {street: street, "No.": null, code: keep, meta: keep, since: keep, tags: keep}}
      x: keep
`)
		if tp := plan(t, p, "public.t"); tp.Format != format && format == copyfmt.Text {
			t.Errorf("%s format", tp.Format)
		}
		for _, q := range []string{
			"SELECT count(*) = 42 FROM t",
			"SELECT bool_and((a).meta->>'m' = mail AND (a).meta->'n' = to_jsonb(id) AND h->'mail' = mail AND h->'plan' = 'pro \"x\"' AND j->>'m' = mail AND (j->>'e')::jsonb->>'m' = mail) FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and(upper(d) - lower(d) = 10 AND lower(d) <> '2024-01-01'::date + id) FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and(lower(ts)::time = '10:00' AND lower(ts) <> '2024-01-01 10:00+00' AND upper_inf(ts)) FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and((SELECT upper(r) - lower(r) = 2 FROM unnest(m) r LIMIT 1)) FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and((a).street !~ 'Main' AND (a).\"No.\" = id AND (a).code = 'c' || id AND (a).tags[2] IS NULL AND (a).tags[3] = 'b \"c\"' AND (a).since::time = '10:00') FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and(j = jsonb_build_object('m', mail, 'l', ARRAY[2, 3], 'e', j->>'e')) FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and(js::text ~ ('\"m\": \"' || mail || '\"') AND js::text ~ 'key1\": true') FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and(txt IN ('', '[redacted]') OR txt = '{\"m\": \"' || mail || '\"}') FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT bool_and((h2).\"No.\" IS NULL AND (h2).street !~ '^x') FROM t WHERE id BETWEEN 1 AND 40",
			"SELECT count(*) = 0 FROM t WHERE t::text ~ 'mail.invalid|secret'",
			"SELECT a IS NULL AND h = '' AND d = 'empty' AND m = '{}' AND j = '[]' FROM t WHERE id = 41",
		} {
			if got := asked(t, target, q); got != "true" {
				t.Errorf("%s format: %s: %s", format, q, got)
			}
		}
	}
}

// Keys of every kind, and rows that stay behind, leave a database whose
// constraints hold.
func TestKeysOnARealServer(t *testing.T) {
	source, target, p := refreshed(t, `
		CREATE EXTENSION citext;
		CREATE TABLE users (id bigint, tenant int, region text, number int, mail citext, boss bigint, staff bool);
		CREATE TABLE orders (id bigint, user_id bigint, region varchar(10), number int, total numeric);
		CREATE TABLE audit (kind text, subject text, actor text, data jsonb)`, `
		INSERT INTO users SELECT 1000000 + i, i % 5, 'r' || i % 3, 4711000 + i, 'P' || i || '@mail.invalid', 1000000 + i / 2 + 1, i % 10 = 0 FROM generate_series(1, 500) i;
		INSERT INTO orders SELECT 2000000 + i, 1000000 + i % 500 + 1, 'r' || (i % 500 + 1) % 3, 4711000 + i % 500 + 1, i FROM generate_series(1, 900) i;
		INSERT INTO audit SELECT (ARRAY['user', 'order', 'job'])[i % 3 + 1], CASE i % 3 WHEN 0 THEN 1000000 + i % 500 + 1 WHEN 1 THEN 2000000 + i % 900 + 1 ELSE i END, CASE WHEN i % 7 > 0 THEN 1000000 + i % 500 + 1 END,
			jsonb_build_object('user', 1000000 + i % 500 + 1, 'as_text', (1000000 + i % 500 + 1)::text) FROM generate_series(1, 300) i`, `
		ALTER TABLE users ADD PRIMARY KEY (id), ADD UNIQUE (region, number), ADD UNIQUE (mail);
		CREATE UNIQUE INDEX by_low_mail ON users (lower(mail::text)) WHERE NOT staff;
		ALTER TABLE users ADD FOREIGN KEY (boss) REFERENCES users;
		ALTER TABLE orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES users, ADD FOREIGN KEY (region, number) REFERENCES users (region, number)`, head+`  public.users:
    columns: {id: {transform: fpe, domain: user}, tenant: keep, region: keep, number: {transform: fpe, domain: number}, mail: [{transform: keep, when: staff}, email], staff: keep}
  public.orders: {rows: {when: total > 100}, columns: {id: {transform: fpe, domain: order}, region: keep, total: keep}}
  public.audit:
    columns: {kind: keep, subject: [{transform: keep, when: kind == "job"}, "null"], data: {json: {user: {transform: fpe, domain: user}, as_text: {transform: fpe, domain: user}}}}
references:
  - {table: public.audit, columns: [actor], to: public.users}
  - {table: public.audit, columns: [subject], to: public.users, when: kind == "user"}
  - {table: public.audit, columns: [subject], to: public.orders, when: kind == "order"}
`)
	for _, q := range []string{
		"SELECT count(*) = 500 AND count(DISTINCT id) = 500 FROM users",
		"SELECT count(*) = 800 AND min(total) = 101 FROM orders",
		"SELECT count(*) = 50 FROM users WHERE mail ~ 'mail.invalid'",
		"SELECT count(*) = 0 FROM audit WHERE actor IS NOT NULL AND actor NOT IN (SELECT id::text FROM users)",
		"SELECT count(*) = 0 FROM audit WHERE kind = 'user' AND subject NOT IN (SELECT id::text FROM users)",
		"SELECT count(*) = 0 FROM audit WHERE kind = 'job' AND subject::int > 300",
		"SELECT count(*) = 300 FROM audit JOIN users ON users.id = (data->'user')::bigint AND data->>'as_text' = users.id::text",
		"SELECT count(*) = 800 FROM orders o JOIN users u ON u.id = o.user_id AND u.region = o.region AND u.number = o.number",
	} {
		if got := asked(t, target, q); got != "true" {
			t.Errorf("%s: %s", q, got)
		}
	}
	const matched = "SELECT count(*) FROM audit JOIN orders o ON o.id::text = subject WHERE kind = 'order' AND total > 100"
	if a, b := asked(t, source, matched), asked(t, target, matched); a != b || a == "0" {
		t.Errorf("%s orders are found by their audit in the source, %s in the target", a, b)
	}
	if a, b := asked(t, source, "SELECT sum(id) FROM users"), asked(t, target, "SELECT sum(id) FROM users"); a == b {
		t.Error("keys are as they were")
	}
	if !plan(t, p, "public.orders").Filtered() {
		t.Error("orders are not filtered")
	}
}
