package scrub_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/shop"
	"refresher/internal/verify/canary"
)

// rehearse sends canaries through a writer of the plan.
func rehearse(t testing.TB, p *scrub.Program, tp *scrub.TablePlan, seed string) canary.Table {
	t.Helper()
	var out bytes.Buffer
	w := p.NewWriter(tp, &out, nil)
	table, _, err := w.Rehearse([]byte(seed))
	if err != nil {
		t.Fatalf("%s: %v", tp.Table.Name, err)
	}
	if out.Len() > 0 || w.Rows() != 0 || w.Dropped() != 0 {
		t.Errorf("%s: canaries left traces: %d bytes, %d rows, %d dropped", tp.Table.Name, out.Len(), w.Rows(), w.Dropped())
	}
	for _, k := range w.Kept() {
		if k.Rows != 0 {
			t.Errorf("%s.%s: %d canaries count as kept", tp.Table.Name, k.Column, k.Rows)
		}
	}
	return table
}

func describe(table canary.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d rows, %d dropped\n", table.Table, table.Rows, table.Dropped)
	for _, c := range table.Columns {
		fmt.Fprintf(&b, "  %+v\n", c)
	}
	return b.String()
}

// sound is what canaries of a program that is as it should be come to.
func sound(t testing.TB, table canary.Table) {
	t.Helper()
	for _, c := range table.Columns {
		if c.Transform == "choice" && strings.Contains(c.Why, "few values") && c.Values == 0 {
			continue
		}
		if c.Leaked > 0 || c.Why != "" || c.Masked == 0 {
			t.Errorf("%s.%s: %+v", table.Table, c.Column, c)
		}
	}
}

