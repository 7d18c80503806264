package verify_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// A planted leak is a value of a class, in a form, at a place. Each is
// generated, stands alone in a table or file of its own, and must be found there.

// leak is one plant.
type leak struct {
	plantedClass
	plantedForm
	plantedPlace
	value, table string
	told         bool // in the table
}

func (l *leak) String() string {
	return fmt.Sprintf("%s %q, %s, in %s (%s)", l.class, l.value, l.plantedForm.name, l.plantedPlace.name, l.table)
}

// planted makes a leak of a class, a form and a place; nil if they don't go together.
func planted(r *rand.Rand, n int, c plantedClass, f plantedForm, p plantedPlace) *leak {
	if f.binary && !p.bytes || f.of != nil && !slices.Contains(f.of, c.class) {
		return nil
	}
	l := &leak{plantedClass: c, plantedForm: f, plantedPlace: p, table: fmt.Sprintf("leak_%d", n)}
	if p.kind == "large object" {
		l.table = fmt.Sprintf("large object %d", 1_000_000+n)
	}
	for range 20 { // some forms write some values only
		l.value = l.make(r)
		if text := l.encode(l.value); text != "" && text != l.value || f.name == plantedForms[0].name {
			return l
		}
	}
	return nil
}

// leaks are each form at each kind of place, once with the first class that it is of, and
// then as many again with others.
func leaks(n int, seed uint64) (all []*leak) {
	r := rand.New(rand.NewPCG(seed, 1))
	add := func(r *rand.Rand, c plantedClass, f plantedForm, p plantedPlace) bool {
		l := planted(r, len(all), c, f, p)
		if l != nil {
			all = append(all, l)
		}
		return l != nil
	}
	for i, kind := range placeKinds {
		places := slices.DeleteFunc(slices.Clone(plantedPlaces), func(p plantedPlace) bool { return p.kind != kind })
		for k, f := range plantedForms {
			if n == 0 && (k+i)%3 > 0 { // a third in the short form
				continue
			}
			own := rand.New(rand.NewPCG(uint64(k), uint64(i))) // the same in the short form
			for _, c := range plantedClasses {
				if add(own, c, f, places[(k+i)%len(places)]) {
					all[len(all)-1].told = true
					break
				}
			}
		}
	}
	for i := 0; i < max(n, 100); i++ {
		c, f := plantedClasses[i%len(plantedClasses)], encodings[r.IntN(len(encodings))]
		add(r, c, f, plantedPlaces[r.IntN(len(plantedPlaces))])
	}
	return all
}

