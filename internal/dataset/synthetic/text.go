package synthetic

import (
	"net/netip"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// room is how many characters a value may have.
func (c *column) room() int {
	most := 1 << 20
	if c.max > 0 {
		most = c.max
	}
	if c.domain.maxLength > 0 {
		most = min(most, c.domain.maxLength)
	}
	return most
}

// appendText draws a text.
func (c *column) appendText(dst []byte, d *fake.Digest, r *dice) []byte {
	if c.domain.pattern != nil {
		return appendPattern(dst, c.domain.pattern, r.below)
	}
	if s := c.fake(d, false, 0); s != nil {
		return append(dst, c.fitted(s)...)
	}
	n := min(8+int(r.below(25)), c.room())
	if c.class == pii.FreeText {
		n = min(40+int(r.below(160)), c.room())
	}
	return append(dst, c.fitted(fake.AppendLorem(nil, d, max(n, min(c.domain.minLength, c.room()))))...)
}

// fitted brings a text to the case and the least length that constraints want.
func (c *column) fitted(s []byte) []byte {
	for n := utf8.RuneCount(s); n < c.domain.minLength; n++ {
		s = append(s, 'x')
	}
	text := strings.TrimSpace(string(s))
	for len(text) < c.domain.minLength {
		text += "x"
	}
	switch {
	case c.domain.folded:
		text = strings.ToLower(text)
	case c.domain.upper:
		text = strings.ToUpper(text)
	}
	return []byte(text)
}

// short is up to how many characters texts that must differ are letters alone.
const short = 14

// texts is how many texts nthText has.
func (c *column) texts() uint64 {
	if c.room() > short {
		return 1 << 40
	}
	n := uint64(1)
	for range c.room() {
		n = capped(n, 26)
	}
	return n
}

// nthText writes a text that no other number has.
func (c *column) nthText(dst []byte, n uint64, d *fake.Digest) []byte {
	if s := c.fake(d, true, n); s != nil {
		return append(dst, c.fitted(s)...)
	}
	width := 1
	for most := uint64(26); most <= n; most = capped(most, 26) {
		width++
	}
	if c.room() <= short {
		width = c.room()
	}
	letters := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		letters[i] = 'a' + byte(n%26)
		n /= 26
	}
	if c.room() > short {
		stem := fake.AppendLastNameWithin(nil, d, max(c.room()-short, fake.MinLastName))
		if len(stem)+1+width > c.room() {
			stem = stem[:max(0, c.room()-1-width)]
		}
		letters = append(append(stem, '-'), letters...)
	}
	return append(dst, c.fitted(letters)...)
}

// fake is a value of the column's class that fits it, nil if there is none. One that must be distinct is by the
// number, or by at least 80 bits of the digest.
func (c *column) fake(d *fake.Digest, distinct bool, n uint64) []byte {
	room := c.room()
	fits := func(s []byte) []byte {
		if len(s) > room {
			return nil
		}
		return s
	}
	switch c.class {
	case pii.Email:
		for _, f := range []fake.EmailForm{{Names: true, Hash: fake.MinHash}, {Hash: fake.MinHash},
			{Hash: fake.MinHash, Short: true}} {
			if f.MaxLen() <= room {
				return fake.AppendEmail(nil, d, f)
			}
		}
		return nil
	case pii.Username:
		for _, f := range []fake.UsernameForm{{First: true, Surname: true, Hash: fake.MinHash}, {Hash: fake.MinHash}} {
			if f.MaxLen() <= room {
				return fake.AppendUsername(nil, d, f)
			}
		}
		return nil
	case pii.Token, pii.Crypto:
		return fits(fake.AppendToken(nil, d, fake.MaxHash))
	case pii.Domain:
		return fits(fake.AppendDomain(nil, d, fake.DomainForm{Hash: fake.MinHash}))
	case pii.URL:
		return fits(fake.AppendURLHash(append(fake.AppendURLHost(nil, d, "https"), '/'), d, fake.MinHash))
	case pii.CreditCard:
		if distinct {
			return fits(fake.AppendLongCard(nil, n))
		}
		return fits(fake.AppendCard(nil, d))
	case pii.NationalID:
		if distinct {
			return fits(fake.AppendLongSSN(nil, n))
		}
		return fits(fake.AppendSSN(nil, d, room >= fake.MaxSSN))
	case pii.Phone:
		if distinct {
			return fits(fake.AppendSparePhone(nil, n))
		}
		for _, f := range []fake.PhoneForm{fake.PhoneWide, fake.PhoneNarrow, fake.PhoneNational, fake.PhoneLocal} {
			if f.MaxLen() <= room {
				return fake.AppendPhone(nil, d, f)
			}
		}
		return nil
	case pii.IBAN:
		if distinct && room >= fake.MaxIBAN {
			return fake.AppendUniqueIBAN(nil, d, fake.MinHash)
		}
	}
	if distinct {
		return nil
	}
	return fits(c.common(d, room))
}

