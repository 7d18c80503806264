package scrub_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

// loaded is the catalog of a real database with these tables.
func loaded(t testing.TB, sql string) (*catalog.Catalog, string) {
	t.Helper()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, sql)
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	return cat, url
}

// What indexes PostgreSQL can be asked for, and which rules they leave possible.
func TestIndexesOfARealDatabase(t *testing.T) {
	cat, _ := loaded(t, `
		CREATE EXTENSION citext; CREATE EXTENSION btree_gist;
		CREATE TABLE lowered (id int PRIMARY KEY, mail text, code text, name text);
		CREATE UNIQUE INDEX low_mail ON lowered (lower(mail)); CREATE UNIQUE INDEX low_code ON lowered (upper(btrim(code::varchar(80)))); CREATE UNIQUE INDEX low_name ON lowered (lower(name), id);
		CREATE TABLE odd (mail text, code text, n int);
		CREATE UNIQUE INDEX odd_part ON odd (split_part(mail, '@', 2)); CREATE UNIQUE INDEX odd_both ON odd ((code || mail)); CREATE UNIQUE INDEX odd_n ON odd ((n % 10));
		CREATE TABLE partial (id int, mail text, login text, state text, gone timestamptz);
		CREATE UNIQUE INDEX part_mail ON partial (mail) WHERE gone IS NULL; CREATE UNIQUE INDEX part_login ON partial (login) WHERE mail <> '' AND state = 'on';
		CREATE UNIQUE INDEX part_id ON partial (id) WHERE mail LIKE '%@acme.com';
		CREATE TABLE many (a int, b text, c text, d text, PRIMARY KEY (a, b), UNIQUE (b, c), UNIQUE (c, d));
		CREATE TABLE several (tenant int, mail text, city text, UNIQUE (tenant, mail), UNIQUE (tenant, mail, city));
		CREATE TABLE folding (id int PRIMARY KEY, mail citext UNIQUE, code citext UNIQUE, plain text UNIQUE);
		CREATE TABLE computed (mail text, low text GENERATED ALWAYS AS (lower(mail)) STORED UNIQUE, code text, half text GENERATED ALWAYS AS (left(code, 3)) STORED UNIQUE);
		CREATE TABLE rooms (room int, during daterange, guest text, EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (guest <> ''));
		CREATE TABLE nulls (a text, b text); DO $$ BEGIN IF current_setting('server_version_num')::int >= 150000 THEN EXECUTE 'CREATE UNIQUE INDEX nulls_a ON nulls (a) NULLS NOT DISTINCT'; END IF; END $$; CREATE UNIQUE INDEX nulls_b ON nulls (b);
		CREATE TABLE parts (id int, at date, region text, who text) PARTITION BY RANGE (at, lower(region));
		CREATE TABLE parts_1 PARTITION OF parts DEFAULT PARTITION BY LIST (who);
		CREATE TABLE parts_2 PARTITION OF parts_1 DEFAULT;`)
	for _, c := range []struct {
		table, columns string
		want           []string // parts of the problems, in any order
	}{
		{"lowered", "id: keep, mail: email, code: token, name: keep", nil},
		{"lowered", "id: keep, mail: {transform: email, exact: true}, code: digits, name: first_name", []string{"code is in the unique index low_code, and digits can make two values equal: use token, uuid, {transform: digits, short: fail"}},
		{"lowered", "id: keep, mail: username, code: {transform: fpe, alphabet: BASE36}, name: first_name", nil},
		{"lowered", "id: keep, mail: city, code: {transform: fpe, alphabet: letters}, name: first_name", []string{
			"mail is in the unique index low_mail, and city can make two values equal", "code is in the unique index low_code, and fpe can make values that differ in case only"}},
		{"odd", "mail: email, code: keep, n: keep", []string{
			`mail is in the unique index odd_part by the expression split_part(mail, '@'::text, 2), under which two fakes could be equal`, `mail is in the unique index odd_both by the expression (code || mail)`}},
		{"odd", "mail: keep, code: token, n: fpe", []string{"code is in the unique index odd_both by", "n is in the unique index odd_n by"}},
		{"odd", "mail: keep, code: keep, n: keep", nil},
		{"partial", "id: keep, mail: email, login: token, state: keep, gone: keep", []string{`the unique index part_id covers the rows for which (mail ~~ '%@acme.com'::text), and with public.partial.mail masked others could be among them`}},
		{"partial", "id: null, mail: email, login: token, state: keep, gone: keep", nil}, // no two NULLs are equal
		{"partial", "id: keep, mail: keep, login: token, state: {transform: constant, value: x}, gone: keep", []string{"part_login covers the rows"}},
		{"partial", "id: keep, mail: keep, login: token, state: keep, gone: null", []string{"the unique index part_mail covers the rows for which (gone IS NULL), and with public.partial.gone NULL"}},
		{"partial", "id: keep, mail: keep, login: city, state: keep, gone: date_shift", []string{"login is in the unique index part_login, and city"}},
		{"many", "a: keep, b: token, c: token, d: null", nil},
		{"many", "a: city, b: token, c: {transform: constant, value: x}, d: keep", []string{"city serves text", "c is in the unique index", "c is in the unique index"}},
		{"many", "a: keep, b: keep, c: token, d: city", []string{"d is in the unique index many_c_d_key, and city"}},
		{"several", "tenant: keep, mail: email, city: city", nil},
		{"several", "tenant: keep, mail: city, city: city", []string{"several_tenant_mail_key", "several_tenant_mail_city_key", "several_tenant_mail_city_key"}},
		{"folding", "id: keep, mail: email, code: {transform: fpe, alphabet: alphanumeric}, plain: {transform: fpe, alphabet: alphanumeric}", []string{"code is in the unique index folding_code_key, and fpe can make values that differ in case only"}},
		{"folding", "id: [{transform: keep, when: id < 10}, fpe], mail: [{transform: keep, when: id < 10}, email], code: keep, plain: [{transform: \"null\", when: id < 10}, {transform: token, when: id < 20}, {transform: constant, value: x}]",
			[]string{"id is in the unique index folding_pkey, and fpe keeps values apart from one another, but not from those", "plain is in the unique index folding_plain_key, and constant"}},
		{"computed", "mail: email, code: token", []string{`code is in the unique index computed_half_key by the expression "left"(code, 3), under which`}},
		{"computed", "mail: first_name, code: keep", []string{"mail is in the unique index computed_low_key, and first_name"}},
		{"computed", "mail: null, code: keep", nil},
		{"rooms", "room: keep, during: keep, guest: full_name", nil},
		{"rooms", "room: keep, during: {range: date_shift}, guest: keep", []string{"during is in the exclusion constraint rooms_room_during_excl, which other values could break: keep it, or make it null"}},
		{"rooms", "room: keep, during: null, guest: keep", nil},
		{"rooms", "room: fpe, during: keep, guest: {transform: constant, value: x}", []string{"room is in the exclusion", "the exclusion constraint rooms_room_during_excl covers the rows for which (guest <> ''::text)"}},
		{"nulls", "a: null, b: null", []string{"a is in the unique index nulls_a, and null can make two values equal"}},
		{"parts", "id: keep, at: date_shift, region: [{transform: keep, when: id > 3}, region], who: null", []string{
			"at is part of the partition key of public.parts", "region is part of the partition key of public.parts", "who is part of the partition key of public.parts_1"}},
		{"parts", "id: keep, at: keep, region: keep, who: keep", nil},
	} {
		if c.table == "nulls" && cat.ServerVersion < 150000 {
			continue
		}
		text := head
		for _, table := range cat.Tables {
			if name := table.Name.Name; name != c.table && table.Root == table.Name {
				text += fmt.Sprintf("  public.%s: {rows: none}\n", name)
			}
		}
		got := problems(t, cat, text+"  public."+c.table+": {columns: {"+c.columns+"}}\n")
		for _, w := range c.want {
			found := false
			for i, g := range got {
				if strings.Contains(g, w) {
					got, found = append(got[:i:i], got[i+1:]...), true
					break
				}
			}
			if !found {
				t.Errorf("%s: {%s}: no %q among\n%s", c.table, c.columns, w, strings.Join(got, "\n"))
			}
		}
		if len(got) > 0 {
			t.Errorf("%s: {%s}:\n%s", c.table, c.columns, strings.Join(got, "\n"))
		}
	}
}

