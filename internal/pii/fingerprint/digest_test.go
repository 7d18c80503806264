package fingerprint

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"refresher/internal/pii"
)

func TestDigestsOfAddressesAndPhones(t *testing.T) {
	sums := func(text string) [][]byte {
		m, s, l := md5.Sum([]byte(text)), sha1.Sum([]byte(text)), sha256.Sum256([]byte(text))
		return [][]byte{m[:], s[:], l[:]}
	}
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
