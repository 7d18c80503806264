package main

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// limit is a size that `make limits` sets and that tests make smaller.
func limit(t *testing.T, name string, otherwise int) (n int, set bool) {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise, false
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatal(err)
	}
	return n, true
}

// TestLargeCell runs the program as a process on tables that hold one huge value,
// and measures what it keeps in memory.
func TestLargeCell(t *testing.T) {
	mb, all := limit(t, "REFRESHER_TEST_CELL_MB", 48)
	for _, tt := range []struct{ name, typ, value, rule, parquet string }{
		{"kept text", "text", "repeat('tyre and lamp ', %d * 1048576 / 14)", "keep", ""},
		{"kept bytes", "bytea", "decode(repeat(md5('refresher'), %d * 1048576 / 16), 'hex')", "keep", ""},
		{"kept document", "jsonb", `jsonb_build_object('list', ARRAY[repeat('tyre and lamp ', %d * 1048576 / 14)])`, "keep", ""},
		{"text format", "cells_type", "row(repeat('tyre and lamp ', %d * 1048576 / 14), '{}')::cells_type", "keep", ""},
		{"free text", "text", "repeat('tyre and lamp ', %d * 1048576 / 14)", "text", ""},
		{"masked document", "json", `('{"list": ["' || repeat('a list of tyres and lamps","', %d * 1048576 / 28) || '"]}')::json`, "{json: {}}", ""},
		{"nothing of it", "text", "repeat('tyre and lamp ', %d * 1048576 / 14)", "lorem", ""},
		{"in Parquet", "text", "repeat('tyre and lamp ', %d * 1048576 / 14)", "keep", "parquet"},
	} {
		if !all && tt.name != "free text" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			s := newEmptySite(t)
			s.production(
				"CREATE DOMAIN word AS text; CREATE TYPE cells_type AS (v text, more word[]); CREATE TABLE cells (id int PRIMARY KEY, v " + tt.typ + ")",
			)
			s.production("INSERT INTO cells VALUES (1, NULL), (2, " + fmt.Sprintf(tt.value, mb) + "), (3, NULL)")
			s.write("rules.yaml", "version: 1\ntables: {public.cells: {columns: {id: keep, v: "+tt.rule+"}}}\n")
			s.edit("refresher.yaml", "content: sample", "content: full")
			s.edit("refresher.yaml", "sample: {roots: [public.users], percent: 10}, ", "")
			s.edit("refresher.yaml", "workers: 2", "workers: 1")
			if tt.parquet == "" {
				s.edit("refresher.yaml", "formats: [pgdump, parquet]", "formats: [pgdump]")
			}
			cmd := s.process("run")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var stages string
			var peak int64
			for _, st := range s.lastReport().Stages {
				stages += fmt.Sprintf(" %s %d", st.Name, st.PeakRSS>>20)
				peak = st.PeakRSS >> 20
			}
			t.Logf("%-16s peak %d MB, %.1f times the cell of %d MB:%s", tt.name, peak, float64(peak)/float64(mb), mb,
				stages)
			times := int64(3)
			if !all { // next to a small cell the program itself counts
				times = 5
			}
			if peak > times*int64(mb) {
				t.Errorf("more than %d times the cell", times)
			}
		})
	}
}
