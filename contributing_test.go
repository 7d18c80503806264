package refresher_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The table of dependencies has each module that go.mod requires directly, once, with a reason.
func TestContributingListsDependencies(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "\t") && len(fields) >= 2 && !strings.Contains(line, "// indirect") {
			want = append(want, fields[0])
		}
	}
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "<!-- dependencies -->\n")
	var got []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		if strings.TrimSpace(cells[2]) == "" {
			t.Errorf("no reason for %s", cells[1])
		}
		got = append(got, strings.Trim(cells[1], " `"))
	}
	for _, m := range want {
		if n := count(got, m); n != 1 {
			t.Errorf("CONTRIBUTING.md lists the dependency %s %d times, not once", m, n)
		}
	}
	for _, m := range got {
		if !slices.Contains(want, m) {
			t.Errorf("CONTRIBUTING.md lists %s, which go.mod does not require directly", m)
		}
	}
}

func count(list []string, s string) (n int) {
	for _, v := range list {
		if v == s {
			n++
		}
	}
	return n
}
