package refresher_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors are the packages under internal/ from top to bottom. A package imports floors
// below its own; on its own floor it imports its own sub-packages and what stands after
// the arrow. A sub-package stands on its parent's floor unless it has a line of its own.
var floors = [...][]string{
	7: {"serve"},
	6: {"refresh", "pull", "config"},
	5: {"doctor", "report → report/ci", "report/ci", "check → discover report/ci", "discover", "preview → report"},
	4: {"snapshot", "dataset/lake → dataset scrub", "scrub → verify/risk verify/canary", "restore → verify/pass", "dataset", "s3sink → verify/pass", "verify",
		"verify/target → verify s3sink dataset"},
	3: {"pii", "history"},
	2: {"postgres"},
	1: {"fault", "report/visible", "config/host",
		"config/secret → fault config/host", "refresh/outbound"},
}

// testkit's throw-away servers stand beside the floors: only what is named here may use
// them outside of tests, and they know postgres, fault and the arithmetic of check digits.
var (
	testkitUsers = []string{"check/schemafile", "testkit"}
	testkitMay   = []string{"fault", "postgres", "pii/ident", "testkit"}
)

type place struct {
	room  string   // the entry of floors that holds the package
	floor int      // 1 is the ground
	may   []string // what else of its floor it may import
}

func TestDependenciesPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	siblings := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], "refresher/internal/")
		siblings[strings.Split(from, "/")[0]] = true
		for _, imported := range fields[1:] {
			to, ours := strings.CutPrefix(imported, "refresher/internal/")
			switch {
			case strings.HasPrefix(imported, "refresher/cmd"), ours && !allowed(t, from, to):
				t.Errorf("%s imports %s, which is not below it: see the table in layering_test.go", from, to)
			}
		}
	}
	if len(siblings) > 20 {
		t.Errorf("%d folders under internal/; a reader can keep 20 in mind", len(siblings))
	}
}

// What promotes and what publishes needs the pass of a verification, not the means:
// no detector, fake or fingerprint is compiled into them.
func TestPromotersKnowThePassAlone(t *testing.T) {
	for _, pkg := range []string{"s3sink", "restore"} {
		out, err := exec.Command("go", "list", "-deps", "./internal/"+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, dep := range strings.Fields(string(out)) {
			dep, ours := strings.CutPrefix(dep, "refresher/internal/")
			may := dep == "verify/pass" || dep == "verify/internal/proof"
			if ours && (within(dep, "verify") && !may || within(dep, "pii")) {
				t.Errorf("%s depends on %s", pkg, dep)
			}
		}
	}
}

// The service shows runs and starts them: it works without rules.
func TestTheServiceKnowsNoRules(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./internal/serve").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if dep, ours := strings.CutPrefix(dep, "refresher/internal/"); ours && (within(dep, "scrub") || within(dep, "discover")) {
			t.Errorf("serve depends on %s", dep)
		}
	}
}

// Only verify.Judge may make a pass: it and the alias know the constructor.
func TestOnlyVerifyMakesAPass(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var users []string
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if fields := strings.Fields(line); slices.Contains(fields[1:], "refresher/internal/verify/internal/proof") {
			users = append(users, strings.TrimPrefix(fields[0], "refresher/internal/"))
		}
	}
	if !slices.Equal(users, []string{"verify", "verify/pass"}) {
		t.Errorf("the constructor of a pass is known to %v", users)
	}
}

func allowed(t *testing.T, from, to string) bool {
	if within(from, "testkit") {
		return slices.ContainsFunc(testkitMay, func(p string) bool { return within(to, p) })
	}
	if within(to, "testkit") {
		return slices.ContainsFunc(testkitUsers, func(p string) bool { return within(from, p) })
	}
	f, g := placeOf(t, from), placeOf(t, to)
	if f.floor != g.floor {
		return g.floor < f.floor
	}
	return f.room == g.room || slices.ContainsFunc(f.may, func(p string) bool { return within(to, p) })
}

// placeOf finds the longest entry of the table that holds the package.
func placeOf(t *testing.T, pkg string) (best place) {
	for floor, rooms := range floors {
		for _, entry := range rooms {
			room, may, _ := strings.Cut(entry, " → ")
			if within(pkg, room) && len(room) > len(best.room) {
				best = place{room, floor, strings.Fields(may)}
			}
		}
	}
	if best.room == "" {
		t.Errorf("%s has no place in the table of layering_test.go: give it one", pkg)
	}
	return best
}

func within(pkg, room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }
