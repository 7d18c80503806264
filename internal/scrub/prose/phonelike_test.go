package prose

import (
	"strings"
	"testing"
)

func TestNumberSpans(t *testing.T) {
	for text, want := range map[string]string{
		"call 333 4560912 on 12 March":       "333 4560912",
		"+39 333 4560912":                    "39 333 4560912",
		"(02) 1234-5678.":                    "02) 1234-5678",
		"on 2026-11-21 at 10:30":             "",
		"21.11.2026 10:30, 11/21/2026":       "",
		"paid 1234567.89 twice":              "",
		"room 12 34":                         "",
		"SKU12345678 and 12345678AB":         "",
		"card 4929 1234 5678 9015":           "",
		"born 1977-03-02, phone 040/1234567": "040/1234567",
		"1234567":                            "1234567",
		"it is 12. 3456789":                  "12. 3456789",
	} {
		var got []string
		for _, s := range NumberSpans(nil, []byte(text)) {
			got = append(got, text[s.Start:s.End])
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
