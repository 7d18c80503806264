package scrub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
)

// people is a database in which persons are at home in users.
func people(t testing.TB) *catalog.Catalog {
	key := func(cols ...string) func(*catalog.Table) {
		return func(t *catalog.Table) { t.PrimaryKey = cols }
	}
	return newCatalog(t,
		tableDef{name: "a.users", columns: []string{"id int8 not null", "mail text", "first text", "last text", "name text", "phone text", "born date", "login text"}, edit: key("id")},
		tableDef{name: "a.payments", columns: []string{"id int8", "user_id int4", "holder text", "mail text", "paid timestamptz", "names _text", "j jsonb"}, edit: key("id")},
		tableDef{name: "a.tickets", columns: []string{"id int8", "user_id int8", "name text", "mail text", "body text", "moods _mood"}, edit: key("id")},
		tableDef{name: "a.letters", columns: []string{"mail text", "name text", "sent date"}})
}

const peopleRules = head + `  a.users: {subject: id, columns: {id: keep, mail: email, first: first_name, last: last_name, name: full_name, phone: phone, born: date_shift, login: username}}
  a.payments: {subject: user_id, columns: {id: keep, user_id: keep, holder: full_name, mail: {transform: email, subject: true}, paid: date_shift, names: {array: full_name}, j: {json: {name: full_name, own: {transform: full_name, subject: true}}}}}
  a.tickets: {subject: {column: user_id, fallback: mail}, columns: {id: keep, user_id: keep, name: full_name, mail: email, body: text, moods: keep}}
  a.letters: {subject: mail, columns: {mail: email, name: full_name, sent: date_shift}}
`

// Names, addresses and dates of one subject agree across tables; an address
// maps alike wherever it stands.
func TestSubjectsAgree(t *testing.T) {
	p := compile(t, people(t), peopleRules)
	users := scrubbed(t, p, "a.users",
		[]string{"1", "jane.doe@mail.invalid", "Jane", "Doe", "Jane Doe", "212 867 5309", "1984-05-17", "jdoe"},
		[]string{"2", null, "Bob", "Roe", "Bob Roe", null, "1990-01-01", "jdoe"},
		[]string{"3", "Jane.DOE@mail.invalid ", "Jane", "Doe", "Jane Doe", null, "1984-05-17", "jane"})
	jane, bob := users[0], users[1]
	person := func(r []string) string { return r[2] + " " + r[3] }
	for _, r := range users {
		if r[4] != person(r) {
			t.Errorf("%q is called %q", person(r), r[4])
		}
	}
	local := strings.ToLower(jane[2] + "." + jane[3] + ".")
	if !strings.HasPrefix(jane[1], local) || users[2][1] != jane[1] || person(users[2]) != person(jane) || person(bob) == person(jane) {
		t.Errorf("%q", users)
	}
	// Login names show the subject's name, and tell one value from another.
	for i, other := range []int{1, 0, 0} {
		if !strings.HasPrefix(users[i][7], strings.ToLower(users[i][2]+"."+users[i][3]+".")) || users[i][7] == users[other][7] {
			t.Errorf("%q", users)
		}
	}
	if hash := func(s string) string { return s[strings.LastIndexByte(s, '.'):] }; hash(jane[7]) != hash(bob[7]) {
		t.Errorf("one login name of two subjects: %q", users)
	}
	// What is joined in comes last: the address of the user.
	pay := plan(t, p, "a.payments")
	if pay.Join == nil || pay.Join.Table.Name.Name != "users" || len(pay.Join.Columns) != 1 || pay.Join.Columns[0].Name != "mail" || pay.Join.On.Name != "user_id" || pay.Join.Key.Name != "id" {
		t.Fatalf("%+v", pay.Join)
	}
	payments := scrubbed(t, p, "a.payments",
		[]string{"7", "1", "MRS J DOE", "jane.doe@mail.invalid", "2024-05-17 10:00:00+00", "{Jo Poe}", `{"name": "Jo Poe", "own": "J Doe"}`, "jane.doe@mail.invalid"},
		[]string{"8", "1", "Jane Doe", "other@mail.invalid", "2024-06-17 10:00:00+00", null, "{}", "jane.doe@mail.invalid"},
		[]string{"9", "2", "R Roe", "bob@mail.invalid", "2024-05-17 10:00:00+00", null, "{}", null},
		[]string{"9", null, "R Roe", "bob@mail.invalid", "2024-05-17 10:00:00+00", null, "{}", null},
		[]string{"9", null, "Jo Poe", "jane.doe@mail.invalid", "2024-05-17 10:00:00+00", null, "{}", null})
	if payments[0][2] != jane[4] || payments[1][2] != jane[4] || payments[2][2] != bob[4] || payments[3][2] == bob[4] {
		t.Errorf("%q", payments)
	}
	if payments[0][3] != jane[1] || payments[1][3] == jane[1] || !strings.HasPrefix(payments[1][3], local) || payments[4][3] != jane[1] {
		t.Errorf("%q", payments)
	}
	if !strings.HasPrefix(payments[2][3], strings.ToLower(bob[2]+"."+bob[3]+".")) || payments[3][3] == payments[2][3] {
		t.Errorf("an address of somebody without one: %q", payments[2:])
	}
	if jo := payments[4][2]; payments[0][5] != `{"`+jo+`"}` || payments[0][6] != `{"name": "`+jo+`", "own": "`+jane[4]+`"}` {
		t.Errorf("names of others: %q, want %q", payments[0], jo)
	}
	// One shift a subject; without one, a shift a date.
	shift := func(layout, before, after string) time.Duration {
		b, err := time.Parse(layout, before)
		a, err2 := time.Parse(layout, after)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		return a.Sub(b)
	}
	const date, stamp = "2006-01-02", "2006-01-02 15:04:05-07"
	if a, b, c := shift(date, "1984-05-17", jane[6]), shift(stamp, "2024-05-17 10:00:00+00", payments[0][4]), shift(stamp, "2024-06-17 10:00:00+00", payments[1][4]); a != b || b != c || a == 0 {
		t.Errorf("%v, %v, %v", a, b, c)
	}
	// Whoever writes without an account is who the address says.
	letters := scrubbed(t, p, "a.letters", []string{"JANE.DOE@mail.invalid", "J. Doe", "2024-05-17"}, []string{"bob@mail.invalid", "Bob", "2024-05-17"})
	if letters[0][0] != jane[1] || letters[0][1] != jane[4] || letters[1][1] == jane[4] {
		t.Errorf("%q", letters)
	}
	tickets := scrubbed(t, p, "a.tickets",
		[]string{"1", null, "Bob", "bob@mail.invalid", "", null, null, null, null, null, null, null},
		[]string{"2", "1", "J", "bob@mail.invalid", "", null, "jane.doe@mail.invalid", "Jane", "Doe", "Jane Doe", "2128675309", "jdoe"})
	if tickets[0][2] != letters[1][1] || tickets[0][3] != letters[1][0] || tickets[1][2] != jane[4] {
		t.Errorf("%q", tickets)
	}
}

