package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyTables refreshes a database of many small tables, one in ten of them a
// partition, and says how long every stage took and what was kept in memory.
func TestManyTables(t *testing.T) {
	n, _ := limit(t, "REFRESHER_TEST_TABLES", 300)
	s := newEmptySite(t)
	s.production("CREATE TABLE parts (id int, k int, v text, PRIMARY KEY (id, k)) PARTITION BY LIST (k)")
	const batch = 500 // a transaction locks what it makes
	for from := 0; from < n; from += batch {
		s.production(fmt.Sprintf(`DO $$ BEGIN FOR i IN %d..%d LOOP
			IF i %% 10 = 0 THEN EXECUTE format('CREATE TABLE parts_%%s PARTITION OF parts FOR VALUES IN (%%s)', i, i); EXECUTE format('INSERT INTO parts VALUES (1, %%s, ''v'')', i);
			ELSE EXECUTE format('CREATE TABLE t%%s (id serial PRIMARY KEY, name text, at timestamptz DEFAULT now(), n numeric CHECK (n > 0)); INSERT INTO t%%s (name, n) VALUES (''name'', 1)', i, i);
			END IF; END LOOP; END $$`, from, min(from+batch, n)-1))
	}
	var files []string
	for from := 0; from < n; from += 5000 {
		rules := "version: 1\ntables:\n"
		if from == 0 {
			rules += "  public.parts: {columns: {\"*\": keep}}\n"
		}
		for i := from; i < min(from+5000, n); i++ {
			if i%10 != 0 {
				rules += fmt.Sprintf("  public.t%d: {columns: {id: keep, name: lorem, at: keep, n: keep}}\n", i)
			}
		}
		files = append(files, fmt.Sprintf("rules%d.yaml", from))
		s.write(files[len(files)-1], rules)
	}
	s.edit("refresher.yaml", "[rules.yaml]", "["+strings.Join(files, ", ")+"]")
	s.withoutBuckets()
	out, err := s.process("run", "--dry-run").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.4000s", err, out)
	}
	cmd := s.process("run")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%.4000s", err, out)
	}
	line := fmt.Sprintf("%d tables, a tenth of them partitions:", n)
	for _, st := range s.lastReport().Stages {
		line += fmt.Sprintf("  %s %.1f s, %d MB", st.Name, st.Seconds, st.PeakRSS>>20)
		if st.Name == "guard" && st.Seconds > 30+float64(n)/500 {
			t.Errorf("reading the catalog and planning took %.1f s", st.Seconds)
		}
	}
	t.Log(line)
	if got := s.one(s.vars["STAGING"], "SELECT count(*)::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"); got != fmt.Sprint(
		n) {
		t.Errorf("%s tables arrived", got)
	}
}
