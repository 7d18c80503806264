package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// inObjects are contents of large objects that a leak hides in, small ones and
// larger ones than are looked through as one value.
func inObjects(t *testing.T) map[string][]byte {
	filler := strings.Repeat("lorem ipsum dolor sit amet\n", 200_000) // 5 MB
	noise := make([]byte, 5<<20)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(noise); i++ {
		noise[i] = byte(r.Uint32())
	}
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for name, content := range map[string]io.Reader{"noise.bin": bytes.NewReader(noise),
		"in/letter.txt": strings.NewReader("dear " + srcEmail)} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.Copy(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	return map[string][]byte{
		"plain":                []byte("dear " + srcEmail),
		"gzip":                 gzipped([]byte("dear " + srcEmail)),
		"zstd":                 zstandard([]byte("dear " + srcEmail)),
		"base64 of gzip":       []byte(base64.StdEncoding.EncodeToString(gzipped([]byte("dear " + srcEmail)))),
		"last of a long text":  []byte(filler + "dear " + srcEmail),
		"on a piece's border":  []byte((filler + filler)[:5<<20-10] + " " + srcEmail + " and so on"),
		"within long noise":    append(append(bytes.Clone(noise), (" "+srcEmail+" ")...), noise...),
		"gzip of a long text":  gzipped([]byte(filler + "dear " + srcEmail)),
		"gzip of gzip of text": gzipped(gzipped([]byte(filler + "dear " + srcEmail))),
		"long gzip of noise":   gzipped(append(bytes.Clone(noise), (" " + srcEmail + " ")...)),
		"long zip":             zipped.Bytes(),
		"a PDF of some length": append([]byte("%PDF-1.7\n"+filler), srcEmail...),
	}
}

func putObject(t *testing.T, url string, oid uint32, content []byte) {
	t.Helper()
	conn := pgserver.Conn(t, url)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid = $1",
		oid); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT lo_from_bytea($1, $2)", oid, content); err != nil {
		t.Fatal(err)
	}
}

// A source value in a large object is found however it lies there, in a database
// and in every form of a dump of it, and the finding names the object.
func TestLargeObjectsAreLookedThrough(t *testing.T) {
	url := pgserver.DB(t)
	const oid = 4711
	set := source(t)
	keep := verify.Options{Set: set, Objects: verify.LargeObjects{Keep: true}}
	pgserver.Exec(t, url, "SELECT lo_create(1), lo_from_bytea(2, 'fine'), lo_from_bytea(3, convert_to('write to "+
		"support@example.com', 'UTF8'))")
	passes(t, database(t, keep, url, []verify.Table{}))
	// The number of an object is no person's, even if it is also a number of one.
	putObject(t, url, 701740658, bytes.Repeat([]byte("lorem ipsum dolor "), 500_000))
	passes(t, database(t, keep, url, []verify.Table{}))
	pgserver.Exec(t, url, "SELECT lo_unlink(701740658)")
	v := verify.New(verify.Options{Run: run, Set: set, Workers: 2})
	for name, content := range inObjects(t) {
		if !longform.Asked() && strings.Contains(name, "noise") { // the rest: make long
			continue
		}
		putObject(t, url, oid, content)
		r := database(t, keep, url, []verify.Table{})
		check := func(form string, r *verify.Result) {
			t.Helper()
			refusal := refused(t, "survivors", r)
			if len(refusal.Problems) != 1 || !strings.Contains(refusal.Problems[0].Text, "large object 4711") ||
				!strings.Contains(refusal.Problems[0].Text, "1 value of the source (class email), such as h***@p***.se") {
				t.Errorf("%s, %s: %q", name, form, refusal.Problems)
			}
			if !strings.HasPrefix(r.Findings[0].Table, "large object 4711") || r.Survivors != 1 {
				t.Errorf("%s, %s: %d survivors, %+v", name, form, r.Survivors, r.Findings)
			}
		}
		check("database", r)
		if strings.Contains(name, "noise") || strings.Contains(name, "gzip of gzip") ||
			!longform.Asked() && name != "plain" && name != "last of a long text" {
			continue // the same again, in hexadecimal
		}
		dump := func(args ...string) []byte {
			out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), append(args, "-d", url)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		check("-Fc", looked(t, v, "x.dump", dump("-Fc"))[0])
		if name != "plain" && name != "last of a long text" {
			continue // as in the one form, so in the others
		}
		for _, form := range []string{"-Fp", "-Ft"} {
			check(form, looked(t, v, "x.dump", dump(form))[0])
		}
		dir := filepath.Join(t.TempDir(), "d")
		dump("-Fd", "-f", dir)
		folder, err := v.DumpFolder(t.Context(), "d", dir)
		if err != nil {
			t.Fatal(err)
		}
		check("-Fd", folder)
	}
}

