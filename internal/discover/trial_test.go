package discover_test

import (
	"context"
	"strings"
	"testing"

	"refresher/internal/discover"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// tried drafts rules for what the SQL makes, with a sample of its rows.
func tried(t *testing.T, sql string) (text string, d *discover.Draft, s *discover.Survey) {
	t.Helper()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, sql)
	conn := pgserver.Conn(t, url)
	cat, err := catalog.Load(context.Background(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = discover.Database(context.Background(), conn, cat, discover.Options{}); err != nil {
		t.Fatal(err)
	}
	if d, err = s.DraftOn(context.Background(), conn, nil); err != nil {
		t.Fatal(err)
	}
	text = d.YAML()
	accepted(t, text, cat)
	return text, d, s
}

// rule is the line of a draft for a column.
func rule(t *testing.T, text, column string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if r, ok := strings.CutPrefix(strings.TrimSpace(line), column+":"); ok {
			return strings.TrimSpace(r)
		}
	}
	t.Fatalf("the draft has no rule for %s:\n%s", column, text)
	return ""
}

// A rule that the sampled values don't fit gives way to the next one that does.
func TestDraftFitsItsSample(t *testing.T) {
	text, _, _ := tried(t, `
		CREATE TABLE person (id int PRIMARY KEY, first_name text, salary text, age text, ip varchar(15) UNIQUE, city varchar(4),
			phone varchar(12) UNIQUE NOT NULL, born text, doc jsonb);
		INSERT INTO person SELECT g, 'Anna', (1000 + g * 3) || ' zł', (20 + g % 50) || ' lat', '10.1.2.' || g, 'Ulm',
			'0171 ' || 100000 + g, CASE g WHEN 90 THEN 'unknown' ELSE '1980-05-' || lpad((1 + g % 28)::text, 2, '0') END,
			jsonb_build_object('born', CASE WHEN g % 9 = 0 THEN 'soon' ELSE '1980-05-11' END, 'email', 'p' || g || '@posteo.de')
			FROM generate_series(1, 120) g`)
	for column, not := range map[string]string{"salary": "number_noise", "age": "age_bucket", "ip": "fpe", "phone": "keep", "born": "date_shift"} {
		if r := rule(t, text, column); strings.Contains(r, not) || strings.HasPrefix(r, "keep") {
			t.Errorf("%s: %s", column, r)
		}
	}
	if r := rule(t, text, "email"); r != "email" {
		t.Errorf("the document's e-mail address lost its rule with the date: %s\n%s", r, text)
	}
}

// A rule's fakes keep the constraints of the table, and of the type.
func TestDraftKeepsConstraints(t *testing.T) {
	text, _, _ := tried(t, `
		CREATE DOMAIN corp_mail AS text CHECK (value ~ '@holdout-corp\.pl$');
		CREATE DOMAIN mail AS text CHECK (value ~ '@');
		CREATE TABLE a (id int PRIMARY KEY, m corp_mail, n mail, st text NOT NULL CHECK (st IN ('new', 'old')),
			first_name text CHECK (length(first_name) < 200), born date, died date, CHECK (born < died));
		INSERT INTO a SELECT g, 'u' || g || '@holdout-corp.pl', 'u' || g || '@posteo.de', 'new', 'Anna', date '1980-01-01' + g, date '1980-01-02' + g
			FROM generate_series(1, 50) g`)
	for column, want := range map[string]string{"m": `"null"`, "'n'": "email", "st": "keep", "first_name": "first_name", "born": "{transform: date_shift"} {
		if r := rule(t, text, column); !strings.HasPrefix(r, want) {
			t.Errorf("%s: %s, want %s", column, r, want)
		}
	}
}

// A key of a document is printed only if it recurs and is made of words; a path of which some
// documents hold more than a value is not kept.
func TestKeysOfDocuments(t *testing.T) {
	text, d, s := tried(t, `
		CREATE TABLE prefs (id int PRIMARY KEY, doc jsonb, contacts jsonb, once jsonb);
		INSERT INTO prefs SELECT g, CASE WHEN g = 7 THEN '"none"'::jsonb WHEN g = 8 THEN '{"plan": {"note": "Zdzisia"}}' ELSE
			jsonb_build_object('plan', 'pro', 'themeColor', 'dark', 'wackerbartel', 'x', 'billing', jsonb_build_object('currency', 'EUR')) END,
			'{"Ottokar Zwetschgauer": {"phone": "+49 30 88714402"}, "quirin": {"phone": "+49 89 5512093"}}',
			CASE g WHEN 3 THEN '{"secretive": 1}'::jsonb ELSE '{"size": 2}' END FROM generate_series(1, 120) g`)
	for _, want := range []string{"themeColor: keep\n", "billing.currency: keep\n", "contacts: {json: {}}", "size: keep\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q", want)
		}
	}
	for _, not := range []string{"'': keep", "plan: keep", "wackerbartel", "Ottokar", "quirin", "secretive"} {
		if strings.Contains(text+asJSON(t, s.Findings(d)), not) {
			t.Errorf("the draft says %q", not)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// Digests without a key, random keys, bytes that are text or pictures, and addresses of
// persons' pages are found by their values, under any name of the columns.
func TestValuesThatTellSecrets(t *testing.T) {
	_, d, s := tried(t, `
		CREATE TABLE users (id int PRIMARY KEY, email text, phone text, c1 text, c2 text, c3 bytea, c4 text, state text, slug text, site text,
			c5 bytea, c6 bytea, etag text, plan text, c7 text, user_id text);
		INSERT INTO users SELECT i, 'person' || i || '@posteo.de', '+49 171 ' || 1000000 + i, md5('person' || i || '@posteo.de'),
			'https://secure.gravatar.com/avatar/' || md5('person' || i || '@posteo.de') || '?s=80', sha256(('person' || i || '@posteo.de')::bytea),
			encode(sha256(('+49 171 ' || 1000000 + i)::bytea), 'base64'),
			'aZ9' || encode(sha256(('x' || i)::bytea), 'base64'), 'page-' || i, 'https://github.com/person' || i,
			convert_to('write to person' || i || '@posteo.de at once please, says ' || i, 'UTF8'), '\x89504e470d0a1a0a0000000d494844520001', md5('file' || i),
			'pro', encode(sha256(('y' || i)::bytea), 'base64'), 'auth0|' || md5('u' || i)
			FROM generate_series(1, 60) i`)
	got := classes(s.Findings(d))
	for column, want := range map[string]pii.Class{
		"c1": pii.Token, "c2": pii.Token, "c3": pii.Token, "c4": pii.Token, "state": pii.Token, "slug": pii.None, "site": pii.URL,
		"c5": pii.FreeText, "c6": discover.Photo, "etag": pii.None, "plan": pii.None, "c7": pii.Token,
	} {
		if got["public.users/"+column] != want {
			t.Errorf("%s is %s, want %s", column, got["public.users/"+column], want)
		}
	}
	for _, f := range s.Findings(d) {
		if f.Class == pii.Token && f.Transform == "keep" {
			t.Errorf("%s is a secret, and kept", f.Column)
		}
	}
}

// What is not known is kept only with a word to the reviewer.
func TestUnknownColumnsAreReviewed(t *testing.T) {
	text, _, _ := tried(t, `CREATE TABLE qx (id int PRIMARY KEY, zzqx text, blob_q bytea, status text, fk_q int REFERENCES qx)`)
	for column, review := range map[string]bool{"zzqx": true, "blob_q": true, "status": false, "id": false} {
		if r := rule(t, text, column); strings.Contains(r, "review:") != review {
			t.Errorf("%s: %s", column, r)
		}
	}
}
