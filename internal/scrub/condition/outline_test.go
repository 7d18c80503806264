package condition

import (
	"strings"
	"testing"
)

func TestOutline(t *testing.T) {
	for in, want := range map[string]string{
		`full_name == "Ottokar Zwetschgauer"`:            `full_name == "…"`,
		`mail endsWith '@acme.test' and plan in ["pro"]`: `mail endsWith "…" and plan in ["…"]`,
		`name == "a \"quoted\" one" or x`:                `name == "…" or x`,
		"note matches `^a\\b`":                           `note matches "…"`,
		`phone == 491701234567 and age > 18`:             `phone == … and age > 18`,
		`line2 != nil and t8000x == 1`:                   `line2 != nil and t8000x == 1`,
		`name == "open`:                                  `name == "…"`,
	} {
		if got := Outline(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func FuzzOutline(f *testing.F) {
	f.Add(`a == "secretsecret" and b == 'secretsecret'`)
	f.Fuzz(func(t *testing.T, s string) {
		quoted := `x == "` + strings.NewReplacer(`"`, "", `\`, "").Replace(s) + `"`
		if got := Outline(quoted); got != `x == "…"` {
			t.Errorf("%q gives %q", quoted, got)
		}
	})
}