func TestConstraintsAreWarnedAbout(t *testing.T) {
	cat, _ := loaded(t, `
		CREATE DOMAIN mail AS text CHECK (VALUE ~ '@');
		CREATE TABLE t (id int CHECK (id > 0), a text CHECK (length(a) > 3), b mail, c text, d text, CHECK (c IS NOT NULL OR d <> 'x'));
		CREATE TABLE u (x mail CHECK (x <> ''));`)
	p := compile(t, cat, head+"  public.t: {columns: {id: keep, a: first_name, b: email, c: city, d: null}}\n  public.u: {rows: none}\n")
	want := []string{
		"public.t.a is masked, and the constraint t_a_check of public.t looks at it; a fake that it refuses stops the run: CHECK (length(a) > 3)",
		"public.t.b is masked, and the constraint mail_check of its type public.mail looks at it; a fake that it refuses stops the run: CHECK (VALUE ~ '@'::text)",
	}
	if got := p.Warnings(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
	p = compile(t, cat, head+"  public.t: {columns: {id: keep, a: [{transform: keep, when: id < 9}, first_name], b: keep, c: keep, d: [{transform: keep, when: id < 9}, null]}}\n  public.u: {rows: none}\n")
	if got := p.Warnings(); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// When a unique index can't be built since the source holds values that are one
// to the domain, the error says which rule, and what to write.
func TestExplain(t *testing.T) {
	cat, _ := loaded(t, `CREATE EXTENSION citext; CREATE TABLE t (a text UNIQUE, b citext UNIQUE, c text UNIQUE, d text UNIQUE)`)
	p := compile(t, cat, head+"  public.t: {columns: {a: email, b: email, c: {transform: email, domain: x, exact: true}, d: username}}\n")
	for index, want := range map[string]string{"t_a_key": "public.t.a.*exact: true", "t_b_key": "", "t_c_key": "", "t_d_key": "public.t.d.*use token", "t_a": ""} {
		server := fmt.Errorf("post-data: %w", &client.Error{Constraint: index})
		if explained := p.Explain(server); (want == "") != (explained == server) {
			t.Errorf("%s, by the server's own error: %v", index, explained)
		}
		was := fmt.Errorf("post-data: %w", &client.ToolError{Lines: []string{`could not create unique index "` + index + `"`}})
		err := p.Explain(was)
		if !errors.Is(err, was) || (want == "") != (err == was) || !regexp.MustCompile("(?s)"+want).MatchString(err.Error()) {
			t.Errorf("%s: %v", index, err)
		}
	}
	if p.Explain(nil) != nil {
		t.Error("an error out of nothing")
	}
}