// What looks personal in a large object refuses too, and so do the statements that
// a person may write one with.
func TestDetectionsInLargeObjects(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "SELECT lo_from_bytea(4711, convert_to('mail lars.holm@telia.com', 'UTF8'))")
	r := database(t, verify.Options{Objects: verify.LargeObjects{Keep: true}}, url, []verify.Table{})
	if p := refused(t, "detectors", r).Problems; len(p) != 1 || p[0].Text !=
		"large objects: 1 value personal by shape (class email), such as l***@t***.com at large object 4711" {
		t.Errorf("%q", p)
	}
	v := verify.New(verify.Options{Run: run, Workers: 1})
	passes(t, looked(t, v, "x.dump", []byte("--\n-- PostgreSQL database dump\n--\nSELECT "+
		"pg_catalog.lo_create('4711');\n"))...)
	refused(t, "detectors", looked(t, v, "x.dump", dump(t, url))...)
	for _, statement := range []string{
		"SELECT lo_from_bytea(0, 'mail lars.holm@telia.com');", `SELECT pg_catalog.lo_put(17, 0, '\x` +
			fmt.Sprintf("%x", "mail lars.holm@telia.com") + `');`,
		"SELECT lo_put(17, 0,\n'mail lars.holm@telia.com');",
	} {
		refused(t, "detectors", looked(t, v, "x.sql",
			[]byte("--\n-- PostgreSQL database dump\n--\n"+statement+"\n"))...)
	}
	for _, cut := range []string{"SELECT pg_catalog.lo_open('17', 131072);\n",
		"SELECT pg_catalog.lo_open('17', 131072);\nSELECT pg_catalog.lo_open('18', 131072);\n"} {
		for range 100 { // two goroutines end with it, in any order
			refused(t, "readable", looked(t, v, "x.sql", []byte("--\n-- PostgreSQL database dump\n--\n"+cut))...)
		}
	}
}

// Large objects are there by a rule, as many and as long as left the source, and
// one that can't be unpacked is no pass.
func TestLargeObjectsAreCovered(t *testing.T) {
	url := pgserver.DB(t)
	tables := []verify.Table{}
	passes(t, database(t, verify.Options{}, url, tables))
	var sent client.LargeObjectSum
	for oid, content := range map[uint32]string{3: "abc", 4: ""} {
		d := client.NewLargeObjectDigest(oid)
		_, _ = d.Write([]byte(content))
		sent.Add(d.Sum())
		putObject(t, url, oid, []byte(content))
	}
	passes(t, database(t, verify.Options{}, url, nil)) // nothing is known of rules
	if p := refused(t, "large objects", database(t, verify.Options{}, url,
		tables)).Problems; p[0].Text != "2 large objects: the rules don't keep them (large_objects: keep)" {
		t.Errorf("%q", p)
	}
	kept := verify.Options{Objects: verify.LargeObjects{Keep: true, Source: &sent}}
	passes(t, database(t, kept, url, tables))
	for change, undo := range map[string]string{
		"SELECT lo_put(3, 1, 'x')":     "SELECT lo_put(3, 1, 'b')",
		"SELECT lo_put(4, 0, 'x')":     "SELECT lo_unlink(4), lo_create(4)",
		"SELECT lo_unlink(4)":          "SELECT lo_create(4)",
		"SELECT lo_from_bytea(5, 'x')": "SELECT lo_unlink(5)",
	} {
		pgserver.Exec(t, url, change)
		if p := refused(t, "large objects", database(t, kept, url, tables)).Problems; !strings.Contains(p[0].Text,
			"where 2 of 3 bytes left the source") {
			t.Errorf("%s: %q", change, p)
		}
		pgserver.Exec(t, url, undo)
	}
	passes(t, database(t, kept, url, tables))

	kept.Objects.Source = nil
	noise := make([]byte, 6<<20)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(noise); i++ {
		noise[i] = byte(r.Uint32())
	}
	putObject(t, url, 6, append([]byte("BZh91AY&SY"), noise...)) // read as bytes, and said
	putObject(t, url, 7, gzipped(noise)[:2<<20])                 // as much as there is
	r := database(t, kept, url, tables)
	passes(t, r)
	if !strings.Contains(fmt.Sprint(r.Checks), "2 hold what can't be unpacked") {
		t.Errorf("%+v", r.Checks)
	}
	putObject(t, url, 7, gzipped(noise)[:5<<20])
	if p := refused(t, "large objects", database(t, kept, url,
		tables)).Problems; p[0].Text != "large object 7: not looked through, since it can't be unpacked" {
		t.Errorf("%q", p)
	}
	v := verify.New(verify.Options{Run: run, Workers: 1})
	if _, err := v.Dump(t.Context(), "x.dump", bytes.NewReader(dump(t, url))); err == nil ||
		err.Error() != "x.dump: large object 7: not looked through, since it can't be unpacked" {
		t.Errorf("the dump of it: %v", err)
	}
}
