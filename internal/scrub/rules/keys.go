package rules

import "slices"

// Keys lists what the mappings of a rules file take, by what they are: "file",
// "table", "rule" (its shapes, of which it has one), "reference", "exception", "risk", "hipaa".
// The JSON Schema of the format is held against it.
func Keys() map[string][]string {
	return map[string][]string{
		"file": slices.Clone(rootKeys), "table": slices.Clone(tableKeys), "rule": slices.Clone(shapeKeys),
		"reference": slices.Clone(referenceKeys), "exception": slices.Clone(allowKeys),
		"risk": slices.Clone(riskKeys), "hipaa": slices.Clone(hipaaKeys),
	}
}

// Classes lists the classes that an exception may name.
func Classes() []string {
	list := make([]string, len(classes))
	for i, c := range classes {
		list[i] = string(c)
	}
	return list
}
