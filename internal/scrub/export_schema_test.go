package scrub

import (
	"refresher/internal/fault"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// CheckParams is what the compiler says of a rule's parameters by themselves.
func CheckParams(d *transform.Definition, r *rules.Rule) (problems []fault.Problem) {
	d.Parse(r, func(at rules.Pos, format string, a ...any) { problems = append(problems, at.Problem(format, a...)) })
	return problems
}

// ShapesWithParams are the ways to write a rule that have no definition, but
// parameters, as if they were transforms.
func ShapesWithParams() (list []transform.Definition) {
	for _, s := range transform.Shapes() {
		if s.Key != "json" && len(s.Params) > 0 {
			list = append(list, transform.Definition{Name: s.Key, Params: s.Params})
		}
	}
	return list
}
