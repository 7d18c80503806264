package verify_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"refresher/internal/verify"
)

// No text makes verification slow: hostile ones of a mebibyte take seconds at most,
// on a busy machine too. Anything worse than linear would take minutes.
func TestHostileTextsAreLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("times, which the race detector bends")
	}
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 1})
	const size = 1 << 20
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	same := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, text := range map[string]string{
		"survivors": same(srcEmail + "\n"), "names": same(srcName + " "), "first names": same("Hanna "),
		"addresses": numbered("lars.holm%d@telia.com "),
		"numbers":   numbered("%d "), "cards": same("4716108999716531 "), "digits": same("4 1 5 5 5 5 2 6 7 1 "),
		"commas": same("415,555,267,"), "ats": same("@"),
		"dots": same("a."), "quads": same("83.249.14.207."), "colons": same("2a00:"), "quotes": same("\"\\\""),
		"open JSON": same("{\"a\":["), "plus": same("1+2"),
		"wide": same("\uff21\uff20"), "zero width": same("a\u200b"), "no lines": same("x"), "only lines": same("\n"),
		"accents":           same("e\u0301"),
		"encoded survivors": same(base64.StdEncoding.EncodeToString([]byte(srcEmail)) + "\n"),
		"escaped":           same("hanna.bergstrom%40posteo.se&"),
		"in one block":      base64.StdEncoding.EncodeToString([]byte(numbered(srcEmail + " %d "))),
		"gzips":             same(string(gzipped([]byte(srcEmail)))),
		"tokens":            numbered("token=%dAb3dE5fG7hI9jK1lM3nO5pQ7 "), "keys": same("-----BEGIN "),
		"dollars": same("$2b$"),
		"secrets": same("secret=eyJ"),
	} {
		for _, file := range []string{"x.log", "x.csv"} {
			began := time.Now()
			results, err := v.File(context.Background(), verify.Input{Name: file, R: bytes.NewReader([]byte(text))})
			if err != nil {
				t.Fatal(err)
			}
			if d := time.Since(began); d > 15*time.Second {
				t.Errorf("%s in %s: %v", name, file, d)
			} else if d > 2*time.Second {
				t.Logf("%s in %s: %v, %d survivors", name, file, d, results[0].Survivors)
			}
		}
	}
}
