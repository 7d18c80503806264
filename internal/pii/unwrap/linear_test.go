//go:build unix

package unwrap

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"refresher/internal/testkit/cputime"
)

// What costs most is still linear: eight times as much of a hostile text takes about eight
// times as long.
func TestHostileTextsAreLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("times, which the race detector bends")
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 750<<10)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	for name, text := range map[string]string{
		"backslashes": strings.Repeat(`\`, 1<<20), "percents": strings.Repeat("%25", 350<<10), "ampersands": strings.Repeat("&", 1<<20),
		"entities": strings.Repeat("&amp;", 200<<10), "base64": base64.StdEncoding.EncodeToString(random), "slashes": strings.Repeat("YWJjZGVmZ2hp/", 80<<10),
		"dashes": strings.Repeat("YWJjZGVmZ2hpYWJj-", 64<<10), "hex": strings.Repeat("61", 512<<10), "zs": strings.Repeat("x", 1<<20), "zeros": strings.Repeat("0x", 512<<10),
		"gzip magics": strings.Repeat(string(gzipMagic), 350<<10), "zstd magics": strings.Repeat(string(zstdMagic), 256<<10), "forms": strings.Repeat("\uff20\u2460", 170<<10),
		"calls": strings.Repeat("chr(104)||", 100<<10), "labels": strings.Repeat("chr char ", 120<<10), "codes": strings.Repeat("104 ", 256<<10), "codes of kinds": strings.Repeat("68 104 0x68 ", 80<<10),
		"bytes in bits": strings.Repeat("01101000 ", 110<<10), "bits": strings.Repeat("01101000", 128<<10), "strings": strings.Repeat("'a'||'b'", 128<<10), "quotes": strings.Repeat("'", 1<<20) + "|",
		"quotes and space": strings.Repeat("'                         ||", 32<<10), "zeros of an entity": strings.Repeat("&#0", 350<<10), "wide": strings.Repeat("a\x00b\x00c", 200<<10), "brackets": strings.Repeat("chr(", 256<<10),
		"short runs": strings.Repeat("YWJjZGVmZ2hp ", 80<<10), "nested": base64.StdEncoding.EncodeToString([]byte(strings.Repeat(base64.StdEncoding.EncodeToString([]byte("abcdefghijkl"))+" ", 48<<10))),
	} {
		var u Unwrapper
		took := func(text []byte) time.Duration {
			best := time.Hour
			for range 2 {
				total, began := 0, cputime.Used(t)
				u.Walk(text, func(v *View) { total += len(v.Text) })
				best = min(best, cputime.Used(t)-began)
				if total > perText+(perByte+1)*len(text) {
					t.Errorf("%s: %d bytes unfold to %d", name, len(text), total)
				}
			}
			return best
		}
		small, large := took([]byte(text[:len(text)/8])), took([]byte(text))
		if large > 32*small+100*time.Millisecond { // quadratic: 64 times as long
			t.Errorf("%s: %v for %d bytes, %v for %d", name, small, len(text)/8, large, len(text))
		}
	}
}
