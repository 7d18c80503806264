package fingerprint

import (
	"strings"
	"testing"

	"refresher/internal/pii"
)

// Hardware addresses are found in every notation, usernames if they have a digit.
func TestDevicesAndUsernames(t *testing.T) {
	for _, c := range []struct {
		value        value
		texts, clean string
	}{
		{value{pii.MAC, "00:1A:2B:3C:4D:5E"},
			"00:1a:2b:3c:4d:5e\nseen 00-1A-2B-3C-4D-5E.\n001a2b3c4d5e\n001a.2b3c.4d5e\n{\"m\":\"00:1a:2b:3c:4d:5e\"}",
			"00:1a:2b:3c:4d:5f\n1a:2b:3c:4d:5e\n001a2b3c4d"},
		{value{pii.MAC, "001a2b3c4d5e"}, "00:1a:2b:3c:4d:5e\n001A2B3C4D5E", "001a2b3c4d5e6f70"},
		{value{pii.MAC, "08:00:2b:01:02:03:04:05"}, "08:00:2b:01:02:03:04:05\n08002b0102030405", "08:00:2b:01:02:03"},
		{value{pii.Username, "jane.doe84"}, "jane.doe84\nJANE.DOE84\n@jane.doe84!", "jane.doe85\njane.doe"},
	} {
		set, stats := build(t, c.value)
		if stats[c.value.class] != (Stats{Added: 1}) {
			t.Errorf("%s %q: %+v", c.value.class, c.value.text, stats)
		}
		m := set.Matcher()
		for _, text := range strings.Split(c.texts, "\n") {
			if got := m.Scan(nil, []byte(text)); len(got) == 0 || got[0].Class != c.value.class {
				t.Errorf("%s %q is not found in %q", c.value.class, c.value.text, text)
			}
		}
		for _, text := range strings.Split(c.clean, "\n") {
			if got := m.Scan(nil, []byte(text)); len(got) != 0 {
				t.Errorf("%s %q is found in %q: %s", c.value.class, c.value.text, text, show(text, got))
			}
		}
	}
	for _, v := range []value{{pii.MAC, "none"}, {pii.MAC, "00:1a:2b"}, {pii.MAC, "00:00:00:00:00:00"},
		{pii.MAC, "00:1a:2b:3c:4d:5e:6f"}, {pii.Username, "jane"}, {pii.Username, "janedoe"}, {pii.Username, "j1"}} {
		if set, stats := build(t, v); stats[v.class] != (Stats{Short: 1}) || set.Len() != 0 {
			t.Errorf("%s %q: %+v, %d fingerprints", v.class, v.text, stats, set.Len())
		}
	}
	// Of all classes, the direct ones and no other have a code.
	for _, class := range []pii.Class{pii.None, pii.Email, pii.Phone, pii.FullName, pii.FirstName, pii.LastName,
		pii.Company, pii.Street, pii.City, pii.Postcode, pii.IP, pii.UserAgent,
		pii.NationalID, pii.CreditCard, pii.IBAN, pii.Token, pii.Username, pii.MAC, pii.URL, pii.Domain, pii.Region,
		pii.Country, pii.Latitude, pii.Longitude, pii.Date, pii.FreeText} {
		if (codeOf(class) != 0) != class.Direct() {
			t.Errorf("%s: direct %v, code %d", class, class.Direct(), codeOf(class))
		}
	}
}
