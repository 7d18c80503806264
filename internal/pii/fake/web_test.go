package fake

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"refresher/internal/pii"
)

func moreGenerators() []generator {
	username := func(f UsernameForm) func([]byte, *Digest) []byte {
		return func(b []byte, d *Digest) []byte { return AppendUsername(b, d, f) }
	}
	full := UsernameForm{First: true, Surname: true, Hash: MinHash}
	short := UsernameForm{Surname: true, Hash: MinUserHash}
	bare := UsernameForm{Hash: MinHash}
	url := func(b []byte, d *Digest) []byte {
		b = append(AppendURLHost(b, d, "https"), '/')
		b = append(AppendURLSegment(b, d, 0), '/')
		return append(AppendURLSegment(b, d, 1), ".jpg"...)
	}
	mac := func(n int) func([]byte, *Digest) []byte {
		return func(b []byte, d *Digest) []byte {
			m := MAC(d)
			for i, c := range m[:n] {
				if i > 0 {
					b = append(b, ':')
				}
				b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
			}
			return b
		}
	}
	country := func(f CountryForm) func([]byte, *Digest) []byte {
		return func(b []byte, d *Digest) []byte { return AppendCountry(b, d, f) }
	}
	return []generator{
		{"username", pii.Username, full.MaxLen(), 20000, username(full)},
		{"username short", pii.Username, short.MaxLen(), 19900, username(short)},
		{"username bare", pii.Username, bare.MaxLen(), 20000, username(bare)},
		{"domain", pii.Domain, DomainForm{}.MaxLen(), 16000, func(b []byte, d *Digest) []byte { return AppendDomain(b, d, DomainForm{}) }},
		{"domain hash", pii.Domain, DomainForm{Hash: MaxHash}.MaxLen(), 20000, func(b []byte, d *Digest) []byte { return AppendDomain(b, d, DomainForm{Hash: MaxHash}) }},
		{"url", pii.URL, MaxURLHost + 20 + 4, 19000, url},
		{"url hash", pii.URL, MaxURLHost + 1 + MaxHash, 20000, func(b []byte, d *Digest) []byte {
			return AppendURLHash(append(AppendURLHost(b, d, "ftp"), '/'), d, MaxHash)
		}},
		{"mac", pii.MAC, 17, 19990, mac(6)},
		{"mac 64", pii.MAC, 23, 20000, mac(8)},
		{"region", pii.Region, MaxRegion, 500, AppendRegion},
		{"region code", pii.Region, RegionCodeLen, 26, AppendRegionCode},
		{"country", pii.Country, MaxCountry, 60, country(CountryName)},
		{"country 2", pii.Country, 2, 60, country(CountryAlpha2)},
		{"country 3", pii.Country, 3, 60, country(CountryAlpha3)},
		{"latitude", pii.Latitude, MaxLatitude, 19800, AppendLatitude},
		{"longitude", pii.Longitude, MaxLongitude, 19900, AppendLongitude},
		{"lorem", pii.FreeText, 300, 19700, func(b []byte, d *Digest) []byte { return AppendLorem(b, d, 1+int(d[31])) }},
		{"password", pii.Token, 60, 1, func(b []byte, _ *Digest) []byte { return append(b, PasswordBcrypt...) }},
		{"password pbkdf2", pii.Token, len(PasswordPBKDF2), 1, func(b []byte, _ *Digest) []byte { return append(b, PasswordPBKDF2...) }},
		{"password scrypt", pii.Token, len(PasswordScrypt), 1, func(b []byte, _ *Digest) []byte { return append(b, PasswordScrypt...) }},
		{"password argon2", pii.Token, 97, 1, func(b []byte, _ *Digest) []byte { return append(b, PasswordArgon2...) }},
	}
}