// Free text gets the fakes that the home table shows, for what only that knows.
func TestTextKnowsTheSubject(t *testing.T) {
	p := compile(t, people(t), peopleRules)
	tp := plan(t, p, "a.tickets")
	if got := fmt.Sprint(names(tp.Join.Columns)); got != `"mail", "first", "last", "name", "phone", "login"` {
		t.Fatalf("joined: %s", got)
	}
	jane := scrubbed(t, p, "a.users", []string{"1", "jane.doe@mail.invalid", "Jane", "Doe", "Jane Doe", "212 867 5309", null, "jdoe"})[0]
	for _, moods := range []string{null, "{sad}"} { // the array's type forces text format
		r := scrubbed(t, p, "a.tickets",
			[]string{"1", "1", "J.D.", "jd@mail.invalid", "DOE, jane; jane doe, 867-5309 at (212)867-5309, jane.doe@mail.invalid", moods, "jane.doe@mail.invalid", "Jane", "Doe", "Jane Doe", "212 867 5309", "jdoe"},
			[]string{"2", null, "J.D.", "jd@mail.invalid", "Jane Doe", moods, null, null, null, null, null, null})
		want := jane[3] + ", " + jane[2] + "; " + jane[4] + ", "
		if !strings.HasPrefix(r[0][4], want) || strings.Contains(r[0][4], "5309") || !strings.HasSuffix(r[0][4], " at "+jane[5]+", "+jane[1]) {
			t.Errorf("%q, want %q…", r[0][4], want)
		}
		if r[1][4] != "Jane Doe" || r[0][5] != moods || len(r[0]) != 6 {
			t.Errorf("%q", r)
		}
	}
}

