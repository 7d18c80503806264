package scrub

import (
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/transform"
)

// maskCell masks a column by a Masker of canonical text, without a conversion
// where the wire form is that text already.
func maskCell(m transform.Masker, class pii.Class, t *catalog.Type, f copyfmt.Format) transform.Bind {
	if fast, ok := m.(transform.WireMasker); ok {
		if mk := fast.Wire(t, f); mk != nil {
			return mk
		}
	}
	if wireIsText(t, f) {
		return func(r *transform.Row) transform.Cell {
			return func(dst, wire []byte) ([]byte, error) { return r.Mask(m, class, dst, wire) }
		}
	}
	codec := value.For(t, f)
	return func(r *transform.Row) transform.Cell {
		return func(dst, wire []byte) ([]byte, error) {
			var err error
			if r.Text, err = codec.AppendText(r.Text[:0], wire); err != nil {
				return dst, err
			}
			if r.Out, err = r.Mask(m, class, r.Out[:0], r.Text); err != nil {
				return dst, err
			}
			return codec.AppendWire(dst, r.Out)
		}
	}
}

// wireIsText reports whether a type's wire form is its canonical text.
func wireIsText(t *catalog.Type, f copyfmt.Format) bool {
	t = t.Underlying()
	if t.OID == catalog.BPCharOID {
		return false // padded
	}
	return f == copyfmt.Text || transform.FamilyOf(t) == transform.FamilyText
}

// constantCell writes one value in the place of every other.
func constantCell(wire []byte, watch bool) transform.Bind {
	return func(r *transform.Row) transform.Cell {
		return func(dst, old []byte) ([]byte, error) {
			if watch {
				r.Suspect(old)
			}
			return append(dst, wire...), nil
		}
	}
}

// nullCell only looks at what becomes NULL.
func nullCell(watch bool) transform.Bind {
	return func(r *transform.Row) transform.Cell {
		return func(dst, old []byte) ([]byte, error) {
			if watch {
				r.Suspect(old)
			}
			return dst, nil
		}
	}
}

// arrayCell applies a rule to every element.
func arrayCell(mk transform.Bind, t *catalog.Type, f copyfmt.Format) transform.Bind {
	return func(r *transform.Row) transform.Cell {
		array, each := value.ArrayOf(t, f), mk(r)
		return func(dst, wire []byte) ([]byte, error) { return array.Rewrite(dst, wire, each) }
	}
}
