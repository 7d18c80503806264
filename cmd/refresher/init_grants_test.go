package main

import (
	"strings"
	"testing"
)

// The statements that init writes are those of the docs.
func TestGrantsAreThoseOfTheDocs(t *testing.T) {
	docs := readFile(t, "../../docs/servers.md")
	for line := range strings.SplitSeq(strings.ReplaceAll((&initAnswers{}).grants(), `"`, ""), "\n") {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "-- "); strings.HasSuffix(line, ";") && !strings.Contains(docs, line) {
			t.Errorf("docs/servers.md lacks %q", line)
		}
	}
}
