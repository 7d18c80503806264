package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"refresher/internal/dataset/layout"
	"refresher/internal/dataset/parquet"
	"refresher/internal/dataset/text"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

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
		part, _ := layout.Parse(path)
		r, err := v.Parquet(ctx, spec(t, part.Table), bytes.NewReader(data), int64(len(data)))
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

	for _, format := range []layout.Format{layout.CSV, layout.JSONL} {
		files := rowsOf(t, v, url, format)
		check(string(format)+" files", func(p plant) (n int) {
			for _, r := range files {
				n += count(t, r, strings.TrimSuffix(p.table, "_1"), p)
			}
			return n
		})
		for _, r := range files {
			silent(t, r)
		}
		refused(t, "survivors", files...)
	}
}

// rowsOf looks through the files of all tables as text.
func rowsOf(t *testing.T, v *verify.Verifier, url string, format layout.Format) (results []*verify.Result) {
	t.Helper()
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	_, err = text.Export(t.Context(), config(t, url), cat, format, text.Options{}, func(ctx context.Context, path string,
		write func(io.Writer) error) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		part, _ := layout.Parse(path)
		r, err := v.Rows(ctx, spec(t, part.Table), path, &b)
		results = append(results, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return results
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
		part, _ := layout.Parse(path)
		r, err := v.Parquet(context.Background(), spec(t, part.Table), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Findings) != 0 {
			t.Errorf("%s: %v", path, r.Findings)
		}
		rows += r.Rows
		results = append(results, r)
	}
	for _, format := range []layout.Format{layout.CSV, layout.JSONL} {
		written := int64(0)
		for _, r := range rowsOf(t, v, url, format) {
			if len(r.Findings) != 0 {
				t.Errorf("%s: %v", r.Subject, r.Findings)
			}
			written += r.Rows
			results = append(results, r)
		}
		if written != rows {
			t.Errorf("%d rows in files %s, want %d", written, format, rows)
		}
	}
	if rows != 3*rowsN {
		t.Errorf("%d rows in the files", rows)
	}
	passes(t, results...)
}
