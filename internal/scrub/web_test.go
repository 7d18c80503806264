package scrub_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
	"refresher/internal/scrub/transform"
)

func TestURLsKeepTheirShape(t *testing.T) {
	get := one(t, "text", "url")
	for v, segments := range map[string]int{
		"https://jane.doe.net": 0, "HTTP://jane.doe.net/": 0, "https://u:p@jane.doe.net:81/a/b/c.JPG?jane=1#x": 3, "jane.doe.net/a": 1, "ftp://jane/a//b/": 4,
		"javascript:alert(1)": 0, "/users/jane": 2, "https://x.net/" + strings.Repeat("a/", 50): 8, "jane": 0, "?q=jane": 0,
	} {
		got := get(v)
		scheme, rest, _ := strings.Cut(got, "://")
		if !fake.Recognise(pii.URL, []byte(got)) || strings.Count(rest, "/") != segments || strings.Contains(got, "jane") {
			t.Errorf("%s became %s, of %d segments", v, got, strings.Count(rest, "/"))
		}
		if want, _, ok := strings.Cut(strings.ToLower(v), "://"); ok && scheme != want || !ok && scheme != "https" {
			t.Errorf("%s became %s", v, got)
		}
		if strings.Contains(v, ".JPG") != strings.HasSuffix(got, ".jpg") {
			t.Errorf("%s became %s", v, got)
		}
	}
	if got := one(t, "text", "{transform: url, path: drop}")("https://x.net/a/b"); strings.Count(got, "/") != 2 {
		t.Error(got)
	}
	hashed := one(t, "varchar(52)", "{transform: url, hash: 16}")("https://x.net/a/b/c.jpg")
	if len(hashed) > 52 || len(hashed[strings.LastIndexByte(hashed, '/')+1:]) != 16 || !fake.Recognise(pii.URL, []byte(hashed)) {
		t.Error(hashed)
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a varchar(20)", "b text", "c varchar(10)", "d varchar(59)", "e varchar(12)"}}), head+
		"  a.t: {columns: {a: url, b: {transform: url, hash: 5, domain: b}, c: username, d: password, e: domain}}\n"), []string{
		"url needs 35 characters", "url takes a hash of 0, or of 16 to 26", "username needs 20 characters", "password needs 60 characters", "domain needs",
	})
}

func TestMACsKeepTheirForm(t *testing.T) {
	get := one(t, "text", "mac")
	colons := get("00:1a:2b:3c:4d:5e")
	for v, want := range map[string]string{
		"00:1A:2B:3C:4D:5E": strings.ToUpper(colons), "00-1a-2b-3c-4d-5e": strings.ReplaceAll(colons, ":", "-"), "001a2b3c4d5e": strings.ReplaceAll(colons, ":", ""), " 00:1a:2b:3c:4d:5e ": colons,
	} {
		if got := get(v); got != want {
			t.Errorf("%s became %s, not %s", v, got, want)
		}
	}
	if got := get("001a.2b3c.4d5e"); strings.ReplaceAll(got, ".", "") != strings.ReplaceAll(colons, ":", "") || strings.Count(got, ".") != 2 {
		t.Error(got)
	}
	if got := one(t, "macaddr", "mac")("00:1a:2b:3c:4d:5e"); got != colons {
		t.Errorf("%s as text, %s as macaddr", colons, got)
	}
	if got := one(t, "macaddr8", "mac")("00:1a:2b:3c:4d:5e:6f:70"); len(got) != 23 || !fake.Recognise(pii.MAC, []byte(got)) {
		t.Error(got)
	}
}

func TestUsernamesFitTheirColumn(t *testing.T) {
	for column, parts := range map[string]int{"text": 3, "varchar(40)": 2, "varchar(20)": 1} {
		got := one(t, column, "username")("jdoe")
		if strings.Count(got, ".") != parts-1 || !fake.Recognise(pii.Username, []byte(got)) || got != one(t, column, "username")(" JDOE ") {
			t.Errorf("%s: %s", column, got)
		}
	}
	if got := one(t, "text", "{transform: username, hash: 4}")("jdoe"); len(got[strings.LastIndexByte(got, '.'):]) != 5 {
		t.Error(got)
	}
}

// ownType is a type that a definition's example is a value of.
func ownType(d *transform.Definition) string {
	switch {
	case d.Name == "json":
		return "json"
	case len(d.Families) == 1:
		return string(d.Families[0])
	}
	return "text"
}

// No transform allocates a row by row, but those whose work has no bound.
func TestTransformsAllocateNothing(t *testing.T) {
	for _, d := range transform.Definitions() {
		if d.Name == "regex_replace" {
			continue // regexp makes a slice of matches
		}
		p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + ownType(&d)}}), head+"  a.t: {columns: {x: "+d.Example.Rule+"}}\n")
		tp := plan(t, p, "a.t")
		if !tp.Masked() {
			continue
		}
		w := p.NewWriter(tp, io.Discard, nil)
		if _, err := w.Write(copyfmt.AppendHeader(nil, tp.Format)); err != nil {
			t.Fatal(err)
		}
		var batch []byte
		for range 200 {
			batch = append(batch, wire(t, tp, d.Example.Value)...)
		}
		write := func() {
			if _, err := w.Write(batch); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 {
			write()
		}
		if n := testing.AllocsPerRun(5, write); n > 0 {
			t.Errorf("%s: %v allocations of 200 rows", d.Name, n)
		}
	}
}

const elsewhere = "REFRESHER_TEST_OUTPUTS"

// The same values become the same fakes in another process.
func TestAnotherProcessAgrees(t *testing.T) {
	h := sha256.New()
	for _, d := range transform.Definitions() {
		for _, rule := range rulesOf(&d) {
			cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + ownType(&d)}})
			p, err := scrub.Compile(mustParse(t, head+"  a.t: {columns: {x: "+rule+"}}\n"), cat, testKey)
			if err != nil {
				continue
			}
			for _, v := range append([]string{d.Example.Value}, hostile...) {
				if ownType(&d) != "text" && v != d.Example.Value {
					break
				}
				rows, err := tryScrub(t, p, "a.t", []string{v})
				fmt.Fprintln(h, rule, rows, err)
			}
		}
	}
	sum := fmt.Sprintf("outputs %x", h.Sum(nil))
	if os.Getenv(elsewhere) != "" {
		fmt.Println(sum)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestAnotherProcessAgrees$")
	cmd.Env = append(os.Environ(), elsewhere+"=1")
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), sum) {
		t.Errorf("this process: %s; the other: %s (%v)", sum, out, err)
	}
}

// BenchmarkTransforms is the time of one value of each transform's example.
func BenchmarkTransforms(b *testing.B) {
	for _, d := range transform.Definitions() {
		p := compile(b, newCatalog(b, tableDef{name: "a.t", columns: []string{"x " + ownType(&d)}}), head+"  a.t: {columns: {x: "+d.Example.Rule+"}}\n")
		tp := plan(b, p, "a.t")
		b.Run(d.Name, func(b *testing.B) {
			w := p.NewWriter(tp, io.Discard, nil)
			if _, err := w.Write(copyfmt.AppendHeader(nil, tp.Format)); err != nil {
				b.Fatal(err)
			}
			const rows = 200
			var batch []byte
			for range rows {
				batch = append(batch, wire(b, tp, d.Example.Value)...)
			}
			b.ReportAllocs()
			for n := 0; n < b.N; n += rows {
				if _, err := w.Write(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
