package transform

import (
	"encoding/binary"
	"errors"
	"fmt"

	"refresher/internal/pii"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func choiceDef() Definition {
	return Definition{
		Name: "choice", Class: pii.None, ByArgs: true,
		Doc: "One of a list of values, drawn by weight; one value always draws the same.",
		Params: []Param{{Name: "values", Kind: rules.List, Required: true,
			Doc: "a list, or a mapping of values to their weights (whole numbers); all must be values of the column's type"}},
		Example: Example{Rule: "{transform: choice, values: {free: 8, pro: 1}}", Value: "enterprise"},
		Check: func(a Args, p Place) error {
			list, err := choicesOf(a["values"])
			if err != nil || p.Type == nil {
				return err
			}
			for _, c := range list {
				text, err := ConstantText(c.value, p.Family)
				if err == nil {
					err = CheckConstant(text, p.Type, p.Mod)
				}
				if err != nil {
					return fmt.Errorf("can't be in %s: %w: %s", p.Where, err, c.value.Text)
				}
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			list, err := choicesOf(d.Args["values"])
			if err != nil {
				return nil, err
			}
			m := &choiceMasker{prefix: domainPrefix(d.Name), numbers: true}
			for _, c := range list {
				m.texts = append(m.texts, []byte(c.value.Text))
				m.total += c.weight
				m.upto = append(m.upto, m.total)
				m.numbers = m.numbers && isJSONNumber(c.value.Text)
			}
			return Masks{FamilyText: m}, nil
		},
	}
}

type weighted struct {
	value  rules.Value
	weight uint64
}

var errChoices = errors.New("needs a list of values, or a mapping of values to weights: whole numbers from 1 " +
	"to 1000000")

func choicesOf(v rules.Value) (list []weighted, err error) {
	for _, it := range v.Items {
		if it.Kind > rules.Bool {
			return nil, errChoices
		}
		list = append(list, weighted{it, 1})
	}
	weight := Param{Kind: rules.Number, Min: 1, Max: 1_000_000}
	for _, p := range v.Parts {
		if weight.check(p.Value) != "" {
			return nil, errChoices
		}
		list = append(list, weighted{rules.Value{Kind: rules.String, Text: p.Name}, uint64(Args{"w": p.Value}.number("w"))})
	}
	if len(list) == 0 {
		return nil, errChoices
	}
	return list, nil
}

// isJSONNumber reports a number that can stand in JSON as it is.
func isJSONNumber(s string) bool {
	v, err := ConstantJSON(rules.Value{Kind: rules.Number, Text: s})
	return err == nil && len(v) > 0 && (v[0] == '-' || normal.IsDigit(v[0]))
}

type choiceMasker struct {
	prefix  []byte
	texts   [][]byte
	upto    []uint64 // sums of weights
	total   uint64
	numbers bool
}

func (m *choiceMasker) MakesNumbers() bool { return m.numbers }

func (m *choiceMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	h := r.PRF.Sum(m.prefix, text)
	n := binary.BigEndian.Uint64(h[:]) >> 16 % m.total
	i := 0
	for m.upto[i] <= n {
		i++
	}
	return append(dst, m.texts[i]...), nil
}
