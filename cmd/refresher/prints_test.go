package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/report"
	"refresher/internal/testkit/pgserver"
)

// feed runs with standard input.
func (s *site) feed(code int, input string, args ...string) (stdout, stderr string) {
	s.t.Helper()
	var out, err bytes.Buffer
	a := &app{in: strings.NewReader(input), out: &out, err: &err, getenv: s.getenv}
	if got := run(context.Background(), args, a); got != code {
		s.t.Fatalf("refresher %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, err.String(),
			out.String())
	}
	return out.String(), err.String()
}

// customer is a real customer of the sample.
type customer struct{ email, name, phone string }

func (s *site) customer() (c customer) {
	s.t.Helper()
	url := s.primary.URL(s.db)
	const where = " FROM users WHERE phone IS NOT NULL AND full_name ~ '^[A-Za-z]+ [A-Za-z]+$' ORDER BY id LIMIT 1"
	c.email, c.name, c.phone = s.one(url, "SELECT email"+where), s.one(url, "SELECT full_name"+where), s.one(url,
		"SELECT phone"+where)
	return c
}

// A run leaves its set, and from then on survivors are found in anything, with
// neither source nor configuration, by the key alone.
func TestSurvivorsAreFoundInAnything(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sets := filepath.Join(s.dir, "sets")
	s.edit("refresher.yaml", "workers: 2", "workers: 2\nfingerprints: {url: sets, keep: 1}")
	s.must(exitClean, "run")
	s.must(exitClean, "run")
	kept, err := filepath.Glob(filepath.Join(sets, "*.fingerprints"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v, %v", kept, err)
	}
	rep := s.lastReport()
	if rep.Prints == nil || rep.Prints.URL != kept[0] || rep.Prints.Size == 0 {
		t.Errorf("the report says %+v", rep.Prints)
	}
	set, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if found := s.leaks(string(set)); len(found) > 0 {
		t.Errorf("the set holds %s", found[0])
	}
	c := s.customer()
	s.vars["SOURCE"], s.vars["STAGING"] = "postgres://nobody@127.0.0.1:1/none", "postgres://nobody@127.0.0.1:1/none"
	bare := []string{"verify", "--fingerprints", sets, "--key", "env:KEY"}
	refused := func(target, want string, more ...string) {
		t.Helper()
		args := append(append(bare[:4:4], bare[4:]...), append([]string{"--target", target}, more...)...)
		out, said := s.feed(exitRefused, "", args...)
		if !strings.Contains(said+out, want) {
			t.Errorf("%s: no %q in\n%s%s", target, want, said, out)
		}
		if found := s.leaks(said + out); len(found) > 0 {
			t.Errorf("%s: the finding shows %s", target, found[0])
		}
	}
	dir := filepath.Join(s.dir, "leaks")
	if err := os.MkdirAll(filepath.Join(dir, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := func(name string, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprintf(z, "a\nb\nauthorization: Basic %s\n", base64.StdEncoding.EncodeToString([]byte(c.email+":secret")))
	z.Close()
	on := func(target string) []string { return append(bare[:5:5], "--target", target) }

	t.Run("standard input", func(t *testing.T) {
		log := "INFO start\nWARN no answer from user=" + strings.ToUpper(c.email) + "\n"
		_, said := s.feed(exitRefused, log, on("-")...)
		if !strings.Contains(said, "standard input, line 2: survivor of class email") || len(s.leaks(said)) > 0 {
			t.Error(said)
		}
		s.feed(exitClean, "INFO start\nINFO user=anna.stone@example.com\n", on("-")...)
	})
	t.Run("files", func(t *testing.T) {
		refused(file("x.csv", "id,who\n1,nobody\n2,\""+c.name+"\"\n"), "x.csv.who, line 3: survivor of class full_name")
		refused(file("x.jsonl", `{"a":1}`+"\n"+`{"phone":"`+c.phone+`"}`),
			"x.jsonl.phone, line 2: survivor of class phone")
		refused(file("deep/app.log.gz", packed.String()), "app.log.gz, line 3: survivor of class email")
		refused(file("x.parquet", string(s.leakyParquet())), "file.\"x.parquet\".name, row 2: survivor of class email")
		refused(dir, "deep/app.log.gz, line 3")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("another database and its dumps", func(t *testing.T) {
		other := pgserver.DB(t)
		pgserver.Exec(t, other,
			"CREATE TABLE warehouse (id int, note text); INSERT INTO warehouse VALUES (1, 'call "+c.name+"')")
		refused(other, "public.warehouse.note, ctid (0,1): survivor of class full_name")
		for name, format := range map[string]string{"x.dump": "-Fc", "x.sql": "-Fp", "x.tar": "-Ft"} {
			path := filepath.Join(s.dir, name)
			if out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), format, "-f", path, "-d", other).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			refused(path, "public.warehouse.note, row 1: survivor of class full_name")
		}
		pgserver.Exec(t, other, "UPDATE warehouse SET note = 'call Anna Stone'")
		s.feed(exitClean, "", on(other)...)
	})
	t.Run("an S3 prefix", func(t *testing.T) {
		s.vars["AWS_ENDPOINT_URL"] = s.s3.Endpoint
		s.put("logs/2026/app.log", []byte("x\nmail "+c.email+"\n"))
		s.put("logs/t.parquet", s.leakyParquet())
		refused("s3://"+s.db+"/logs", "2026/app.log, line 2: survivor of class email")
		refused("s3://"+s.db+"/logs/t.parquet", "row 2: survivor of class email")
		s.put("sets/"+filepath.Base(kept[0]), set)
		s.feed(exitRefused, "to "+c.email, "verify", "--fingerprints", "s3://"+s.db+"/sets/", "--key", "env:KEY",
			"--target", "-")
		s.feed(exitInput, "", "verify", "--fingerprints", "s3://"+s.db+"/logs/", "--key", "env:KEY", "--target", "-")
	})
	t.Run("formats", func(t *testing.T) {
		path := filepath.Join(s.dir, "app.log")
		if err := os.WriteFile(path, []byte("x\nmail "+c.email+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for format, check := range map[string]func([]byte) error{
			"json": func(b []byte) error {
				v := &report.Verdict{}
				err := json.Unmarshal(b, v)
				if err == nil && (v.Passed || v.Results[0].Findings[0].Line != 2) {
					err = fmt.Errorf("%+v", v)
				}
				return err
			},
			"junit": func(b []byte) error { return xml.Unmarshal(b, new(struct{})) },
			"sarif": func(b []byte) error {
				if !strings.Contains(string(b), `"startLine": 2`) {
					return fmt.Errorf("no line")
				}
				return json.Unmarshal(b, &map[string]any{})
			},
		} {
			out, said := s.feed(exitRefused, "", append(on(path), "--format", format)...)
			if err := check([]byte(out)); err != nil || len(s.leaks(out+said)) > 0 {
				t.Errorf("%s: %v\n%s", format, err, out)
			}
		}
	})
	t.Run("a set that can't be used", func(t *testing.T) {
		check := func(want string, args ...string) {
			t.Helper()
			_, said := s.feed(exitInput, "", append([]string{"verify", "--target", "-"}, args...)...)
			if !strings.Contains(said, want) || strings.Count(strings.TrimSpace(said), "\n") > 0 {
				t.Errorf("%q, want one line with %q", said, want)
			}
		}
		s.vars["OTHER"] = otherKey
		check("was made with key", "--fingerprints", sets, "--key", "env:OTHER")
		cut := filepath.Join(s.dir, "cut.fingerprints")
		if err := os.WriteFile(cut, set[:len(set)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		check("damaged or incomplete", "--fingerprints", cut, "--key", "env:KEY")
		check("no fingerprint set", "--fingerprints", filepath.Join(s.dir, "rules.yaml"), "--key", "env:KEY")
		check("there is no fingerprint set", "--fingerprints", filepath.Join(s.dir, "none"), "--key", "env:KEY")
	})
}

// With the source at hand, a hit is looked for in it; a set can lie beside the
// report of a bucket.
func TestSurvivorsAreConfirmedByTheSource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(exitClean, "run", "--fingerprints", "bucket:dev")
	c := s.customer()
	path := filepath.Join(s.dir, "app.log")
	if err := os.WriteFile(path, []byte("mail "+c.email+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, said := s.must(exitRefused, "verify", "--fingerprints", "dev", "--target", path)
	if !strings.Contains(said, "in the source now") ||
		!strings.Contains(said, "1 of the 1 survivors shown are in the source now") {
		t.Error(said)
	}
	s.production(
		"UPDATE users SET email = 'changed-' || id || '@gmail.com', attributes = '{}'; UPDATE events SET payload = '{}'; TRUNCATE support_tickets CASCADE",
	)
	_, said = s.must(exitRefused, "verify", "--fingerprints", "dev", "--target", path)
	if !strings.Contains(said, "not in the source any more") {
		t.Error(said)
	}
	s.vars["SOURCE"] = "postgres://postgres@127.0.0.1:1/x"
	_, said = s.must(exitRefused, "verify", "--fingerprints", "dev", "--target", path)
	if !strings.Contains(said, "could not be confirmed") {
		t.Error(said)
	}
	s.must(exitClean, "verify", "--fingerprints", "dev", "--target", "staging", "--offline")
	s.must(exitClean, "verify", "--fingerprints", "dev", "--target", "dev")
}

// A set may have a bucket of its own. A run that is refused after it was left takes
// it away again, and one that can't leave it is known before any row is read.
func TestASetInABucketOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	where := "s3://" + s.db + "/prints"
	s.must(exitClean, "run", "--fingerprints", where)
	sets := func() (names []string) {
		for _, k := range s.keys() {
			if strings.HasPrefix(k, "prints/") {
				names = append(names, k)
			}
		}
		return names
	}
	kept := sets()
	if len(kept) != 1 || !strings.HasSuffix(kept[0], ".fingerprints") {
		t.Fatalf("%q", kept)
	}
	s.vars["AWS_ENDPOINT_URL"] = s.s3.Endpoint
	c := s.customer()
	_, said := s.feed(exitRefused, "hello "+c.name, "verify", "--fingerprints", where, "--key", "env:KEY", "--target",
		"-")
	if !strings.Contains(said, "survivor of class full_name") || len(s.leaks(said)) > 0 {
		t.Error(said)
	}
	s.feed(exitRefused, "hello "+c.name, "verify", "--fingerprints", "s3://"+s.db+"/"+kept[0], "--key", "env:KEY",
		"--target", "-")

	target, err := url.Parse(s.s3.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	left := false
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		if r.In.Method == http.MethodPut && strings.HasSuffix(r.In.URL.Path, ".fingerprints") {
			left = true
			s.put(
				"data/latest.json",
				[]byte(
					`{"run":"20990101T000000Z-ffff","manifest":"runs/20990101T000000Z-ffff/manifest.json","sha256":"`+strings.Repeat(
						"0", 64)+`"}`,
				),
			)
		}
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}})
	defer proxy.Close()
	s.vars["S3"] = proxy.URL
	s.must(exitRefused, "run", "--fingerprints", where)
	if now := sets(); !left || len(now) != 1 || now[0] != kept[0] {
		t.Errorf("left %v, then there are %q", left, now)
	}
	s.vars["S3"] = s.s3.Endpoint
	_, said = s.must(exitEnvironment, "run", "--fingerprints", "s3://"+s.db+"-none/prints")
	if !strings.Contains(said, "no such bucket") {
		t.Error(said)
	}
}