// common is a value of a class that many share.
func (c *column) common(d *fake.Digest, room int) []byte {
	within := func(least int, f func([]byte, *fake.Digest, int) []byte) []byte {
		if room < least {
			return nil
		}
		return f(nil, d, room)
	}
	switch c.class {
	case pii.FullName:
		return fake.AppendFullName(nil, d)
	case pii.FirstName:
		return fake.AppendFirstName(nil, d)
	case pii.LastName:
		return within(fake.MinLastName, fake.AppendLastNameWithin)
	case pii.Company:
		return within(fake.MinCompany, fake.AppendCompanyWithin)
	case pii.Street:
		return within(fake.MinStreet, fake.AppendStreetWithin)
	case pii.City:
		return within(fake.MinCity, fake.AppendCityWithin)
	case pii.Postcode:
		return fake.AppendPostcode(nil, d)
	case pii.Region:
		if room < fake.MaxRegion {
			return fake.AppendRegionCode(nil, d)
		}
		return fake.AppendRegion(nil, d)
	case pii.Country:
		form := fake.CountryName
		switch {
		case room < 3:
			form = fake.CountryAlpha2
		case room < fake.MaxCountry:
			form = fake.CountryAlpha3
		}
		return fake.AppendCountry(nil, d, form)
	case pii.IBAN:
		return fake.AppendIBAN(nil, d, min(22, max(room, fake.MinIBAN)))
	case pii.UserAgent:
		return fake.AppendUserAgent(nil, d, room < fake.MaxUserAgent)
	case pii.IP:
		return netip.AddrFrom4(fake.IPv4(d, false)).AppendTo(nil)
	case pii.Capability:
		return []byte(fake.Nowhere)
	case pii.Latitude:
		return fake.AppendLatitude(nil, d)
	case pii.Longitude:
		return fake.AppendLongitude(nil, d)
	}
	return nil
}

// appendPattern writes a text that a regular expression matches; pick chooses one of so many.
func appendPattern(dst []byte, re *syntax.Regexp, pick func(n uint64) uint64) []byte {
	repeat := func(least, most int) []byte {
		if most < 0 {
			most = least + 8
		}
		for range uint64(least) + pick(uint64(most-least)+1) {
			dst = appendPattern(dst, re.Sub[0], pick)
		}
		return dst
	}
	switch re.Op {
	case syntax.OpLiteral:
		return append(dst, string(re.Rune)...)
	case syntax.OpCharClass:
		return utf8.AppendRune(dst, runeOf(re.Rune, pick))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return append(dst, 'a'+byte(pick(26)))
	case syntax.OpCapture:
		return appendPattern(dst, re.Sub[0], pick)
	case syntax.OpStar:
		return repeat(0, -1)
	case syntax.OpPlus:
		return repeat(1, -1)
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpRepeat:
		return repeat(re.Min, re.Max)
	case syntax.OpConcat:
		for _, s := range re.Sub {
			dst = appendPattern(dst, s, pick)
		}
	case syntax.OpAlternate:
		return appendPattern(dst, re.Sub[pick(uint64(len(re.Sub)))], pick)
	}
	return dst
}

// runeOf is one of a class's characters, of letters, digits and signs of ASCII if it has such.
func runeOf(class []rune, pick func(n uint64) uint64) rune {
	var plain []rune
	for i := 0; i+1 < len(class); i += 2 {
		for r := class[i]; r <= min(class[i+1], unicode.MaxASCII-1); r++ {
			if r > ' ' {
				plain = append(plain, r)
			}
		}
	}
	if len(plain) > 0 {
		return plain[pick(uint64(len(plain)))]
	}
	return class[0]
}
