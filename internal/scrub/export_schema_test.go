package scrub

import (
	"refresher/internal/fault"
	"refresher/internal/scrub/rules"
)

// AllParams are a transform's parameters, domain among them.
func (d *Definition) AllParams() []Param { return d.params() }

// CheckParams is what the compiler says of a rule's parameters by themselves.
func (d *Definition) CheckParams(r *rules.Rule) (problems []fault.Problem) {
	d.parse(r, func(at rules.Pos, format string, a ...any) { problems = append(problems, at.Problem(format, a...)) })
	return problems
}

// ShapesWithParams are the ways to write a rule that have no definition, but
// parameters, as if they were transforms.
func ShapesWithParams() (list []Definition) {
	for _, s := range shapes() {
		if s.key != "json" && len(s.params) > 0 {
			list = append(list, Definition{Name: s.key, Params: s.params})
		}
	}
	return list
}
