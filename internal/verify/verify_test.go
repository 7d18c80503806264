package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/parquet"
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
func source(t testing.TB, more ...string) *fingerprint.Set {
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
		c.Add(pii.Phone, []byte(v))
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

func TestCleanDatabasePasses(t *testing.T) {
	url := scrubbed(t)
	r := database(t, verify.Options{Set: source(t)}, url, specs())
	passes(t, r)
	if r.Weak != 0 || len(r.Findings) != 0 {
		t.Errorf("findings in fakes: %v", r.Findings)
	}
	if r.Rows != 3*rowsN+rowsN || r.Bytes == 0 { // users, events, orders; the view
		t.Errorf("%d rows, %d bytes", r.Rows, r.Bytes)
	}
	names := ""
	for _, c := range r.Checks {
		names += c.Name + " "
		if c.Detail == "" {
			t.Errorf("%s has no detail", c.Name)
		}
	}
	if names != "coverage rows empty constraints risk survivors detectors " {
		t.Errorf("checks: %s", names)
	}
	for _, c := range r.Columns {
		if c.Scanned == (c.Why != "") {
			t.Errorf("%s.%s: scanned %v, why %q", c.Table, c.Column, c.Scanned, c.Why)
		}
	}
	// Strict is no harder on a clean database, and neither rules nor fingerprints are needed.
	passes(t, database(t, verify.Options{Set: source(t), Strict: true}, url, specs()))
	passes(t, database(t, verify.Options{}, url, nil))
}

type plant struct {
	name, sql     string
	table, column string
	class         pii.Class
	kind          string
}

// plants are leaks: what is done to a scrubbed database, and what must be found.
var plants = []plant{
	{"kept text", `UPDATE users SET nick = '` + srcEmail + `' WHERE id = %d`, "public.users", "nick", pii.Email,
		verify.Survivor},
	{"generated", `UPDATE users SET nick = '` + srcName + `' WHERE id = %d`, "public.users", "up", pii.FullName,
		verify.Survivor},
	{"masked column", `UPDATE users SET full_name = 'BERGSTRÖM, hanna' WHERE id = %d`, "public.users", "full_name",
		pii.FullName, verify.Survivor},
	{"free text", `UPDATE users SET bio = bio || ' (call 0701-740 658!)' WHERE id = %d`, "public.users", "bio",
		pii.Phone, verify.Survivor},
	{"array", `UPDATE users SET tags = ARRAY['x', 'he said "` + srcHome + `"'] WHERE id = %d`, "public.users", "tags",
		pii.Street, verify.Survivor},
	{"nested JSON", `UPDATE users SET attrs = jsonb_set(attrs, '{contact,mail}', '"` + srcEmail + `"') WHERE id = %d`,
		"public.users", "attrs", pii.Email, verify.Survivor},
	{"JSON key", `UPDATE users SET attrs = attrs || '{"` + srcEmail + `": 1}' WHERE id = %d`, "public.users", "attrs",
		pii.Email, verify.Survivor},
	{"JSON escapes", `UPDATE users SET raw = '{"a": "x\nHanna Bergstr\u00f6m"}' WHERE id = %d`, "public.users", "raw",
		pii.FullName, verify.Survivor},
	{"JSON in JSON", `UPDATE users SET attrs = to_jsonb('{"m":"' || E'\\n' || '` + srcEmail +
		`"}'::text) WHERE id = %d`, "public.users", "attrs", pii.Email, verify.Survivor},
	{"composite", `UPDATE users SET home = ROW('` + srcHome + `', 'x') WHERE id = %d`, "public.users", "home",
		pii.Street, verify.Survivor},
	{"numeric", `UPDATE users SET card = ` + srcCard + ` WHERE id = %d`, "public.users", "card", pii.CreditCard,
		verify.Survivor},
	{"integer", `UPDATE users SET ref = 46701740658 WHERE id = %d`, "public.users", "ref", pii.Phone, verify.Survivor},
	{"float", `UPDATE users SET score = 46701740658 WHERE id = %d`, "public.users", "score", pii.Phone,
		verify.Survivor},
	{"card as float", `UPDATE users SET score = ` + srcCard + ` WHERE id = %d`, "public.users", "score", pii.CreditCard,
		verify.Survivor},
	{"floats", `UPDATE users SET scores = '{1.5,NULL,46701740658}' WHERE id = %d`, "public.users", "scores", pii.Phone,
		verify.Survivor},
	{"bits", `UPDATE users SET flags = ('x' || encode('` + srcEmail + `', 'hex'))::varbit WHERE id = %d`,
		"public.users", "flags", pii.Email, verify.Survivor},
	{"inet", `UPDATE users SET ip = '` + srcIP + `' WHERE id = %d`, "public.users", "ip", pii.IP, verify.Survivor},
	{"bytea", `UPDATE users SET blob = '` + srcEmail + `'::bytea WHERE id = %d`, "public.users", "blob", pii.Email,
		verify.Survivor},
	{"uuid", `UPDATE users SET token = '` + srcToken + `' WHERE id = %d`, "public.users", "token", pii.Token,
		verify.Survivor},
	{"IBAN in text", `UPDATE users SET bio = 'SE45 5000 0000 0583 9825 7466' WHERE id = %d`, "public.users", "bio",
		pii.IBAN, verify.Survivor},
	{"SSN in text", `UPDATE users SET bio = 'no 219099998.' WHERE id = %d`, "public.users", "bio", pii.NationalID,
		verify.Survivor},
	{"partition", `UPDATE events SET payload = '{"who": "` + srcEmail + `"}' WHERE id = %d`, "public.events_1",
		"payload", pii.Email, verify.Survivor},
	{"odd names", `UPDATE "Odd Schema"."Order ""Book""" SET "buyer, note" = '` + srcName + `' WHERE id = %d`,
		`"Odd Schema"."Order ""Book"""`, "buyer, note", pii.FullName, verify.Survivor},
	{"detected e-mail", `UPDATE users SET bio = 'mail lars.holm@telia.com' WHERE id = %d`, "public.users", "bio",
		pii.Email, verify.Detection},
	{"detected phone", `UPDATE users SET attrs = '{"a": [{"b": "(415) 555-2671"}]}' WHERE id = %d`, "public.users",
		"attrs", pii.Phone, verify.Detection},
	{"detected card", `UPDATE users SET nick = '4716108999716531' WHERE id = %d`, "public.users", "nick",
		pii.CreditCard, verify.Detection},
	{"detected key", `UPDATE users SET bio = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N' WHERE id = %d`, "public.users", "bio", pii.Token, verify.Detection},
	{"detected in masked column", `UPDATE users SET email = 'lars.holm@telia.com' WHERE id = %d`, "public.users",
		"email", pii.Email, verify.Detection},
}

// count is how many findings of a plant's sort a result has, all of them strong.
func count(t *testing.T, r *verify.Result, table string, p plant) (n int) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Table == table && f.Column == p.column && f.Class == p.class && f.Kind == p.kind {
			n++
			if !f.Strong || f.Row == "" || f.Shape == "" {
				t.Errorf("%+v", f)
			}
		}
	}
	return n
}

