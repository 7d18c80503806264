package transform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform/decimal"
)

func keepDef() Definition {
	return Definition{
		Name: "keep", Kind: KindKeep, Class: pii.None, Unique: true,
		Doc:     "The value as it is. Must be written: what no rule names stops the run.",
		Example: Example{Rule: "keep", Value: "42"},
	}
}

func nullDef() Definition {
	return Definition{
		Name: "null", Kind: KindNull, Class: pii.None,
		Doc:     "NULL in the place of every value.",
		Example: Example{Rule: "null", Value: "anything"},
	}
}

func constantDef() Definition {
	return Definition{
		Name: "constant", Kind: KindConstant, Class: pii.None,
		Doc: "One value in the place of every value that is not NULL.",
		Params: []Param{{Name: "value", Kind: rules.List, Required: true,
			Doc: "what to write; must be a value of the column's type"}},
		Example: Example{Rule: "{transform: constant, value: none}", Value: "anything"},
	}
}

// ConstantText is a constant as canonical text of a column's type.
func ConstantText(v rules.Value, f Family) ([]byte, error) {
	switch {
	case f == FamilyJSON && v.Kind == rules.String:
		if !json.Valid([]byte(v.Text)) {
			return nil, fmt.Errorf("the value for a JSON column is not JSON: quote a string twice, as in '\"none\"'")
		}
		return []byte(v.Text), nil
	case f == FamilyJSON:
		return ConstantJSON(v)
	case v.Kind == rules.List || v.Kind == rules.Map:
		return nil, fmt.Errorf("the value is %s: write it as a string, in PostgreSQL's own form", v.Kind)
	case v.Kind == rules.Null:
		return nil, fmt.Errorf("the value is null: use the transform null")
	}
	return []byte(v.Text), nil
}

// ConstantJSON is a constant as a JSON value.
func ConstantJSON(v rules.Value) ([]byte, error) {
	switch v.Kind {
	case rules.String:
		return json.Marshal(v.Text)
	case rules.Null:
		return []byte("null"), nil
	case rules.Bool:
		return []byte(strconv.FormatBool(v.Text == "true" || v.Text == "True" || v.Text == "TRUE")), nil
	case rules.Number:
		if !json.Valid([]byte(v.Text)) {
			return nil, fmt.Errorf("%s is no JSON number: quote it", v.Text)
		}
		return []byte(v.Text), nil
	case rules.List:
		var b bytes.Buffer
		b.WriteByte('[')
		for i, it := range v.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			t, err := ConstantJSON(it)
			if err != nil {
				return nil, err
			}
			b.Write(t)
		}
		b.WriteByte(']')
		return b.Bytes(), nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range v.Parts {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(p.Name)
		if err != nil {
			return nil, err
		}
		t, err := ConstantJSON(p.Value)
		if err != nil {
			return nil, err
		}
		b.Write(append(append(key, ':'), t...))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// CheckConstant says why text is no value of a column's type, as far as that can
// be known without the server.
func CheckConstant(text []byte, t *catalog.Type, mod int32) error {
	if n := MaxChars(t, mod); n > 0 && utf8.RuneCount(text) > n {
		return fmt.Errorf("the value has %d characters, and the column %d", utf8.RuneCount(text), n)
	}
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return fmt.Errorf("the value is no text that PostgreSQL can store")
	}
	u := t.Underlying()
	if u.Kind == catalog.EnumType && !slices.Contains(u.Labels, string(text)) {
		return fmt.Errorf("the value is no label of %s%s; there is %s", u.SQL,
			fault.DidYouMean(string(text), u.Labels), List(u.Labels))
	}
	if codec := value.For(t, copyfmt.Binary); codec != nil {
		if _, err := codec.AppendWire(nil, text); err != nil {
			return fmt.Errorf("the value is no %s", t.SQL)
		}
	}
	var d decimal.Decimal
	if u.OID == catalog.NumericOID && d.Parse(text) == nil {
		if most := MaxDigits(t, mod); d.Whole() > most {
			return fmt.Errorf("the value has %d digits before the point, and the column %d", d.Whole(), most)
		}
	}
	return nil
}

// Fixed puts one text in the place of every value.
type Fixed struct{ Text []byte }

func (m Fixed) Replace(_ *Row, dst, _ []byte) ([]byte, error) {
	return append(dst, m.Text...), nil
}
