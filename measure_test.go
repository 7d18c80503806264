package refresher_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"
)

// What a file and a function may measure. A reader should see a function on one screen, and
// a file should be about one thing.
const (
	maxFileLines     = 400
	maxColumns       = 120 // tabs count as 4
	maxFunctionLines = 80
	maxComplexity    = 25
)

// remaining are what was there before these measures and is still to be mended. The numbers
// only fall: lower them with what you mend.
var remaining = map[string]int{"file": 0, "column": 0, "function": 0, "word": 0}

// hold fails if there are more problems of a kind than remain.
func hold(t *testing.T, kind string, problems []string) {
	t.Helper()
	if len(problems) > remaining[kind] {
		t.Errorf("%s\n%d problems, and remaining[%q] is %d: mend what you added", strings.Join(problems, "\n"), len(problems), kind, remaining[kind])
	} else if len(problems) < remaining[kind] {
		t.Logf("set remaining[%q] to %d", kind, len(problems))
	}
}

// goFile is a file of the repository.
type goFile struct {
	path string
	text []string // lines
	set  *token.FileSet
	ast  *ast.File
}

func (f goFile) test() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f goFile) line(p token.Pos) int { return f.set.Position(p).Line }

// goFiles are all Go files of the repository.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	if len(parsed) == 0 {
		parsed = parse(t)
	}
	return parsed
}

var parsed []goFile

func parse(t *testing.T) (files []goFile) {
	t.Helper()
	walk(t, ".go", func(path string, text []byte) {
		f := goFile{path: path, text: strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), set: token.NewFileSet()}
		var err error
		if f.ast, err = parser.ParseFile(f.set, path, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	})
	return files
}

// walk reads the repository's files with an extension; hidden folders, what was built and
// test data are left out.
func walk(t *testing.T, ext string, do func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "bin" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ext {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			do(filepath.ToSlash(path), text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesAndLines(t *testing.T) {
	var files, columns []string
	for _, f := range goFiles(t) {
		if len(f.text) > maxFileLines {
			files = append(files, fmt.Sprintf("%s has %d lines, more than %d: split it", f.path, len(f.text), maxFileLines))
		}
		if f.test() {
			continue
		}
		data := f.data()
		for i, line := range f.text {
			n := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
			if n > maxColumns && !data[i+1] {
				columns = append(columns, fmt.Sprintf("%s:%d has %d columns, more than %d", f.path, i+1, n, maxColumns))
			}
		}
	}
	hold(t, "file", files)
	hold(t, "column", columns)
}

// data are the lines of tables and of texts: elements of composite literals that are on one
// line, and raw strings.
func (f goFile) data() map[int]bool {
	lines := map[int]bool{}
	mark := func(n ast.Node) {
		for l := f.line(n.Pos()); l <= f.line(n.End()); l++ {
			lines[l] = true
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING && strings.HasPrefix(n.Value, "`") {
				mark(n)
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if f.line(e.Pos()) == f.line(e.End()) {
					mark(e)
				}
			}
		}
		return true
	})
	return lines
}

func TestFunctions(t *testing.T) {
	var problems []string
	for _, f := range goFiles(t) {
		if f.test() {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := f.line(fn.End()) - f.line(fn.Pos()) + 1; n > maxFunctionLines {
				problems = append(problems, fmt.Sprintf("%s:%d: %s has %d lines, more than %d",
					f.path, f.line(fn.Pos()), fn.Name.Name, n, maxFunctionLines))
			}
			if c := complexity(fn.Body); c > maxComplexity {
				problems = append(problems, fmt.Sprintf("%s:%d: %s has a cyclomatic complexity of %d, more than %d",
					f.path, f.line(fn.Pos()), fn.Name.Name, c, maxComplexity))
			}
		}
	}
	hold(t, "function", problems)
}

// complexity is McCabe's: one more than the number of decisions.
func complexity(body *ast.BlockStmt) int {
	n := 1
	ast.Inspect(body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if node.List != nil {
				n++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

// coined are words that only this project used, and riddles: the plain word is said instead.
var coined = regexp.MustCompile(`(?i)\b(hatchery|aviary|nobodys|strangers|belongings|lending|whatever|patiently|somebody's|glued to|glance|fate|hereabouts)\b`)

func TestWords(t *testing.T) {
	var problems []string
	for _, f := range goFiles(t) {
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				if w := coined.FindString(c.Text); w != "" {
					problems = append(problems, fmt.Sprintf("%s:%d says %q: say it plainly", f.path, f.line(c.Pos()), w))
				}
			}
		}
	}
	walk(t, ".md", func(path string, text []byte) {
		for i, line := range strings.Split(string(text), "\n") {
			if w := coined.FindString(line); w != "" {
				problems = append(problems, fmt.Sprintf("%s:%d says %q: say it plainly", path, i+1, w))
			}
		}
	})
	hold(t, "word", problems)
}

// No package builds state at start-up.
func TestNoInitFunctions(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test() {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s:%d: an init function; build what is needed on first use", f.path, f.line(fn.Pos()))
			}
		}
	}
}

func TestDecisionsAreNumberedOnce(t *testing.T) {
	entries, err := os.ReadDir("docs/decisions")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	var numbers []string
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "-")
		if other := seen[number]; other != "" {
			t.Errorf("%s and %s have one number", other, e.Name())
		}
		seen[number] = e.Name()
		numbers = append(numbers, number)
	}
	sort.Strings(numbers)
	for i, n := range numbers {
		if want := []byte{'0', '0', byte('0' + (i+1)/10), byte('0' + (i+1)%10)}; n != string(want) {
			t.Errorf("decision %s should be %s: numbers have no gaps", n, want)
		}
	}
}
