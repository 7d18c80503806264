package detect

import (
	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// mac looks for a hardware address whose first separator, ':' or '-', is at i.
func mac(text []byte, free, i int) Hit {
	const size = 17
	s, sep := i-2, text[i]
	if s < free || s+size > len(text) || s > 0 && (kinds[text[s-1]]&alnum != 0 || text[s-1] == sep) {
		return Hit{}
	}
	end := s + size
	if end < len(text) && (kinds[text[end]]&alnum != 0 || text[end] == sep && end+1 < len(text) &&
		kinds[text[end+1]]&alnum != 0) {
		return Hit{} // a longer fingerprint
	}
	var a [6]byte
	for k := range a {
		high, low := hexValue(text[s+3*k]), hexValue(text[s+3*k+1])
		if high < 0 || low < 0 || k < 5 && text[s+3*k+2] != sep {
			return Hit{}
		}
		a[k] = byte(high<<4 | low)
	}
	universal, ok := ident.MAC(a)
	if !ok {
		return Hit{}
	}
	return Hit{Class: pii.MAC, Start: s, End: end, Strong: universal}
}

// dottedMAC looks for three groups of four: "0050.56c0.0008".
func dottedMAC(text []byte, i int) Hit {
	const size = 14
	if i+size > len(text) || text[i+4] != '.' || text[i+9] != '.' || !before(text, i) || !after(text, i+size) {
		return Hit{}
	}
	var a [6]byte
	letters := false
	for k := range a {
		p := i + 2*k + k/2
		high, low := hexValue(text[p]), hexValue(text[p+1])
		if high < 0 || low < 0 {
			return Hit{}
		}
		letters = letters || high > 9 || low > 9
		a[k] = byte(high<<4 | low)
	}
	universal, ok := ident.MAC(a)
	if !letters || !ok {
		return Hit{}
	}
	return Hit{Class: pii.MAC, Start: i, End: i + size, Strong: universal}
}

func hexValue(c byte) int {
	switch {
	case kinds[c] == digit:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// imei looks for fifteen digits, as printed in groups, or where a word says what
// they are. Other fifteen digits are weak: their check passes by chance.
func (d *Detector) imei(text []byte) Hit {
	g := &d.num
	groups, version := 0, false // a software version in place of the check digit
	switch {
	case g.size(0) == 15:
		groups = 1
	case g.sizes(2, 6, 6, 1), g.sizes(6, 2, 6, 1):
		groups = 4
	case g.sizes(2, 6, 6, 2):
		groups, version = 4, true
	case g.sizes(8, 6, 2):
		groups, version = 3, true
	default:
		return Hit{}
	}
	end := g.end[groups-1]
	usual, ok := ident.IMEI(g.digits[:15])
	if !after(text, end) || !ok && !version {
		return Hit{}
	}
	said := d.nearby(text, g.start[0], end).topics&aboutIMEI != 0
	if !said && (version || !usual) {
		return Hit{}
	}
	return Hit{Class: pii.IMEI, Start: g.start[0], End: end, Strong: groups > 1 || said, Said: said, Bare: true}
}

// vin looks for a vehicle's number: with its check digit, or where a word says it
// (in Europe the ninth place is anything).
func (d *Detector) vin(text []byte, i, end int) Hit {
	var b [17]byte
	lower, capital := false, false
	for k, c := range text[i:end] {
		if kinds[c] == letter {
			lower, capital = lower || c >= 'a', capital || c < 'a'
		}
		b[k] = upper(c)
	}
	checked, ok := ident.VIN(b[:])
	if !ok || lower && capital {
		return Hit{}
	}
	said := (!checked || lower) && d.nearby(text, i, end).topics&aboutVIN != 0
	if !checked && !said {
		d.miss(text, i, end)
		return Hit{}
	}
	return Hit{Class: pii.VIN, Start: i, End: end, Strong: said || checked && !lower, Said: said, Bare: !said}
}
