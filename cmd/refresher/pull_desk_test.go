package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"refresher/internal/report"
	"refresher/internal/s3sink"
	"refresher/internal/testkit/pgserver"
)

// desk is a developer's: a database server where their role may make databases,
// and a bucket with a dataset.
type desk struct {
	*site
	name     string // of the local database
	temp     string
	latest   s3sink.Latest
	manifest s3sink.Manifest
}

// newDesk is one beside a site that published a dataset in all formats.
func newDesk(t *testing.T, s *site) *desk {
	t.Helper()
	d := &desk{site: s}
	d.edit("refresher.yaml", "formats: [pgdump, parquet]", "formats: [pgdump, parquet, csv]")
	d.must(exitClean, "run")
	d.vars["AWS_ENDPOINT_URL_S3"] = d.s3.Endpoint
	d.unmarshal("data/latest.json", &d.latest)
	d.unmarshal("data/"+d.latest.Manifest, &d.manifest)
	pgserver.Exec(t, d.admin(), "CREATE ROLE dev_"+d.db+" LOGIN CREATEDB")
	t.Cleanup(func() { pgserver.Exec(t, d.admin(), "DROP ROLE dev_"+d.db) })
	return d
}

func (d *desk) clear() {
	for _, name := range strings.Fields(d.databases()) {
		name, _, _ = strings.Cut(name, "=")
		pgserver.Exec(d.t, d.admin(), `DROP DATABASE "`+name+`" WITH (FORCE)`)
	}
}

func (d *desk) unmarshal(key string, v any) {
	d.t.Helper()
	if err := json.Unmarshal(d.object(key), v); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) admin() string { return d.staging.URL(pgserver.User) }

// to is a database of the developer's, whose password is a secret.
func (d *desk) to(name string) string {
	return strings.Replace(d.staging.URL(name), pgserver.User+"@", "dev_"+d.db+":hunter2@", 1)
}

func (d *desk) prefix(name string) string { return "s3://" + d.db + "/" + name }

// databases are those at the desk, with their identities.
func (d *desk) databases() string {
	d.t.Helper()
	return d.one(
		d.admin(),
		"SELECT coalesce(string_agg(datname || '=' || oid, ' ' ORDER BY datname), '') FROM pg_database WHERE datname LIKE '"+d.name+"%'",
	)
}

// pull runs without a configuration.
func (d *desk) pull(ctx context.Context, hear func(said string), args ...string) (code int, said string) {
	d.t.Helper()
	out := &hearing{hear: hear}
	code = run(ctx, append([]string{"pull"}, args...), &app{out: out, err: out, getenv: d.getenv})
	if strings.Contains(out.text.String(), "hunter2") {
		d.t.Errorf("the password is printed: %s", out.text.String())
	}
	return code, out.text.String()
}

// hearing is a terminal with somebody before it.
type hearing struct {
	text bytes.Buffer
	hear func(said string)
}

func (h *hearing) Write(b []byte) (int, error) {
	if h.hear != nil {
		h.hear(string(b))
	}
	return h.text.Write(b)
}

// pulls wants an exit code and, in what is said, some words.
func (d *desk) pulls(code int, want string, args ...string) {
	d.t.Helper()
	got, said := d.pull(context.Background(), nil, args...)
	if got != code || !strings.Contains(said, want) {
		d.t.Fatalf("pull %s: exit %d, want %d and %q\n%s", strings.Join(args, " "), got, code, want, said)
	}
	d.tidy()
}

// tidy fails if a pull left anything but its database and the one before it.
func (d *desk) tidy() {
	d.t.Helper()
	if names := d.databases(); strings.Contains(names, "_pull_") || strings.Contains(names, "_replaced_") {
		d.t.Errorf("a pull left %s", names)
	}
	if left, err := os.ReadDir(d.temp); err != nil || len(left) > 0 {
		d.t.Errorf("a pull left %v in its temporary folder, %v", left, err)
	}
}

// lines are the statements of a script, without what differs from one to the next.
func lines(script []byte) []string {
	all := strings.Split(string(script), "\n")
	all = slices.DeleteFunc(all,
		func(l string) bool { return l == "" || strings.HasPrefix(l, "--") || strings.Contains(l, "restrict ") })
	slices.Sort(all)
	return all
}

func (d *desk) script(tool string, in []byte, args ...string) []string {
	d.t.Helper()
	cmd := exec.Command(d.staging.Tool(tool), append(args, "--no-owner", "--no-privileges")...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatal(err)
	}
	return lines(out)
}

// parcel is a dataset that can be tampered with before it is published.
type parcel struct {
	manifest s3sink.Manifest
	dump     []byte
	reseal   bool // the manifest names the tampered dump
	after    func(doc []byte) []byte
}

// parcel is the run's own dataset.
func (d *desk) parcel() *parcel {
	one := &parcel{manifest: d.manifest, dump: d.object("data/runs/" + d.latest.Run + "/" + d.db + ".dump")}
	one.manifest.Tables, one.manifest.Objects = slices.Clone(d.manifest.Tables), slices.Clone(d.manifest.Objects)
	one.manifest.Objects = slices.DeleteFunc(one.manifest.Objects, func(o s3sink.Object) bool { // it is the dataset's own
		return o.Name == report.AttestationName
	})
	return one
}

func (p *parcel) doc() []byte {
	doc, _ := json.Marshal(p.manifest)
	return doc
}

func sum256(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

// publish puts a copy of the dataset, tampered with, under another prefix.
func (d *desk) publish(prefix string, tamper func(p *parcel)) {
	d.t.Helper()
	one := d.parcel()
	tamper(one)
	run := one.manifest.Run
	for i, o := range one.manifest.Objects {
		if o.Name == d.db+".dump" && one.reseal {
			one.manifest.Objects[i].Size, one.manifest.Objects[i].SHA256 = int64(len(one.dump)), sum256(one.dump)
		}
	}
	doc := one.doc()
	latest, _ := json.Marshal(s3sink.Latest{Run: run, Manifest: "runs/" + run + "/manifest.json", SHA256: sum256(doc)})
	if one.after != nil {
		doc = one.after(doc)
	}
	if one.dump != nil {
		d.put(prefix+"/runs/"+run+"/"+d.db+".dump", one.dump)
	}
	d.put(prefix+"/runs/"+run+"/manifest.json", doc)
	d.put(prefix+"/runs/"+run+"/manifest.json.sig", d.sign(d.signer(), doc))
	d.put(prefix+"/latest.json", latest)
}

// before is a proxy to the S3 server that calls a function before a dump is read.
func (d *desk) before(read func(r *http.Request)) {
	d.t.Helper()
	target, err := url.Parse(d.s3.Endpoint)
	if err != nil {
		d.t.Fatal(err)
	}
	proxy := httptest.NewServer(
		&httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
			if strings.HasSuffix(r.In.URL.Path, ".dump") {
				read(r.In)
			}
			r.SetURL(target)
			r.Out.Host = r.In.Host
		}},
	)
	d.t.Cleanup(proxy.Close)
	d.vars["AWS_ENDPOINT_URL_S3"] = proxy.URL
}
