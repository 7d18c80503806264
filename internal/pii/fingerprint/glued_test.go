package fingerprint

import (
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
)

// Numbers are found with letters joined to them, as on a card's magnetic stripe.
func TestGluedNumbers(t *testing.T) {
	for _, c := range []struct {
		value        value
		texts, clean string
	}{
		{value{pii.CreditCard, "4539 2001 5972 1412"}, "%B4539200159721412^DOE/JOHN^2512101\nPAN4539200159721412\n4539200159721412X\n;card=No4539200159721412b;\nénuméro4539200159721412\nñ４５３９２００１５９７２１４１２x", "PAN4539200159721413\nPAN45392001597214120\na4539200159721412b1\n" + strings.Repeat("x", 60) + "4539200159721412"},
		{value{pii.IBAN, "DE96 2004 1133 0890 0012 34"}, "IBANDE96200411330890001234\nde96200411330890001234EUR\nIbanDE96200411330890001234eur\nxyIBANDE96200411330890001234", "IBANDE96200411330890001235\nDE9620041133089000123\nIBANDE962004113308900012345"},
		{value{pii.IBAN, "GB29 NWBK 6016 1331 9268 19"}, "IBANGB29NWBK60161331926819\nGB29NWBK60161331926819GBP",
			"GB29NWBK601613319268190"},
		{value{pii.Phone, "+49 171 2233445"}, "tel491712233445\ntel491712233445x\ntel00491712233445",
			"tel491712233446\nabc1712233"},
	} {
		set, _ := build(t, c.value)
		m := set.Matcher()
		for _, text := range strings.Split(c.texts, "\n") {
			got := m.Scan(nil, []byte(text))
			if len(got) != 1 || got[0].Class != c.value.class {
				t.Errorf("%s %q is not found in %q", c.value.class, c.value.text, text)
				continue
			}
			if text[got[0].Start] >= utf8.RuneSelf { // the whole word
				continue
			}
			if letters := strings.Trim(text[got[0].Start:got[0].End], "0123456789"); c.value.class != pii.IBAN &&
				letters != "" {
				t.Errorf("%q in %q", text[got[0].Start:got[0].End], text)
			}
		}
		for _, text := range strings.Split(c.clean, "\n") {
			if got := m.Scan(nil, []byte(text)); len(got) != 0 {
				t.Errorf("%s %q is found in %q: %s", c.value.class, c.value.text, text, show(text, got))
			}
		}
	}
}
