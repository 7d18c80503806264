package discover_test

import (
	"strings"
	"testing"
)

// Configuration is not redacted blindly: numbers, true and false and plain words stay, path
// by path, for a person to look at; names, addresses, secrets and sentences do not.
func TestSettingsStay(t *testing.T) {
	text, _, _ := tried(t, `CREATE TABLE apps (id int PRIMARY KEY, settings jsonb NOT NULL, feature_flags jsonb, options jsonb);
		INSERT INTO apps VALUES (1, '{"theme": "dark", "limit": 3, "enabled": true, "ratio": 0.5, "owner": "Maria Kowalski",
			"contact": {"email": "maria.k1@nordmail.se"}, "api_key": "q8ZrT1vXw93LmPoA7sKd", "greeting": "call me, your old friend Bo"}',
			'{"search": true, "checkout": false}', NULL)`)
	for _, want := range []string{"settings:   # review:", "theme: keep", "limit: keep", "enabled: keep", "ratio: keep",
		"contact.email: email", "search: keep", "checkout: keep", "options: {json: {}, other: keep}   # review:"} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q:\n%s", want, text)
		}
	}
	for _, not := range []string{"owner: keep", "greeting: keep", "api_key: keep"} {
		if strings.Contains(text, not) {
			t.Errorf("the draft has %q:\n%s", not, text)
		}
	}
}
