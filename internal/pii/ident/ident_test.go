package ident

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestCard(t *testing.T) {
	for _, c := range []struct {
		digits    string
		usual, ok bool
	}{
		{"4111111111111111", true, true}, {"5500005555555559", true, true}, {"2223003122003222", true, true},
		{"378282246310005", true, true}, {"30569309025904", true, true}, {"6011111111111117", true, true},
		{"3530111333300000", true, true}, {"6200000000000005", true, true}, {"4222222222222", false, true},
		{"6759649826438453", true, true}, {"4111111111111112", false, false}, {"1234567812345670", false, false},
		{"0000000000000000", false, false}, {"411111111111111", false, false}, {"5500005555555", false, false}, {"", false, false},
	} {
		if usual, ok := Card([]byte(c.digits)); usual != c.usual || ok != c.ok {
			t.Errorf("Card(%s) = %v, %v", c.digits, usual, ok)
		}
	}
}

// One changed digit, or two neighbours swapped, must break a check digit.
func TestChecksCatchTypos(t *testing.T) {
	card := []byte("4111111111111111")
	for i := range card {
		for d := byte('0'); d <= '9'; d++ {
			b := append([]byte{}, card...)
			if b[i] = d; d != card[i] && Luhn(b) {
				t.Errorf("Luhn misses digit %d set to %c", i, d)
			}
		}
	}
	iban := []byte("DE89370400440532013000")
	for i := range iban {
		for d := byte('0'); d <= '9'; d++ {
			b := append([]byte{}, iban...)
			if b[i] = d; d != iban[i] && IBAN(b) {
				t.Errorf("IBAN misses byte %d set to %c", i, d)
			}
		}
	}
}

// What completes a number and what checks it agree, for the standards' examples.
func TestCheckDigits(t *testing.T) {
	for _, s := range []string{"4111111111111111", "378282246310005", "79927398713"} {
		n := len(s) - 1
		if got := LuhnDigit([]byte(s[:n])); got != s[n] || !Luhn([]byte(s)) {
			t.Errorf("the check digit of %s is %c", s[:n], got)
		}
	}
	for _, s := range []string{"GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947"} {
		b := []byte(s)
		b[2], b[3] = 'x', 'x'
		if CompleteIBAN(b); string(b) != s || Mod97(b) != 1 {
			t.Errorf("CompleteIBAN(%s) = %s", s, b)
		}
	}
}

func TestIBAN(t *testing.T) {
	for _, s := range []string{"DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NO9386011117947",
		"MT84MALT011000012345MTLCAST001S", "LC55HEMM000100010012001200023015", "CH9300762011623852957", "SA0380000000608010167519"} {
		if !IBAN([]byte(s)) {
			t.Errorf("%s refused", s)
		}
	}
	for _, s := range []string{"DE8937040044053201300", "XX89370400440532013000", "DE88370400440532013000", "de89370400440532013000", "", "DE"} {
		if IBAN([]byte(s)) {
			t.Errorf("%q accepted", s)
		}
	}
}

func TestSSN(t *testing.T) {
	for s, want := range map[string]bool{"123456789": true, "899999999": true, "000456789": false, "666456789": false,
		"900456789": false, "123006789": false, "123450000": false, "12345678": false} {
		if SSN([]byte(s)) != want {
			t.Errorf("SSN(%s) is not %v", s, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for s, want := range map[string]bool{
		"14155552671": true, "1415555267": false, "11155552671": false, "442079460958": true, "4402079460958": true,
		"4477009001232": false, "4930123456": true, "493012345678901": false, "79161234567": true, "7916123456": false,
		"35312345678": true, "99912345678": false, "21012345678": false, "0441234567": false, "33612345678": true, "336123456789": false, "": false, "44": false,
	} {
		if Phone([]byte(s)) != want {
			t.Errorf("Phone(%s) is not %v", s, want)
		}
	}
}

func TestCallingCode(t *testing.T) {
	for s, want := range map[string]int{"1415": 1, "7916": 1, "4420": 2, "3531": 3, "9991": 0, "0123": 0, "9981": 3, "2101": 0, "86138": 2, "42": 0} {
		if got := CallingCode([]byte(s)); got != want {
			t.Errorf("CallingCode(%s) = %d, want %d", s, got, want)
		}
	}
}

func TestPublic(t *testing.T) {
	for s, want := range map[string]bool{"8.8.8.8": true, "10.1.2.3": false, "172.16.0.1": false, "172.32.0.1": true, "192.168.1.1": false,
		"192.0.2.7": false, "198.51.100.7": false, "203.0.113.9": false, "198.18.0.1": false, "240.1.2.3": false, "224.0.0.1": false,
		"100.64.0.1": false, "100.128.0.1": true, "127.0.0.1": false, "169.254.1.1": false, "0.1.2.3": false,
		"2001:db8::1": false, "2a00:1450:4001::1": true, "fe80::1": false, "fd00::1": false, "::1": false, "::ffff:8.8.8.8": true,
		"2001:0:53aa:64c::": true, "2001:20::1": false, "3fff:1000::1": true, "3fff:f::1": false} {
		if got := Public(netip.MustParseAddr(s)); got != want {
			t.Errorf("Public(%s) = %v", s, got)
		}
	}
}

// ParseIPv4 and ParseIPv6 agree with net/netip on everything netip prints, and
// take no byte of what follows.
func TestParseAgreesWithNetip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var a16 [16]byte
		for i := range a16 {
			if r.IntN(3) > 0 {
				a16[i] = byte(r.Uint32())
			}
		}
		a := netip.AddrFrom16(a16)
		for _, s := range []string{a.String(), a.StringExpanded()} {
			if got, n := ParseIPv6([]byte(s + " x")); n != len(s) || got != a {
				t.Fatalf("ParseIPv6(%s) = %s, %d", s, got, n)
			}
		}
		a = netip.AddrFrom4([4]byte(a16[:4]))
		if got, n := ParseIPv4([]byte(a.String() + " x")); n != len(a.String()) || got != a {
			t.Fatalf("ParseIPv4(%s) = %s, %d", a, got, n)
		}
	}
}

func FuzzParseIPv6(f *testing.F) {
	for _, s := range []string{"::", "1::2", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, n := ParseIPv6([]byte(s))
		if n == 0 {
			if a, err := netip.ParseAddr(s); err == nil && a.Is6() && a.Zone() == "" {
				t.Fatalf("%q refused", s)
			}
			return
		}
		if a, err := netip.ParseAddr(s[:n]); err != nil || a != got {
			t.Fatalf("%q: %s, %d; netip says %s, %v", s, got, n, a, err)
		}
	})
}
