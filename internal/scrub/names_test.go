package scrub_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"refresher/internal/scrub/transform"
)

// What is particular to a transform is said in its Definition: a name that is compared
// elsewhere is a fact that the next transform would have to repeat there.
func TestNoCodeAsksForATransformByName(t *testing.T) {
	names := map[string]bool{}
	for _, d := range transform.Definitions() {
		// keep and null are words of the format: what is kept is counted, NULL satisfies keys.
		names[d.Name] = d.Kind != transform.KindKeep && d.Kind != transform.KindNull
	}
	walk := func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		literal := func(e ast.Expr) {
			lit, ok := e.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return
			}
			if s, err := strconv.Unquote(lit.Value); err == nil && names[s] {
				t.Errorf("%s asks for the transform %s by its name", set.Position(lit.Pos()), s)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SwitchStmt: // on what is called transform or name
				if sel, ok := n.Tag.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Name" || sel.Sel.Name == "Transform") {
					for _, c := range n.Body.List {
						for _, e := range c.(*ast.CaseClause).List {
							literal(e)
						}
					}
				}
			case *ast.BinaryExpr:
				if sel, ok := n.X.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Name" || sel.Sel.Name == "Transform") {
					literal(n.Y)
				}
			}
			return true
		})
		return nil
	}
	for _, room := range []string{"scrub", "discover", "check", "verify", "refresh", "preview"} {
		if err := filepath.WalkDir(filepath.Join("..", room), walk); err != nil {
			t.Fatal(err)
		}
	}
}
