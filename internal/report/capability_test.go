package report

import (
	"strings"
	"testing"

	"refresher/internal/verify"
)

// The report says whether staging can act, as soon as a rule or a finding speaks of it.
func TestCapabilities(t *testing.T) {
	r := &Report{Tables: []Table{{Name: "a.t", Columns: []Column{{Name: "mail", Class: "email"}}}}}
	if got := r.Capabilities(); got != "" {
		t.Error(got)
	}
	r.Tables[0].Columns = append(r.Tables[0].Columns, Column{Name: "hook", Class: "capability", Transform: "inert"},
		Column{Name: "kept", Class: "capability", Keep: true})
	r.Verification = []Subject{{Results: []*verify.Result{{}}}}
	got := r.Capabilities()
	if !strings.HasPrefix(got, "Staging can't act: ") || !strings.Contains(got, "nowhere (1)") {
		t.Error(got)
	}
	leak := verify.Leak{Classes: []verify.ClassCount{{Class: "capability", Count: 3}}}
	r.Verification[0].Results[0].Leaks = []verify.Leak{leak}
	if got := r.Capabilities(); got != "Staging could act: values that let a program act were found, 3 in number." {
		t.Error(got)
	}
}
