package catalog

import "testing"

func TestWithoutLiterals(t *testing.T) {
	for in, want := range map[string]string{
		`CHECK (mail <> 'lars.holm@telia.com'::text)`:      `CHECK (mail <> '***'::text)`,
		`CHECK (VALUE ~~ '%_@_%'::text AND length(a) > 3)`: `CHECK (VALUE ~~ '%_@_%'::text AND length(a) > 3)`,
		`CHECK (name <> 'O''Neil' AND b = E'x\'y z')`:      `CHECK (name <> '***' AND b = E'***')`,
		`CHECK ("it's 1234567" <> 4155552671)`:             `CHECK ("it's 1234567" <> ***)`,
		`CHECK (col1234567 < 99999)`:                       `CHECK (col1234567 < 99999)`,
		`CHECK (a = '日本' OR a = '')`:                       `CHECK (a = '***' OR a = '')`,
		`CHECK (a = 'unclosed`:                             `CHECK (a = '***'`,
		``:                                                 ``,
	} {
		if got := WithoutLiterals(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}
