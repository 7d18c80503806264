package refresh_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
)

type silent struct{}

func (silent) Stage(string)                {}
func (silent) Expect(int64, int64)         {}
func (silent) Copied(string, int64, int64) {}
func (silent) Warn(string)                 {}

const people = `
	CREATE TABLE people (id int PRIMARY KEY, mail text UNIQUE, staff bool, kind text CHECK (length(kind) > 1));
	CREATE TABLE visits (person int REFERENCES people, at date);
	INSERT INTO people SELECT i, 'person.' || i || '@bigcorp.com', i % 50 = 0, 'guest' FROM generate_series(1, 200) i;
	INSERT INTO visits SELECT i % 200 + 1, '2024-01-01'::date + i FROM generate_series(1, 400) i;`

// site is what one refresh needs, and the staging server.
type site struct {
	refresh.Options
	cluster *pgserver.Cluster
}

// options are a run's of a database of these tables by these rules.
func options(t *testing.T, sql, ruleset string) site {
	t.Helper()
	c, name := stagingDatabase(t)
	to, err := pgx.ParseConfig(c.URL(name))
	if err != nil {
		t.Fatal(err)
	}
	return sameStaging(t, site{refresh.Options{Staging: to}, c}, sql, ruleset)
}

// sameStaging is another source and other rules for the staging database of a site.
func sameStaging(t *testing.T, at site, sql, ruleset string) site {
	t.Helper()
	source := pgserver.DB(t)
	pgserver.Exec(t, source, sql)
	from, err := pgx.ParseConfig(source)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rules.Parse("r.yaml", []byte(ruleset))
	if err != nil {
		t.Fatal(err)
	}
	key := secret.KeyOf([]byte("the key of a test, 32 bytes long"))
	at.Options = refresh.Options{Source: from, Staging: at.Staging, Rules: rs, Key: key, Workers: 2, TempDir: t.TempDir()}
	return at
}

// run refreshes a database of these tables by these rules.
func run(t *testing.T, sql, ruleset string) (*report.Report, string, error) {
	t.Helper()
	o := options(t, sql, ruleset)
	rep, err := again(t, o.Options)
	return rep, o.cluster.URL(o.Staging.Database), err
}

// What a condition keeps or leaves behind is counted, verified and reported.
func TestConditionsInARun(t *testing.T) {
	const columns = `
  public.people:
    columns:
      {id: keep, staff: keep, kind: {transform: constant, value: any}, mail: [{transform: keep, when: staff}, email]}
  public.visits: {rows: {when: at < "2024-03-01"}, columns: {person: keep, at: keep}}
`
	rep, target, err := run(t, people, "version: 1\ntables:"+columns+
		"allow: [{table: public.people, column: mail, class: email, values: [person.50@bigcorp.com, person.100@bigcorp.com, "+
		"person.150@bigcorp.com, person.200@bigcorp.com], why: staff}]\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range rep.Tables {
		switch table.Name {
		case "public.people":
			mail := table.Columns[1]
			if mail.Name != "mail" || !mail.KeepSome || mail.KeptRows != 4 || mail.Keep || table.Dropped != 0 ||
				table.Rows != 200 || table.Columns[0].KeptRows != 0 {
				t.Errorf("%+v", table)
			}
		case "public.visits":
			if table.Rows != 59 || table.Dropped != 341 || table.Mode != "when" || table.When != `at < "…"` {
				t.Errorf("%+v", table)
			}
		}
	}
	if len(rep.Warnings) == 0 || !strings.Contains(strings.Join(rep.Warnings, "\n"), "public.people.kind is masked, and "+
		"the constraint people_kind_check") {
		t.Errorf("warnings: %q", rep.Warnings)
	}
	conn := pgserver.Conn(t, target)
	var visits, kept int
	if err := conn.QueryRow(context.Background(), "SELECT (SELECT count(*) FROM visits), (SELECT count(*) FROM people "+
		"WHERE mail ~ 'bigcorp')").Scan(&visits, &kept); err != nil || visits != 59 || kept != 4 {
		t.Errorf("%d visits, %d kept, %v", visits, kept, err)
	}
	// Without the exception the kept addresses are a leak like any other.
	_, _, err = run(t, people, "version: 1\ntables:"+columns)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "public.people.mail") ||
		strings.Contains(err.Error(), "person.50") {
		t.Errorf("%v", err)
	}
}

// When addresses that differ in case only make a unique index impossible, the
// error says which rule it is.
func TestAnIndexThatFoldsIsExplained(t *testing.T) {
	_, _, err := run(t, people+"INSERT INTO people VALUES (999, 'PERSON.7@bigcorp.com');", `version: 1
tables:
  public.people: {columns: {id: keep, staff: keep, kind: keep, mail: email}}
  public.visits: {rows: none}
`)
	if err == nil || !strings.Contains(err.Error(), "people_mail_key") || !strings.Contains(err.Error(),
		"write {transform: email, exact: true}") || strings.Contains(strings.ToLower(err.Error()), "person.7@") {
		t.Errorf("%v", err)
	}
}
