package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"refresher/internal/report/visible"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
)

// objectsSQL are large objects of every kind: of 20 MB (2 MB in the short form), empty, of exactly a piece
// and a byte more, with holes within and at the end, and with a comment.
const objectsSQL = `
	SELECT lo_from_bytea(5001, decode(string_agg(md5(i::text), ''), 'hex')) FROM generate_series(1, 1310720) i;
	SELECT lo_create(5002);
	SELECT lo_from_bytea(5003, convert_to(repeat('lorem ip', 131072), 'UTF8'));
	SELECT lo_from_bytea(5004, convert_to(repeat('lorem ip', 131072) || '.', 'UTF8'));
	SELECT lo_create(5005); SELECT lo_put(5005, 3, 'start'); SELECT lo_put(5005, 30000000, 'in between'); SELECT lo_put(5005, 50000000, 'end');
	SELECT lo_create(5006); SELECT lo_put(5006, 0, 'start'); DO $$ BEGIN PERFORM lo_truncate64(lo_open(5006, 131072), 9000000); END $$;
	SELECT lo_from_bytea(4294967295, 'the last OID');
	COMMENT ON LARGE OBJECT 5003 IS 'ask customer7@gmail.com';
	CREATE TABLE files (id int PRIMARY KEY, body oid); INSERT INTO files SELECT row_number() OVER (), oid FROM pg_largeobject_metadata;`

const objectRules = tinyRules + "  public.files: {columns: {\"*\": keep}}\nlarge_objects: keep\n"

// objectsOf are the large objects of a database: OID to length and MD5.
func objectsOf(t *testing.T, url string) map[string]string {
	t.Helper()
	conn := pgserver.Conn(t, url)
	defer conn.Close(t.Context())
	return pairs(t, conn,
		"SELECT oid::text, length(lo_get(oid)) || ' ' || md5(lo_get(oid)) FROM pg_largeobject_metadata")
}

func (s *site) sameObjects() {
	s.t.Helper()
	source, staging := objectsOf(s.t, s.primary.URL(s.db)), objectsOf(s.t, s.staging.URL(s.db))
	if !maps.Equal(source, staging) || len(source) == 0 {
		s.t.Errorf("the source has\n%v\nstaging\n%v", source, staging)
	}
}

func newObjectSite(t *testing.T) *site {
	t.Helper()
	s := newTinySite(t)
	objects := objectsSQL
	if !longform.Asked() {
		objects = strings.NewReplacer("1310720", "131072", "30000000", "3000000", "50000000", "5000000", "9000000", "2000000").Replace(objects)
	}
	for sql := range strings.SplitSeq(strings.TrimSpace(objects), "\n") {
		pgserver.Exec(t, s.primary.URL(s.db), sql)
	}
	s.replayed()
	s.write("rules.yaml", objectRules)
	return s
}

