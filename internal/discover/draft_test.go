package discover_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/discover"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/shop"
)

func survey(t *testing.T, url string) (*discover.Survey, *catalog.Catalog, *pgx.Conn) {
	t.Helper()
	conn := pgserver.Conn(t, url)
	cat, err := catalog.Load(context.Background(), conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := discover.Database(context.Background(), conn, cat, discover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s, cat, conn
}

func draft(t *testing.T, s *discover.Survey, existing *rules.Ruleset) *discover.Draft {
	t.Helper()
	d, err := s.Draft(existing)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// accepted compiles a draft as check does.
func accepted(t *testing.T, text string, cat *catalog.Catalog) *scrub.Program {
	t.Helper()
	rs, err := rules.Parse("draft.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p, err := scrub.Compile(rs, cat, make([]byte, 32))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

func hostile(t *testing.T) string {
	t.Helper()
	sql, err := os.ReadFile("testdata/hostile.sql")
	if err != nil {
		t.Fatal(err)
	}
	url := pgserver.DB(t)
	pgserver.Exec(t, url, string(sql))
	return url
}

func TestDraftOfAHostileSchemaIsAccepted(t *testing.T) {
	url := hostile(t)
	s, cat, _ := survey(t, url)
	for what, s := range map[string]*discover.Survey{"with samples": s, "by names": discover.Names(cat)} {
		t.Run(what, func(t *testing.T) {
			d := draft(t, s, nil)
			accepted(t, d.YAML(), cat)
			complete(t, s.Findings(d), cat)
			got := classes(s.Findings(d))
			for column, want := range map[string]pii.Class{
				`"Odd.Schema ""x"""."Kunden: ""alle"""/E-Mail`: pii.Email, `"Odd.Schema ""x"""."Kunden: ""alle"""/Vor Name`: pii.FirstName,
				`"Odd.Schema ""x"""."Kunden: ""alle"""/Straße`: pii.Street, `"Odd.Schema ""x"""."Kunden: ""alle"""/電話`: pii.Phone,
				`"Odd.Schema ""x"""."Kunden: ""alle"""/имя`: pii.FirstName, `"Odd.Schema ""x"""."Kunden: ""alle"""/yes`: pii.None,
				"public.people/ssn": pii.NationalID, "public.people/emails": pii.Email, "public.people/born": pii.BirthDate, "public.people/photo": discover.Photo,
				"public.visits/person_email": pii.Email, "public.visits/diagnosis": discover.Special,
				"public.a/boss_email": pii.Email, "public.a/id": pii.None, "public.vip_contacts/phone": pii.Phone, "public.vip_contacts/secret_phone": pii.Phone,
				"public.logins_2024/ip": pii.IP, "public.people/mood": pii.None,
			} {
				if got[column] != want {
					t.Errorf("%s is %s, want %s", column, got[column], want)
				}
			}
		})
	}
}

// complete wants every column of every table, once.
func complete(t *testing.T, findings []discover.Finding, cat *catalog.Catalog) {
	t.Helper()
	n := 0
	for _, tab := range cat.Tables {
		n += len(tab.Columns)
	}
	seen := map[string]bool{}
	for _, f := range findings {
		seen[f.Table+"/"+f.Column] = true
		if f.Transform == "" || f.Reason == "" || f.Class == "" || f.Confidence < 0 || f.Confidence > 1 {
			t.Errorf("an incomplete finding: %+v", f)
		}
	}
	if len(seen) != n || len(findings) != n {
		t.Errorf("%d findings of %d columns, and the catalog has %d", len(findings), len(seen), n)
	}
}

func classes(findings []discover.Finding) map[string]pii.Class {
	m := map[string]pii.Class{}
	for _, f := range findings {
		m[f.Table+"/"+f.Column] = f.Class
	}
	return m
}

func TestDraftFollowsKeysAndNamesSubjects(t *testing.T) {
	s, _, _ := survey(t, hostile(t))
	text := draft(t, s, nil).YAML()
	for _, want := range []string{
		"# boss_email takes the rule of public.a.email, to which it refers",
		"  public.reviews:\n    subject: {column: member_id, domain: a}\n",
		"  public.only_generated:\n    columns: {}\n",
		"  public.no_columns:\n    columns: {}\n",
		"# full_name is generated",
		"      home: {composite: {street: street, city: city, zip: postcode}}",
		"      born_range: {range: {transform: date_shift, max_days: 90}}",
		"      tags: {hstore: {}}",
		"      ssn: {transform: token, short: true}",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "logins_2024:") || strings.Contains(text, "only_inherited:") {
		t.Error("partitions and children take their parent's rules")
	}
}

func TestSampleDatabase(t *testing.T) {
	url := pgserver.DB(t)
	if err := shop.Load(context.Background(), url, shop.Options{Users: 300, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	s, cat, conn := survey(t, url)
	d := draft(t, s, nil)
	text := d.YAML()
	accepted(t, text, cat)
	complete(t, s.Findings(d), cat)

	// Against the rules that people wrote for it: what those mask is found, and
	// next to nothing else.
	path := filepath.Join("..", "..", "rules", "experimentation.yaml")
	rs, err := rules.Load([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	found := classes(s.Findings(d))
	hits, missed, wrong := 0, []string{}, []string{}
	for name, table := range rs.Tables {
		for _, c := range table.Columns {
			key := name.String() + "/" + c.Name
			masked := c.Rule.Kind != rules.Scalar || c.Rule.Transform != "keep"
			switch is := found[key] != pii.None; {
			case c.Wildcard:
			case masked && is:
				hits++
			case masked:
				missed = append(missed, key)
			case is:
				wrong = append(wrong, key)
			}
		}
	}
	if recall := float64(hits) / float64(hits+len(missed)); recall < 0.9 || len(wrong) > hits/5 {
		t.Errorf("recall %.2f, missed %v, wrong %v", recall, missed, wrong)
	}
	noValues(t, conn, text+asJSON(t, s.Findings(d)))

	if patch, err := draft(t, s, rs).Patch([]string{path}, rs); err != nil || len(patch) > 0 {
		t.Errorf("complete rules need no patch: %v\n%s", err, patch)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// noValues looks for values of the database in what discover says.
func noValues(t *testing.T, conn *pgx.Conn, said string) {
	t.Helper()
	rows, err := conn.Query(context.Background(), `SELECT unnest(ARRAY[email, full_name, phone, street, national_id, host(signup_ip), attributes->>'contact_email']) FROM users
		UNION SELECT card_number FROM payments UNION SELECT token FROM sessions UNION SELECT body FROM support_tickets`)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var v *string
	if _, err := pgx.ForEachRow(rows, []any{&v}, func() error {
		if v != nil && len(*v) > 3 {
			n++
			if strings.Contains(said, *v) {
				t.Errorf("a value is printed: %.3s…", *v)
			}
		}
		return nil
	}); err != nil || n < 100 {
		t.Fatalf("%d values looked for: %v", n, err)
	}
}

// Column names can't hold what a sample does; whole lines of hostile names and data
// must neither break the draft nor appear in it.
func TestDocuments(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE events (id int PRIMARY KEY, payload jsonb, raw text, by_mail jsonb, list json);
		INSERT INTO events SELECT i, jsonb_build_object('email', 'person' || i || '@mail.test', 'user', jsonb_build_object('firstName', 'Jane', 'odd.key', i),
			'session_id', 'k' || i, 'member_no', i, 'state', 'open',
			'tags', jsonb_build_array('a'), 'ip', '8.8.8.' || i % 200), '{"phone": "+1 212 867 53' || lpad((i % 100)::text, 2, '0') || '", "n": 1}',
			jsonb_build_object('person' || i || '@mail.test', 1), '[{"iban": "DE02120300000000202051"}, 4]' FROM generate_series(1, 60) i`)
	s, cat, _ := survey(t, url)
	d := draft(t, s, nil)
	text := d.YAML()
	accepted(t, text, cat)
	for _, want := range []string{"          email: email\n", "          user.firstName: first_name\n", `          'user."odd.key"': keep`, "          'tags[*]': keep\n", "          ip: ip\n",
		"          phone: phone\n", "        invalid: redact\n", "by_mail: {json: {}}", "          '[*].iban': iban\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "@mail.test") {
		t.Error("a key that is data is printed")
	}
	for _, f := range s.Findings(d) {
		if f.Column == "payload" && (f.Transform != "json" || f.Class == pii.None) {
			t.Errorf("%+v", f)
		}
	}
}

func TestSamplesAreBounded(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE big (id int, filler text, mail_to text);
		INSERT INTO big SELECT i, repeat('x', 500), 'p' || i || '@mail.test' FROM generate_series(1, 60000) i; ANALYZE big;
		CREATE TABLE secret (email text); INSERT INTO secret VALUES ('x');
		CREATE VIEW slow AS SELECT 1;
		DO $$ BEGIN CREATE ROLE discover_reader LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; GRANT SELECT ON big TO discover_reader`)
	conn := pgserver.Conn(t, strings.Replace(url, pgserver.User+"@", "discover_reader@", 1))
	if _, err := conn.Exec(context.Background(), "SET default_transaction_read_only = on"); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load(context.Background(), conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := discover.Database(context.Background(), conn, cat, discover.Options{Rows: 50})
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	notes = append(notes, s.Notes...)
	if len(notes) != 1 || !strings.Contains(notes[0], "public.secret was classified by its names alone: this role may not read it") {
		t.Errorf("notes: %q", notes)
	}
	for _, f := range s.Findings(nil) {
		if f.Column == "mail_to" && !strings.Contains(f.Reason, "of 50 values") {
			t.Errorf("not 50 values were sampled: %s", f.Reason)
		}
		if f.Table == "public.secret" && f.Class != pii.Email {
			t.Errorf("by its name: %+v", f)
		}
	}
}

func TestPatchAppliesToRules(t *testing.T) {
	const head = "# our rules\nversion: 1\n\ntables:\n"
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE users (id int PRIMARY KEY, email text, phone text, prefs jsonb, "Odd Name" text);
		CREATE TABLE things (id int PRIMARY KEY, label text); CREATE TABLE leads (id int PRIMARY KEY, correo text);
		INSERT INTO users VALUES (1, 'jane@mail.test', '+1 212 867 5309', '{"mail": "jane@mail.test"}', 'x')`)
	s, cat, _ := survey(t, url)
	for name, text := range map[string]string{
		"block":                head + "  public.users:\n    columns:\n      id: keep   # surrogate\n      email: email\n\n  # the end\n  public.things: {columns: {\"*\": keep}}\n",
		"wide":                 "version: 1\ntables:\n    public.users:\n        columns:\n            email: email\n            id:\n                transform: keep\n    public.things:\n        rows: none\nallow: []\n",
		"inline":               head + "  public.users: {columns: {id: keep, email: email}}\n  public.things: {rows: none}\n",
		"empty":                "version: 1\ntables: {}\n",
		"no tables":            "version: 1\n",
		"no newline":           head + "  public.users:\n    columns:\n      id: keep\n      email: email\n  public.things: {rows: none}",
		"tables in the middle": "version: 1\ntables:\n  public.things: {rows: none}\n\nallow:\n  - {table: public.users, column: email, class: email, values: [a@b.test], why: ours}\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "rules.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			rs, err := rules.Load([]string{file})
			if err != nil {
				t.Fatal(err)
			}
			patch, err := draft(t, s, rs).Patch([]string{file}, rs)
			if err != nil {
				t.Fatal(err)
			}
			git := exec.Command("git", "apply", "-p0", "--unsafe-paths", "--whitespace=nowarn", "-")
			git.Stdin, git.Dir = strings.NewReader(strings.ReplaceAll(string(patch), file, "rules.yaml")), dir
			if out, err := git.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s\n%s", err, out, patch)
			}
			after, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, string(after), cat)
			for line := range strings.Lines(text) { // nothing that was there is lost
				if s := strings.TrimSpace(line); s != "" && !strings.Contains(line, "tables: {}") && name != "inline" && !slices.Contains(strings.Split(string(after), "\n"), strings.TrimRight(line, "\n")) {
					t.Errorf("%q is gone:\n%s", line, after)
				}
			}
			if again, err := rules.Load([]string{file}); err != nil {
				t.Error(err)
			} else if rest, err := draft(t, s, again).Patch([]string{file}, again); err != nil || len(rest) > 0 {
				t.Errorf("a second patch: %v\n%s", err, rest)
			}
		})
	}
}
