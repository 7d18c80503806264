package shop

import (
	"strconv"

	"refresher/internal/pii/ident"
)

// issuers are first digits of cards that banks issue; no processor's test cards
// start so.
var issuers = []string{
	"414720",
	"426684",
	"440066",
	"448590",
	"471630",
	"491638",
	"517805",
	"542418",
	"546616",
	"552433",
	"379254",
	"601120",
}

// appendCard appends the number of a user's card, Luhn-valid (ISO/IEC 7812-1
// annex B), in groups of four now and then.
func (g *generator) appendCard(b []byte, user int64) []byte {
	r := g.rng(forCard, user)
	var d [16]byte
	digits := append(d[:0], *pick(&r, issuers)...)
	length := 16
	if digits[0] == '3' { // American Express has 15
		length = 15
	}
	for len(digits) < length-1 {
		digits = append(digits, byte('0'+r.n(10)))
	}
	digits = append(digits, ident.LuhnDigit(digits))
	if length == 15 || !r.one(10) {
		return append(b, digits...)
	}
	for i, c := range digits {
		if i > 0 && i%4 == 0 {
			b = append(b, ' ')
		}
		b = append(b, c)
	}
	return b
}

// ibanForms are countries' account numbers: bank codes in use, then digits
// (ISO 13616, SWIFT IBAN registry).
var ibanForms = []struct {
	country string
	banks   []string
	digits  int
}{
	{"DE", []string{"37040044", "10070024", "50010517", "12030000"}, 10},
	{"FR", []string{"30004", "30002", "20041", "10278"}, 18},
	{"GB", []string{"BARC", "HBUK", "LOYD", "NWBK"}, 14},
	{"NL", []string{"ABNA", "INGB", "RABO"}, 10},
	{"ES", []string{"2100", "0049", "0182"}, 16},
}

// appendIBAN appends an account number with valid check digits (mod 97).
func appendIBAN(b []byte, r *rng) []byte {
	form := pick(r, ibanForms)
	start := len(b)
	b = append(append(b, form.country...), "00"...)
	b = append(b, *pick(r, form.banks)...)
	for range form.digits {
		b = append(b, byte('0'+r.n(10)))
	}
	ident.CompleteIBAN(b[start:])
	return b
}

// Networks of access providers; none is reserved or private.
var (
	nets4 = []byte{
		24,
		31,
		37,
		46,
		62,
		67,
		68,
		71,
		73,
		74,
		75,
		76,
		77,
		78,
		79,
		80,
		81,
		82,
		83,
		84,
		85,
		86,
		87,
		88,
		89,
		90,
		91,
		92,
		93,
		94,
		95,
		96,
		97,
		98,
		99,
	}
	nets6 = []string{"2600:1700:", "2601:646:", "2a02:8071:", "2a01:cb00:", "2a00:23c6:"}
)

func appendIP(b []byte, r *rng) []byte {
	x := r.next()
	if x%8 == 0 {
		b = append(b, *pick(r, nets6)...)
		for i := range 4 {
			if i > 0 {
				b = append(b, ':')
			}
			b = strconv.AppendUint(b, 1+r.next()%0xffff, 16)
		}
		return append(b, "::"...)
	}
	b = strconv.AppendUint(b, uint64(nets4[x>>8%uint64(len(nets4))]), 10)
	b = strconv.AppendUint(append(b, '.'), x>>16&0xff, 10)
	b = strconv.AppendUint(append(b, '.'), x>>24&0xff, 10)
	return strconv.AppendUint(append(b, '.'), 1+x>>32%254, 10)
}

// agents are user agents; 9 is a digit of a version.
var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.9999.99 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.9 Safari/605.1.15",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 19_9 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.9 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 19; SM-S999B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:129.0) Gecko/20100101 Firefox/129.0",
}

func appendAgent(b []byte, r *rng) []byte {
	x := r.next()
	agent := agents[x%uint64(len(agents))]
	for i := range len(agent) {
		c := agent[i]
		if c == '9' {
			x = mix(x)
			c = byte('0' + x%10)
		}
		b = append(b, c)
	}
	return b
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func appendBase62(b []byte, r *rng, n int) []byte {
	for range n {
		b = append(b, base62[r.n(62)])
	}
	return b
}

// appendJWT appends what looks like a signed token (RFC 7519): {"alg":"HS256","typ":"JWT"},
// a payload, a signature.
func appendJWT(b []byte, r *rng) []byte {
	b = append(b, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ"...)
	b = append(appendBase62(b, r, 45), '.')
	return appendBase62(b, r, 43)
}

func appendUUID(b []byte, r *rng) []byte {
	hi, lo := r.next()&^uint64(0xf000)|0x4000, r.next()&^(uint64(3)<<62)|1<<63
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b = append(b, '-')
		}
		x := hi
		if i >= 16 {
			x = lo
		}
		b = append(b, "0123456789abcdef"[x>>(60-4*(i%16))&0xf])
	}
	return b
}
