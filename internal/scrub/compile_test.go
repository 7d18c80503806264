package scrub_test

import (
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
)

func unique(cols ...string) catalog.UniqueIndex {
	return catalog.UniqueIndex{Name: "uq_" + strings.Join(cols, "_"), Columns: cols}
}

func primary(cols ...string) catalog.UniqueIndex {
	return catalog.UniqueIndex{Name: "pk", Columns: cols, Primary: true}
}

func foreignKey(name, cols, ref, refCols string) catalog.ForeignKey {
	n, _ := catalog.ParseName(ref)
	return catalog.ForeignKey{Name: name, Columns: strings.Split(cols, ","), RefTable: n, RefColumns: strings.Split(refCols, ",")}
}

const head = "version: 1\ntables:\n"

func TestCompileReportsEverythingAtOnce(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "public.users", columns: []string{"id int8 not null", "email varchar(10)", "name text not null", "born date", "data jsonb", "tags _text", "mood mood", "sum text generated", "ssn varchar(8)", "age int4"}},
		tableDef{name: "public.orders", columns: []string{"id int8 not null"}},
	)
	expect(t, problems(t, cat, head+`  public.user: {rows: none}
  shop.orders: {rows: none}
  public.orders: {columns: {id: keep, idd: keep}}
  public.users:
    columns:
      id: emial
      email: email
      name: null
      born: email
      data: email
      tags: email
      mood: {transform: constant, value: happy}
      sum: keep
      ssn: national_id
      age: {transform: phone, domain: email}
allow: [{table: public.pages, column: x, class: email, values: [a], why: b}, {table: public.orders, column: x, class: email, values: [a], why: b}]
`), []string{
		`3:3: there is no table public.user in database shop (did you mean "public.users"?)`,
		`4:3: there is no table shop.orders in database shop (did you mean "public.orders"?)`,
		`5:39: there is no column "idd" in public.orders (did you mean "id"?)`,
		`8:11: there is no transform "emial" (did you mean "email"?)`,
		`9:14: email needs 11 characters, and public.users.email has room for 10`,
		`10:13: public.users.name is NOT NULL`,
		`11:13: email serves text, and public.users.born is date: use date_shift, date_truncate, age_bucket, `,
		`12:13: email serves text, and public.users.data is jsonb: write {json: {PATH: email}}`,
		`13:13: email serves text, and public.users.tags is text[]: write {array: email}`,
		`14:42: public.users.mood: the value is no label of mood; there is sad or ok`,
		`15:7: column "sum" of public.users is generated`,
		`16:12: national_id needs 9 characters, and public.users.ssn has room for 8`,
		`17:12: "email" is the domain of the transform email`,
		`18:9: the exception names table public.pages`,
		`18:78: the exception names column "x", which is not in public.orders`,
	})
}

func TestCompileRefusesWhatNoRuleNames(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "public.users", columns: []string{"id int8 not null", "e_mail varchar(80)", "meta json", "sum text generated", `last_ip inet`, "mails _text"}},
		tableDef{name: "public.logs", columns: []string{"id int8"}},
		tableDef{name: "public.none"},
		tableDef{name: `"Odd S".t`, columns: []string{"a b text"}},
		tableDef{name: "public.elsewhere", columns: []string{"id int8"}, edit: func(t *catalog.Table) { t.Kind = catalog.Foreign }},
	)
	expect(t, problems(t, cat, head+"  public.users: {columns: {id: keep}}\n"), []string{
		`coverage: "Odd S".t has no rules; if its rows aren't needed, paste:   '"Odd S".t': {rows: none}`,
		`coverage: "Odd S".t.a b (text) has no rule; if this fits, paste:   'a b': keep`,
		`coverage: public.logs has no rules`,
		`coverage: public.logs.id (bigint) has no rule`,
		`coverage: public.none has no rules`,
		`coverage: public.users.e_mail (character varying(80)) has no rule; if this fits, paste:   e_mail: email`,
		`coverage: public.users.meta (json) has no rule; if this fits, paste:   meta: {json: {}}`,
		`coverage: public.users.last_ip (inet) has no rule; if this fits, paste:   last_ip: ip`,
		`coverage: public.users.mails (text[]) has no rule; if this fits, paste:   mails: keep`,
	})
}

