package check_test

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/check"
	"refresher/internal/discover"
	"refresher/internal/fault"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// A run that is refused for want of a rule proposes the line that check does.
func TestRunAndCheckProposeTheSameLine(t *testing.T) {
	cat := load(t, `CREATE TABLE users (id int PRIMARY KEY, email_md5 text, contactPhone varchar(20) UNIQUE, doc jsonb, zzqx text, name text)`)
	rs, err := rules.Parse("r.yaml", []byte("version: 1\ntables: {public.users: {columns: {id: keep}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = scrub.Compile(rs, cat, make([]byte, 32))
	var refusal *fault.Refusal
	if !errors.As(discover.Propose(cat, err), &refusal) {
		t.Fatal(err)
	}
	result, err := check.Run(check.Input{Rules: rs, Now: cat})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, i := range result.Issues {
		lines[i.Column] = i.Paste
	}
	if len(refusal.Problems) != 5 {
		t.Errorf("%d columns lack a rule", len(refusal.Problems))
	}
	for _, p := range refusal.Problems {
		if line := lines[p.Column]; line == "" || !strings.HasSuffix(p.Fix, ":   "+line) {
			t.Errorf("%s: the run says %q, and check %q", p.Column, p.Fix, line)
		}
	}
}
