package fingerprint

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"refresher/internal/pii"
)

// sums are the digests of a text.
func sums(text string) [][]byte {
	m, s, l := md5.Sum([]byte(text)), sha1.Sum([]byte(text)), sha256.Sum256([]byte(text))
	return [][]byte{m[:], s[:], l[:]}
}

func TestDigestsOfAddressesAndPhones(t *testing.T) {
	for _, c := range []struct {
		class pii.Class
		value string
		forms []string
	}{
		{pii.Email, " Hanna.Quistorp@Posteo.de ", []string{"hanna.quistorp@posteo.de", "Hanna.Quistorp@Posteo.de"}},
		{pii.Email, "jo@posteo.de, Ulf <ulf.zebramann@posteo.de>", []string{"ulf.zebramann@posteo.de"}},
		{pii.Phone, "+49 30 88714402", []string{"+49 30 88714402", "+493088714402", "493088714402"}},
		{pii.Phone, "030 88714402", []string{"030 88714402", "03088714402"}},
	} {
		set, _ := build(t, value{c.class, c.value})
		m := set.Matcher()
		for _, form := range c.forms {
			for _, sum := range sums(form) {
				h := hex.EncodeToString(sum)
				texts := []string{h, strings.ToUpper(h), `\x` + h, "https://secure.gravatar.com/avatar/" + h + "?s=80", `{"em":"` + h + `"}`,
					base64.StdEncoding.EncodeToString(sum), base64.RawURLEncoding.EncodeToString(sum), "sha=" + base64.URLEncoding.EncodeToString(sum) + ";"}
				if len(sum) == md5.Size { // md5(email)::uuid
					id := strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
					texts = append(texts, id, strings.ToUpper(id), "id="+id+";")
				}
				for _, text := range texts {
					if got := m.Scan(nil, []byte(text)); len(got) != 1 || got[0].Class != c.class {
						t.Errorf("the digest of %q is not found in %q: %v", form, text, got)
					}
				}
			}
		}
		for _, sum := range sums("somebody.else@posteo.de") {
			for _, text := range []string{hex.EncodeToString(sum), base64.StdEncoding.EncodeToString(sum)} {
				if got := m.Scan(nil, []byte(text)); len(got) != 0 {
					t.Errorf("another's digest is found in %q", text)
				}
			}
		}
	}
}

// A digest stands amid other bytes where programs put it.
func TestDigestsAmidOtherBytes(t *testing.T) {
	set, _ := build(t, value{pii.Email, "hanna.quistorp@posteo.de"})
	m := set.Matcher()
	long := bytes.Repeat([]byte{0xC1, 3, 0xFF}, 300)
	for _, sum := range sums("hanna.quistorp@posteo.de") {
		n := byte(len(sum))
		for name, data := range map[string][]byte{
			"alone": sum, "a version before": slices.Concat([]byte{1}, sum), "one behind": slices.Concat(sum, []byte{1}),
			"anywhere in few bytes": slices.Concat(long[:13], sum, long[:9]), "at the beginning": slices.Concat(sum, long), "at the end": slices.Concat(long, sum),
			"behind a length":             slices.Concat(long, []byte{n}, sum, long),
			"behind two bytes of length":  slices.Concat(long, []byte{n, 0}, sum, long),
			"behind four bytes of length": slices.Concat(long, []byte{n, 0, 0, 0}, sum, long),
			"ASN.1":                       slices.Concat(long, []byte{4, n}, sum, long),
			"the third of many":           slices.Concat(random(n), random(n), sum, random(n), long),
		} {
			if got := m.RawDigests(nil, data); len(got) != 1 || !bytes.Equal(data[got[0].Start:got[0].End], sum) || got[0].Class != pii.Email {
				t.Errorf("%d bytes, %s: %v", n, name, got)
			}
		}
		other := bytes.Clone(sum)
		other[3] ^= 1
		if got := m.RawDigests(nil, slices.Concat(other, long, []byte{n}, other, long)); len(got) != 0 {
			t.Errorf("%d bytes, another: %v", n, got)
		}
	}
	for _, data := range [][]byte{nil, {1}, make([]byte, 15), make([]byte, 1<<16), bytes.Repeat([]byte{16}, 1<<16), long} {
		if got := m.RawDigests(nil, data); len(got) != 0 {
			t.Errorf("%d bytes: %v", len(data), got)
		}
	}
	none, _ := build(t, value{pii.IBAN, "DE89370400440532013000"})
	if got := none.Matcher().RawDigests(nil, sums("hanna.quistorp@posteo.de")[0]); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// random are as many bytes of a digest that is nobody's.
func random(n byte) []byte {
	sum := sha256.Sum256([]byte{n})
	return sum[:n]
}