// sample compiles the sample database's ruleset.
func sample(t testing.TB) func() *scrub.Program {
	t.Helper()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, shop.Tables)
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rules.Load([]string{"../../rules/experimentation.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return func() *scrub.Program {
		p, err := scrub.Compile(rs, cat, testKey)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

// No canary comes out of the sample database's ruleset, whoever it is, and every
// masked column is tested; one that is broken is found out.
func TestCanariesOfTheSampleDatabase(t *testing.T) {
	fresh := sample(t)
	p := fresh()
	for _, tp := range p.Tables() {
		if !tp.Masked() {
			continue
		}
		for seed := range 10 {
			sound(t, rehearse(t, p, tp, fmt.Sprint(seed)))
		}
	}
	for _, tp := range p.Tables() {
		if testing.Verbose() {
			t.Log(describe(rehearse(t, p, tp, "x")))
		}
		for _, column := range tp.MaskedColumns() {
			broken := fresh()
			bp := plan(t, broken, tp.Table.Name.String())
			bp.Leak(column)
			table := rehearse(t, broken, bp, "x")
			for _, c := range table.Columns {
				if c.Column == column && c.Leaked == 0 {
					t.Errorf("%s.%s lets everything pass, and no canary says so: %+v", table.Table, column, c)
				}
			}
		}
	}
}

const everything = `
	CREATE EXTENSION hstore; CREATE EXTENSION citext;
	CREATE TYPE mood AS ENUM ('sad', 'ok', 'fine'); CREATE DOMAIN mail AS varchar(60);
	CREATE TYPE address AS (street text, zip varchar(5), since date, meta jsonb, photo bytea);
	CREATE TABLE t (
		id bigint NOT NULL, kind text, staff boolean, sex text,
		mail mail, alias citext, user_name varchar(40), password text, first varchar(20), last char(30), name text, firm text, phone text, phone_no bigint,
		street text, town varchar(14), zip varchar(7), region varchar(2), country text, lat numeric(9,6), lon double precision, spot point,
		ip inet, net cidr, mac macaddr, mac8 macaddr8, agent text, link text, host text, ssn varchar(11), ssn_no int, card varchar(19), card_no numeric(19,0), iban text,
		token text, key uuid, key_text text, secret bytea, born date, seen timestamptz, month date, age smallint, salary numeric(10,2), bonus int, code varchar(8), plate text,
		number int, masked text, pattern text, greeting text, tier mood, gone text, gone_date date, fixed text, fixed_mood mood, note text, short_note varchar(40), filler text,
		picture bytea, doc json, docb jsonb, doc_text text, feed xml, feed_text text, mails text[], births date[], home address, homes address[], settings hstore,
		employed daterange, shifts tstzmultirange, ages int[], tiny varchar(9)
	)`

const everythingRules = `version: 1
tables:
  public.t:
    subject: id
    columns:
      id: keep
      kind: keep
      staff: keep
      sex: keep
      mail: [{transform: keep, when: staff}, {transform: constant, value: nobody@example.com, when: kind == "bot"}, email]
      alias: {transform: email, domain: alias}
      user_name: username
      password: password
      first: {transform: first_name, gender: sex}
      last: last_name
      name: full_name
      firm: company
      phone: phone
      phone_no: {transform: phone, range: world, domain: numbers}
      street: street
      town: city
      zip: postcode
      region: region
      country: country
      lat: latitude
      lon: longitude
      spot: geo_noise
      ip: ip
      net: ip
      mac: mac
      mac8: mac
      agent: user_agent
      link: url
      host: domain
      ssn: national_id
      ssn_no: {transform: national_id, domain: ssn_no}
      card: credit_card
      card_no: credit_card
      iban: iban
      token: token
      key: uuid
      key_text: uuid
      secret: token
      born: date_shift
      seen: {transform: time_shift, max: 30d}
      month: date_truncate
      age: age_bucket
      salary: {transform: number_noise, percent: 20}
      bonus: {transform: number_bucket, step: 1000}
      code: {transform: fpe, alphabet: BASE36}
      plate: digits
      number: {transform: fpe, width: 9, domain: no}
      masked: {transform: mask, last: 4}
      pattern: {transform: regex_replace, pattern: '\d{4}-(\d)', with: '0000-$1'}
      greeting: {transform: template, format: "Dear {name}"}
      tier: {transform: choice, values: [sad, fine]}
      gone: null
      gone_date: null
      fixed: {transform: constant, value: x}
      fixed_mood: {transform: constant, value: ok}
      note: text
      short_note: [{transform: lorem, when: 'kind matches "^x"'}, text]
      filler: lorem
      picture: {transform: bytes, as: auto}
      doc: {json: {"who.mail": email, "list[*].name": full_name, "slots[2]": {transform: constant, value: 7}, "*.phone": phone, "deep.**.ip": ip, plan: keep, age: age_bucket, note: text, drop: null}}
      docb: {json: {"people[1:3].name": full_name, 'tags[*]': text, inner: {json: {mail: email}, embedded: true}}, other: drop}
      doc_text: {json: {born: date_shift, amount: {transform: number_noise, percent: 10}}}
      feed: {xml: {order/customer/@mail: email, "order/**/note": text, order/name: full_name, order/items: keep, order/id: null}}
      feed_text: {xml: {a/b: phone}}
      mails: {array: email}
      births: {array: date_shift}
      home: {composite: {street: street, zip: postcode, since: keep, meta: {json: {mail: email}}, photo: {transform: bytes}}}
      homes: {array: {composite: {street: street, zip: keep, since: date_shift, meta: keep, photo: null}}}
      settings: {hstore: {mail: email, theme: keep}}
      employed: {range: date_shift}
      shifts: {range: date_shift}
      ages: {array: {transform: number_bucket, step: 10}}
      tiny: {transform: first_name, domain: tiny}
`

// Every type, shape and transform: canaries of whoever come out masked, and a
// cell of each that lets them pass is found out. What can't be tested says why.
func TestCanariesOfEverything(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, everything)
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, cat, everythingRules)
	tp := plan(t, p, "public.t")
	if testing.Verbose() {
		t.Log(describe(rehearse(t, p, tp, "x")))
	}
	for seed := range 30 {
		sound(t, rehearse(t, p, tp, fmt.Sprint(seed)))
	}
	columns := tp.MaskedColumns()
	some := len(columns) / 3
	if testing.Short() { // with the race detector
		some = len(columns) / 10
	}
	for _, column := range longform.Some(t, some, columns) {
		broken := compile(t, cat, everythingRules)
		bp := plan(t, broken, "public.t")
		bp.Leak(column)
		for _, c := range rehearse(t, broken, bp, "x").Columns {
			if c.Column == column && c.Leaked == 0 && column != "tier" {
				t.Errorf("%s lets everything pass, and no canary says so: %+v", column, c)
			}
		}
	}
}