func TestCompileNeedsAKey(t *testing.T) {
	if _, err := scrub.Compile(mustParse(t, head), newCatalog(t), make([]byte, 15)); err == nil || !strings.Contains(err.Error(), "120 bits") {
		t.Error(err)
	}
}

func TestCompileUnsupportedAndParameters(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a text", "b text", "c jsonb", "d _text", "e date", "f text", "g text", "h varchar(100)", "i _mood"}})
	expect(t, problems(t, cat, head+`  a.t:
    columns:
      a: {transform: email, when: "b is null"}
      b: {composite: {x: email}}
      c: {json: {a: {json: {b: keep}}, "c[": keep, d: json, e: {array: email}, f: text, g: {transform: constant, value: 0x1f}}, other: hide}
      d: {array: {array: email}}
      e: {transform: date_shift, max_day: 3, max_days: 0}
      f: {transform: constant}
      g: {transform: phone, range: wild, hash: 3}
      h: {json: {a: keep}}
      i: {array: null}
`), []string{
		"5:36: the rule of a.t.a has a condition, and there is none for the other rows",
		"6:10: a.t.b is text, not a composite",
		"7:21: within JSON write the whole path",
		"7:40: path c[",
		"7:55: json needs its paths",
		"7:64: within JSON the elements of an array are a path",
		"7:121: path g of a.t.c: 0x1f is no JSON number",
		"7:136: other of json must be keep, redact or drop",
		"8:18: an element of a.t.d is text, not an array",
		"9:34: date_shift has no parameter \"max_day\" (did you mean \"max_days\"?); it takes domain, max_days, subject or unique",
		"9:56: max_days of date_shift must be a whole number from 1 to 36500",
		"10:10: constant needs the parameter value",
		"11:36: range of phone must be wide, narrow, uk, de, fr or world",
		"11:42: phone has no parameter \"hash\"",
		"12:10: a.t.h has room for 100 characters, and scrubbed JSON can be longer",
		"13:18: elements can't become NULL one by one",
	})
}

func TestUnloggedTablesOnAStandby(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x text"}, edit: func(t *catalog.Table) { t.Persistence = 'u' }})
	compile(t, cat, head+"  a.t: {columns: {x: keep}}\n")
	cat.InRecovery = true
	expect(t, problems(t, cat, head+"  a.t: {columns: {x: keep}}\n"), []string{"3:3: a.t is unlogged"})
	compile(t, cat, head+"  a.t: {rows: none}\n")
}

func TestDomains(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a text", "b varchar(30)", "c text", "d text", "e varchar(12)"}})
	p := compile(t, cat, head+`  a.t: {columns: {a: email, b: email, c: {transform: email, domain: staff}, d: {transform: phone, range: narrow}, e: {transform: phone, domain: other}}}`)
	mail, digits := " Jane.DOE@mail.invalid", "0044 7700 123456"
	row := scrubbed(t, p, "a.t", []string{mail, "jane.doe@mail.invalid", mail, digits, digits})[0]
	if row[0] != row[1] || len(row[0]) != 28 {
		t.Errorf("one domain, two forms: %q, %q", row[0], row[1])
	}
	if len(row[2]) < 35 || strings.Contains(row[2], row[0][:16]) {
		t.Errorf("the domain staff is not apart, or not long: %q", row[2])
	}
	if !strings.Contains(row[3], "55501") || len(row[4]) != 12 || row[3] == row[4] {
		t.Errorf("phones: %q, %q", row[3], row[4])
	}
	expect(t, problems(t, cat, head+`  a.t: {columns: {a: {transform: email, domain: d}, b: {transform: phone, domain: d}, c: {transform: phone, range: uk}, d: phone, e: keep}}`), []string{
		"3:56: the domain \"d\" is that of email at r.yaml:3:22",
		"3:124: the domain \"phone\" has other parameters at r.yaml:3:90",
	})
}

