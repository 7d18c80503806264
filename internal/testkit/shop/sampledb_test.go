package shop_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/shop"
)

const ruleset = "../../../rules/experimentation.yaml"

var options = shop.Options{Users: 3000, Seed: 7}

// load makes the options' database once, for all tests.
var (
	load    sync.Once
	loadErr error
)

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	c := pgserver.Shared(t)
	load.Do(func() {
		pgserver.Exec(t, c.URL(pgserver.User), "CREATE DATABASE sample")
		loadErr = shop.Load(t.Context(), c.URL("sample"), options)
	})
	if loadErr != nil {
		t.Fatal(loadErr)
	}
	return pgserver.Conn(t, c.URL("sample"))
}

func TestCountsAreWhatIsLoaded(t *testing.T) {
	conn := connect(t)
	counts, err := shop.Counts(options)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range counts {
		if got := one[int64](t, conn, "SELECT count(*) FROM "+name); got != want {
			t.Errorf("%s has %d rows, Counts says %d", name, got, want)
		}
	}
	u := int64(options.Users)
	if counts["public.events"] != 6*u || counts["public.payments"] != u || counts["public.assignments"] != 4*u {
		t.Errorf("proportions are off: %v", counts)
	}
	n := one[int](
		t,
		conn,
		`SELECT count(*) FROM pg_class WHERE relkind = 'r' AND NOT relispartition AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')`,
	)
	if n+1 != len(counts) { // metrics is partitioned
		t.Errorf("the schema has %d tables, Counts knows %d", n+1, len(counts))
	}
}

func TestSchemaHasTheAwkwardParts(t *testing.T) {
	conn := connect(t)
	for what, sql := range map[string]string{
		"partitions with rows":           `SELECT count(DISTINCT tableoid) >= 6 FROM metrics`,
		"rows in the default partition":  `SELECT count(*) > 0 FROM metrics_later`,
		"self-reference":                 `SELECT count(*) > 5 FROM employees e JOIN employees m ON m.id = e.manager_id`,
		"cycle":                          `SELECT count(*) > 1 FROM teams t JOIN employees e ON e.id = t.lead_id AND e.team_id = t.id`,
		"generated column":               `SELECT bool_and(full_name = first_name || ' ' || last_name) FROM employees`,
		"enum arrays":                    `SELECT count(DISTINCT platforms) > 2 FROM experiments`,
		"a key given twice":              `SELECT count(*) > 0 FROM variants WHERE payload::text LIKE '%reviewed_by%reviewed_by%'`,
		"materialised views":             `SELECT sum(x.users) = (SELECT count(*) FROM assignments) AND (SELECT count(*) FROM experiment_balance) > 5 FROM variant_exposure x`,
		"nested contacts":                `SELECT count(*) > 100 FROM users WHERE attributes->'emergency'->>'phone' IS NOT NULL AND jsonb_array_length(attributes->'contacts') > 0`,
		"text quotes the customer":       `SELECT count(*) > 100 FROM support_tickets WHERE position(requester_email IN body) > 0 AND position(requester_name IN body) > 0`,
		"several lines":                  `SELECT count(*) > 0 FROM support_tickets WHERE body LIKE E'%\n%'`,
		"arrays of addresses":            `SELECT max(cardinality(cc_emails)) = 2 AND min(cardinality(cc_emails)) = 0 FROM support_tickets`,
		"non-ASCII names":                `SELECT count(*) > 100 FROM users WHERE full_name ~ '[^ -~]'`,
		"sequences go on after the keys": `SELECT nextval('events_id_seq') = max(id) + 1 FROM events`,
		"identity goes on":               `SELECT nextval(pg_get_serial_sequence('users', 'id')) > max(id) FROM users`,
		"all constraints are valid":      `SELECT bool_and(convalidated) FROM pg_constraint`,
		"one person, one payment name":   `SELECT bool_and(card_holder = full_name) FROM payments JOIN users u ON u.id = user_id`,
		"events quote the user":          `SELECT bool_and(payload->>'email' = email) FROM events JOIN users u ON u.id = user_id`,
		"all statistics are there":       `SELECT bool_and(reltuples >= 0) FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace`,
	} {
		if !one[bool](t, conn, sql) {
			t.Errorf("%s: not as it should be", what)
		}
	}
}

