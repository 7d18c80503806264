package scrub_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
)

// Every locale's fakes fit, agree and are recognised.
func TestLocales(t *testing.T) {
	const rules = head + `  a.t: {subject: id, columns: {id: keep, first: {transform: first_name, locale: %[1]s}, last: {transform: last_name, locale: %[1]s},
    name: {transform: full_name, locale: %[1]s}, mail: {transform: email, locale: %[1]s}, login: {transform: username, locale: %[1]s},
    street: {transform: street, locale: %[1]s}, city: {transform: city, locale: %[1]s}, code: {transform: postcode, locale: %[1]s}, phone: {transform: phone, locale: %[1]s}}}
`
	for _, code := range fake.LocaleNames() {
		cat := newCatalog(t, tableDef{name: "a.t", edit: func(t *catalog.Table) { t.PrimaryKey = []string{"id"} },
			columns: []string{"id int8", "first varchar(13)", "last varchar(20)", "name varchar(32)", "mail varchar(70)", "login text", "street varchar(40)", "city varchar(25)", "code varchar(8)", "phone varchar(16)"}})
		p := compile(t, cat, fmt.Sprintf(rules, code))
		for i := range 50 {
			r := scrubbed(t, p, "a.t", []string{fmt.Sprint(i), "A", "B", "A B", fmt.Sprint(i, "@mail.invalid"), "ab", "1 High Street", "Town", "10115", "+12128675309"})[0]
			for j, class := range []pii.Class{pii.FirstName, pii.LastName, pii.FullName, pii.Email, pii.Username, pii.Street, pii.City, pii.Postcode, pii.Phone} {
				if !fake.Recognise(class, []byte(r[j+1])) {
					t.Errorf("%s: %q is not recognised as %s", code, r[j+1], class)
				}
			}
			if name := r[1] + " " + r[2]; r[3] != name && (code != "ja" || r[3] != r[2]+" "+r[1]) {
				t.Errorf("%s: %q is called %q", code, name, r[3])
			}
			local, _, _ := strings.Cut(r[4], "@")
			login := r[5][:strings.LastIndexByte(r[5], '.')]
			if !strings.HasPrefix(local, login+".") {
				t.Errorf("%s: %q and %q disagree", code, r[4], r[5])
			}
			if utf8.RuneCountInString(r[1]) < 1 || code != "ja" && login[0] != slug(r[1])[0] {
				t.Errorf("%s: %q and %q disagree", code, r[1], login)
			}
		}
	}
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a text", "b text", "c varchar(20)"}})
	p := compile(t, cat, head+"  a.t: {columns: {a: full_name, b: {transform: full_name, locale: de}, c: keep}}\n")
	if r := scrubbed(t, p, "a.t", []string{"Jo Poe", "Jo Poe", "x"})[0]; r[0] == r[1] {
		t.Errorf("a locale is a domain of its own: %q", r)
	}
	expect(t, problems(t, cat, head+"  a.t: {columns: {a: {transform: email}, b: {transform: email, locale: de}, c: {transform: full_name, locale: nl}}}\n"),
		[]string{`3:45: the domain "email" has other parameters at r.yaml:3:22`, `3:111: locale of full_name must be en, de, fr, es, pl or ja`})
}

func slug(s string) string {
	return strings.NewReplacer("é", "e", "á", "a", "í", "i", "ó", "o", "ł", "l", "ż", "z").Replace(strings.ToLower(s))
}

