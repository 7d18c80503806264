package deploycheck

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// variables are those of a file of NAME=value lines, with "filled" for an empty value.
func variables(t *testing.T, path string) map[string]string {
	t.Helper()
	vars := map[string]string{}
	for s := bufio.NewScanner(bytes.NewReader(read(t, path))); s.Scan(); {
		name, value, ok := strings.Cut(s.Text(), "=")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if value == "" {
			value = "filled"
		}
		vars[name] = value
	}
	return vars
}
