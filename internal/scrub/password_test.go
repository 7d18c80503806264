package scrub_test

import (
	"testing"

	"golang.org/x/crypto/bcrypt"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// A hash is salted with what staging gets in the salt's column, which programs read.
func TestPasswordsSaltedByAColumn(t *testing.T) {
	const salted = "{transform: password, hash: bcrypt-2a, salt: salt}"
	def := tableDef{name: "a.t", columns: []string{"salt varchar(40)", "hash varchar(254)", "doc text"}}
	for _, salt := range []string{"keep", "token", "{transform: constant, value: default}"} {
		p := compile(t, newCatalog(t, def), head+"  a.t: {columns: {hash: "+salted+", doc: keep, salt: "+salt+"}}\n")
		rows := scrubbed(t, p, "a.t", []string{"0f1c-5a2e", "$2a$10$real", null},
			[]string{"9d1b-4a53", "$2a$10$other", null}, []string{null, "x", null}, []string{"9d1b-4a53", null, null})
		for _, r := range rows[:3] {
			if r[0] == null {
				r[0] = ""
			}
			err := bcrypt.CompareHashAndPassword([]byte(r[1]), []byte(r[0]+fake.Password))
			if err != nil || !fake.Recognise(pii.Token, []byte(r[1])) {
				t.Errorf("%s: %q: %v", salt, r, err)
			}
		}
		if rows[3][1] != null {
			t.Errorf("a user without a password got one: %q", rows[3])
		}
	}
	for rule, want := range map[string]string{
		"{transform: password, salt: salt}":                               "password takes a salt with hash: bcrypt-2a only",
		"{transform: password, hash: bcrypt-2a, salt: sald}":              `there is no column "sald"`,
		"{transform: password, hash: scrypt, salt: salt}":                 "hash of password must be bcrypt, bcrypt-2a",
		"{json: {a: {transform: password, hash: bcrypt-2a, salt: salt}}}": "a salt is another column of the row",
	} {
		rules := head + "  a.t: {columns: {salt: keep, hash: keep, doc: " + rule + "}}\n"
		expect(t, problems(t, newCatalog(t, def), rules), []string{want})
	}
	expect(t, problems(t, newCatalog(t, def), head+"  a.t: {columns: {salt: null, doc: keep, hash: "+salted+"}}\n"),
		[]string{`column "salt" becomes NULL, so nothing can be made of it`})
	for hash, n := range map[string]int{"bcrypt-2a": 60, "pbkdf2-werkzeug": 102, "scrypt-werkzeug": 162} {
		got := one(t, "text", "{transform: password, hash: "+hash+"}")("x")
		if len(got) != n || !fake.Recognise(pii.Token, []byte(got)) {
			t.Errorf("%s: %s, of %d characters", hash, got, len(got))
		}
	}
}
