package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"refresher/internal/testkit/longform"
)

// initLimits are what packages of ours may allocate before main, in bytes: a table
// belongs into a sync.OnceValue. What has no line may take initLimit.
const initLimit = 8 << 10

var initLimits = map[string]int{
	"postgres/client":         320 << 10, // regular expressions and the names of SQLSTATE classes
	"check/schemafile":        200 << 10, // the rest: regular expressions
	"restore":                 48 << 10,
	"s3sink":                  200 << 10,
	"verify":                  100 << 10,
	"discover":                100 << 10,
	"scrub":                   100 << 10,
	"discover/importer":       40 << 10,
	"postgres/catalog":        16 << 10,
	"postgres/programs":       16 << 10,
	"refresher/cmd/refresher": 112 << 10, // in the binary of the tests: their own regular expressions
}

var initLine = regexp.MustCompile(`(?m)^init (\S+) @.* ms, .* ms clock, (\d+) bytes, (\d+) allocs`)

// versionWithTrace runs `refresher --version` and returns what each package allocated
// before main.
func versionWithTrace(t testing.TB, program string) map[string]int {
	t.Helper()
	cmd := exec.Command(program, "--version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", "REFRESHER_TEST_MAIN=1")
	var trace strings.Builder
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	bytes := map[string]int{}
	for _, m := range initLine.FindAllStringSubmatch(trace.String(), -1) {
		bytes[m[1]], _ = strconv.Atoi(m[2])
	}
	if len(bytes) < 20 {
		t.Fatalf("the trace names %d packages only:\n%s", len(bytes), trace.String())
	}
	return bytes
}

// The binary of the tests stands for the program, whose link costs ten times as much as all else here: the long form
// has it, with package main by itself.
func TestStartupBuildsNoTables(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if longform.Asked() {
		program = built(t)
	}
	for pkg, n := range versionWithTrace(t, program) {
		short, ours := strings.CutPrefix(pkg, "refresher/internal/")
		ours = ours || pkg == "main" || strings.HasPrefix(pkg, "refresher/")
		limit := initLimit
		if l, ok := initLimits[short]; ok {
			limit = l
		}
		if ours && n > limit {
			t.Errorf("%s allocates %d bytes before main, of %d: build tables on first use (sync.OnceValue)", pkg, n, limit)
		}
	}
}

func BenchmarkStartup(b *testing.B) {
	program := built(b)
	total, ours := 0, 0
	for pkg, n := range versionWithTrace(b, program) {
		total += n
		if strings.HasPrefix(pkg, "refresher/") {
			ours += n
		}
	}
	for b.Loop() {
		if err := exec.Command(program, "--version").Run(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(total)/1024, "KB-init")
	b.ReportMetric(float64(ours)/1024, "KB-init-ours")
}

// built is the program under test.
func built(t testing.TB) string {
	t.Helper()
	program := t.TempDir() + "/refresher"
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}
