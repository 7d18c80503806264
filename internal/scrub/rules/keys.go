package rules

// Keys lists what the mappings of a rules file take, by what they are: "file",
// "table", "object", "rule" (its shapes, of which it has one), "reference", "exception", "risk", "hipaa".
// The JSON Schema of the format is held against it.
func Keys() map[string][]string {
	l := &loader{rs: &Ruleset{}}
	return map[string][]string{
		"file": keys(l.fields()), "table": keys(l.tableFields(&Table{})), "rule": shapeKeys(),
		"object":    keys(l.objectFields(&Object{})),
		"reference": keys(l.referenceFields(&Reference{})), "exception": keys(l.allowFields(&Allow{})),
		"defaults": keys(l.defaultFields(&Defaults{})), "risk": keys(l.riskFields(&Risk{})),
		"madeFor": keys(l.madeForFields(&MadeFor{})),
		"hipaa":   keys(l.hipaaFields(&HIPAA{})),
	}
}
