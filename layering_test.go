package refresher_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists the packages from top to bottom; a package may import only
// packages of lower rows. Packages of one row do not import one another.
var layers = [][]string{
	{"cmd/refresher", "scripts/bench", "scripts/detectors", "scripts/discovereval", "scripts/detectors"},
	{"internal/status", "internal/schemafile"},
	{"internal/config", "internal/refresh", "internal/pull", "internal/schedule", "internal/preview", "internal/pgtest", "internal/s3test", "internal/sampledb", "internal/faultproxy"},
	{"internal/report"},
	{"internal/check"},
	{"internal/snapshot", "internal/discover"},
	{"internal/scrub"},
	{"internal/scrub/condition"},
	{"internal/scrub/rules", "internal/scrub/jsonscrub"},
	{"internal/restore"},
	{"internal/sample", "internal/prints"},
	{"internal/s3sink"},
	{"internal/verify"},
	{"internal/canary", "internal/risk"},
	{"internal/dataset", "internal/history", "internal/evidence"},
	{"internal/fingerprint"},
	{"internal/detect", "internal/fake", "internal/pgtool", "internal/secret"},
	{"internal/ident", "internal/ff1", "internal/unwrap"},
	{"internal/pgvalue"},
	{"internal/catalog"},
	{"internal/pgcopy", "internal/pgerr", "internal/pii", "internal/pgbin", "internal/watchdog", "internal/sqlscript", "internal/largeobject"},
	{"internal/fault"},
}

func TestDependenciesPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	rank := map[string]int{}
	for i, row := range layers {
		for _, p := range row {
			rank["refresher/"+p] = i
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		if fields[0] == "refresher" {
			continue
		}
		from, known := rank[fields[0]]
		if !known {
			t.Errorf("%s has no place in the layers: give it one", fields[0])
		}
		for _, imported := range fields[1:] {
			if to, ours := rank[imported]; ours && to <= from {
				t.Errorf("%s imports %s, which is not below it", fields[0], imported)
			}
		}
	}
	// No code path from raw bytes to S3.
	i := slices.IndexFunc(layers, func(row []string) bool { return slices.Contains(row, "internal/s3sink") })
	if i < slices.IndexFunc(layers, func(row []string) bool { return slices.Contains(row, "internal/snapshot") }) {
		t.Error("s3sink stands above snapshot")
	}
}
