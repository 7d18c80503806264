package scrub_test

import (
	"testing"

	"refresher/internal/pii/fingerprint"
)

// With remember, the values of rows that stay behind are looked for in staging: those of
// a table without rows, and those for which a condition fails.
func TestRememberedRows(t *testing.T) {
	columns := []string{"id int8", "mail text", "first_name text", "last_name text", "note text", "born date",
		"code text"}
	cat := newCatalog(t, tableDef{name: "a.gone", columns: columns}, tableDef{name: "a.some", columns: columns},
		tableDef{name: "a.forgotten", columns: columns})
	p := compile(t, cat, head+`  a.gone: {rows: none, remember: true}
  a.some:
    rows: {when: id > 100}
    remember: true
    columns: {id: keep, mail: email, first_name: first_name, last_name: last_name, note: keep, born: keep,
	code: {transform: "null", class: full_name}}
  a.forgotten: {rows: none}
`)
	if n := len(p.Tables()); n != 2 {
		t.Fatalf("%d tables are read, want those with remember alone", n)
	}
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	fp := store.Collector()
	gone := copied(t, p, "a.gone", fp, []string{"1", "one@gmail.com", "Quentin", "Zabriskie", "call two@gmail.com",
		"1984-05-17", "x"}, []string{null, null, null, null, null, null, null})
	some := copied(t, p, "a.some", fp, []string{"7", "three@gmail.com", "Wilhelmina", "Abernathy", "x", null,
		"Ottokar Zwetschgauer"},
		[]string{"700", "four@gmail.com", "Leberecht", "Kratzenbach", "x", null, "x"})
	if gone.Dropped() != 2 || some.Dropped() != 1 {
		t.Errorf("dropped %d of 2 and %d of 1", gone.Dropped(), some.Dropped())
	}
	if err := fp.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	for text, want := range map[string]bool{
		"one@gmail.com": true, "two@gmail.com": true, "Quentin Zabriskie": true, "three@gmail.com": true,
		"Wilhelmina Abernathy": true,
		"Ottokar Zwetschgauer": true, "four@gmail.com": true, "five@gmail.com": false,
	} {
		if (len(m.Scan(nil, []byte(text))) > 0) != want {
			t.Errorf("%s is looked for: %v", text, !want)
		}
	}
}
