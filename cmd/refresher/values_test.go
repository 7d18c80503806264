package main

import (
	"strings"
	"testing"
)

// A value that its rule can't take refuses the run, whichever end of the copy fails first;
// nothing is published, and the rule that is proposed takes it.
func TestAValueThatARuleCantTakeRefuses(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.production(`CREATE TABLE visits (id int PRIMARY KEY, address varchar(15) NOT NULL);
		INSERT INTO visits SELECT i, '198.51.101.' || i FROM generate_series(1, 200) i`)
	s.write("rules.yaml", tinyRules+"  public.visits: {columns: {id: keep, address: {transform: fpe, alphabet: alphanumeric, domain: x}}}\n")
	_, said := s.must(exitRefused, "run")
	for _, want := range []string{"scrubbing public.visits, row 1, column address (fpe)", "refused by values", "a dot, colon or other separator", "digits"} {
		if !strings.Contains(said, want) {
			t.Errorf("the refusal lacks %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "198.51.101") {
		t.Errorf("the refusal quotes the value:\n%s", said)
	}
	s.write("rules.yaml", tinyRules+"  public.visits: {columns: {id: keep, address: ip}}\n")
	s.must(exitClean, "run")
}