// sensitive lists where values of a class lie. First names are left out: fakes
// bear common ones, and the invented surname tells them apart.
var sensitive = map[pii.Class]string{
	pii.Email: `SELECT email FROM users UNION ALL SELECT payload->>'email' FROM events UNION ALL SELECT email::text FROM employees
		UNION ALL SELECT attributes->>'contact_email' FROM users UNION ALL SELECT unnest(cc_emails) FROM support_tickets
		UNION ALL SELECT requester_email FROM support_tickets UNION ALL SELECT "Buyer's E-mail" FROM "Odd Schema"."Order ""Book"""
		UNION ALL SELECT annotated_by FROM metrics`,
	pii.Phone: `SELECT phone FROM users UNION ALL SELECT phone FROM employees UNION ALL SELECT requester_phone FROM support_tickets
		UNION ALL SELECT attributes->'emergency'->>'phone' FROM users`,
	pii.NationalID: `SELECT national_id FROM users`,
	pii.CreditCard: `SELECT card_number FROM payments`,
	pii.IBAN:       `SELECT iban FROM payments`,
	pii.IP:         `SELECT host(ip) FROM events UNION ALL SELECT host(signup_ip) FROM users UNION ALL SELECT host(ip) FROM sessions`,
	pii.Token:      `SELECT token FROM api_keys UNION ALL SELECT token FROM sessions`,
	pii.LastName:   `SELECT last_name FROM users`,
	pii.FullName:   `SELECT full_name FROM users UNION ALL SELECT card_holder FROM payments`,
	pii.Street:     `SELECT street FROM users`,
	pii.City:       `SELECT city FROM users`,
	pii.Company:    `SELECT company FROM users`,
	pii.UserAgent:  `SELECT user_agent FROM users`,
}

// Some national spellings of a phone number are what no detector can tell from a
// plain number, so a few may be missed.
func TestValuesLookReal(t *testing.T) {
	conn := connect(t)
	d := detect.New()
	for class, sql := range sensitive {
		values := column(t, conn, sql+" LIMIT 20000")
		if len(values) < 40 {
			t.Errorf("%s: only %d values", class, len(values))
		}
		var missed int
		for _, v := range values {
			if fake.Recognise(class, []byte(v)) {
				t.Fatalf("%s: %q could be one of our own fakes: a leak of it would not show", class, v)
			}
			if len(d.Scan(nil, []byte(v))) != 1 {
				missed++
			}
		}
		switch class {
		case pii.Email, pii.NationalID, pii.CreditCard, pii.IBAN, pii.IP, pii.Token:
			if missed > 0 {
				t.Errorf("%s: %d of %d values are not detected", class, missed, len(values))
			}
		case pii.Phone:
			if missed*10 > len(values) {
				t.Errorf("%s: %d of %d values are not detected", class, missed, len(values))
			}
		}
	}
}

