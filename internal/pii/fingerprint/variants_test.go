package fingerprint

import (
	"testing"

	"refresher/internal/pii"
)

// Other spellings of a value that a person, or a simple script, reads back.
func TestOtherSpellingsAreFound(t *testing.T) {
	for _, c := range []struct {
		class  pii.Class
		value  string
		others []string
		clean  []string
	}{
		{pii.FullName, "Friedhelm Quastenberg", []string{"FriedhelmQuastenberg", "friedhelmquastenberg", "img/FRIEDHELMQUASTENBERG.png", "QuastenbergFriedhelm", "friedhelmquastenberg84"},
			[]string{"Friedhelm", "quastenberg", "friedhelmquasten"}},
		{pii.FullName, "Jürgen Höllerich", []string{"Juergen Hoellerich", "JUERGEN HOELLERICH", "Jurgen Hollerich", "JuergenHoellerich",
			"jürgenhöllerich84", "JuergenHoellerich_84", "jurgenhollerich84"},
			[]string{"Juergen Hoeller"}},
		{pii.FullName, "Joerg Mueller-Boehm", []string{"Jörg Müller-Böhm", "Jorg Muller Bohm"}, []string{"Jörg Müller-Bauer"}},
		{pii.FullName, "Samuel Bauerle", []string{"samuel bauerle"}, []string{"Samul Baurle"}},
		{pii.Street, "Lindenthaler Hauptstr. 17b", []string{"Lindenthaler Hauptstraße 17b", "Lindenthaler Hauptstr. 17 b", "17b Lindenthaler Hauptstr.", "17 b, Lindenthaler Hauptstrasse"},
			[]string{"Lindenthaler Hauptstr. 17", "Lindenthaler Hauptstr. 18b"}},
		{pii.Street, "221 B Baker Street, Flat 2", []string{"221B Baker St, Flat 2", "Baker St. Flat 2 221 B"}, []string{"221 Baker Street"}},
		{pii.Street, "45 Fenwick Ave", []string{"45 Fenwick Avenue", "Fenwick Avenue 45"}, []string{"45 Fenwick"}},
		{pii.IBAN, "DE89 3704 0044 0532 0130 00", []string{"370400440532013000", "37040044 532013000", "0532013000 37040044", "3704 0044 0532 0130 00"}, []string{"37040044"}},
		{pii.IBAN, "GB29 NWBK 6016 1331 9268 19", []string{"NWBK60161331926819", "60-16-13 31926819"}, nil},
		{pii.Street, "Süderstraße 117", []string{"Suederstrasse 117"}, []string{"Suederstrasse 118"}},
		{pii.IP, "93.184.216.34", []string{"1572395042", "ip-93-184-216-34.eu-central-1.compute.internal", "34-216-184-93.dsl.example", "::ffff:5db8:d822", "::ffff:93.184.216.34", "34.216.184.93.in-addr.arpa",
			"dslb-093-184-216-034.example", "2002:5db8:d822::1"},
			[]string{"1572395043", "ip-93-184-216-35", "93 184 216 34", "93.184.216.34.5"}},
		{pii.MAC, "3c:22:fb:12:34:56", []string{"3c:22:fb:ff:fe:12:34:56", "\\x3c22fb123456", "3C22.FB12.3456", "0x3c22fb123456", "fe80::3e22:fbff:fe12:3456", "66120938828886"}, []string{"3c:22:fb:ff:fe:12:34:57"}},
		{pii.Token, "7f1c2d34-9a8b-4c5d-8e6f-a1b2c3d4e5f6", []string{"\\x7f1c2d349a8b4c5d8e6fa1b2c3d4e5f6",
			"0x7f1c2d349a8b4c5d8e6fa1b2c3d4e5f6", "fxwtNJqLTF2Ob6Gyw9Tl9g==", "342d1c7f8b9a5d4c8e6fa1b2c3d4e5f6"}, nil},
	} {
		set, _ := build(t, value{c.class, c.value})
		m := set.Matcher()
		for _, text := range append(c.others, c.value) {
			if got := m.Scan(nil, []byte("of "+text+", as said")); len(got) == 0 || got[0].Class != c.class {
				t.Errorf("%s %q is not found in %q", c.class, c.value, text)
			}
		}
		for _, text := range c.clean {
			if got := m.Scan(nil, []byte("of "+text+", as said")); len(got) != 0 {
				t.Errorf("%s %q is found in %q", c.class, c.value, text)
			}
		}
	}
}