func TestUniqueColumns(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8 not null", "email text", "phone text", "tok varchar(24)", "team int8", "slug text", "day date", "gone text", "u uuid not null"},
		edit: func(t *catalog.Table) {
			t.Unique = []catalog.UniqueIndex{primary("id"), unique("email"), unique("phone"), unique("tok"), unique("team", "slug"), unique("id", "day"), unique("gone"), unique("u")}
		}})
	rule := head + `  a.t: {columns: {id: keep, email: %e, phone: %p, tok: token, team: keep, slug: %s, day: date_shift, gone: %g, u: %u}}`
	with := func(e, p, s, g, u string) string {
		return strings.NewReplacer("%e", e, "%p", p, "%s", s, "%g", g, "%u", u).Replace(rule)
	}
	compile(t, cat, with("email", "token", "keep", "null", "token"))
	compile(t, cat, with("email", "phone", "keep", "null", "token"))
	expect(t, problems(t, cat, with("first_name", "{transform: phone, range: uk}", "text", "{transform: constant, value: x}", "{transform: constant, value: 00000000-0000-0000-0000-000000000000}")), []string{
		"a.t.email is in the unique index uq_email, and first_name can make two values equal: use token, uuid",
		"a.t.phone is in the unique index uq_phone, and phone can make two values equal: use phone, token",
		"a.t.slug is in the unique index uq_team_slug, and text can make",
		"a.t.gone is in the unique index uq_gone, and constant can make",
		"a.t.u is in the unique index uq_u, and constant can make two values equal: use token",
	})
	cat.Tables[0].Rows = 1e9
	expect(t, problems(t, cat, with("email", "keep", "keep", "null", "token")), []string{
		"a.t.email is in the unique index uq_email, and at 1500000000 rows email's 80 bits collide",
	})
	compile(t, cat, with("{transform: email, hash: 26}", "keep", "keep", "null", "token"))
}

func TestForeignKeysFollow(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "a.users", columns: []string{"email text not null", "boss text"}, edit: func(t *catalog.Table) {
			t.Unique = []catalog.UniqueIndex{primary("email")}
			t.ForeignKeys = []catalog.ForeignKey{foreignKey("boss_fk", "boss", "a.users", "email")}
		}},
		tableDef{name: "a.orders", columns: []string{"id int8", "buyer text", "seller text"}, edit: func(t *catalog.Table) {
			t.ForeignKeys = []catalog.ForeignKey{foreignKey("buyer_fk", "buyer", "a.users", "email"), foreignKey("seller_fk", "seller", "a.users", "email")}
		}},
		tableDef{name: "a.items", columns: []string{"buyer text"}, edit: func(t *catalog.Table) {
			t.ForeignKeys = []catalog.ForeignKey{foreignKey("item_fk", "buyer", "a.orders", "buyer")}
		}},
	)
	p := compile(t, cat, head+"  a.users: {columns: {email: email}}\n  a.orders: {columns: {\"*\": keep, seller: email}}\n")
	for _, d := range p.Decisions() {
		for _, c := range d.Columns {
			if c.Name == "id" {
				continue
			}
			from := map[string]string{"a.users.boss": "a.users.email", "a.orders.buyer": "a.users.email", "a.items.buyer": "a.orders.buyer"}
			if c.Transform != "email" || c.From != from[d.Table.String()+"."+c.Name] || c.Domain != "email" || c.Class != pii.Email {
				t.Errorf("%s.%s: %+v", d.Table, c.Name, c)
			}
		}
	}
	a := scrubbed(t, p, "a.users", []string{"x@mail.invalid", null})[0][0]
	if b := scrubbed(t, p, "a.items", []string{"x@mail.invalid"})[0][0]; a != b {
		t.Errorf("the key breaks: %q, %q", a, b)
	}
	expect(t, problems(t, cat, head+"  a.users: {columns: {email: email}}\n  a.orders: {columns: {id: keep, buyer: keep, seller: null}}\n"), []string{
		"4:34: a.orders.buyer refers to a.users.email (buyer_fk), whose rule is different (r.yaml:3:23): write the same rule, or none",
		"coverage: a.items has no rules", "coverage: a.items.buyer",
	})
	expect(t, problems(t, cat, head+"  a.users: {rows: none}\n  a.orders: {columns: {id: keep, buyer: keep, seller: null}}\n  a.items: {rows: none}\n"), []string{
		"3:3: a.users has rows: none, but the rows of a.orders refer to it (buyer_fk): make buyer null, or copy the rows",
	})
}

