package verify_test

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"refresher/internal/verify"
)

// What is encoded on one line is seen through, however long the line is.
func TestLongEncodedLines(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 2})
	var b strings.Builder
	r := rand.New(rand.NewPCG(1, 2))
	for b.Len() < 3<<20 {
		for range 5 {
			b.WriteByte(byte('a' + r.IntN(26)))
		}
		b.WriteByte(' ')
	}
	text := b.String() + " lars.holm@telia.com " + strings.Repeat("omega ", 10)
	packed := gzipped([]byte(text))
	if len(packed) < 1<<20 {
		t.Fatalf("only %d bytes", len(packed))
	}
	lines := func(s string) string {
		var b strings.Builder
		for ; len(s) > 76; s = s[76:] {
			b.WriteString(s[:76] + "\r\n")
		}
		return b.String() + s + "\r\n"
	}
	for name, blob := range map[string]string{
		"base64":      base64.StdEncoding.EncodeToString([]byte(text)),
		"url base64":  base64.RawURLEncoding.EncodeToString([]byte("x" + text)),
		"hex":         hex.EncodeToString([]byte(text)),
		"gzip":        base64.StdEncoding.EncodeToString(packed),
		"gzip in hex": hex.EncodeToString(packed),
		"gzip, MIME":  lines(base64.StdEncoding.EncodeToString(packed)),
	} {
		for _, before := range []string{"", "{}\n{\"x\": 7, \"blob\": \""} {
			result := looked(t, v, "x.jsonl", []byte(before+blob+"\"}\n{}\n"))[0]
			if result.Detected < 1 || result.Detected > 2 {
				t.Errorf("%s after %q: %d found", name, before, result.Detected)
			}
		}
	}
}

// A line that is too long even for that is cut where its parts can be decoded, and
// the result says so.
func TestEndlessEncodedLine(t *testing.T) {
	if testing.Short() {
		t.Skip("tens of megabytes")
	}
	v := verify.New(verify.Options{Run: run, Workers: 1})
	text := strings.Repeat("nothing to see here, ", 2<<20) + " lars.holm@telia.com " + strings.Repeat("or here, ", 1000)
	result := looked(t, v, "x.jsonl", []byte("{\"blob\": \""+base64.StdEncoding.EncodeToString([]byte(text))+"\"}\n"))[0]
	if result.Detected != 1 || result.Columns[0].Cut == 0 {
		t.Errorf("%d found, %d cut", result.Detected, result.Columns[0].Cut)
	}
	if detail := result.Checks[len(result.Checks)-1].Detail; !strings.Contains(detail,
		"not looked through to the end") {
		t.Errorf("it says %q", detail)
	}
}
