package config

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/configuration.md")

const (
	docFile  = "../../docs/configuration.md"
	docBegin = "<!-- fields: begin, generated from internal/config -->\n"
	docEnd   = "<!-- fields: end -->\n"
)

func TestTheDocumentedFieldsAreTheRealOnes(t *testing.T) {
	text, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), docBegin)
	table, after, ok2 := strings.Cut(rest, docEnd)
	if !ok1 || !ok2 {
		t.Fatalf("%s has lost its markers", docFile)
	}
	if *update {
		if err := os.WriteFile(docFile, []byte(before+docBegin+Reference()+docEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != Reference() {
		t.Errorf("%s is out of date; run: go test ./internal/config -update", docFile)
	}
}
