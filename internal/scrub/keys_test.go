package scrub_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/postgres/catalog"
)

// A rule goes along keys of several columns, to columns that are no primary key,
// and through columns that are referenced in their turn.
func TestRulesFollowAnyKey(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "a.accounts", columns: []string{"id int8 not null", "region text not null", "number int8 not null", "login varchar(80)"}, edit: func(t *catalog.Table) {
			t.Unique = []catalog.UniqueIndex{primary("id"), unique("region", "number"), unique("login")}
			t.PrimaryKey = []string{"id"}
		}},
		tableDef{name: "a.cards", columns: []string{"region text", "number int8", "login text", "pin text not null"}, edit: func(t *catalog.Table) {
			t.Unique = []catalog.UniqueIndex{primary("pin"), unique("number", "pin")}
			t.ForeignKeys = []catalog.ForeignKey{foreignKey("account_fk", "region,number", "a.accounts", "region,number"), foreignKey("login_fk", "login", "a.accounts", "login")}
		}},
		tableDef{name: "a.uses", columns: []string{"num int8", "pin text"}, edit: func(t *catalog.Table) {
			t.ForeignKeys = []catalog.ForeignKey{foreignKey("card_fk", "num,pin", "a.cards", "number,pin")}
		}},
	)
	p := compile(t, cat, head+`  a.accounts: {columns: {id: keep, region: keep, number: fpe, login: email}}
  a.cards: {columns: {region: keep, pin: {transform: token, domain: pin}}}
  a.uses: {columns: {}}
`)
	account := scrubbed(t, p, "a.accounts", []string{"1", "eu", "4711000123", "jane@mail.invalid"})[0]
	card := scrubbed(t, p, "a.cards", []string{"eu", "4711000123", "jane@mail.invalid", "secret"})[0]
	use := scrubbed(t, p, "a.uses", []string{"4711000123", "secret"})[0]
	if account[2] == "4711000123" || card[1] != account[2] || card[2] != account[3] || use[0] != card[1] || use[1] != card[3] {
		t.Errorf("%q, %q, %q", account, card, use)
	}
	for _, d := range p.Decisions() {
		if d.Table.Name == "uses" && (d.Columns[0].From != "a.cards.number" || d.Columns[1].From != "a.cards.pin") {
			t.Errorf("%+v", d.Columns)
		}
	}
	expect(t, problems(t, cat, head+`  a.accounts: {columns: {id: keep, region: keep, number: fpe, login: email}}
  a.cards: {columns: {region: city, number: keep, login: null, pin: token}}
  a.uses: {columns: {num: fpe, pin: {transform: token, domain: other}}}
`), []string{
		"4:23: a.cards.region refers to a.accounts.region (account_fk), whose rule is different (r.yaml:3:36)",
		"4:37: a.cards.number refers to a.accounts.number (account_fk), whose rule is different",
		"5:22: a.uses.num refers to a.cards.number (card_fk), whose rule is different",
		"5:32: a.uses.pin refers to a.cards.pin (card_fk), whose rule is different",
	})
}

