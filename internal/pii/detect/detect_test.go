package detect

import (
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
)

// hit is what the tables below expect: [class][!]:text, ! for strong.
func show(text string, hits []Hit) string {
	var parts []string
	for _, h := range hits {
		s := string(h.Class)
		if h.Strong {
			s += "!"
		}
		parts = append(parts, s+":"+text[h.Start:h.End])
	}
	return strings.Join(parts, " | ")
}

var jwtSample = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

// key joins the halves of a made-up key, so that no scanner of source code takes it for one.
func key(prefix string, n int) string { return prefix + strings.Repeat("4f9Az", n/5+1)[:n] }

func TestScan(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// e-mail
		{"mail john.smith+x@gmail.com, please", "email!:john.smith+x@gmail.com"},
		{"<John.O'Neil@Sub.Example.co.uk>.", "email!:John.O'Neil@Sub.Example.co.uk"},
		{"to=a@b.de&x", "email!:a@b.de"},
		{"jörg@müller.de; 李明@例子.中国", "email!:jörg@müller.de | email!:李明@例子.中国"},
		{"请联系john@gmail.com谢谢", "email!:john@gmail.com"},
		{"“john@gmail.com”", "email!:john@gmail.com"},
		{"a@b.com@c.com", "email!:a@b.com"},
		{"x@gmail.com.", "email!:x@gmail.com"},
		{"x@xn--mller-kva.xn--p1ai", "email!:x@xn--mller-kva.xn--p1ai"},
		{"logo@2x.png lodash@4.17.21 user@host @you a@-b.com a@b a@b.c .@b.com @b.com", ""},
		{"12345@qq.com 4111111111111111@qq.com", "email!:12345@qq.com | email!:4111111111111111@qq.com"},
		{strings.Repeat("a", 80) + "@b.com", "email!:" + strings.Repeat("a", 64) + "@b.com"},
		// phone
		{"+1 (415) 555-2671 or +14155552671", "phone!:+1 (415) 555-2671 | phone!:+14155552671"},
		{"(415) 555-2671, 415-555-2671, 415.555.2671", "phone!:(415) 555-2671 | phone!:415-555-2671 | phone!:415.555.2671"},
		{"call 1-415-555-2671 2 times", "phone!:1-415-555-2671"},
		{"+44 7911 123456 2 times", "phone!:+44 7911 123456"},
		{"+44 (0)20 7946 0958.", "phone!:+44 (0)20 7946 0958"},
		{"+49 30 1234567", "phone!:+49 30 1234567"},
		{"+33\u00a06\u00a012\u00a034\u00a056\u00a078!", "phone!:+33\u00a06\u00a012\u00a034\u00a056\u00a078"},
		{"020 7946 0958 and 4155552671", "phone:020 7946 0958 | phone:4155552671"},
		{"0049 30 1234567", "phone!:0049 30 1234567"},
		{"+999 1234 5678, +0530, +1 115 555 2671", ""},
		{"415 555 2671", "phone:415 555 2671"},
		{"a415-555-2671 415-555-2671-9 9-415-555-2671 115-555-2671 415-555-26711", ""},
		{"2026-11-21 03:00:00.123456+00 01/02/2026 12.11.2026", ""},
		{"7f3a1c2e-415a-4155-8267-123456789012", ""},
		// card
		{"4111111111111111", "credit_card!:4111111111111111"},
		{"4111 1111 1111 1111 12/27", "credit_card!:4111 1111 1111 1111"},
		{"4111-1111-1111-1111", "credit_card!:4111-1111-1111-1111"},
		{"3782 822463 10005", "credit_card!:3782 822463 10005"},
		{"4111 1111 1111 1111 1111 1111", "credit_card:4111 1111 1111 1111"},
		{"4222222222222", "credit_card:4222222222222"},
		{"{4111111111111111,5500005555555559}", "credit_card!:4111111111111111 | credit_card!:5500005555555559"},
		{"4111111111111112 0.4111111111111111 41111111111111110", ""},
		{"94111111111111111 411111111111111111111111111111", ""},
		// IBAN
		{"DE89370400440532013000", "iban!:DE89370400440532013000"},
		{"iban: GB29 NWBK 6016 1331 9268 19.", "iban!:GB29 NWBK 6016 1331 9268 19"},
		{"de89 3704 0044 0532 0130 00", "iban!:de89 3704 0044 0532 0130 00"},
		{"DE88370400440532013000 DE893704004405320130001 XDE89370400440532013000", ""},
		// IP
		{"from 93.184.216.34:53 and [2a00:1450:4001:81b::200e]:443", "ip!:93.184.216.34 | ip!:2a00:1450:4001:81b::200e"},
		{"http://93.184.216.34/", "ip!:93.184.216.34"},
		{"::ffff:93.184.216.34 93.184.216.34.", "ip!:93.184.216.34 | ip!:93.184.216.34"},
		{"10.0.0.1 127.0.0.1 192.168.1.1 192.0.2.1 203.0.113.9 240.1.2.3 ::1 fe80::1 2001:db8::1 fd00::2", ""},
		{"v93.184.216.34 version 93.184.216.34 Chrome/120.0.6099.109 Chrome/120.0.0.0", ""},
		{"93.184.216.34.5 1.3.6.1.4.1.311 256.1.1.1 93.184.216.034", ""},
		{"2.4.6.8 93.184.216.0", "ip:2.4.6.8 | ip:93.184.216.0"},
		{"std::string 12:34:56 aa:bb:cc:dd:ee:ff 2a00:1450:4001 3001::1::2", ""},
		// SSN
		{"SSN 123-45-6789.", "national_id!:123-45-6789"},
		{"123 45 6789", "national_id:123 45 6789"},
		{"000-45-6789 666-45-6789 900-45-6789 123-00-6789 123-45-0000 123-45-6789-1 1-123-45-6789 123-45-67890", ""},
		// secrets
		{"token=" + jwtSample + ";", "token!:" + jwtSample},
		{key("AKIA", 16) + " " + key("ghp_", 36), "token!:" + key("AKIA", 16) + " | token!:" + key("ghp_", 36)},
		{"key:" + key("sk_live_", 24) + ",", "token!:" + key("sk_live_", 24)},
		{key("xoxb-", 20) + " " + key("AIza", 35), "token!:" + key("xoxb-", 20) + " | token!:" + key("AIza", 35)},
		{"AKIA AKIAIOSFODNN7EXAMPLEX sk_live_short eyJhbGciOiJIUzI1NiJ9.x.y task_live_" + key("", 20), ""},
		{"a -----BEGIN RSA PRIVATE KEY-----\nMII4\n-----END RSA PRIVATE KEY-----\nb",
			"token!:-----BEGIN RSA PRIVATE KEY-----\nMII4\n-----END RSA PRIVATE KEY-----"},
		{"-----BEGIN PUBLIC KEY-----\nMII4", ""},
		// format characters and full-width forms
		{"x john.sm\u00adith@gm\u200bail.com y", "email!:john.sm\u00adith@gm\u200bail.com"},
		{"\ufeff415\u200d-555\u2060-2671\u200e", "phone!:415\u200d-555\u2060-2671"},
		{"\u202a+1\u200c (415) 555-2671\u202c, \u2067a@b.com\u2069", "phone!:+1\u200c (415) 555-2671 | email!:a@b.com"},
		{"４１１１１１１１１１１１１１１１ ａｎａ＠ｕｏｌ．ｃｏｍ。", "credit_card!:４１１１１１１１１１１１１１１１ | email!:ａｎａ＠ｕｏｌ．ｃｏｍ"},
		{"日本 tel：（４１５）５５５－２６７１", "phone!:（４１５）５５５－２６７１"},
		{"415-555-2671\u200b9 and 123-45-6789", "phone!:415-555-2671 | national_id!:123-45-6789"},
		{"ana@uol.com\u200bHello", "email!:ana@uol.com\u200bHello"},
		{"ana@uol.com, 日本\u200b x@y.de", "email!:ana@uol.com | email!:x@y.de"},
		{"\u200b\u200b \xe2\x80 \xef\xbc", ""}, {"１２", ""},
		{"", ""}, {"@", ""}, {":", ""}, {"+", ""}, {"a@b.com\xff\xfe415-555-2671", "email!:a@b.com | phone!:415-555-2671"},
	} {
		if got := show(c.text, New().Scan(nil, []byte(c.text))); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"ask John Smith or Mary-Ann K. Jones", "full_name:John Smith | full_name:Mary-Ann K. Jones"},
		{"Smith, John", "full_name:Smith, John"},
		{"Dear Mr. Zebramann, Frau Dr. Karlotto!", "full_name:Zebramann | full_name:Karlotto"},
		{"Jürgen von der Heyden-Müller, Łukasz Kowalski", "full_name:Jürgen von der Heyden-Müller | full_name:Łukasz Kowalski"},
		{"Anna Petrosyan, María José García López", "full_name:Anna Petrosyan | full_name:María José García López"},
		{"Paris in spring. The Smith family. JOHN, Maria likes it.", ""},
		{"at 12 Kingsway, Leeds", "street:12 Kingsway"},
		{"at 12 Elm Street, 7b Old Mill Rd", "street:12 Elm Street | street:7b Old Mill Rd"},
		{"Hauptstraße 12, Keizersgracht 1, Unter den Linden", "street:Hauptstraße 12"},
		{"12 rue de la Paix; Calle Mayor 3; ul. Długa 5", "street:12 rue de la Paix | street:Calle Mayor 3"},
		{"on 12 May 2026 the Board met", ""},
	} {
		if got := show(c.text, New().Words().Scan(nil, []byte(c.text))); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestWhole(t *testing.T) {
	d := New()
	for text, want := range map[string]pii.Class{"a@b.com": pii.Email, " +14155552671\n": pii.Phone, "a@b.com x": pii.None, "": pii.None,
		"4111 1111 1111 1111": pii.CreditCard, "8.8.8.8": pii.IP, "(415) 555-2671": pii.Phone, "hello": pii.None} {
		if got := d.Whole([]byte(text)); got != want {
			t.Errorf("Whole(%q) = %s, want %s", text, got, want)
		}
	}
}

// The table's values are found within any harmless text.
func TestScanInContext(t *testing.T) {
	values := map[string]pii.Class{"ana.lima@uol.com.br": pii.Email, "+351 912 345 678": pii.Phone, "415-555-2671": pii.Phone,
		"5500005555555559": pii.CreditCard, "NL91ABNA0417164300": pii.IBAN, "93.184.216.34": pii.IP, "2a00:1450:4001:81b::200e": pii.IP,
		"219-09-9998": pii.NationalID, jwtSample: pii.Token}
	around := []string{"", " ", "\n", "\t", ",", ";", "\"", "'", "(", ")", "[", "]", "{", "}", "<", ">", "|", "… ", "é ", "日本", "= ", "!", "?", "*", "\x00", "\xff"}
	d := New()
	for v, class := range values {
		for _, l := range around {
			for _, r := range around {
				text := l + v + r
				hits := d.Scan(nil, []byte(text))
				if class == pii.Email && (l == "日本" || l == "'" || r == "日本") {
					// Letters around an address are cut off, not taken in.
					if len(hits) != 1 || !strings.Contains(text[hits[0].Start:hits[0].End], v) {
						t.Errorf("%q: %s", text, show(text, hits))
					}
					continue
				}
				if len(hits) != 1 || text[hits[0].Start:hits[0].End] != v && text[hits[0].Start:hits[0].End] != l+v || hits[0].Class != class {
					t.Errorf("%q: %s", text, show(text, hits))
				}
			}
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	d := New()
	text := []byte(sample + sample + "４１５－５５５－２６７１ a\u200b@b.com " + everything)
	in := ContextOf("national_id", "swift", "wallet", "vin")
	for _, c := range []Context{{}, in} {
		dst := d.Words().ScanIn(nil, text, c)
		if n := testing.AllocsPerRun(100, func() { dst = d.ScanIn(dst[:0], text, c) }); n != 0 {
			t.Errorf("%v allocations a scan", n)
		}
	}
}

const sample = `{"contact": {"mail": "ana.lima@uol.com.br", "tel": "+351 912 345 678"}, "card": "4111 1111 1111 1111", "n": [1, 22, 333, 4444.55]}
The customer wrote on 2026-11-21 03:00:00 from 93.184.216.34 that order 8812736 for IBAN NL91ABNA0417164300 had not arrived.
`

// everything has something of each sort.
const everything = `Mr. John Smith, 12 Elm Street, born 21.3.1987, pesel 44051401359, SIN 130 692 544, DNI 12345678Z, X-1234567-L, RSSMRA85T10A562S,
131052-308T, AB 12 34 56 C, imei 490154203237518, vin 1M8GDM9AXKP042788, BIC: DEUTDEFF500, 00:1b:44:11:3a:b7, 001b.4411.3ab9, 40.712776, -74.005974,
1BoatSLRHtKNngkdXEeobR76b53LETtpyT, bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4, 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed, rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh,
password: kR9mX2vLq8TzW4nB7yJc, $2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW, "john smith"@gmail.com, +49 30 1234567 ext. 12, (11) 4706-6184
`

func FuzzScan(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("+1 (415) 555-2671 123-45-6789 eyJa.eyJb. sk_live_ -----BEGIN "))
	f.Add([]byte("1 1 1 1 1 1 1.1.1.1.1.1 ::::::: a@a@a@a.b.c DE89 3704"))
	f.Add([]byte("jörg@müller.de\xff\xfe 李明@例子.中国 \u00a0 1\u20111\u202f1"))
	f.Add([]byte("４１５－５５５－２６７１ a\u200b@b.com\u00adx 415-555-2671\u200b9 \ufeff\xef\xbc\xe2\x80"))
	f.Add([]byte(everything))
	in := ContextOf("national id phone swift wallet token birth imei vin card")
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, hits := range [][]Hit{New().Scan(nil, text), New().Words().ScanIn(nil, text, in)} {
			checkHits(t, text, hits)
		}
	})
}

