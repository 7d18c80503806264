package refresher_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The table of packages in CONTRIBUTING.md is made of the first sentence of each package's
// documentation.
func TestContributingListsPackages(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}|{{.Doc}}`, "./cmd/...", "./internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| package | what it is |\n|---|---|\n")
	for line := range strings.Lines(string(out)) {
		path, doc, _ := strings.Cut(strings.TrimSpace(line), "|")
		path = strings.TrimPrefix(path, "refresher/")
		if doc == "" {
			t.Errorf("%s has no documentation", path)
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", path, sentence(doc))
	}
	b.WriteString("\n")
	replaceGenerated(t, "CONTRIBUTING.md", "<!-- packages -->\n", "<!-- end of packages -->\n", b.String())
}

// sentence is a package's documentation without "Package x" and as part of a table.
func sentence(doc string) string {
	doc = regexp.MustCompile(`^(Package|Command) \w+ `).ReplaceAllString(doc, "")
	return strings.ReplaceAll(strings.TrimSuffix(doc, "."), "|", `\|`)
}
