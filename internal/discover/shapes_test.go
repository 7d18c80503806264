package discover

import (
	"math"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
)

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		class    pii.Class
		yes, not []string
	}{
		{pii.Email, []string{"jane@mail.test", "j.d+x@sub.mail.test"}, []string{"jane@", "@home", "a@b@c.test", "jane at mail.test"}},
		{pii.Phone, []string{"+1 212 867 5309", "(212) 867-5309", "0171/1234567 89", "212.867.5309", "+442079460000"},
			[]string{"2024-05-17", "2015-03-26 215430", "12345678901", "192.168.10.20", "1.2.3", "order 17"}},
		{pii.Date, []string{"2024-05-17", "17.05.2024", "5/17/2024", "2024-05-17 13:14:15", "17 May 2024"}, []string{"12345", "2024", "1.5", "abc"}},
		{pii.Postcode, []string{"12345-6789", "SW1A 1AA", "K1A 0B1", "00-950"}, []string{"12345", "A1"}},
		{pii.Street, []string{"1652 Stockton St", "Hauptstraße 5", "Calle Mayor 10", "12, rue de la Paix", "ul. Długa 7"}, []string{"Mountain", "12345", "The Art of War"}},
		{pii.FullName, []string{"Jane Doe", "Maria Garcia Lopez", "Herr Klaus Müller", "Smith, John", "MARY SMITH"}, []string{"Mountain Bike", "Sales Manager", "Jane", "jane doe sells seashells by the shore"}},
		{pii.FirstName, []string{"Jane", "Wojciech", "Priya"}, []string{"Table", "42"}},
		{pii.LastName, []string{"Kowalski", "Rasmussen", "Garcia"}, []string{"Table"}},
		{pii.City, []string{"Zürich", "sao paulo", "NEW YORK"}, []string{"Nowhereville"}},
		{pii.Country, []string{"Germany", "Deutschland", "DE", "DEU"}, []string{"Atlantis"}},
		{pii.Token, []string{"$2a$10$abcdefghijklmnopqrstuv", "d41d8cd98f00b204e9800998ecf8427e"}, []string{"12345678901234567890123456789012", "hello"}},
		{pii.Username, []string{"steam:110000112345678", "76561198012345678", "STEAM_0:1:23456", "auth0|5f1c9", "license:7d1a9b2a1a9cf6"},
			[]string{"jane", "12345678901234567", "color:red"}},
		{pii.MAC, []string{"00:1a:2b:3c:4d:5e"}, []string{"00:1a:2b:3c:4d", "00:1a:2b:3c:4d:5g"}},
	} {
		for _, v := range c.yes {
			if e := look([]string{v}, detect.New(), detect.Context{}); e.share[c.class] != 1 {
				t.Errorf("%q is no %s", v, c.class)
			}
		}
		for _, v := range c.not {
			if e := look([]string{v}, detect.New(), detect.Context{}); e.share[c.class] != 0 {
				t.Errorf("%q is %s", v, c.class)
			}
		}
	}
}

func TestElements(t *testing.T) {
	if got := strings.Join(elements(`{a,"b, \"c\"",NULL,"NULL",{d,""}}`), "|"); got != `a|b, "c"|NULL|d` {
		t.Errorf("got %s", got)
	}
}

// For any value, shares stay shares.
func FuzzLook(f *testing.F) {
	f.Add("jane@mail.test", "x")
	f.Add("{\"a\":1}", "+1 212 867 5309")
	f.Add("\xff\xfe", "٣٤٥")
	d := detect.New()
	f.Fuzz(func(t *testing.T, a, b string) {
		e := look([]string{a, b, a}, d, detect.ContextOf(b))
		for _, m := range []map[pii.Class]float64{e.share, e.could, {"x": e.hits, "y": e.prose, "z": e.json, "d": e.isoDates}} {
			for c, v := range m {
				if v < 0 || v > 1 || math.IsNaN(v) {
					t.Errorf("%q and %q: %s has the share %f", a, b, c, v)
				}
			}
		}
		elements(a)
		readDocuments([]string{a, b}, len(a)%2 == 0)
	})
}