// Given names follow the column that says the gender, and a person's other
// tables follow their own.
func TestGender(t *testing.T) {
	l := fake.English()
	men, women := map[string]bool{}, map[string]bool{}
	for i := range 1 << 16 {
		d := fake.Digest{24: byte(i >> 8), 25: byte(i)}
		men[string(l.AppendFirstName(nil, &d, fake.Male))] = true
		women[string(l.AppendFirstName(nil, &d, fake.Female))] = true
	}
	is := func(name, sex string) bool {
		first, _, _ := strings.Cut(name, " ")
		first = strings.ToUpper(first[:1]) + first[1:]
		switch sex {
		case "m":
			return men[first]
		case "f":
			return women[first]
		}
		return men[first] || women[first]
	}
	cat := newCatalog(t,
		tableDef{name: "a.users", columns: []string{"id int8", "sex text", "mail text", "first text", "name text", "login text"}, edit: func(t *catalog.Table) { t.PrimaryKey = []string{"id"} }},
		tableDef{name: "a.orders", columns: []string{"user_id int8", "buyer text", "note text", "login text"}},
		tableDef{name: "a.guests", columns: []string{"title text", "name text", "all _text", "kind int4"}})
	p := compile(t, cat, head+`  a.users: {subject: id, columns: {id: keep, sex: keep, mail: {transform: email, name: surname}, first: {transform: first_name, gender: sex}, name: {transform: full_name, gender: sex}, login: username}}
  a.orders: {subject: user_id, columns: {user_id: keep, buyer: full_name, note: text, login: username}}
  a.guests: {columns: {title: keep, name: {transform: full_name, gender: title}, all: {array: {transform: full_name, gender: kind}}, kind: keep}}
`)
	if got := names(plan(t, p, "a.orders").Join.Columns); got != `"sex", "mail", "first", "name", "login"` {
		t.Errorf("joined: %s", got)
	}
	for i := range 60 {
		sex, raw := "m", []string{"m", "Male ", "MR.", "Herr", "1"}[i%5]
		if i%2 == 1 {
			sex, raw = "f", []string{"F", "Frau", "Mrs", "2", "女"}[i%5]
		}
		mail := fmt.Sprint(i, "@mail.invalid")
		u := scrubbed(t, p, "a.users", []string{fmt.Sprint(i), raw, mail, "Jo", "Jo Poe", "jo"})[0]
		first, last, _ := strings.Cut(u[4], " ")
		if !is(u[3], sex) || first != u[3] || !strings.HasPrefix(u[2], strings.ToLower(last)+".") || !strings.HasPrefix(u[5], strings.ToLower(first+"."+last+".")) {
			t.Errorf("%s: %q", sex, u)
		}
		o := scrubbed(t, p, "a.orders", []string{fmt.Sprint(i), "MR J POE", "for Jo", "jo", raw, mail, "Jo", "Jo Poe", "jo"})[0]
		if o[1] != u[4] || o[2] != "for "+u[3] || o[3] != u[5] {
			t.Errorf("%q, %q", u, o)
		}
		kind := "1"
		if sex == "f" {
			kind = "2"
		}
		g := scrubbed(t, p, "a.guests", []string{raw, fmt.Sprint("Jo Poe ", i), fmt.Sprintf("{Jo %d}", i), kind})[0]
		if !is(g[1], sex) || !is(strings.Trim(g[2], `{"`), sex) {
			t.Errorf("%s: %q", sex, g)
		}
	}
	if r := scrubbed(t, p, "a.guests", []string{"?", "Jo", "{}", null}, []string{null, "Jo", "{}", "7"}); r[0][1] != r[1][1] {
		t.Errorf("nothing said: %q", r)
	}
	expect(t, problems(t, cat, head+`  a.users: {subject: id, columns: {id: keep, sex: keep, mail: email, first: {transform: first_name, gender: sex}, name: {transform: full_name, locale: de}, login: username}}
  a.orders: {subject: user_id, columns: {user_id: keep, buyer: {transform: full_name, locale: fr}, note: keep, login: {transform: username, gender: x}}}
  a.guests: {columns: {title: keep, name: {transform: full_name, gender: titel}, all: null, kind: {transform: null}}}
`), []string{
		`3:57: a.users.mail maps by its value alone, so the given name in it can't be that of sex: write {transform: email, name: surname}`,
		`3:121: full_name of a.users.name has locale de, and the address a.users.mail, which must show the same name, has en`,
		`4:64: full_name of a.orders.buyer has locale fr`,
		`4:141: username has no parameter "gender"`,
		`5:74: there is no column "titel" in a.guests (did you mean "title"?)`,
	})
}
