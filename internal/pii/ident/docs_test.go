package ident

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated part of docs/detectors.md")

// The table of national numbers in docs/detectors.md is that of the package.
func TestDocs(t *testing.T) {
	const file, begin, end = "../../../docs/detectors.md", "<!-- nationals: begin -->\n", "<!-- nationals: end -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks %q or %q", file, begin, end)
	}
	var table strings.Builder
	table.WriteString("| kind | number | written | checked | passed by chance |\n|---|---|---|---|---|\n")
	for _, n := range Nationals() {
		var forms []string
		for _, f := range strings.Split(n.Forms, "|") {
			f = strings.TrimRight(f, "?")
			if printed, ok := strings.CutSuffix(f, "!"); ok {
				f = "**" + printed + "**"
			}
			forms = append(forms, f)
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %.2g |\n", n.Kind, n.Name, strings.Join(forms, ", "), n.Note, n.Chance)
	}
	want := head + begin + table.String() + end + tail
	if want == string(b) {
		return
	}
	if !*update {
		t.Fatalf("%s is out of date: run go test ./internal/pii/ident -update", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
