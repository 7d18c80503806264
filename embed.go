// Package refresher holds the files that the program carries with it.
package refresher

import "embed"

// Rules holds the rulesets that come with refresher, rules/NAME.yaml, which rules
// of others include as builtin:NAME.
//
//go:embed rules/*.yaml
var Rules embed.FS

// ExperimentationRules is rules/experimentation.yaml, the ruleset of the sample
// production database.
//
//go:embed rules/experimentation.yaml
var ExperimentationRules string

// ExperimentationRisk is rules/experimentation-risk.yaml, which goes with it.
//
//go:embed rules/experimentation-risk.yaml
var ExperimentationRisk string

// RulesSchema is rules/schema.json, the JSON Schema of rules files.
//
//go:embed rules/schema.json
var RulesSchema string
