package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"refresher/internal/report"
)

// What `run --report PATH` writes: a name without an extension is a folder's, but for a file that is
// there.
func TestReportFiles(t *testing.T) {
	for path, want := range map[string][]string{
		"report.json": {"report.json", "report.json.sig"},
		"page.html":   {"page.html"},
		"reports":     {"reports/report.html", "reports/report.json", "reports/report.json.sig"},
		"a/b/":        {"a/b/report.html", "a/b/report.json", "a/b/report.json.sig"},
		"2026-11.30/": {"2026-11.30/report.html", "2026-11.30/report.json", "2026-11.30/report.json.sig"},
		"there":       {"there"},
	} {
		dir := t.TempDir()
		if path == "there" {
			if err := os.WriteFile(filepath.Join(dir, path), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		rep := &report.Report{Run: "20261121T030000Z-7f3a", Signed: &report.Signed{Document: []byte("{}"), Signature: []byte("x")}}
		end := ""
		if path[len(path)-1] == '/' {
			end = "/"
		}
		if err := writeReport(rep, filepath.Join(dir, path)+end); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		var got []string
		_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, _ error) error {
			if !d.IsDir() {
				name, _ := filepath.Rel(dir, p)
				got = append(got, name)
			}
			return nil
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
