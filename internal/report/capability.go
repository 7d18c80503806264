package report

import (
	"fmt"

	"refresher/internal/pii"
)

// Capabilities says in a sentence what became of what lets a program act, such as webhooks and connection
// strings; "" if no rule names any, or nothing was verified.
func (r *Report) Capabilities() string {
	columns, found := 0, int64(0)
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			if c.Class == string(pii.Capability) && !c.Keep {
				columns++
			}
		}
	}
	for _, v := range r.Verification {
		for _, result := range v.Results {
			for _, l := range result.Leaks {
				for _, c := range l.Classes {
					if string(c.Class) == string(pii.Capability) {
						found += c.Count
					}
				}
			}
		}
	}
	switch {
	case found > 0:
		return fmt.Sprintf("Staging could act: values that let a program act were found, %d in number.", found)
	case columns > 0 && len(r.Verification) > 0:
		return fmt.Sprintf("Staging can't act: columns whose values let a program act lead nowhere (%d), "+
			"and verification found no other.", columns)
	}
	return ""
}