// Every leak is found in the database, in its dump and in its Parquet files, and
// nothing else is.
func TestLeaksAreFound(t *testing.T) {
	ctx := context.Background()
	set := source(t)
	url := scrubbed(t)
	key := func(p plant) plant { p.name, p.sql = "", ""; return p }
	want := map[plant]int{}
	for i, p := range plants {
		pgserver.Exec(t, url, fmt.Sprintf(p.sql, 12*i%rowsN+12*i/rowsN)) // ids of one partition
		want[key(p)]++
	}
	check := func(what string, found func(plant) int) {
		t.Helper()
		for _, p := range plants {
			if n := found(p); n != want[key(p)] {
				t.Errorf("%s in the %s: %d found, want %d", p.name, what, n, want[key(p)])
			}
		}
	}
	r := database(t, verify.Options{Set: set}, url, specs())
	check("database", func(p plant) int { return count(t, r, p.table, p) })
	// Besides: what stands in nick stands in up too (3 more), card numbers are
	// detected where digits alone survived, and "\\nhanna…" looks like an address.
	if r.Survivors+r.Detected != int64(len(plants))+6 {
		t.Errorf("%d survivors and %d detections of %d leaks: %v", r.Survivors, r.Detected, len(plants), r.Findings)
	}
	refused(t, "survivors", r)
	silent(t, r)

	v := verify.New(verify.Options{Run: run, Set: set, Workers: 2})
	d, err := v.Dump(ctx, "x.dump", bytes.NewReader(dump(t, url)))
	if err != nil {
		t.Fatal(err)
	}
	check("dump", func(p plant) int {
		if p.column == "up" {
			return want[key(p)] // pg_dump leaves generated columns out
		}
		return count(t, d, p.table, p)
	})
	refused(t, "survivors", d)
	silent(t, d)

	var files []*verify.Result
	for path, data := range export(t, url) {
		table, _, _ := parquet.ParsePath(path)
		r, err := v.Parquet(ctx, spec(t, table), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		silent(t, r)
		files = append(files, r)
	}
	check("Parquet files", func(p plant) (n int) {
		for _, r := range files {
			n += count(t, r, strings.TrimSuffix(p.table, "_1"), p) // partitions are read through their root
		}
		return n
	})
	refused(t, "survivors", files...)
}

// One leak alone is enough to refuse.
func TestOneLeakRefuses(t *testing.T) {
	url := scrubbed(t)
	pgserver.Exec(t, url, `UPDATE events SET payload = jsonb_build_object('a', jsonb_build_array('', 'to `+srcEmail+`')) WHERE id = 8`)
	r := database(t, verify.Options{Set: source(t)}, url, specs())
	refusal := refused(t, "survivors", r)
	if len(refusal.Problems) != 1 || !strings.Contains(refusal.Problems[0].Text, "public.events_2.payload: 1 value of the source") ||
		!strings.Contains(refusal.Problems[0].Text, "h***@p***.se") {
		t.Errorf("%q", refusal.Problems)
	}
	pgserver.Exec(t, url, `UPDATE events SET payload = '{"a": "lars.holm@telia.com"}' WHERE id = 8`)
	refused(t, "detectors", database(t, verify.Options{Set: source(t)}, url, specs()))
	refused(t, "detectors", database(t, verify.Options{}, url, nil))
}

func dump(t *testing.T, url string) []byte {
	t.Helper()
	out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), "-Fc", "-d", url).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func export(t *testing.T, url string) map[string][]byte {
	t.Helper()
	ctx := context.Background()
	cat, err := catalog.Load(ctx, pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	_, err = parquet.Export(ctx, config(t, url), cat, parquet.Options{Workers: 1}, func(_ context.Context, path string,
		write func(io.Writer) error) error {
		var b bytes.Buffer
		err := write(&b)
		files[path] = b.Bytes()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A clean database's dump and files are clean too, and other things than
// identifiers in them are no findings.
func TestCleanFilesPass(t *testing.T) {
	url := scrubbed(t)
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	r, err := v.Dump(context.Background(), "x.dump", bytes.NewReader(dump(t, url)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 0 || r.Rows != 3*rowsN {
		t.Errorf("%d rows, %v", r.Rows, r.Findings)
	}
	results := []*verify.Result{r}
	rows := int64(0)
	for path, data := range export(t, url) {
		table, _, _ := parquet.ParsePath(path)
		r, err := v.Parquet(context.Background(), spec(t, table), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Findings) != 0 {
			t.Errorf("%s: %v", path, r.Findings)
		}
		rows += r.Rows
		results = append(results, r)
	}
	if rows != 3*rowsN {
		t.Errorf("%d rows in the files", rows)
	}
	passes(t, results...)
}
