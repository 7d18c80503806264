package scrub_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The Go code in the documentation is the code that runs.
func TestDocumentedCodeIsReal(t *testing.T) {
	text, err := os.ReadFile(repository + "/docs/adding-a-transform.md")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, dir := range []string{"transform", "../pii/fake"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(b)
		}
	}
	blocks := strings.Split(string(text), "```go\n")[1:]
	if len(blocks) < 3 {
		t.Fatalf("%d blocks of Go", len(blocks))
	}
	for _, block := range blocks {
		if block, _, _ = strings.Cut(block, "```"); !strings.Contains(source.String(), block) {
			t.Errorf("this is in no source file:\n%s", block)
		}
	}
}
