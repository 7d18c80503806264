package shop

import "strconv"

// person is one human: the same id gives the same one, whichever table asks.
type person struct {
	id          int64
	loc         *locale
	first, last *name
	domain      string
	style       int    // of the e-mail address
	mobile      string // prefix
	number      int    // digits after it
	place       rng    // where the rest is drawn from
}

func (g *generator) person(s stream, id int64) person {
	r := g.rng(s, id)
	loc := g.byWeight[r.n(len(g.byWeight))]
	p := person{id: id, loc: loc, first: pick(&r, loc.first), last: pick(&r, loc.last), domain: *pick(&r, loc.domains),
		style: r.n(16), mobile: *pick(&r, loc.mobile)}
	p.number = r.n(1e6)
	if loc.digits == 7 {
		p.number += 1e6 * (1 + r.n(9))
	}
	if loc.country == "US" { // an exchange in use: 2xx to 4xx, not N11, so never 555
		exchange := 200 + r.n(300)
		if exchange%100 == 11 {
			exchange++
		}
		p.number = exchange*1e4 + p.number%1e4
	}
	p.place = r
	return p
}

func (p *person) appendFull(b []byte) []byte {
	return append(append(append(b, p.first.text...), ' '), p.last.text...)
}

// appendEmail appends an address that no other person of the stream has: the
// digits at its end are the id.
func (p *person) appendEmail(b []byte) []byte {
	start := len(b)
	switch p.style {
	case 0, 1, 2:
		b = append(append(b, p.first.slug...), p.last.slug...)
	case 3, 4:
		b = append(append(append(b, p.first.slug[:1]...), '.'), p.last.slug...)
	case 5:
		b = append(append(append(b, p.last.slug...), '_'), p.first.slug...)
	default:
		b = append(append(append(b, p.first.slug...), '.'), p.last.slug...)
	}
	if p.style == 6 {
		b[start] -= 'a' - 'A'
	}
	b = strconv.AppendInt(b, p.id, 10)
	if p.style == 7 {
		b = append(b, "+shop"...)
	}
	return append(append(b, '@'), p.domain...)
}

// phoneStyle is a way to write a number.
type phoneStyle int

const (
	international phoneStyle = iota // +1 415-203-4471, +49 171 2345678: as stored
	national                        // (415) 203-4471, 0171 2345678
	compact                         // +14152034471
	dashed                          // 415-203-4471, 0171-2345678
	phoneStyles
)

func (p *person) appendPhone(b []byte, style phoneStyle) []byte {
	us := p.loc.country == "US"
	switch style {
	case compact:
		b = append(append(append(b, '+'), p.loc.dial...), p.mobile...)
		return appendPadded(b, p.number, p.loc.digits)
	case international:
		b = append(append(append(b, '+'), p.loc.dial...), ' ')
		b = append(append(b, p.mobile...), ' ')
		if us {
			b[len(b)-1] = '-'
		}
	case national:
		if us {
			b = append(append(append(b, '('), p.mobile...), ") "...)
		} else {
			b = append(append(append(b, p.loc.trunk...), p.mobile...), ' ')
		}
	default:
		b = append(append(append(b, p.loc.trunk...), p.mobile...), '-')
	}
	if us {
		return appendPadded(append(appendPadded(b, p.number/1e4, 3), '-'), p.number%1e4, 4)
	}
	return appendPadded(b, p.number, p.loc.digits)
}

// address draws street, city and postcode; the same person, the same address.
func (p *person) appendStreet(b []byte) []byte {
	r := p.place
	street, number := *pick(&r, p.loc.streets), 1+r.n(180)
	if p.loc.numberFirst {
		if p.loc.country == "US" {
			number *= 13
		}
		return append(append(strconv.AppendInt(b, int64(number), 10), ' '), street...)
	}
	return strconv.AppendInt(append(append(b, street...), ' '), int64(number), 10)
}

func (p *person) city() *city {
	r := rng{p.place.state + 1}
	return pick(&r, p.loc.cities)
}

func (p *person) appendPostcode(b []byte) []byte {
	r := rng{p.place.state + 2}
	pattern := p.city().postcode
	for i := range len(pattern) {
		switch c := pattern[i]; {
		case c == '9' && i > 0: // a leading digit is the region's
			b = append(b, byte('0'+r.n(10)))
		case c == 'A' && i > 3:
			b = append(b, "ABDEFGHJLNPQRSTUWXYZ"[r.n(20)])
		default:
			b = append(b, c)
		}
	}
	return b
}

func (p *person) appendBirthday(b []byte) []byte {
	r := rng{p.place.state + 3}
	b = appendPadded(b, 1945+r.n(62), 4)
	b = appendPadded(append(b, '-'), 1+r.n(12), 2)
	return appendPadded(append(b, '-'), 1+r.n(28), 2)
}

// appendSSN appends a US social security number of the ranges that were issued
// before 2011: area 001 to 772 without 666, group 01 to 99, serial 0001 to 9999.
func (p *person) appendSSN(b []byte) []byte {
	r := rng{p.place.state + 4}
	area := 1 + r.n(772)
	if area == 666 {
		area++
	}
	b = append(appendPadded(b, area, 3), '-')
	b = append(appendPadded(b, 1+r.n(99), 2), '-')
	return appendPadded(b, 1+r.n(9999), 4)
}

func appendPadded(b []byte, n, width int) []byte {
	for range width {
		b = append(b, '0')
	}
	for i := len(b) - 1; n > 0 && width > 0; i, width = i-1, width-1 {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
