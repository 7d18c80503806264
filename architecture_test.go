package refresher_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/architecture.md leads through files and functions that are there.
func TestTheWayOfOneCellExists(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, way, ok := strings.Cut(string(text), "## The way of one cell")
	if !ok {
		t.Fatal("docs/architecture.md has no section \"The way of one cell\"")
	}
	way, _, _ = strings.Cut(way, "\n## ")
	declared := map[string]bool{} // by the files that the section names
	var functions []string
	files := 0
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(way, -1) {
		switch name := m[1]; {
		case strings.HasSuffix(name, "_test.go"):
		case strings.HasSuffix(name, ".go"):
			files++
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("internal", name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Errorf("docs/architecture.md names %s: %v", name, err)
				continue
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					declared[f.Name.Name] = true
				}
			}
		case regexp.MustCompile(`^[A-Za-z]+$`).MatchString(name):
			functions = append(functions, name)
		}
	}
	if files < 15 || len(functions) < 20 {
		t.Errorf("%d files and %d functions are named: the way has lost some of its steps", files, len(functions))
	}
	for _, f := range functions {
		if !declared[f] && f != "Definition" && f != "email" {
			t.Errorf("docs/architecture.md names the function %s, which is in none of the files it names", f)
		}
	}
}