func TestDeclaredReferences(t *testing.T) {
	tables := []tableDef{
		{name: "a.users", columns: []string{"id int8 not null", "mail text"}, edit: func(t *catalog.Table) {
			t.Unique, t.PrimaryKey = []catalog.UniqueIndex{primary("id")}, []string{"id"}
		}},
		{name: "a.orders", columns: []string{"id int8 not null", "part int8 not null"}, edit: func(t *catalog.Table) {
			t.Unique, t.PrimaryKey = []catalog.UniqueIndex{primary("id", "part")}, []string{"id", "part"}
		}},
		{name: "a.audit", columns: []string{"kind text", "subject text", "actor int8", "who text", "gen text generated"}},
	}
	cat := newCatalog(t, tables...)
	base := head + "  a.users: {columns: {id: fpe, mail: email}}\n  a.orders: {columns: {id: {transform: fpe, domain: order}, part: keep}}\n"
	p := compile(t, cat, base+`  a.audit: {columns: {kind: keep, subject: [{transform: keep, when: kind == "job"}, null]}}
references:
  - {table: a.audit, columns: [subject], to: a.users, when: kind == "user"}
  - {table: a.audit, columns: [subject], to: a.orders, to_columns: [id], when: kind == "order"}
  - {table: a.audit, columns: [actor], to: a.users}
  - {table: a.audit, columns: [who], to: a.users, to_columns: [mail]}
`)
	name := func(n string) catalog.Name { return catalog.Name{Schema: "a", Name: n} }
	const when = `t."kind" COLLATE pg_catalog."C" = `
	if d := cmp.Diff([]catalog.Reference{
		{Table: name("audit"), To: name("users"), Columns: []string{"subject"}, ToColumns: []string{"id"}, When: when + "'user'"},
		{Table: name("audit"), To: name("orders"), Columns: []string{"subject"}, ToColumns: []string{"id"}, When: when + "'order'"},
		{Table: name("audit"), To: name("users"), Columns: []string{"actor"}, ToColumns: []string{"id"}},
		{Table: name("audit"), To: name("users"), Columns: []string{"who"}, ToColumns: []string{"mail"}},
	}, p.References()); d != "" {
		t.Error(d)
	}
	user := scrubbed(t, p, "a.users", []string{"123456789", "jane@mail.invalid"})[0]
	order := scrubbed(t, p, "a.orders", []string{"123456789", "1"})[0]
	rows := scrubbed(t, p, "a.audit", []string{"user", "123456789", "123456789", "jane@mail.invalid"}, []string{"order", "123456789", null, null},
		[]string{"job", "123456789", null, null}, []string{"else", "123456789", null, null}, []string{null, "123456789", null, null})
	if user[0] == order[0] || rows[0][1] != user[0] || rows[0][2] != user[0] || rows[0][3] != user[1] || rows[1][1] != order[0] || rows[2][1] != "123456789" || rows[3][1] != null || rows[4][1] != null {
		t.Errorf("%q, %q: %q", user, order, rows)
	}
	d := p.Decisions()[0].Columns
	if d[1].Detail != `fpe when kind == "…"; fpe when kind == "…"; keep when kind == "…"; else null` || !d[1].KeepSome || d[2].From != "a.users.id" {
		t.Errorf("%+v", d[1:3])
	}
	// One rule for all is one rule.
	p = compile(t, cat, head+`  a.users: {columns: {id: keep, mail: email}}
  a.orders: {columns: {"*": keep}}
  a.audit: {columns: {"*": keep, who: email}}
references:
  - {table: a.audit, columns: [subject], to: a.users, when: kind == "user"}
  - {table: a.audit, columns: [who], to: a.users, to_columns: [mail]}
`)
	if !p.Decisions()[0].Columns[1].Keep {
		t.Errorf("%+v", p.Decisions()[0].Columns[1])
	}
	expect(t, problems(t, cat, base+`  a.audit: {columns: {kind: keep, subject: keep, actor: keep, who: keep}}
references:
  - {table: a.audits, columns: [subject], to: a.users}
  - {table: a.audit, columns: [subject], to: a.user}
  - {table: a.audit, columns: [subjects], to: a.users}
  - {table: a.audit, columns: [subject], to: a.users, to_columns: [idd]}
  - {table: a.audit, columns: [subject], to: a.orders}
  - {table: a.audit, columns: [gen], to: a.users}
  - {table: a.audit, columns: [subject], to: a.users, when: kind == 1}
  - {table: a.audit, columns: [actor], to: a.users}
`), []string{
		`5:50: a.audit.actor refers to a.users.id (the reference at r.yaml:14:5), whose rule is different (r.yaml:3:23)`,
		`7:5: the reference names table a.audits, which is not in database shop (did you mean "a.audit"?)`,
		`8:5: the reference names table a.user, which is not in`,
		`9:5: the reference names column "subjects", which is not in a.audit (did you mean "subject"?)`,
		`10:5: the reference names column "idd", which is not in a.users`,
		`11:5: the primary key of a.orders has 2 columns, and the reference 1: write to_columns`,
		`12:5: the reference names column "gen" of a.audit, which is generated`,
		`13:66: the condition on a.audit: == doesn't go between`,
	})
	expect(t, problems(t, cat, base+`  a.audit: {columns: {kind: keep, subject: keep, actor: keep, who: keep}}
references: [{table: a.audit, columns: [subject], to: a.users, when: kind == "user"}]
`), []string{`5:44: the last rule of a.audit.subject is for all other rows, also for those in which a condition can't be decided`})
	expect(t, problems(t, cat, base+`  a.audit: {columns: {kind: keep, actor: keep, who: keep}}
references: [{table: a.audit, columns: [subject], to: a.users, when: kind == "user"}]
`), []string{`coverage: a.audit.subject (text) has no rule`})
	expect(t, problems(t, cat, head+`  a.users: {columns: {id: [{transform: keep, when: id < 9}, fpe], mail: email}}
  a.orders: {rows: none}
  a.audit: {columns: {kind: keep, subject: keep, actor: null, who: keep}}
references: [{table: a.audit, columns: [subject], to: a.users, when: kind == "user"}, {table: a.audit, columns: [actor], to: a.users}, {table: a.audit, columns: [who], to: a.orders, to_columns: [id]}]
`), []string{
		`3:23: a.users.id is what a.audit refers to (the reference at r.yaml:6:14), so its rule must be one for all rows`,
		`3:23: a.users.id is in the unique index pk, and fpe keeps values apart from one another`,
	})
}

func TestRowsThatOthersReferTo(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "a.users", columns: []string{"id int8 not null", "boss int8"}, edit: func(t *catalog.Table) {
			t.Unique = []catalog.UniqueIndex{primary("id")}
			t.ForeignKeys = []catalog.ForeignKey{foreignKey("boss_fk", "boss", "a.users", "id")}
		}},
		tableDef{name: "a.orders", columns: []string{"user_id int8"}, edit: func(t *catalog.Table) {
			t.ForeignKeys = []catalog.ForeignKey{foreignKey("user_fk", "user_id", "a.users", "id")}
		}},
	)
	rules := func(orders string) string {
		return head + "  a.users: {rows: {when: id > 5}, columns: {id: keep, boss: keep}}\n  a.orders: " + orders + "\n"
	}
	for _, fine := range []string{"{rows: none}", "{rows: {when: user_id > 5}, columns: {user_id: keep}}", "{columns: {user_id: null}}"} {
		compile(t, cat, rules(fine))
	}
	expect(t, problems(t, cat, rules("{columns: {user_id: keep}}")), []string{
		"3:26: some rows of a.users stay behind, but all rows of a.orders that refer to it (user_fk) are copied: choose those by a condition, too, or make user_id null",
	})
	if got := strings.Join(problems(t, cat, head+"  a.users: {rows: none}\n  a.orders: {rows: {when: true}, columns: {user_id: keep}}\n"), "\n"); !strings.Contains(got, "a.users has rows: none, but the rows of a.orders refer to it") {
		t.Error(got)
	}
}