// The same id in another domain is somebody else; of another type the same.
func TestSubjectDomains(t *testing.T) {
	p := compile(t, newCatalog(t,
		tableDef{name: "a.a", columns: []string{"id int8", "born date", "name text"}},
		tableDef{name: "a.b", columns: []string{"id text", "born date", "name text"}},
		tableDef{name: "a.c", columns: []string{"id int8", "born date", "name text"}},
		tableDef{name: "a.d", columns: []string{"id numeric", "born date", "name text"}}), head+`  a.a: {subject: id, columns: {id: keep, born: date_shift, name: full_name}}
  a.b: {subject: id, columns: {id: keep, born: date_shift, name: full_name}}
  a.c: {subject: {column: id, domain: staff}, columns: {id: keep, born: date_shift, name: full_name}}
  a.d: {subject: id, columns: {id: keep, born: {transform: date_shift, subject: false}, name: {transform: full_name, subject: false}}}
`)
	row := []string{"7", "1990-01-01", "Jo Poe"}
	a, b, c := scrubbed(t, p, "a.a", row)[0], scrubbed(t, p, "a.b", row)[0], scrubbed(t, p, "a.c", row)[0]
	if fmt.Sprint(a) != fmt.Sprint(b) || a[2] == c[2] {
		t.Errorf("%q, %q, %q", a, b, c)
	}
	d := scrubbed(t, p, "a.d", row, []string{"8", "1990-01-01", "JO POE"})
	if d[0][1] != d[1][1] || d[0][2] != d[1][2] || d[0][2] == a[2] {
		t.Errorf("subject: false maps by the value: %q", d)
	}
}

func TestSubjectErrors(t *testing.T) {
	cat := people(t)
	users := cat.Table(catalog.Name{Schema: "a", Name: "users"})
	users.Columns = append(users.Columns, newColumn(t, 20, "made text generated"))
	payments := cat.Table(catalog.Name{Schema: "a", Name: "payments"})
	payments.ForeignKeys = []catalog.ForeignKey{{Name: "fk", Table: payments.Name, Columns: []string{"mail"}, RefTable: users.Name, RefColumns: []string{"mail"}}}
	const rest = `  a.letters: {columns: {mail: email, name: {transform: full_name, subject: true}, sent: keep}}
`
	for _, tt := range []struct {
		users, payments, tickets string
		want                     []string
	}{
		{"subject: nope, ", "subject: j, ", "subject: {column: user_id, fallback: name}, ", []string{
			`4:22: there is no column "nope" in a.users`, "5:25: a.payments.j is jsonb, and a subject is text", "6:24: the fallback of a subject is a column of e-mail addresses, and the rule of a.tickets.name is not email",
			"7:67: a.letters.name is in a table without a subject"}},
		{"subject: made, ", "", "subject: {column: id, home: true}, ", []string{
			`4:22: column "made" of a.users is generated`, "7:67: "}},
		{"subject: id, ", "subject: id, ", "subject: {column: user_id, home: true}, ", []string{
			"both a.", "6:24: a.tickets.user_id is not the primary key", "7:67: "}},
		{"subject: id, ", "", "subject: mail, ", []string{"7:67: "}},
		{"subject: id, ", "", "subject: {column: body}, ", []string{"6:24: a.tickets.body is text and a.users.id bigint, which PostgreSQL can't join", "7:67: "}},
	} {
		text := head + "  # a line\n  a.users: {" + tt.users + "columns: {id: keep, mail: email, first: first_name, last: last_name, name: full_name, phone: phone, born: date_shift, login: username}}\n" +
			"  a.payments: {" + tt.payments + "columns: {id: keep, user_id: keep, holder: full_name, mail: email, paid: keep, names: null, j: {json: {}}}}\n" +
			"  a.tickets: {" + tt.tickets + "columns: {id: keep, user_id: keep, name: full_name, mail: email, body: text, moods: keep}}\n" + rest
		expect(t, problems(t, cat, text), tt.want)
	}
	mine := strings.Replace(peopleRules, "mail: email, first", "mail: {transform: email, subject: true}, first", 1)
	expect(t, problems(t, cat, mine), []string{"a.users.mail is what a.payments refers to (fk), so it must map by its value alone"})
}

// The home of a domain is where its persons are one row, not a table beside it.
func TestHomeOfADomain(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "a.accounts", columns: []string{"id int8", "mail text"}, edit: func(t *catalog.Table) { t.PrimaryKey = []string{"id"} }},
		tableDef{name: "a.aprofiles", columns: []string{"user_id int8", "bio text"}, edit: func(t *catalog.Table) {
			t.PrimaryKey = []string{"user_id"}
			t.ForeignKeys = []catalog.ForeignKey{{Table: t.Name, Columns: []string{"user_id"}, RefTable: catalog.Name{Schema: "a", Name: "accounts"}, RefColumns: []string{"id"}}}
		}})
	p := compile(t, cat, head+`  a.accounts: {subject: id, columns: {id: keep, mail: email}}
  a.aprofiles: {subject: user_id, columns: {user_id: keep, bio: text}}
`)
	if plan(t, p, "a.accounts").Join != nil || plan(t, p, "a.aprofiles").Join == nil {
		t.Error("profiles are looked up in accounts, not the other way round")
	}
}

var _ *scrub.Program
