package scrub_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/pii/detect"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/shop"
)

var testKey = []byte("an invented key of more than 128 bits")

func names(columns []*catalog.Column) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
	}
	return catalog.QuoteAll(list)
}

// pump copies a table's rows from one database to another, through the writer.
func pump(t *testing.T, from, to *pgx.Conn, p *scrub.Program, tp *scrub.TablePlan, fp *fingerprint.Collector) (out bytes.Buffer) {
	t.Helper()
	w := p.NewWriter(tp, &out, fp)
	list, join := names(tp.Columns), ""
	if j := tp.Join; j != nil {
		list = "t." + strings.ReplaceAll(list, ", ", ", t.") + ", j." + strings.ReplaceAll(names(j.Columns), ", ", ", j.")
		join = fmt.Sprintf(" LEFT JOIN %s AS j ON j.%s = t.%s", j.Table.Name.SQL(), catalog.Quote(j.Key.Name), catalog.Quote(j.On.Name))
	}
	sql := fmt.Sprintf("COPY (SELECT %s FROM ONLY %s AS t%s) TO STDOUT (FORMAT %s)", list, tp.Table.Name.SQL(), join, tp.Format)
	tag, err := from.PgConn().CopyTo(t.Context(), w, sql)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if tag.RowsAffected() != w.Rows() {
		t.Fatalf("%s: %d rows came, %d were scrubbed", tp.Table.Name, tag.RowsAffected(), w.Rows())
	}
	copied := bytes.NewReader(out.Bytes())
	sql = fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT %s)", tp.Table.Name.SQL(), names(tp.Columns), tp.Format)
	if _, err := to.PgConn().CopyFrom(t.Context(), copied, sql); err != nil {
		t.Fatalf("%s: %v", tp.Table.Name, err)
	}
	return out
}

