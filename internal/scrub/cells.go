package scrub

import (
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// maskCell masks a column by a Masker of canonical text, without a conversion
// where the wire form is that text already.
func maskCell(m Masker, class pii.Class, t *catalog.Type, f copyfmt.Format) makeCell {
	if fast, ok := m.(interface {
		cell(*catalog.Type, copyfmt.Format) makeCell
	}); ok {
		if mk := fast.cell(t, f); mk != nil {
			return mk
		}
	}
	if wireIsText(t, f) {
		return func(r *row) cell {
			return func(dst, wire []byte) ([]byte, error) { return r.mask(m, class, dst, wire) }
		}
	}
	codec := value.For(t, f)
	return func(r *row) cell {
		return func(dst, wire []byte) ([]byte, error) {
			var err error
			if r.text, err = codec.AppendText(r.text[:0], wire); err != nil {
				return dst, err
			}
			if r.out, err = r.mask(m, class, r.out[:0], r.text); err != nil {
				return dst, err
			}
			return codec.AppendWire(dst, r.out)
		}
	}
}

// wireIsText reports whether a type's wire form is its canonical text.
func wireIsText(t *catalog.Type, f copyfmt.Format) bool {
	t = t.Underlying()
	if t.OID == catalog.BPCharOID {
		return false // padded
	}
	return f == copyfmt.Text || FamilyOf(t) == FamilyText
}

// constantCell writes one value in the place of every other.
func constantCell(wire []byte, watch bool) makeCell {
	return func(r *row) cell {
		return func(dst, old []byte) ([]byte, error) {
			if watch {
				r.suspect(old)
			}
			return append(dst, wire...), nil
		}
	}
}

// nullCell only looks at what becomes NULL.
func nullCell(watch bool) makeCell {
	return func(r *row) cell {
		return func(dst, old []byte) ([]byte, error) {
			if watch {
				r.suspect(old)
			}
			return dst, nil
		}
	}
}

// arrayCell applies a rule to every element.
func arrayCell(mk makeRewrite, t *catalog.Type, f copyfmt.Format) makeCell {
	return func(r *row) cell {
		array, each := value.ArrayOf(t, f), mk(r)
		return func(dst, wire []byte) ([]byte, error) { return array.Rewrite(dst, wire, each) }
	}
}

// fixed puts one text in the place of every value.
type fixed struct{ text []byte }

func (m fixed) replace(r *row, dst, text []byte) ([]byte, error) {
	r.suspect(text)
	return append(dst, m.text...), nil
}
