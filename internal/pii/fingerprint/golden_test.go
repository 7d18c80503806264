package fingerprint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// What is fingerprinted of a value, in all its forms, stays the same: a set that was kept
// must still find what it found. Who means to change the forms puts the new digests here.
func TestTheFormsOfValuesStayTheSame(t *testing.T) {
	s, err := NewKeptStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := s.Collector()
	r := real{rand.New(rand.NewPCG(3, 5))}
	for range 4000 {
		v := r.value()
		c.Add(v.class, []byte(v.text))
	}
	for _, v := range oddValues() {
		c.Add(v.class, []byte(v.text))
	}
	for i := range 600 {
		d := fake.Digest(sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
		for _, v := range fakes(&d) {
			if i%2 == 0 {
				c.Add(v.class, []byte(v.text))
			}
			if i%3 == 0 {
				c.Made(v.class, []byte(v.text))
			}
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct{ what, got, want string }{
		{"fingerprints", recordsOf(t, s.grams), "45183 6c3a3c0250670630"},
		{"what they begin with", recordsOf(t, s.heads), "31482 ee7d8adb5e135614"},
		{"fakes", fakesOf(s.made), "5c4e0f618bcb0450"},
		{"counts", fmt.Sprintf("%v", s.Stats()),
			"map[credit_card:{512 0 0} crypto_address:{1 0 0} email:{489 301 2} " +
				"full_name:{2333 0 2} iban:{4 0 0} imei:{1 0 0} ip:{527 1 2} mac:{304 0 1} national_id:{500 2 0} " +
				"phone:{498 302 2} street:{4127 0 1} token:{1081 0 11} username:{293 0 11} vin:{1 0 0}]"},
	} {
		if is.got != is.want {
			t.Errorf("%s: %s, want %s", is.what, is.got, is.want)
		}
	}
}

// oddValues are written in ways that have other spellings, or are no plain values.
func oddValues() (list []value) {
	for class, texts := range map[pii.Class][]string{
		pii.FullName: {"Jürgen Müller", "Juergen Mueller", "Dr. Anna-Lena von der Höhe", "Bauer Quentin",
			"SMITH, John Paul",
			"李小龍", "Иван Петров", "O'Neil Søren", "Prof. Dr. Hans Peter Groß jr.", "jo li", "anonymous user",
			"Æthel Åberg",
			"Anna|Stone", "Anna  Stone", "a b c d e f g h i j", "Anna Glirbowwick", "Glirbowwick Anna",
			"Anna Glirbowwick-Öhm",
			"Mr Anna Glirbowwick", "Anna Maria Glirbowwick"},
		pii.Street: {"Hauptstr. 12a", "12 a Main Street Apt 4", "Große Straße 5", "Grosse Strasse 5 b",
			"Calle Mayor 3",
			"5 Av. de la République", "Piazza del Duomo", "ul. Marszałkowska 10/12", "1-2-3 銀座",
			"Kerkstraat 7 c", "Baker St 221b",
			"221 b Baker Street", "Str 5 Place Square Road",
			"12 Boulevard Avenue Drive Court Lane Terrace Highway Parkway",
			"Avenida Av Avda 9", "Platz Pl 3", "482 Glirbowwick Lane", "482 Glirbowwick Ln",
			"Lane Glirbowwick 482", "straße 5",
			"xxstr 9", "xxxstr 9", "xxxstraat 9", "aleja al ulica ul 4", "6 Calle c Piazza Pza Apartment Apt",
			"①② Straße 7", "Ⅷ Straße 3ª", "Улица Ленина 5", "0012 Aenderoe Rd.", "a 1", "11 2 c Lane",
			"12ab Road 5b 7 d", "10thstr 4", "Ünderstr 12 Straßestr", "10str Höhe 5 c"},
		pii.IP: {"93.184.216.34", "1.2.3.4/32", "8.8.8.8", "208.115.231.254",
			"2606:2800:220:1:248:1893:25c8:1946",
			"::ffff:93.184.216.35", "10.0.0.1", "240.0.0.1", "9.9.9.9/24", "100.200.100.200", "5.6.70.250"},
		pii.Phone: {"+49 (0)30 1234567", "0049 30 7654321", "020 7946 0958", "+1 212-555-0147", "12345",
			"030/1234568",
			"+4930 7654322", "+49307654323", "2026-11-22 1234", "7777777"},
		pii.Email: {"Jo.Doe@Web.de", "Jo Doe <jo@web.de>, Ann <ann@b.de>", "a@b.c", "@x", "x@",
			"hugo.wreffenmoor.ab@example.com",
			"müller@bücher.de", " Spaced@web.de "},
		pii.MAC: {"f2:4e:01:02:03:04", "00-1B-44-11-3A-B7", "001b.4411.3ab8", "00:1b:44:11:3a:b7:00:01",
			"zz"},
		pii.Token: {"550e8400-e29b-41d4-a716-446655440000", "tok_abcdefghijkl2345", "abc",
			"deadbeefdeadbeefdeadbeef", "12345678"},
		pii.IBAN: {"DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "NL91ABNA0417164300",
			"DE12500105170000123456"},
		pii.Username: {"jo", "anna.glirbowwick.abcd2345", "jdoe77", "usr_abcd2345abcd2345"},
		pii.VIN:      {"1M8GDM9AXKP042788"}, pii.IMEI: {"490154203237518"},
		pii.Crypto:     {"1BoatSLRHtKNngkdXEeobR76b53LETtpyT"},
		pii.CreditCard: {"4111 1111 1111 1112", "5500-0055 5555 5559"}, pii.NationalID: {"078-05-1120",
			"AB 12 34 56 C"},
	} {
		for _, text := range texts {
			list = append(list, value{class, text})
		}
	}
	return list
}

// fakes are one of each kind that a run makes of a digest.
func fakes(d *fake.Digest) []value {
	mail, user := fake.EmailForm{Names: true, Hash: fake.MinHash}, fake.UsernameForm{First: true, Surname: true,
		Hash: fake.MinHash}
	list := []value{{pii.Email, string(fake.AppendEmail(nil, d, mail))}, {pii.Token, string(fake.AppendUUID(nil,
		d))},
		{pii.Token, string(fake.AppendToken(nil, d, fake.MinHash))}, {pii.Username,
			string(fake.AppendUsername(nil, d, user))},
		{pii.Phone, string(fake.AppendPhone(nil, d, fake.PhoneWide))},
		{pii.MAC, fmt.Sprintf("f2:4e:%02x:%02x:%02x:%02x", d[0], d[1], d[2], d[3])}}
	for _, name := range fake.LocaleNames() {
		l := fake.LocaleOf(name)
		person := string(l.AppendFullName(nil, d, fake.AnyGender))
		street := string(l.AppendStreet(nil, d))
		list = append(list, value{pii.FullName, person}, value{pii.Street, street}, value{pii.Street,
			street + " b"})
	}
	return list
}

// recordsOf is a digest of the records of a spill, in order and each once.
func recordsOf(t *testing.T, s *spill) string {
	sum := sha256.New()
	n := 0
	for p := range s.parts {
		recs, err := s.read(p)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(recs)
		recs = slices.Compact(recs)
		n += len(recs)
		sum.Write(asBytes(recs))
	}
	return fmt.Sprintf("%d %s", n, hex.EncodeToString(sum.Sum(nil)[:8]))
}

func fakesOf(m *made) string {
	sum := sha256.New()
	for i := range m.words {
		if w := m.words[i].Load(); w != 0 {
			sum.Write(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(i)), w))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