// setOf is the set of the leaks' values and of other people's.
func setOf(t *testing.T, all []*leak) *fingerprint.Set {
	t.Helper()
	store, err := fingerprint.NewStore(t.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c := store.Collector()
	for _, l := range all {
		c.Add(l.class, []byte(l.value))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for class, st := range store.Stats() {
		if st.Short+st.Fictional > 0 {
			t.Fatalf("%s: %+v", class, st)
		}
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// plantedSQL is a leak's statements.
func (l *leak) sql() string {
	text := l.encode(l.value)
	literal := catalog.Literal(text)
	if l.binary { // only bytes
		literal = "''"
	}
	return strings.NewReplacer("%s", literal, "%b",
		`'\x`+hex.EncodeToString([]byte(text))+`'::bytea`).Replace(l.rows(l.table))
}

// Planted leaks, class by place by form: every one is found where it stands, in the
// database and in its dump, as the table of docs/verification.md says. REFRESHER_PLANTS adds
// so many in encodings and places that chance chooses (make proof takes 2,000), REFRESHER_SEED
// says which; with -update all of them write the table.
func TestPlantedLeaks(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("REFRESHER_PLANTS"))
	seed, err := strconv.ParseUint(os.Getenv("REFRESHER_SEED"), 10, 64)
	if err != nil {
		seed = 1
	}
	if *update {
		n = max(n, 1)
	}
	all := leaks(n, seed)
	began := time.Now()
	f := sow(t, all)
	doc, from, to := plantTable(t)
	told := readTable(doc[from:to])
	got := map[[2]string]string{}
	missed := 0
	for _, l := range all {
		cell, how := [2]string{l.plantedForm.name, l.kind}, f.how(l)
		if l.told {
			got[cell] = how
			if want := told[cell]; !*update && how != want {
				t.Errorf("%s: found by %q, the table says %q", l, how, want)
			}
		}
		isEncoding := slices.ContainsFunc(encodings, func(e plantedForm) bool { return e.name == l.plantedForm.name })
		if isEncoding && !strings.Contains(how, "S") {
			if missed++; missed < 30 {
				t.Errorf("not found: %s", l)
			}
		}
	}
	t.Logf("%d leaks in %v: %d not found\n%s", len(all), time.Since(began).Round(time.Millisecond), missed,
		writeTable(got))
	if *update {
		if err := os.WriteFile(tableFile, slices.Concat(doc[:from], []byte(writeTable(got)), doc[to:]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// crop is what was found of the leaks that were sown.
type crop struct {
	files, detectedFiles     map[*leak][]*verify.Result
	inDatabase, inDump, seen []*verify.Result // with fingerprints, so its dump, by detectors alone
}

// sow plants leaks in a database, its dump and files, and looks through them.
func sow(t *testing.T, all []*leak) *crop {
	t.Helper()
	set := setOf(t, all)
	ctx := context.Background()
	dbURL := pgserver.DB(t)
	pgserver.Exec(t, dbURL, "CREATE TYPE pair AS (a text, b text); CREATE DOMAIN domain_of_text AS text; "+
		"CREATE TYPE text_range AS RANGE (subtype = text); CREATE EXTENSION hstore")
	v := verify.New(verify.Options{Run: run, Set: set, Workers: 2, Objects: verify.LargeObjects{Keep: true}})
	detectors := verify.New(verify.Options{Run: run, Workers: 2, Objects: verify.LargeObjects{Keep: true}})
	var objects []*leak
	c := &crop{files: map[*leak][]*verify.Result{}, detectedFiles: map[*leak][]*verify.Result{}}
	var sql strings.Builder
	for _, l := range all {
		switch {
		case l.kind == "large object":
			objects = append(objects, l)
			continue
		case l.file == nil:
			sql.WriteString(l.sql() + ";\n")
			continue
		}
		name, data := l.file(l.encode(l.value))
		c.files[l] = looked(t, v, name, data)
		c.detectedFiles[l] = looked(t, detectors, name, data)
	}
	for some := range slices.Chunk(objects, 15) { // a result keeps twenty findings of a column
		url := pgserver.DB(t)
		for _, l := range some {
			pgserver.Exec(t, url, l.sql())
		}
		for into, look := range map[*map[*leak][]*verify.Result]*verify.Verifier{&c.files: v, &c.detectedFiles: detectors} {
			r, err := look.Database(ctx, config(t, url), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range some {
				(*into)[l] = []*verify.Result{r}
			}
		}
	}
	pgserver.Exec(t, dbURL, sql.String())
	out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), "-Fc", "-d", dbURL).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, look := range []struct {
		v    *verify.Verifier
		into *[]*verify.Result
		dump bool
	}{{v, &c.inDatabase, false}, {detectors, &c.seen, false}, {v, &c.inDump, true}} {
		var r *verify.Result
		if look.dump {
			r, err = look.v.Dump(ctx, "x.dump", bytes.NewReader(out))
		} else {
			r, err = look.v.Database(ctx, config(t, dbURL), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		*look.into = []*verify.Result{r}
		text := fmt.Sprint(r.Findings)
		for _, l := range all {
			if strings.Contains(text, l.value) {
				t.Errorf("%s is printed", l)
			}
		}
	}
	return c
}

// how says what found a leak: S a survivor, s a weak one, D a detector, of a value of its class.
func (c *crop) how(l *leak) string {
	rows, seen, table := c.inDatabase, c.seen, l.table
	switch {
	case l.kind == "large object":
		rows, seen = c.files[l], c.detectedFiles[l]
	case l.file != nil:
		rows, seen, table = c.files[l], c.detectedFiles[l], ""
	}
	how := ""
	switch found, strong := finds(rows, l, table, verify.Survivor); {
	case strong:
		how = "S"
	case found:
		how = "s"
	}
	inDump := l.file == nil && !l.inSchema() && l.kind != "large object"
	if _, strong := finds(c.inDump, l, table, verify.Survivor); inDump && how != "" && !strong {
		how += "?" // its dump shows less
	}
	if _, strong := finds(seen, l, table, verify.Detection); strong {
		how = strings.TrimSpace(how + " D")
	}
	return how
}

// inSchema reports places that are no rows, or rows that a dump leaves out.
func (l *leak) inSchema() bool {
	return l.kind == "schema" || l.kind == "view"
}

// finds reports whether results have a finding of a leak's class in an object of that
// name, and whether it is strong (in the schema detections are weak).
func finds(results []*verify.Result, l *leak, table, kind string) (found, strong bool) {
	for _, r := range results {
		for _, f := range r.Findings {
			named := table == "" || strings.Contains(f.Table+" ", table+" ") || strings.Contains(f.Table, table+"_") ||
				strings.Contains(f.Table, table+"(") || strings.Contains(f.Table, table+".") ||
				strings.HasSuffix(f.Table, "."+table)
			if named && f.Kind == kind && f.Class == l.class {
				found, strong = true, strong || f.Strong || l.inSchema()
			}
		}
	}
	return found, strong
}
