package verify_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func zstandard(b []byte) []byte {
	enc, _ := zstd.NewWriter(nil)
	return enc.EncodeAll(b, nil)
}

// looked looks through one file, and fails the test on an error or a printed value.
func looked(t *testing.T, v *verify.Verifier, name string, data []byte) []*verify.Result {
	t.Helper()
	results, err := v.File(context.Background(), verify.Input{Name: name, R: bytes.NewReader(data)})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	silent(t, results)
	for _, r := range results {
		silent(t, r.Findings)
	}
	return results
}

// found are the findings of all results, one a line: where, what.
func found(results []*verify.Result) string {
	var lines []string
	for _, r := range results {
		for _, f := range r.Findings {
			lines = append(lines, f.String())
		}
	}
	return strings.Join(lines, "\n")
}

func TestFiles(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	log := strings.Repeat("2026-11-21T03:00:00Z INFO request id=7 took 12ms\n", 40) +
		"2026-11-21T03:00:01Z WARN mail to " + srcEmail + " failed\n" + strings.Repeat("ok\n", 40)
	long := strings.Repeat("x ", 700_000) + srcName + strings.Repeat(" y", 700_000)
	csv := "id,note,mail\r\n1,\"said \"\"hi\"\",\nthen left\",none\r\n2,x," + srcEmail + "\r\n"
	utf := func(s string) (b []byte) {
		b = []byte{0xFF, 0xFE}
		for _, u := range utf16.Encode([]rune(s)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return b
	}
	tarred := func(files ...[2]string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, f := range files {
			w.WriteHeader(&tar.Header{Name: f[0], Typeflag: tar.TypeReg, Size: int64(len(f[1])), Mode: 0o600})
			io.WriteString(w, f[1])
		}
		w.Close()
		return b.Bytes()
	}
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	e, _ := z.Create("in/notes.csv")
	io.WriteString(e, csv)
	z.Close()
	mime := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("nothing to see here. ", 60_000) + "ask " +
		srcName + " about it. " + strings.Repeat("and so on. ", 60_000)))
	var wrapped strings.Builder
	for i := 0; i < len(mime); i += 76 {
		wrapped.WriteString(mime[i:min(len(mime), i+76)] + "\r\n")
	}
	for _, c := range []struct {
		name string
		data []byte
		want string // the one finding; empty: none
	}{
		{"app.log", []byte(log), "app.log, line 41: survivor of class email: h***@p***.se"},
		{"-", []byte(log), "-, line 41: survivor of class email: h***@p***.se"},
		{"app.log.gz", gzipped([]byte(log)), "app.log.gz, line 41: survivor of class email: h***@p***.se"},
		{"app.log.zst", zstandard(gzipped([]byte(log))), "app.log.zst, line 41: survivor of class email: h***@p***.se"},
		{"long.txt", []byte(long), "long.txt, line 1: survivor of class full_name: H*** B***"},
		{"wrapped.txt", []byte("dear Hanna\nBergström, hello\n"),
			"wrapped.txt, line 1: survivor of class full_name: H*** B***"},
		{"mail.eml", []byte("Subject: x\r\n\r\n" + wrapped.String()),
			"mail.eml, line 22107: survivor of class full_name: H*** B*** (under base64)\nmail.eml, line 22108: " +
				"weak detection of class token: ***"},
		{"utf16.txt", utf("x\ny " + srcEmail), "utf16.txt, line 2: survivor of class email: h***@p***.se"},
		{"bare16.txt", utf("x\ny " + srcEmail)[2:],
			"bare16.txt, line 1: survivor of class email: h***@p***.se (under UTF-16)"},
		{"x.csv", []byte(csv), "x.csv.mail, line 4: survivor of class email: h***@p***.se"},
		{"x.csv.gz", gzipped([]byte(csv)), "x.csv.gz.mail, line 4: survivor of class email: h***@p***.se"},
		{"semi.csv", []byte("7;8\n9;" + srcEmail + "\n"),
			"semi.csv.column 2, line 2: survivor of class email: h***@p***.se"},
		{"x.tsv", []byte("a\tb\n1\t+46 70 174 06 58\n"),
			"x.tsv.b, line 2: survivor of class phone: *** *** *** *** ***"},
		{"open.csv", []byte("a,b\n1,\"never closed " + strings.Repeat("x", 9<<20) + "\n\nto " + srcEmail),
			"open.csv, line 4: survivor of class email: h***@p***.se"},
		{"x.jsonl", []byte(`{"a":1}` + "\n" + `{"user":{"tags":["a","` + srcName + `"]}}` + "\n"),
			"x.jsonl.tags, line 2: survivor of class full_name: H*** B***"},
		{"x.json", []byte("{\n \"a\": {\n  \"home\": \"14\\u0020Storgatan\"\n }\n}"),
			"x.json.home, line 3: survivor of class street: *** S*** (under escapes)"},
		{"x.tar", tarred([2]string{"a.txt", "nothing"}, [2]string{"b/c.log", log}),
			"x.tar:b/c.log, line 41: survivor of class email: h***@p***.se"},
		{"x.tgz", gzipped(tarred([2]string{"c.log", log})),
			"x.tgz:c.log, line 41: survivor of class email: h***@p***.se"},
		{"x.zip", zipped.Bytes(), "x.zip:in/notes.csv.mail, line 4: survivor of class email: h***@p***.se"},
		{"a.out", append([]byte("\x7fELF\x00\x00\x01"), "lars.holm@telia.com \x00 "+srcEmail+"\x00"...),
			"a.out, line 1: survivor of class email: h***@p***.se\na.out, line 1: detection of class email: l***@t***.com"},
		{srcEmail + ".txt", []byte("x\n" + srcName), "file 1 (its name is a finding).name: survivor of class email: " +
			"h***@p***.se\nfile 1 (its name is a finding), line 2: survivor of class full_name: H*** B***"},
		{"names.tar", tarred([2]string{"to " + srcEmail + "/x", "nothing"}),
			"file 1 (its name is a finding).name: survivor of class email: h***@p***.se"},
		{"names.tgz", gzipped(tarred([2]string{"to/lars.holm@telia.com", ""})),
			"file 1 (its name is a finding).name: detection of class email: l***@t***.com"},
		{srcEmail + ".gz", gzipped([]byte("x")),
			"file 1 (its name is a finding).name: survivor of class email: h***@p***.se"},
		{"detected.txt", []byte("x\nlars.holm@telia.com\n"),
			"detected.txt, line 2: detection of class email: l***@t***.com"},
		{"empty", nil, ""}, {"clean.txt", []byte("nothing here\n"), ""}, {"empty.csv", nil, ""},
		{"bytes", bytes.Repeat([]byte{0, 1, 2, 0xff}, 1000), ""},
	} {
		if got := found(looked(t, v, c.name, c.data)); got != c.want {
			t.Errorf("%s: %q, want %q", strings.ReplaceAll(c.name, srcEmail, "…"), got, c.want)
		}
	}
}

