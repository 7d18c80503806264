// Package duckdb asks DuckDB, in tests: another implementation of the files that datasets are made of.
package duckdb

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// asks runs the queries that stand on its standard input, a JSON list, and prints the rows of each.
const asks = `
import { DuckDBInstance } from '@duckdb/node-api';
import { readFileSync } from 'node:fs';
const db = await (await DuckDBInstance.create(':memory:')).connect();
const answers = [];
for (const sql of JSON.parse(readFileSync(0, 'utf8'))) {
  answers.push((await db.runAndReadAll(sql)).getRowsJson());
}
console.log(JSON.stringify(answers));`

// Ask returns the rows of each query, of one database in memory: numbers are float64, or strings
// where they are too large, and dates strings. Without DuckDB (scripts/setup-duckdb.sh) the test is
// skipped, and says so.
func Ask(t testing.TB, queries ...string) [][][]any {
	t.Helper()
	home := filepath.Join(root(t), ".cache", "duckdb")
	if _, err := os.Stat(filepath.Join(home, ".version")); err != nil {
		t.Skip("DuckDB IS NOT HERE, so no other implementation reads the files: make setup gets it")
	}
	text, err := json.Marshal(queries)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", asks)
	cmd.Dir, cmd.Stdin = home, bytes.NewReader(text)
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("DuckDB: %v\n%s", err, failed.String())
	}
	var answers [][][]any
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// root is the folder of the module, above that of the test.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
}
