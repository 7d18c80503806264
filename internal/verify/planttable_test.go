package verify_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/verification.md")

// tableFile has the table between two marks.
const (
	tableFile  = "../../docs/verification.md"
	tableBegin = "<!-- plants: written by go test ./internal/verify -run TestPlantedLeaks -update -->\n"
	tableEnd   = "<!-- end of plants -->\n"
)

// placeKinds are the columns of the table.
var placeKinds = []string{"text", "JSON", "array", "bytes", "view", "schema", "large object", "file", "Parquet"}

// plantTable is the document, and where its table is.
func plantTable(t *testing.T) (doc []byte, from, to int) {
	t.Helper()
	doc, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	from, to = bytes.Index(doc, []byte(tableBegin)), bytes.Index(doc, []byte(tableEnd))
	if from < 0 || to < from {
		t.Fatalf("%s has no table of plants", tableFile)
	}
	return doc, from + len(tableBegin), to
}

// writeTable has a line for each form and a column for each kind of place.
func writeTable(found map[[2]string]string) string {
	var b strings.Builder
	b.WriteString("| form | " + strings.Join(placeKinds, " | ") + " |\n|---" + strings.Repeat("|---", len(placeKinds)) + "|\n")
	for _, f := range plantedForms {
		b.WriteString("| " + f.name + " ")
		for _, kind := range placeKinds {
			how, planted := found[[2]string{f.name, kind}]
			if planted && how == "" {
				how = "–"
			}
			b.WriteString(strings.TrimRight("| "+how, " ") + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

func readTable(table []byte) map[[2]string]string {
	told := map[[2]string]string{}
	for line := range strings.Lines(string(table)) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		for i, kind := range placeKinds {
			if how := strings.TrimSpace(cells[min(i+1, len(cells)-1)]); how == "–" {
				told[[2]string{strings.TrimSpace(cells[0]), kind}] = ""
			} else {
				told[[2]string{strings.TrimSpace(cells[0]), kind}] = how
			}
		}
	}
	return told
}