// Identities that verification is given to look for are found by its matcher, in
// any text.
func TestCanaryIdentitiesAreFound(t *testing.T) {
	p := sample(t)()
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	collector := store.Collector()
	var all []scrub.Identity
	for _, tp := range p.Tables() {
		for seed := range 40 {
			_, ids, err := p.NewWriter(tp, io.Discard, nil).Rehearse(fmt.Appendf(nil, "%s %d", tp.Table.Name, seed))
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				collector.Add(id.Class, []byte(id.Text))
			}
			all = append(all, ids...)
		}
	}
	if err := collector.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	for _, id := range all {
		if len(m.Scan(nil, []byte("seen: "+id.Text+"."))) == 0 {
			t.Errorf("%s %q is not found", id.Class, id.Text)
		}
	}
	if len(all) < 500 {
		t.Errorf("only %d identities", len(all))
	}
}

// Conditions decide about canaries, too: those of rows that stay behind are
// counted and proved by others, those that are let pass are no leak.
func TestCanariesAndConditions(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "kind text", "staff bool", "mail text", "name text", "note text"}})
	p := compile(t, cat, head+`  a.t:
    rows: {when: kind == "x" and id > 5}
    columns:
      id: keep
      kind: keep
      staff: keep
      mail: [{transform: keep, when: staff}, {transform: "null", when: id < 0}, email]
      name: [{transform: keep, when: staff}, {transform: keep, when: not staff}, full_name]
      note: [{transform: constant, value: gone, when: staff}, text]
`)
	tp := plan(t, p, "a.t")
	table := rehearse(t, p, tp, "x")
	sound(t, table)
	kept := map[string]int64{}
	for _, c := range table.Columns {
		kept[c.Column] = c.Kept
	}
	if table.Dropped == 0 || kept["mail"] == 0 || kept["name"] <= kept["mail"] || kept["note"] != 0 {
		t.Error(describe(table))
	}
	tp.Leak("name")
	for _, c := range rehearse(t, p, tp, "x").Columns {
		if (c.Column == "name") != (c.Leaked > 0) {
			t.Errorf("%+v", c)
		}
	}
}

// Rules that mask nothing worth the name are found out as well.
func TestCanariesOfRulesThatLetValuesPass(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"name text", "amount int8", "price numeric", "born date", "doc jsonb"}})
	p := compile(t, cat, head+`  a.t:
    columns:
      name: {transform: regex_replace, pattern: '^(.+)$', with: '${1}'}
      amount: {transform: number_bucket, step: 1}
      price: {transform: number_noise, amount: 1}
      born: {transform: date_shift, max_days: 1}
      doc: {json: {"a.b": {transform: regex_replace, pattern: '^(.)', with: '${1}'}, c: email}}
`)
	for _, c := range rehearse(t, p, plan(t, p, "a.t"), "x").Columns {
		if leaky := c.Column == "name" || c.Column == "amount" || c.Column == "doc"; leaky != (c.Leaked > 0) {
			t.Errorf("%+v", c)
		}
		if c.Column == "doc" && c.Where != "path a.b" {
			t.Errorf("where: %+v", c)
		}
	}
}

// What goes through a writer after a rehearsal is what goes through one without.
func TestRehearsalLeavesTheStreamAlone(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "mail text", "note text"}})
	p := compile(t, cat, head+"  a.t: {rows: {when: id > 2}, columns: {id: keep, mail: [{transform: keep, when: id == 4}, email], note: text}}\n")
	tp := plan(t, p, "a.t")
	in := copyfmt.AppendHeader(nil, tp.Format)
	for i := range 6 {
		in = append(in, wire(t, tp, fmt.Sprint(i), fmt.Sprintf("jane.%d@bigcorp.com", i), fmt.Sprintf("mail jane.%d@bigcorp.com", i))...)
	}
	in = copyfmt.AppendTrailer(in, tp.Format)
	scrubbed := func(rehearsed bool) string {
		var out bytes.Buffer
		w := p.NewWriter(tp, &out, nil)
		if rehearsed {
			if _, _, err := w.Rehearse([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Write(in); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%q %d %d %v", out.Bytes(), w.Rows(), w.Dropped(), w.Kept())
	}
	if with, without := scrubbed(true), scrubbed(false); with != without {
		t.Errorf("with canaries:\n%s\nwithout:\n%s", with, without)
	}
}

// What canaries cost is a constant a table.
func BenchmarkRehearse(b *testing.B) {
	p := sample(b)()
	tp := plan(b, p, "public.users")
	for b.Loop() {
		if _, _, err := p.NewWriter(tp, io.Discard, nil).Rehearse([]byte("x")); err != nil {
			b.Fatal(err)
		}
	}
}