// What is found in a database is found in each form of its dump.
func TestDumpsOfEveryForm(t *testing.T) {
	url := scrubbed(t)
	pgserver.Exec(t, url, `UPDATE users SET bio = E'line one\nmail `+srcEmail+`' WHERE id = 7; COMMENT ON TABLE events IS 'ask `+srcName+`'`)
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	dump := func(args ...string) []byte {
		out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), append(args, "-d", url)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	check := func(name string, results []*verify.Result, where string) {
		t.Helper()
		got := found(results)
		if strings.Count(got, "survivor") != 2 ||
			!strings.Contains(got, where+": survivor of class email: h***@p***.se") ||
			!strings.Contains(got, ": survivor of class full_name: H*** B***") {
			t.Errorf("%s: %s", name, got)
		}
	}
	row := "public.users.bio, row"
	for name, args := range map[string][]string{"custom": {"-Fc"}, "plain": {"-Fp"}, "tar": {"-Ft"}} {
		results := looked(t, v, name+".dump", dump(args...))
		got := found(results)
		if !strings.Contains(got, row) {
			t.Errorf("%s: %s", name, got)
		}
		check(name, results, strings.SplitN(got[strings.Index(got, row):], ":", 2)[0])
	}
	check("inserts", looked(t, v, "x.sql", dump("--inserts", "--rows-per-insert=50")), "public.users")
	check("gzip", looked(t, v, "x.sql.gz", gzipped(dump("--inserts"))), "public.users")
	dir := filepath.Join(t.TempDir(), "d")
	dump("-Fd", "-f", dir)
	r, err := v.DumpFolder(context.Background(), "d", dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := found([]*verify.Result{r}); strings.Count(got, "survivor") != 2 || !strings.Contains(got, row) {
		t.Errorf("directory: %s", got)
	}
}

// What unpacks to far more than its size is refused, in bounded time and memory.
func TestPackedBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("gigabytes of zeros")
	}
	v := verify.New(verify.Options{Run: run, Workers: 2})
	bomb := gzipped(make([]byte, 100<<20))
	_, err := v.File(context.Background(), verify.Input{Name: "b.gz", R: bytes.NewReader(bomb), Size: int64(len(bomb))})
	if err != nil {
		t.Errorf("100 MiB are no bomb: %v", err)
	}
	deep := []byte(srcEmail)
	for range 6 {
		deep = gzipped(deep)
	}
	unread(t, v, "deep.gz", deep)
	damaged := gzipped([]byte(strings.Repeat(srcEmail, 100)))
	unread(t, v, "damaged.gz", damaged[:len(damaged)-20])
}

// Lines are right wherever pieces meet, and nothing is found twice or missed.
func TestPieces(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	var b strings.Builder
	var want []string
	for i := 1; b.Len() < 3<<20+100; i++ {
		if i%997 == 0 {
			b.WriteString(strings.Repeat("z", i%300) + " call +46701740658 now\n")
			want = append(want, fmt.Sprintf("line %d", i))
			continue
		}
		b.WriteString(strings.Repeat("word ", i%40) + "\n")
	}
	r := looked(t, v, "x.log", []byte(b.String()))[0]
	if int(r.Survivors) != len(want) || int(r.Rows) != strings.Count(b.String(), "\n") {
		t.Errorf("%d survivors in %d rows, want %d", r.Survivors, r.Rows, len(want))
	}
	for i, f := range r.Findings {
		if f.Row != want[i] && !strings.Contains(strings.Join(want, " ")+" ", f.Row+" ") {
			t.Errorf("%s is none of the lines", f.Row)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add("x.csv", []byte("a,b\n\"1\",2\n"))
	f.Add("x.log", []byte("a\nb"))
	f.Add("x.tar", gzipped([]byte("abc")))
	f.Add("x", []byte("--\n-- PostgreSQL database dump\n--\nCOPY a.b (c) FROM stdin;\nx\n\\.\nINSERT INTO a.b "+
		"VALUES (1);\n"))
	v := verify.New(verify.Options{Run: run, Workers: 1})
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if bytes.HasPrefix(data, []byte("PGDMP")) {
			return // would start pg_restore
		}
		_, _ = v.File(context.Background(), verify.Input{Name: name, R: bytes.NewReader(data)})
	})
}
