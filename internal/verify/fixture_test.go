package verify_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
)

const run = "20261121T030000Z-7f3a"

// The customer whose data must not survive.
const (
	srcEmail = "hanna.bergstrom@posteo.se"
	srcName  = "Hanna Bergström"
	srcPhone = "+46 70 174 06 58"
	srcCard  = "4556737586899855"
	srcIBAN  = "SE4550000000058398257466"
	srcSSN   = "219-09-9998"
	srcIP    = "83.249.14.207"
	srcToken = "7c1d9a52-0b7e-4c39-9f0e-5d2f63a1b8e4"
	srcHome  = "14 Storgatan"
)

// source is a set of those and of other people's identifiers.
func source(t testing.TB, phones ...string) *fingerprint.Set {
	t.Helper()
	return sourceOf(t, pii.Phone, phones...)
}

// sourceOf is source with more values of a class.
func sourceOf(t testing.TB, class pii.Class, more ...string) *fingerprint.Set {
	t.Helper()
	store, err := fingerprint.NewStore(t.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c := store.Collector()
	for class, v := range map[pii.Class]string{pii.Email: srcEmail, pii.FullName: srcName, pii.Phone: srcPhone,
		pii.CreditCard: srcCard,
		pii.IBAN:       srcIBAN, pii.NationalID: srcSSN, pii.IP: srcIP, pii.Token: srcToken, pii.Street: srcHome} {
		c.Add(class, []byte(v))
	}
	for _, v := range more {
		c.Add(class, []byte(v))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for class, st := range store.Stats() {
		if st.Short+st.Fictional > 0 {
			t.Fatalf("%s: %+v", class, st)
		}
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const schema = `
CREATE TYPE mood AS ENUM ('calm', 'busy');
CREATE TYPE address AS (street text, city text);
CREATE SCHEMA "Odd Schema";
CREATE TABLE users (
	id bigint PRIMARY KEY, email text UNIQUE NOT NULL, full_name text, phone text, bio text, nick varchar(80) DEFAULT 'none',
	tags text[], attrs jsonb, raw json, home address, card numeric, ref bigint, ip inet, blob bytea, mood mood, token uuid,
	born date, score float8, weight float4, scores float8[], flags varbit, ok bool, rank int2, seen timestamptz, up text GENERATED ALWAYS AS (upper(nick)) STORED);
CREATE TABLE events (id bigint, at date NOT NULL, payload jsonb, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
CREATE TABLE sessions (id bigint, token text);
CREATE TABLE "Odd Schema"."Order ""Book""" (id int, "buyer, note" text);
CREATE TABLE nothing ();
CREATE VIEW calm AS SELECT id, nick FROM users WHERE mood = 'calm';
CREATE MATERIALIZED VIEW names AS SELECT id, full_name FROM users WITH NO DATA;`

const rowsN = 300

// scrubbed makes a database as a run leaves it: fakes, and no person's data.
func scrubbed(t testing.TB) (url string) {
	t.Helper()
	tb, ok := t.(pgserver.TB)
	if !ok {
		t.Fatal("no pgserver.TB")
	}
	url = pgserver.DB(tb)
	pgserver.Exec(tb, url, schema)
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var users, events, orders [][]any
	for i := range rowsN {
		d := fake.Digest(sha256.Sum256(fmt.Append(nil, i)))
		email := string(fake.AppendEmail(nil, &d, fake.EmailForm{Names: true, Hash: fake.MinHash}))
		name := string(fake.AppendFirstName(nil, &d)) + " " + string(fake.AppendLastName(nil, &d))
		street := string(fake.AppendStreet(nil, &d))
		note := fmt.Sprintf("Talked to %s <%s> on 2026-11-%02d 03:00:00.123456+00, order %d of 1.25, v1.2.3.4", name,
			email, 1+i%28, i)
		attrs := map[string]any{"contact": map[string]any{"mail": email, "name": name}, email: true, "n": i * 1000003,
			"s": "a\nb\"c\\d"}
		users = append(users, []any{i, email, name, "+1 202-555-01" + fmt.Sprintf("%02d", i%100), note, "nick" +
			fmt.Sprint(i), []string{"vip", name}, attrs, attrs,
			fmt.Sprintf(`("%s",Town)`, street), int64(i) * 7919, int64(9000000000000000) + int64(i)*7919*104729,
			fmt.Sprintf("198.51.100.%d", i%250+1), []byte{0, 1, 0xff, byte(i)},
			"calm", fmt.Sprintf("00000000-0000-4000-8000-%012x", i)})
		events = append(events, []any{i, fmt.Sprintf("2026-%02d-11", 1+i%12), map[string]any{"who": email,
			"kind": "click"}})
		orders = append(orders, []any{i, note})
	}
	insert := func(sql string, rows [][]any) {
		b := new(pgx.Batch)
		for _, r := range rows {
			b.Queue(sql, r...)
		}
		if err := conn.SendBatch(context.Background(), b).Close(); err != nil {
			t.Fatal(err)
		}
	}
	insert(`INSERT INTO users (id, email, full_name, phone, bio, nick, tags, attrs, raw, home, card, ref, ip, blob, mood, token)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::address, $11, $12, $13::text::inet, $14, $15, $16)`, users)
	insert(`INSERT INTO events VALUES ($1, $2::text::date, $3)`, events)
	insert(`INSERT INTO "Odd Schema"."Order ""Book""" VALUES ($1, $2)`, orders)
	pgserver.Exec(tb, url, "REFRESH MATERIALIZED VIEW names")
	return url
}

func config(t testing.TB, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// specs are rules for the schema.
func specs() []verify.Table {
	keep := func(names ...string) (cols []verify.Column) {
		for _, n := range names {
			cols = append(cols, verify.Column{Name: n, Transform: "keep", Class: pii.None, Keep: true})
		}
		return cols
	}
	public := func(n string) catalog.Name { return catalog.Name{Schema: "public", Name: n} }
	return []verify.Table{
		{Name: public("users"), SourceRows: rowsN, Columns: append(keep("id", "bio", "nick", "tags", "attrs", "raw",
			"home", "card", "ref", "ip",
			"blob", "mood", "token", "born", "score", "weight", "scores", "flags", "ok", "rank", "seen", "up"),
			verify.Column{Name: "email", Transform: "email", Class: pii.Email}, verify.Column{Name: "full_name",
				Transform: "full_name", Class: pii.FullName},
			verify.Column{Name: "phone", Transform: "phone", Class: pii.Phone})},
		{Name: public("events"), Columns: keep("id", "at", "payload")},
		{Name: public("events_1"), SourceRows: rowsN / 2, Columns: keep("id", "at", "payload")},
		{Name: public("events_2"), SourceRows: rowsN / 2, Columns: keep("id", "at", "payload")},
		{Name: public("sessions"), RowsNone: true},
		{Name: public("nothing")},
		{Name: catalog.Name{Schema: "Odd Schema", Name: `Order "Book"`}, SourceRows: rowsN,
			Columns: keep("id", "buyer, note")},
	}
}

func spec(t testing.TB, name catalog.Name) verify.Table {
	for _, s := range specs() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no rules for %s", name)
	return verify.Table{}
}

func database(t testing.TB, opts verify.Options, url string, tables []verify.Table) *verify.Result {
	t.Helper()
	opts.Run, opts.Workers = run, 2
	r, err := verify.New(opts).Database(context.Background(), config(t, url), tables)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// secrets are the values that nothing may print.
var secrets = []string{srcEmail, srcName, srcPhone, srcCard, srcIBAN, srcSSN, srcIP, srcToken, srcHome, "701740658",
	"Bergström", "bergstrom",
	"lars.holm", "Storgatan", "4716108999716531", "eyJhbG"}

// silent fails if a result or an error prints a value.
func silent(t *testing.T, what any) {
	t.Helper()
	text := fmt.Sprintf("%v %+v", what, what)
	if b, err := json.Marshal(what); err == nil {
		text += string(b)
	}
	for _, s := range secrets {
		if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			t.Errorf("%q is printed: %s", s, text)
		}
	}
}

func refused(t *testing.T, gate string, results ...*verify.Result) *fault.Refusal {
	t.Helper()
	verified, err := verify.Judge(run, "dev", results...)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || verified.For(run, "dev") {
		t.Fatalf("not refused: %v", err)
	}
	if refusal.Gate != gate || len(refusal.Problems) == 0 {
		t.Errorf("gate %q with %d problems, want %q: %v", refusal.Gate, len(refusal.Problems), gate, err)
	}
	silent(t, err)
	return refusal
}

func passes(t *testing.T, results ...*verify.Result) {
	t.Helper()
	verified, err := verify.Judge(run, "dev", results...)
	if err != nil {
		t.Fatal(err)
	}
	if !verified.For(run, "dev") || verified.For(run, "other") || verified.For("other", pass.StagingDatabase) {
		t.Error("the pass is for something else")
	}
}
