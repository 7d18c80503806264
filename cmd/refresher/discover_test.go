package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A team begins without rules, on a hot standby: discover writes a draft, check
// takes it; production grows, and discover prints a patch for what is new.
func TestDiscoverFromNothingToAPatch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write("rules.yaml", "")
	if err := os.Remove(filepath.Join(s.dir, "rules.yaml")); err != nil {
		t.Fatal(err)
	}
	draft, said := s.must(exitClean, "discover")
	if !strings.Contains(said, "seem to hold personal data") || !strings.Contains(draft, "      email: email\n") {
		t.Fatalf("%s%s", said, draft)
	}
	s.write("rules.yaml", draft)
	if _, said := s.must(exitClean, "check"); !strings.Contains(said, "every column has a rule") {
		t.Errorf("check says %s", said)
	}
	if out, said := s.must(exitClean, "discover"); out != "" || !strings.Contains(said, "nothing to add") {
		t.Errorf("a complete ruleset needs no patch:\n%s%s", out, said)
	}

	s.production(`ALTER TABLE users ADD mobile_no text; CREATE TABLE leads (id int PRIMARY KEY, nachname text, x text);
		INSERT INTO leads SELECT i, 'Zebramann', 'jane' || i || '@mail.test' FROM generate_series(1, 20) i`)
	patch, _ := s.must(exitClean, "discover")
	for _, want := range []string{"--- ", "+++ ", "+      mobile_no: phone\n", "+  public.leads:\n", "+      nachname: last_name", "+      x: email"} {
		if !strings.Contains(patch, want) {
			t.Errorf("the patch lacks %q:\n%s", want, patch)
		}
	}
	for line := range strings.Lines(patch) {
		if strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "--- ") {
			t.Errorf("the patch takes something away: %s", line)
		}
	}
	cmd := exec.Command("git", "apply", "-p0", "-")
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(
		strings.ReplaceAll(patch, filepath.ToSlash(filepath.Join(s.dir, "rules.yaml")), "rules.yaml"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, patch)
	}
	s.must(exitClean, "check")
}

func TestDiscoverPrintsEveryColumnAsJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	out, _ := s.must(exitClean, "discover", "--format", "json")
	var found []struct {
		Table, Column, Class, Transform, Reason string
		Confidence                              *float64
	}
	dec := json.NewDecoder(strings.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&found); err != nil || dec.More() {
		t.Fatalf("stdout is not one JSON document: %v", err)
	}
	class := map[string]string{}
	for _, f := range found {
		if f.Confidence == nil || f.Transform == "" || f.Reason == "" {
			t.Errorf("incomplete: %+v", f)
		}
		class[f.Table+"."+f.Column] = f.Class + " " + f.Transform
	}
	for column, want := range map[string]string{"public.users.email": "email email", "public.users.id": "none keep", "public.countries.name": "none keep", "public.payments.iban": "iban iban",
		"public.users.date_of_birth": "birth_date date_shift", "public.employees.full_name": "full_name generated"} {
		if class[column] != want {
			t.Errorf("%s: %q, want %q", column, class[column], want)
		}
	}
	for _, raw := range []string{"@", "Mozilla/", "eyJ"} { // no value of any kind
		if strings.Contains(out, raw) {
			t.Errorf("the output holds %q", raw)
		}
	}
	if out, _ := s.must(exitClean, "discover", "--all", "--names-only"); !strings.Contains(out, "version: 1") {
		t.Error("--all prints the whole draft")
	}
	file := filepath.Join(t.TempDir(), "draft.yaml")
	s.must(exitClean, "discover", "--all", "--output", file)
	if !strings.Contains(readFile(t, file), "public.users:") {
		t.Error("--output writes the draft")
	}
	s.must(exitInput, "discover", "--all", "--output", file)
}
