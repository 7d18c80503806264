//go:build unix

package detect

import (
	"strings"
	"testing"
	"time"

	"refresher/internal/testkit/cputime"
)

// For any text, a scan of eight times as much takes about eight times as long.
func TestScanIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	d := New().Words()
	in := ContextOf("national_id", "phone", "swift", "token")
	var dst []Hit
	took := func(piece string, size int) time.Duration {
		text := []byte(strings.Repeat(piece, size/len(piece)))
		best := time.Hour
		for range 3 {
			began := cputime.Used(t)
			dst = d.ScanIn(dst[:0], text, in)
			best = min(best, cputime.Used(t)-began)
		}
		return best
	}
	for _, piece := range []string{"1 ", "1.", "a@", "2a00:", "eyJaaaaaaaa.", "-----BEGIN ", "DE89 ", "+1", "@a.bc-", "00:", "00-", "$2b$", "$argon2id$", "scrypt:a$", "Aa1Bb2Cc3Dd4Ee5F", "aB3_",
		"sin 1", "John ", "12 Elm ", "rue ", "Mr ", "1.2345,", "\"a@", "(1)", "x1", "0x", "bc1", "1234-", "AB 12 ", "12345678-", "１", "\u200b1", "Ł", "日", "a.", "1/2/1987 "} {
		small, large := took(piece, 1<<14), took(piece, 1<<17)
		if large > 32*small+20*time.Millisecond { // a scan that is quadratic would take 64 times as long
			t.Errorf("%q: %v for 16 KiB, %v for 128", piece, small, large)
		}
	}
}