func checkHits(t *testing.T, text []byte, hits []Hit) {
	t.Helper()
	free := 0
	for _, h := range hits {
		if h.Start < free || h.End <= h.Start || h.End > len(text) || h.Class == "" {
			t.Fatalf("%q: bad hit %+v", text, h)
		}
		free = h.End
		if utf8.Valid(text) && (!utf8.RuneStart(text[h.Start]) || h.End < len(text) && !utf8.RuneStart(text[h.End])) {
			t.Fatalf("%q: %+v splits a character", text, h)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	hard := func(s string) string { return strings.Repeat(s, 1<<16/len(s)) }
	for _, c := range []struct{ name, text string }{
		{"prose", hard("The quick brown fox jumps over the lazy dog, and then it rests for a while. ")},
		{"mixed", hard(sample)},
		{"integers", hard("184467,29,4096;1,")},
		{"ones", hard("1 ")}, {"dots", hard("1.")}, {"ats", hard("a@")}, {"colons", hard("2a00:")}, {"jwts", hard("eyJaaaaaaaa.")},
		{"pem", hard("-----BEGIN ")}, {"iban", hard("DE89 ")}, {"plus", hard("+1")}, {"domain", hard("@a.bc-")}, {"secrets", hard("SG.aaa.")},
		{"digits", hard("12345678901234567890")}, {"hyphens", hard("---")}, {"han", hard("日本")}, {"wideat", hard("日@")},
		{"fullwidth", hard("４１５－５５５－２６７１ ")}, {"zerowidth", hard("1\u200b")},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := New()
			var dst []Hit
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				dst = d.Scan(dst[:0], []byte(c.text))
			}
		})
	}
	for _, text := range []string{"The quick brown fox jumps over the lazy dog, and then it rests for a while. ", sample} {
		b.Run("words", func(b *testing.B) {
			d := New().Words()
			var dst []Hit
			all := []byte(hard(text))
			b.SetBytes(int64(len(all)))
			for b.Loop() {
				dst = d.Scan(dst[:0], all)
			}
		})
	}
}
