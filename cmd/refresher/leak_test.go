package main

import (
	"context"
	"os/exec"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/testkit/pgserver"
)

// identifiers are the personal data of the sample production database, by a
// query that knows nothing of rules: the oracle of these tests.
const identifiers = `
	SELECT DISTINCT v FROM (
		SELECT unnest(ARRAY[email, full_name, phone, street, host(signup_ip), national_id]) FROM users
		UNION ALL SELECT attributes->>'contact_email' FROM users
		UNION ALL SELECT attributes->'emergency'->>'name' FROM users
		UNION ALL SELECT attributes->'emergency'->>'phone' FROM users
		UNION ALL SELECT c->>'email' FROM users, jsonb_array_elements(coalesce(attributes->'contacts', '[]')) c
		UNION ALL SELECT unnest(ARRAY[email, full_name, phone]) FROM employees
		UNION ALL SELECT unnest(ARRAY[token, host(ip)]) FROM sessions
		UNION ALL SELECT token FROM api_keys
		UNION ALL SELECT unnest(ARRAY[host(ip), payload->>'email']) FROM events
		UNION ALL SELECT annotated_by FROM metrics
		UNION ALL SELECT unnest(ARRAY[card_number, card_holder, iban]) FROM payments
		UNION ALL SELECT unnest(ARRAY[requester_name, requester_email, requester_phone]) FROM support_tickets
		UNION ALL SELECT unnest(cc_emails) FROM support_tickets
		UNION ALL SELECT "Buyer's E-mail" FROM "Odd Schema"."Order ""Book"""
	) x (v) WHERE length(v) > 6`

// leaks returns the source identifiers that occur in a text in any case.
func (s *site) leaks(text string) []string { return s.foundOf(s.primary.URL(s.db), text) }

// foundOf returns the identifiers of the database at url that occur in a text in any case.
func (s *site) foundOf(url, text string) []string {
	s.t.Helper()
	conn := pgserver.Conn(s.t, url)
	defer conn.Close(context.Background())
	rows, err := conn.Query(context.Background(), identifiers)
	if err != nil {
		s.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(all) < sampleUsers {
		s.t.Fatalf("the oracle found only %d identifiers: %v", len(all), err)
	}
	return occurring(strings.ToLower(text), all)
}

// occurring are those of some values, of more than six bytes each, that occur in a text in lower case. The text is gone
// through once, not once for each value.
func occurring(text string, values []string) (found []string) {
	const head = 6
	begins := map[string][]string{}
	for _, v := range values {
		low := strings.ToLower(v)
		begins[low[:head]] = append(begins[low[:head]], v)
	}
	for i := 0; i+head <= len(text) && len(begins) > 0; i++ {
		for _, v := range begins[text[i:i+head]] {
			if strings.HasPrefix(text[i:], strings.ToLower(v)) && !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	return found
}

// dump is a database as pg_dump prints it: every row, default and comment.
func (s *site) dump(url string) string {
	s.t.Helper()
	out, err := exec.Command(s.staging.Tool("pg_dump"), "-d", url).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return string(out)
}