// The sample production database, scrubbed by the ruleset that comes with it: a
// server takes all of it, nothing that identified a person is left, and what
// looks like personal data is a fake.
func TestSampleDatabase(t *testing.T) {
	source, target := pgserver.DB(t), pgserver.DB(t)
	if err := shop.Load(t.Context(), source, shop.Options{Users: 2000, Seed: 11}); err != nil {
		t.Fatal(err)
	}
	pgserver.Exec(t, target, shop.Tables)
	from, to := pgserver.Conn(t, source), pgserver.Conn(t, target)
	cat, err := catalog.Load(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rules.Load([]string{"../../rules/experimentation.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := scrub.Compile(rs, cat, testKey)
	if err != nil {
		t.Fatal(err)
	}
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	fp := store.Collector()
	for i, tp := range p.Tables() {
		if i > 0 && tp.Table.Bytes > p.Tables()[i-1].Table.Bytes {
			t.Errorf("%s comes after a smaller table", tp.Table.Name)
		}
		first := pump(t, from, to, p, tp, fp)
		if tp.Masked() {
			again := pump(t, from, to, p, tp, nil)
			if !bytes.Equal(first.Bytes(), again.Bytes()) {
				t.Errorf("%s differs the second time", tp.Table.Name)
			}
			if _, err := to.Exec(t.Context(), "TRUNCATE ONLY "+tp.Table.Name.SQL()+" CASCADE"); err != nil {
				t.Fatal(err)
			}
			if _, err := to.PgConn().CopyFrom(t.Context(), &first, fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT %s)", tp.Table.Name.SQL(), names(tp.Columns), tp.Format)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := fp.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	if set.Len() < 10_000 {
		t.Errorf("only %d fingerprints", set.Len())
	}
	pgserver.Exec(t, target, shop.Keys) // unique indexes and foreign keys hold
	inspect(t, to, cat, set)
	agree(t, from, to)
	show(t, from, to)
}

// agree checks that one person is the same in all tables of the scrubbed
// database, and that an address maps alike wherever it stands.
func agree(t *testing.T, from, to *pgx.Conn) {
	t.Helper()
	count := func(conn *pgx.Conn, sql string) (n int) {
		if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, none := range []string{
		"users WHERE full_name <> first_name || ' ' || last_name OR email NOT LIKE lower(first_name || '.' || last_name) || '.%'",
		"employees WHERE email NOT LIKE lower(first_name || '.' || last_name) || '.%'",
		"payments p JOIN users u ON u.id = p.user_id WHERE p.card_holder <> u.full_name",
		"support_tickets t JOIN users u ON u.id = t.user_id WHERE t.requester_name <> u.full_name",
		"support_tickets t WHERE requester_email NOT LIKE lower(replace(requester_name, ' ', '.')) || '.%'",
		// The number in a message is the user's own, in any spelling, also where the ticket has none.
		`support_tickets t JOIN users u ON u.id = t.user_id WHERE u.phone IS NOT NULL AND t.body ~ '\+(28|83)[0-9]{13}' AND strpos(t.body, u.phone) = 0`,
		"(SELECT user_id FROM payments GROUP BY user_id HAVING count(DISTINCT card_holder) > 1) x",
	} {
		if n := count(to, "SELECT count(*) FROM "+none); n > 0 {
			t.Errorf("%d rows disagree: %s", n, none)
		}
	}
	for _, same := range []string{ // joins by address find in staging what they find in production
		"support_tickets t JOIN users u ON u.email = t.requester_email",
		"events e JOIN users u ON u.email = e.payload->>'email'",
		"users u JOIN users v ON v.email = u.attributes->>'contact_email'",
		"support_tickets t, unnest(t.cc_emails) cc JOIN users u ON u.email = cc",
		"metrics m JOIN employees e ON lower(e.email) = lower(m.annotated_by)",
	} {
		if a, b := count(from, "SELECT count(*) FROM "+same), count(to, "SELECT count(*) FROM "+same); a != b || a == 0 {
			t.Errorf("%d rows before and %d after: %s", a, b, same)
		}
	}
	if n := count(from, "SELECT count(*) FROM support_tickets t JOIN users u ON u.id = t.user_id WHERE requester_phone IS NULL AND u.phone IS NOT NULL AND body ~ '[0-9]{6}'"); n < 10 {
		t.Errorf("only %d messages have a number that the ticket hasn't", n)
	}
	// Text shows what the columns show.
	if n := count(to, "SELECT count(*) FROM support_tickets t JOIN users u ON u.id = t.user_id WHERE t.body LIKE '%'||u.full_name||'%' AND t.body LIKE '%'||u.email||'%'"); n < 50 {
		t.Errorf("%d messages name their writer", n)
	}
}

// inspect looks at every cell of the scrubbed database.
func inspect(t *testing.T, conn *pgx.Conn, cat *catalog.Catalog, set *fingerprint.Set) {
	t.Helper()
	matcher, detector := set.Matcher(), detect.New()
	var matches []fingerprint.Match
	var hits []detect.Hit
	cells, findings, digits := 0, 0, 0
	for _, table := range cat.Tables {
		if !table.HoldsRows() {
			continue
		}
		for _, col := range table.Columns {
			rows, err := conn.Query(t.Context(), fmt.Sprintf("SELECT %s::text FROM ONLY %s WHERE %[1]s IS NOT NULL", catalog.Quote(col.Name), table.Name.SQL()))
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var s string
				if err := rows.Scan(&s); err != nil {
					t.Fatal(err)
				}
				cells++
				text := []byte(s)
				matches = matcher.Scan(matches[:0], text)
				for _, m := range matches {
					if m.Digits {
						digits++
						continue
					}
					if findings++; findings < 20 {
						t.Errorf("%s.%s: a %s survived: %q in %q", table.Name, col.Name, m.Class, text[m.Start:m.End], text)
					}
				}
				hits = detector.Scan(hits[:0], text)
				for _, h := range hits {
					if h.Strong && !fake.Recognise(h.Class, text[h.Start:h.End]) {
						if findings++; findings < 20 {
							t.Errorf("%s.%s: looks like a real %s: %q", table.Name, col.Name, h.Class, text[h.Start:h.End])
						}
					}
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cells < 50_000 || float64(digits) > matcher.Expected()+10 {
		t.Errorf("%d cells, %d findings, %d of digits alone where chance makes %.1f", cells, findings, digits, matcher.Expected())
	}
}

// show logs some rows before and after, for `go test -v`.
func show(t *testing.T, from, to *pgx.Conn) {
	for _, sql := range []string{
		"SELECT to_jsonb(u) #>> '{}' FROM users u ORDER BY id LIMIT 3",
		"SELECT requester_name || ' | ' || requester_email || ' | ' || coalesce(requester_phone, '-') || ' | ' || cc_emails::text || ' | ' || body FROM support_tickets ORDER BY id LIMIT 6",
		"SELECT to_jsonb(u) #>> '{}' FROM payments u ORDER BY id LIMIT 2",
		"SELECT to_jsonb(u) #>> '{}' FROM events u ORDER BY id LIMIT 3",
	} {
		for _, conn := range []*pgx.Conn{from, to} {
			rows, err := conn.Query(t.Context(), sql)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			t.Log(strings.Join(lines, "\n"))
		}
	}
}

var _ io.Writer = (*scrub.Writer)(nil)
