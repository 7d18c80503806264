package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// Full names are no unique keys: those that a column's words explain are reported, and what
// they don't explain refuses.
func TestNamesAreWeighedAgainstChance(t *testing.T) {
	firsts := strings.Fields("Steve Dave Adrian Bruce Paul Roger John David Ian Jimmy Robert Angus")
	lasts := strings.Fields("Murray Harris Smith Dickinson Taylor Deacon Gillan Page Plant Young Collins Johnson")
	var customers []string // each word stands in several of them
	for i := range 60 {
		customers = append(customers, firsts[i%12]+" "+lasts[(i*5+i/12)%12])
	}
	set := sourceOf(t, pii.FullName, append(customers, "Steve Murray", "Hanna Quist", "Sarah Thompson")...)
	list := func(words []string) string { return "ARRAY['" + strings.Join(words, "','") + "']" }
	pick := func(words []string, by string) string { return fmt.Sprintf("(%s)[1 + (%s) %% 12]", list(words), by) }
	composer := pick(firsts, "g * 7") + " || ' ' || " + pick(lasts, "g * 11 + g / 12")
	catalogue := "SELECT " + composer + " || '/' || " + pick(firsts, "g * 5 + 1") + " || ' ' || " + pick(lasts, "g * 7 + g / 5") + " AS v FROM generate_series(1, 600) g"
	note := "'Spoke to ' || " + pick(firsts, "g") + " || ' Glirbow' || g || ' about the invoice of May, and will call again'"
	for _, c := range []struct {
		name, sql string
		strong    bool
	}{
		{"a catalogue of composers, in lists", catalogue, false},
		{"a name among notes with invented ones", "SELECT CASE WHEN g = 500 THEN 'Please ask Sarah Thompson' ELSE " + note + " END AS v FROM generate_series(1, 1000) g", true},
		{"a name of words that notes hold", "SELECT CASE WHEN g = 500 THEN 'Please ask Steve Murray, or Murray Steve' ELSE " + note + " END AS v FROM generate_series(1, 1000) g", true},
		{"a rare name in the catalogue", "SELECT CASE WHEN g = 9 THEN 'Hanna Quist' ELSE v END AS v FROM (SELECT " + strings.TrimPrefix(catalogue, "SELECT ") + ") x", true},
		{"one name alone", "SELECT 'Hanna Quist' AS v", true},
		{"the customers themselves", "SELECT unnest(" + list(customers) + ") AS v", true},
	} {
		if strings.Contains(c.sql, "WHEN g = 9") {
			c.sql = strings.Replace(strings.Replace(c.sql, " AS v FROM generate_series", " AS v, g FROM generate_series", 1), "ELSE v END", "ELSE x.v END", 1)
		}
		url := pgserver.DB(t)
		pgserver.Exec(t, url, "CREATE TABLE t AS "+c.sql)
		r := database(t, verify.Options{Set: set}, url, nil)
		if (r.Survivors > 0) != c.strong || r.Survivors+r.Weak == 0 {
			t.Errorf("%s: %d survivors, %d weak", c.name, r.Survivors, r.Weak)
		}
	}
}