func TestRecogniseMore(t *testing.T) {
	for class, values := range map[pii.Class][]string{
		pii.Username: {"jane.doe", "anna.glirbowwick", "glirbowwick.smith1", "usr_admin", "anna.smith.abcdefgh", "usr_ABCDEFGHIJKLMNOP", "glirbowwick.abc", "zzyzx.glirbowwick.abcd", "x.anna.glirbowwick.abcd"},
		pii.Domain:   {"acme.com", "example.co", "xn--example.com.evil", "exam ple.test", "a_b.test", ".test", "jane@host.test"},
		pii.URL: {"https://acme.com/", "glirbowwick.example.com", "https://www.example.com/", "https://glirbowwick.example.com/jane", "https://glirbowwick.example.com/?q=jane", "https://u@glirbowwick.example.com/",
			"https://glirbowwick.example.com:80/", "javascript://glirbowwick.example.com/", "https://glirbowwick.example.com/wreffen/x.jane", "https://glirbowwick.example.com.evil.com/", "https://glirbowwick.example.com/#jane"},
		pii.MAC:       {"00:1a:2b:3c:4d:5e", "f2:4e", "f2:4e:00:00:00", "f0:4e:00:00:00:00", "6a:4e:00:00:00:00", "f2:4e:00:00:00:0g", "f2:4e:00:00:00:00:00:00:00"},
		pii.Region:    {"Yorkshire", "NY", "xa", "Thorn", "shire", "X1"},
		pii.Country:   {"Atlantis", "XX", "ZZZ", "germ"},
		pii.Latitude:  {"52.5", "-2.000001", "2.1", "x", "-", ".5", "1.", "1.2.3", "10"},
		pii.Longitude: {"13.4", "4.000001", "-5", "1e0"},
		pii.FreeText:  {"Lorem ipsum Jane", "hello", "lo lorem", "lorem ipsum 5", "loremipsum", "lorém"},
		pii.Token:     {"$2b$10$w.VFD3bY1TYlCjoKuydBSuhFvxmGLX2TajSMZPiJeOli6wvwlJbuL", "$argon2id$v=19$m=65536,t=3,p=4$x"},
	} {
		for _, v := range values {
			if Recognise(class, []byte(v)) {
				t.Errorf("%s %q is taken for a fake", class, v)
			}
		}
	}
	for class, values := range map[pii.Class][]string{
		pii.Domain: {"a.test", "Mail.Example.ORG", "x.y.invalid", "example.com."}, pii.MAC: {"01:00:5e:00:00:01", "AB:1a:2b:3c:4d:5e", "F2-4E-00-00-00-01", "f24e.0000.0001", "f24e00000001"}, pii.Latitude: {"0", "-2", "2.000000"},
		pii.URL: {"HTTPS://GLIRBOWWICK.example.com", "http://glirbowwick.test/wreffen/", "wss://glirbowwick.example/"}, pii.FreeText: {"Lorem ipsum dolor si", strings.Repeat("lorem, ipsum. ", 1000)},
	} {
		for _, v := range values {
			if !Recognise(class, []byte(v)) {
				t.Errorf("%s %.60q is not recognised", class, v)
			}
		}
	}
}

func TestMACsAreNobodys(t *testing.T) {
	for i := range 1000 {
		m := MAC(digest(i))
		if m[0]&1 != 0 || m[0]&2 == 0 || m[0]&0x0c != 0 {
			t.Fatalf("%x is multicast, a maker's, or of another quadrant", m)
		}
	}
}

func TestFiles(t *testing.T) {
	im, err := png.Decode(strings.NewReader(PNG))
	if err != nil || im.Bounds().Dx() != 1 || im.Bounds().Dy() != 1 {
		t.Error(err)
	}
	for i, obj := range []string{"1 0 obj", "2 0 obj", "3 0 obj"} {
		at := strings.Index(PDF, obj)
		entry := PDF[strings.Index(PDF, "65535 f \n")+9+20*i:][:20]
		if entry != string(appendDigits(nil, uint64(at), 10))+" 00000 n \n" {
			t.Errorf("the entry of %s is %q, and it stands at %d", obj, entry, at)
		}
	}
	if want := "startxref\n" + string(appendDigits(nil, uint64(strings.Index(PDF, "xref\n0 4")), 3)) + "\n%%EOF\n"; !strings.HasSuffix(PDF, want) {
		t.Errorf("the file doesn't end in %q", want)
	}
}

func TestFillers(t *testing.T) {
	for n := range 200 {
		text := AppendLorem([]byte("x"), digest(n), n)[1:]
		if len(text) != n || n > 0 && !Recognise(pii.FreeText, text) {
			t.Errorf("%d characters: %q", n, text)
		}
		b := AppendFiller([]byte("x"), digest(n), n)[1:]
		if len(b) != n || !bytes.HasPrefix(b, bytesMark[:min(n, 8)]) {
			t.Errorf("%d bytes: %x", n, b)
		}
		for _, c := range b[min(n, 8):] {
			if c < 0x80 {
				t.Fatalf("text can be seen in %x", b)
			}
		}
	}
}
