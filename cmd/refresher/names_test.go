package main

import (
	"regexp"
	"testing"
)

// A name of production can neither drive the terminal nor forge a command to a CI system.
func TestNamesAreShownNotObeyed(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.production(`CREATE TABLE U&"x\001B]0;owned\0007\001B[2Jy" (U&"a\000A::error title=forged::all good\000D\000Ab" text)`)
	raw := regexp.MustCompile(`\x1b|\x07|\r|(?m)^\s*::error title=forged`)
	for _, args := range [][]string{
		{"run"}, {"check"}, {"check", "--format", "github"}, {"check", "--format", "sarif"}, {"check", "--format", "junit"},
		{"check", "--format", "json"}, {"discover", "--format", "json"},
	} {
		_, out, said := s.run(args...)
		if found := raw.FindString(out + said); found != "" {
			t.Errorf("%v prints %q", args, found)
		}
		if out+said == "" {
			t.Errorf("%v says nothing", args)
		}
	}
}
