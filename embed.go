// Package refresher holds the files that the demo carries with it.
package refresher

import _ "embed"

// ExperimentationRules is rules/experimentation.yaml, the ruleset of the sample
// production database.
//
//go:embed rules/experimentation.yaml
var ExperimentationRules string

// ExperimentationRisk is rules/experimentation-risk.yaml, which goes with it.
//
//go:embed rules/experimentation-risk.yaml
var ExperimentationRisk string