func TestPartitionsAndChildrenTakeTheirRootsRules(t *testing.T) {
	root, _ := catalog.ParseName("a.root")
	child := func(partition bool) func(*catalog.Table) {
		return func(t *catalog.Table) {
			t.Root, t.Parents, t.IsPartition = root, []catalog.Name{root}, partition
		}
	}
	cat := newCatalog(t,
		tableDef{name: "a.root", columns: []string{"id int8", "email text"}, edit: func(t *catalog.Table) { t.Kind = catalog.Partitioned }},
		tableDef{name: "a.part", columns: []string{"email text", "id int8"}, edit: child(true)},
		tableDef{name: "a.child", columns: []string{"id int8", "email text", "extra text"}, edit: child(false)},
	)
	p := compile(t, cat, head+"  a.root: {columns: {id: keep, email: email}}\n  a.child: {columns: {extra: first_name}}\n")
	if len(p.Tables()) != 2 {
		t.Errorf("%d plans", len(p.Tables()))
	}
	for _, table := range cat.Tables {
		table.Unique = []catalog.UniqueIndex{{Name: table.Name.Name + "_key", Columns: []string{"email"}}}
	}
	expect(t, problems(t, cat, head+"  a.root: {columns: {id: keep, email: city}}\n  a.child: {columns: {extra: keep}}\n"), []string{
		"3:32: a.root.email is in the unique index child_key", "3:32: a.root.email is in the unique index root_key",
	})
	part := scrubbed(t, p, "a.part", []string{"x@mail.invalid", "7"})[0]
	kid := scrubbed(t, p, "a.child", []string{"7", "x@mail.invalid", "Jane"})[0]
	if part[0] != kid[1] || part[1] != "7" || kid[2] == "Jane" || !strings.HasSuffix(part[0][:len(part[0])-4], "@example") {
		t.Errorf("%q, %q", part, kid)
	}
	expect(t, problems(t, cat, head+"  a.root: {columns: {id: keep, email: email}}\n  a.part: {columns: {email: keep}}\n  a.child: {columns: {\"*\": keep}}\n"), []string{
		"4:22: column \"email\" of a.part takes the rule of a.root", "5:23: a.child takes the rules of a.root, so \"*\" here could hide",
	})
	expect(t, problems(t, cat, head+"  a.root: {columns: {id: keep, email: email}}\n  a.part: {rows: none}\n"), []string{
		"4:3: a.part takes the rules of a.root: write rows: none there", "coverage: a.child.extra (text) has no rule",
	})
}

func TestDecisionsAndFormats(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "a.bin", columns: []string{"id int8", "sum text generated", "data json", "mails _text"}},
		tableDef{name: "a.txt", columns: []string{"moods _mood", "email text"}},
		tableDef{name: "a.none", columns: []string{"x text"}}, tableDef{name: "a.plain", columns: []string{"x text"}})
	p := compile(t, cat, head+`  a.bin: {columns: {"*": keep, data: {json: {a: email, b: keep}}, mails: {array: email}}}
  a.txt: {columns: {moods: keep, email: email}}
  a.none: {rows: none}
  a.plain: {columns: {x: keep}}
`)
	if tp := plan(t, p, "a.bin"); tp.Format != copyfmt.Binary || len(tp.Columns) != 3 || !tp.Masked() {
		t.Errorf("%+v", tp)
	}
	if tp := plan(t, p, "a.txt"); tp.Format != copyfmt.Text {
		t.Errorf("an array of a user's type goes as %s", tp.Format)
	}
	if tp := plan(t, p, "a.plain"); tp.Masked() {
		t.Error("a table that is kept is masked")
	}
	if len(p.Tables()) != 3 || len(p.Decisions()) != 4 {
		t.Errorf("%d tables, %d decisions", len(p.Tables()), len(p.Decisions()))
	}
	d := p.Decisions()
	if !d[1].RowsNone || len(d[1].Columns) != 0 || d[1].Origin != "r.yaml:5" {
		t.Errorf("%+v", d[1])
	}
	bin := d[0].Columns
	if !bin[0].Keep || !bin[0].Wildcard || !bin[1].Generated || bin[2].Detail != "a: email, b: keep" || bin[3].Transform != "array" || bin[3].Domain != "email" || bin[3].Class != pii.Email {
		t.Errorf("%+v", bin)
	}
}