func TestLargeObjectsAreKept(t *testing.T) {
	t.Parallel()
	s := newObjectSite(t)
	s.edit("refresher.yaml", "key: env:KEY", "key: env:KEY\ns3: {endpoint: \"${S3}\", path_style: true}\nbuckets:\n"+
		"  - {name: full, url: s3://"+s.db+"/full, content: full, formats: [pgdump]}\n"+
		"  - {name: sample, url: s3://"+s.db+"/sample, content: sample, formats: [pgdump], sample: {roots: [public.users], percent: 10}}")
	_, said := s.must(exitClean, "run")
	bytes, err := strconv.ParseInt(s.one(s.primary.URL(s.db), "SELECT sum(length(lo_get(oid)))::text FROM pg_largeobject_metadata"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if want := "large objects: 7 kept as they are, " + visible.Size(bytes); !strings.Contains(said, want) {
		t.Errorf("want %q in:\n%s", want, said)
	}
	s.sameObjects()
	if n := s.staged("SELECT count(*)::text FROM pg_largeobject WHERE loid IN (5005, 5006)"); n > "2000" || len(n) > 4 {
		t.Errorf("holes became %s pages", n)
	}
	if n := s.staged("SELECT count(*)::text FROM pg_description WHERE classoid = 'pg_largeobject'::regclass"); n != "0" {
		t.Errorf("%s comments arrived", n)
	}
	rep := s.lastReport()
	if o := rep.LargeObjects; o == nil || !o.Kept || o.Count != 7 {
		t.Errorf("the report says %+v", o)
	}
	if _, said := s.must(exitClean, "verify"); strings.Contains(said, "large object 5") {
		t.Error(said)
	}
	for _, key := range s.keys() {
		if !strings.HasSuffix(key, ".dump") {
			continue
		}
		if text := restoredText(t, s.object(key)); strings.Contains(text, "lo_open") ||
			strings.Contains(text, "BLOB") ||
			!strings.Contains(text, "COPY public.files") {
			t.Errorf("%s holds large objects", key)
		}
	}
	s.must(exitClean, "run") // again: the objects of last week are not in the way
	s.sameObjects()
	s.must(exitClean, "rollback")

	s.write("rules.yaml", strings.Replace(objectRules, "keep\n", "drop\n", strings.Count(objectRules, "keep\n")))
	s.edit("rules.yaml", "id: drop", "id: keep")
	_, said = s.must(exitClean, "run")
	if want := "the source has 7 large objects, "; !strings.Contains(said, want) ||
		!strings.Contains(said, "large objects: 7 stayed behind") {
		t.Errorf("want %q in:\n%s", want, said)
	}
	if n := s.staged("SELECT count(*)::text FROM pg_largeobject_metadata"); n != "0" {
		t.Errorf("%s large objects arrived", n)
	}
	s.inStaging("SELECT lo_from_bytea(77, 'by hand')")
	if _, said := s.must(exitRefused, "verify"); !strings.Contains(said, "1 large objects: the rules don't keep them") {
		t.Error(said)
	}
}

// What is personal in a large object refuses the run, however it lies there, and
// is never shown.
func TestPersonalDataInALargeObjectRefuses(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.write("rules.yaml", strings.Replace(objectRules, "  public.files: {columns: {\"*\": keep}}\n", "", 1))
	s.production("SELECT lo_from_bytea(6001, 'nothing to see')")
	s.must(exitClean, "run")
	before := s.state()
	mail, phone := "customer42@gmail.com", "+46 70 174 06 05"
	filler := strings.Repeat("lorem ipsum dolor sit amet, ", 400_000) // more than is looked through as one value
	for name, content := range map[string][]byte{
		"a survivor":             []byte("dear " + mail + ", hello"),
		"a phone":                []byte("call " + phone + " now"),
		"a survivor, gzipped":    gzipText("dear " + mail + ", hello"),
		"a phone, gzipped":       gzipText("call " + phone + " now"),
		"late":                   []byte(filler + "dear " + mail),
		"late and gzipped":       gzipText(filler + "dear " + mail),
		"in a zip":               zipText(t, "letter.txt", "dear "+mail),
		"over a piece's border":  []byte(strings.Repeat("a ", 1<<20>>1)[:1<<20-8] + mail + " " + filler),
		"gzip within something":  append([]byte("HDR\x00\x01"), gzipText("dear "+mail)...),
		"noise, then gzip in it": append(slices.Repeat([]byte{0, 1, 2, 0xFF}, 300_000), gzipText("dear "+mail)...),
	} {
		if short := []string{"a survivor", "a phone, gzipped", "late and gzipped", "in a zip"}; !longform.Asked() &&
			!slices.Contains(short, name) {
			continue // the rest: make long
		}
		s.putObject(6002, content)
		code, out, said := s.run("run")
		if code != exitRefused || !strings.Contains(said, "large object 6002") {
			t.Errorf("%s: exit %d\n%s", name, code, said)
		}
		doc, _ := s.must(exitClean, "runs", "--format", "json")
		for _, shown := range []string{out, said, doc} {
			if strings.Contains(shown, mail) || strings.Contains(shown, phone) ||
				strings.Contains(shown, "customer42") {
				t.Errorf("%s: the value is shown", name)
			}
		}
		if s.state() != before || s.leftovers() != "" {
			t.Errorf("%s: staging changed, or something was left over: %s", name, s.leftovers())
		}
	}
	s.production("SELECT lo_unlink(6002)")
	s.must(exitClean, "run")
	s.inStaging(fmt.Sprintf("SELECT lo_from_bytea(6003, 'dear %s')", mail))
	if _, said := s.must(exitRefused, "verify"); !strings.Contains(said,
		"large object 6003: survivor of class email") ||
		strings.Contains(said, mail) {
		t.Error(said)
	}
}

// Memory doesn't grow with a large object, neither where it is copied nor where it
// is looked through.
func TestLargeObjectsStream(t *testing.T) {
	if !longform.Asked() {
		t.Skip("hundreds of megabytes: make long")
	}
	t.Parallel()
	s := newTinySite(t)
	s.write("rules.yaml", tinyRules+"large_objects: keep\n")
	s.production("SELECT lo_from_bytea(8000, 'small')")
	peak := func() (most int64) {
		t.Helper()
		if out, err := s.process("run").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, stage := range s.lastReport().Stages {
			most = max(most, stage.PeakRSS)
		}
		return most
	}
	small := peak()
	s.production("SELECT lo_create(8001), lo_put(8001, 0, 'start'), lo_put(8001, 400000000, 'end')")
	if large := peak(); large > small+100<<20 {
		t.Errorf("%d MiB with an object of 400 MB, %d without", large>>20, small>>20)
	} else {
		t.Logf("%d MiB with an object of 400 MB, %d without", large>>20, small>>20)
	}
	if o := s.lastReport().LargeObjects; o.Count != 2 || o.Bytes != 400_000_008 {
		t.Errorf("%+v", o)
	}
	if size := s.staged("SELECT pg_relation_size('pg_largeobject')::text"); len(size) > 5 {
		t.Errorf("a hole of 400 MB takes %s bytes in staging", size)
	}
}
