package main

import "testing"

// A draft is no answer to what only its team knows, but a run by it alone goes
// through, and verification, which looks at every value, finds nothing that
// discovery missed in the sample database.
func TestADraftCarriesARun(t *testing.T) {
	t.Parallel()
	s := newLargerSite(t)
	draft, _ := s.must(exitClean, "discover", "--all")
	s.write("rules.yaml", draft)
	s.must(exitClean, "run")
}
