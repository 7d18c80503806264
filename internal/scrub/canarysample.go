package scrub

import (
	"fmt"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// sample is an ordinary value of a type, false if none is known.
func (b *bird) sample(t *catalog.Type, mod int32) (string, bool) {
	src := b.h.src
	for t.Kind == catalog.DomainType {
		if mod < 0 {
			mod = t.BaseMod
		}
		t = t.Base
	}
	switch t.Kind {
	case catalog.EnumType:
		if len(t.Labels) == 0 {
			return "", false
		}
		return t.Labels[b.h.turn%len(t.Labels)], true
	case catalog.ArrayType:
		elem, ok := b.sample(t.Elem, mod)
		return "{" + arrayQuote(elem) + "}", ok
	case catalog.CompositeType:
		var fields []string
		for _, f := range t.Fields {
			s, ok := b.sample(f.Type, f.Mod)
			if ok {
				s = recordQuote(s)
			}
			fields = append(fields, s)
		}
		return "(" + strings.Join(fields, ",") + ")", true
	}
	switch transform.FamilyOf(t) {
	case transform.FamilyText:
		n := 12
		if limit := transform.MaxChars(t, mod); limit > 0 {
			n = min(n, limit)
		}
		return src.Letters("bcdfghlmnpqrstvx", n), true
	case transform.FamilyNumber:
		return src.Digits(max(1, min(6, transform.MaxDigits(t, mod)))), true
	case transform.FamilyFloat:
		return src.Digits(5), true
	case transform.FamilyDate:
		return fmt.Sprintf("20%d-0%d-1%d", src.Between(10, 19), src.Between(1, 9), src.Between(0, 9)), true
	case transform.FamilyTimestamp:
		return fmt.Sprintf("20%d-0%d-1%d 12:%d:%d", src.Between(10, 19), src.Between(1, 9), src.Between(0, 9), src.Between(10, 59), src.Between(10, 59)), true
	case transform.FamilyInet:
		return src.Of(pii.IP, 0).Text, true
	case transform.FamilyUUID:
		return src.UUID().Text, true
	case transform.FamilyMAC:
		v := src.Of(pii.MAC, 0).Text
		if t.OID == catalog.Macaddr8OID {
			v = v[:8] + ":ff:fe" + v[8:]
		}
		return v, true
	case transform.FamilyBytea:
		return `\x` + src.Letters("0123456789abcdef", 16), true
	case transform.FamilyJSON:
		return `{"` + src.Letters("bcdfgh", 6) + `": ` + src.Digits(5) + `}`, true
	case transform.FamilyXML:
		return "<a>" + src.Digits(5) + "</a>", true
	case transform.FamilyPoint:
		return "(" + src.Digits(3) + "," + src.Digits(3) + ")", true
	}
	if t.OID == catalog.BoolOID {
		return []string{"t", "f"}[b.h.turn%2], true
	}
	return "", false
}

// arrayQuote is an element of an array as text.
func arrayQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// recordQuote is a field of a composite as text.
func recordQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `""`).Replace(s) + `"`
}
