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