func TestAddressesAreASCII(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z._]+[0-9]+(\+shop)?@[a-z0-9.-]+$`)
	for _, v := range column(t, connect(t), sensitive[pii.Email]) {
		if !plain.MatchString(v) {
			t.Fatalf("%q is no plain address", v)
		}
	}
}

func TestRulesNameEveryColumn(t *testing.T) {
	set, err := rules.Load([]string{ruleset})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := connect(t).Query(t.Context(), `
		SELECT n.nspname, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
		AND nspname NOT IN ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for rows.Next() {
		var schema, table, col string
		if err := rows.Scan(&schema, &table, &col); err != nil {
			t.Fatal(err)
		}
		found[schema+"\x00"+table+"\x00"+col] = true
	}
	if rows.Err() != nil || len(found) < 80 {
		t.Fatalf("%d columns, %v", len(found), rows.Err())
	}
	named := map[string]bool{}
	for name, table := range set.Tables {
		for _, c := range table.Columns {
			if c.Wildcard && name.Name != "countries" {
				t.Errorf("%s has a wildcard", name)
			}
		}
		for col := range found {
			parts := strings.Split(col, "\x00")
			if parts[0] == name.Schema && parts[1] == name.Name &&
				(table.Rows == rules.NoRows || table.Wildcard() != nil || table.Column(parts[2]) != nil) {
				named[col] = true
			}
		}
		for _, c := range table.Columns {
			if !c.Wildcard && !found[name.Schema+"\x00"+name.Name+"\x00"+c.Name] {
				t.Errorf("%s has a rule for column %q, which doesn't exist", name, c.Name)
			}
		}
	}
	for col := range found {
		if !named[col] {
			t.Errorf("no rule for %q", col)
		}
	}
}

func TestRowsDependOnSeedAndNumberOnly(t *testing.T) {
	conn := connect(t)
	other := pgserver.DB(t)
	again := options
	again.Streams = 1
	if err := shop.Load(t.Context(), other, again); err != nil {
		t.Fatal(err)
	}
	conn2 := pgserver.Conn(t, other)
	counts, err := shop.Counts(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		sql := fmt.Sprintf(`COPY (SELECT * FROM %s t ORDER BY t::text) TO STDOUT`, name)
		var a, b bytes.Buffer
		if _, err := conn.PgConn().CopyTo(t.Context(), &a, sql); err != nil {
			t.Fatal(err)
		}
		if _, err := conn2.PgConn().CopyTo(t.Context(), &b, sql); err != nil {
			t.Fatal(err)
		}
		if a.Len() == 0 || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s differs between two loads", name)
		}
	}
	emails := func(o shop.Options) []string {
		url := pgserver.DB(t)
		if err := shop.Load(t.Context(), url, o); err != nil {
			t.Fatal(err)
		}
		return column(t, pgserver.Conn(t, url), `SELECT email FROM users WHERE id <= 50 ORDER BY id`)
	}
	first := column(t, conn, `SELECT email FROM users WHERE id <= 50 ORDER BY id`)
	if got := emails(shop.Options{Users: 50, Seed: options.Seed}); !slices.Equal(got, first) {
		t.Error("a smaller database has other users")
	}
	if got := emails(shop.Options{Users: 50, Seed: options.Seed + 1}); slices.Equal(got, first) {
		t.Error("another seed gives the same users")
	}
}

func TestSmallestAndBadSizes(t *testing.T) {
	if err := shop.Load(t.Context(), pgserver.DB(t), shop.Options{Users: 1}); err != nil {
		t.Errorf("one user: %v", err)
	}
	var input *fault.Input
	if err := shop.Load(t.Context(), "", shop.Options{Users: -1}); !errors.As(err, &input) {
		t.Errorf("a negative number of users gives %v", err)
	}
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE users ()`)
	if err := shop.Load(t.Context(), url, options); err == nil {
		t.Error("a database that isn't empty was loaded into")
	}
}

func TestProgressNamesEveryTable(t *testing.T) {
	seen := map[string]int64{}
	o := shop.Options{Users: 20, Progress: func(table string, rows int64) { seen[table] = rows }}
	if err := shop.Load(t.Context(), pgserver.DB(t), o); err != nil {
		t.Fatal(err)
	}
	if want, err := shop.Counts(o); err != nil || !maps.Equal(seen, want) {
		t.Errorf("progress told %v, want %v (%v)", seen, want, err)
	}
}

func one[T any](t *testing.T, conn *pgx.Conn, sql string) (v T) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// column is the values of a query's only column that are not NULL.
func column(t *testing.T, conn *pgx.Conn, sql string) (values []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[*string])
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if v != nil {
			values = append(values, *v)
		}
	}
	return values
}
