package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/pgserver"
)

// TestPull has one bucket for all that reads a dataset of many tables, another for what a dataset of one small one
// shows as well, and a database of its own for each.
func TestPull(t *testing.T) {
	for _, at := range []struct {
		site  func(*testing.T) *site
		tests map[string]func(*testing.T, *desk)
	}{
		{newSite, map[string]func(*testing.T, *desk){
			"loads": pullLoads, "only": pullOnly, "lists": pullLists, "files": pullFiles, "early": pullRefusesEarly,
		}},
		{newSampledSite, map[string]func(*testing.T, *desk){
			"whole": pullRefusesWhatIsNotWhole, "own": pullReplacesOnlyItsOwn,
			"moved": pullOfADatasetThatIsReplacedMeanwhile, "interrupted": pullInterrupted,
			"trust": pullTrustsOneKey, "older": pullTakesNoOlderDataset, "another": pullTakesNoOtherDataset,
			"resumes": pullResumes,
		}},
	} {
		d := newDesk(t, at.site(t))
		for name, test := range at.tests {
			t.Run(name, func(t *testing.T) {
				one, at := *d, *d.site
				one.site, one.name, one.temp = &at, "desk_"+d.db+"_"+name, t.TempDir()
				one.t, one.vars = t, maps.Clone(d.vars)
				t.Setenv("TMPDIR", one.temp)
				t.Cleanup(one.clear)
				test(t, &one)
			})
		}
	}
}

// newSampledSite publishes a sample that is all of two rows.
func newSampledSite(t *testing.T) *site {
	s := newRemainsSite(t)
	s.edit("refresher.yaml", "content: full", "content: sample, sample: {roots: [public.users], percent: 100}")
	return s
}

func pullLoads(t *testing.T, d *desk) {
	to := d.to(d.name)
	d.pulls(exitClean,
		fmt.Sprintf("/%s holds run %s (sample): %d tables", d.name, d.latest.Run, len(d.manifest.Tables)),
		d.prefix("data"), "--to", to)
	dump := d.object("data/runs/" + d.latest.Run + "/" + d.db + ".dump")
	if want, got := d.script("pg_restore", dump, "-f", "-"), d.script("pg_dump", nil, d.staging.URL(d.name)); !slices.Equal(
		want, got) {
		t.Errorf("the dump makes %d lines, the database %d, and they differ", len(want), len(got))
	}
	if owner := d.one(d.admin(), "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = '"+d.name+"'"); owner != "dev_"+d.db {
		t.Errorf("it belongs to %s", owner)
	}

	// Again, by the bucket's name: what was there is the previous one, with whoever is
	// in it sent away, and what was given to others is given again.
	pgserver.Exec(t, to, "GRANT SELECT ON users TO pg_monitor; CREATE TABLE scratch ()")
	first := d.databases()
	pgserver.Conn(t, to)
	d.pulls(exitClean, "; what was there is "+d.name+"_previous now", "dev", "--to", to, "--config",
		d.dir+"/refresher.yaml")
	second := d.databases()
	if !strings.HasSuffix(second, strings.Replace(first, "=", "_previous=", 1)) {
		t.Errorf("%s became %s", first, second)
	}
	if d.one(
		to,
		"SELECT (has_table_privilege('pg_monitor', 'users', 'SELECT') AND to_regclass('scratch') IS NULL)::text",
	) != "true" {
		t.Error("the grant is lost, or the scratch table isn't")
	}
	d.pulls(exitClean, "_previous now", d.prefix("data"), "--to", to)
	if third := d.databases(); !strings.HasSuffix(third,
		strings.Replace(strings.Fields(second)[0], "=", "_previous=", 1)) {
		t.Errorf("%s became %s", second, third)
	}

	// An older run, by its id.
	d.publish("two", func(p *parcel) { p.manifest.Run = "20990101T000000Z-ffff" })
	older := d.parcel()
	d.put("two/runs/"+d.latest.Run+"/manifest.json", older.doc())
	d.put("two/runs/"+d.latest.Run+"/manifest.json.sig", d.sign(d.signer(), older.doc()))
	d.put("two/runs/"+d.latest.Run+"/"+d.db+".dump", older.dump)
	d.pulls(exitClean, "holds run "+d.latest.Run, d.prefix("two"), "--to", to, "--run", d.latest.Run)
	d.pulls(exitInput, "no run 20990102T000000Z-ffff was published", d.prefix("two"), "--to", to, "--run",
		"20990102T000000Z-ffff")
}

// A dataset with any fault leaves the developer's database as it is.
func pullRefusesWhatIsNotWhole(t *testing.T, d *desk) {
	to := d.to(d.name)
	d.pulls(exitClean, "holds run", d.prefix("data"), "--to", to)
	before := d.databases()
	outer := d
	for i, tt := range []struct {
		name   string
		code   int
		want   string
		tamper func(p *parcel)
	}{
		{"flipped byte", exitRefused, "its SHA-256 differs", func(p *parcel) { p.dump[len(p.dump)/2] ^= 1 }},
		{"cut", exitRefused, "bytes instead of", func(p *parcel) { p.dump = p.dump[:len(p.dump)/2] }},
		{"longer", exitRefused, "bytes instead of", func(p *parcel) { p.dump = append(p.dump, 0) }},
		{"gone", exitRefused, "it is gone", func(p *parcel) { p.dump = nil }},
		{"other manifest", exitRefused, "is not the one that latest.json names", func(p *parcel) {
			p.after = func(doc []byte) []byte { return bytes.Replace(doc, []byte(`"sample"`), []byte(`"simple"`), 1) }
		}},
		{"outside", exitRefused, "not in the run's own folder", func(p *parcel) { p.manifest.Objects[0].Name = "../other/x.dump" }},
		{"other rows", exitRefused, "public.gone: it is missing\n  public.users: ", func(p *parcel) {
			i := slices.IndexFunc(p.manifest.Tables, func(t s3sink.Table) bool { return t.Name == "public.users" })
			users := p.manifest.Tables[i]
			users.Rows++
			p.manifest.Tables = []s3sink.Table{{Name: "public.gone"}, users}
		}},
		{"no dump", exitInput, "formats: [pgdump]", func(p *parcel) {
			p.manifest.Objects = slices.DeleteFunc(p.manifest.Objects, func(o s3sink.Object) bool { return strings.HasSuffix(o.Name, ".dump") })
		}},
		{"no archive", exitEnvironment, "no archive of pg_dump that pg_restore knows", func(p *parcel) { p.dump, p.reseal = []byte("SELECT 1;\n"), true }},
		{"broken archive", exitEnvironment, "pg_restore failed", func(p *parcel) { p.dump, p.reseal = p.dump[:len(p.dump)*9/10], true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := *outer
			at := *outer.site
			d.site, at.t = &at, t
			prefix := fmt.Sprintf("bad%d", i)
			d.publish(prefix, tt.tamper)
			d.pulls(tt.code, tt.want, d.prefix(prefix), "--to", to)
			if after := d.databases(); after != before {
				t.Errorf("%s became %s", before, after)
			}
		})
	}
	d.pulls(exitInput, "nothing was published", d.prefix("nowhere"), "--to", to)
}

// A mistyped target can't replace what somebody else put there.
func pullReplacesOnlyItsOwn(t *testing.T, d *desk) {
	to, from := d.to(d.name), d.prefix("data")
	pgserver.Exec(t, d.to("postgres"), "CREATE DATABASE "+d.name)
	d.pulls(exitClean, "_previous now", from, "--to", to) // it was empty
	pgserver.Exec(t, d.to("postgres"), "DROP DATABASE "+d.name)
	pgserver.Exec(t, d.to("postgres"), "CREATE DATABASE "+d.name+" TEMPLATE "+d.name+"_previous")
	pgserver.Exec(t, to, "CREATE FUNCTION precious() RETURNS int LANGUAGE sql AS 'SELECT 1'")
	before := d.databases()
	d.pulls(exitInput, fmt.Sprintf("database %q on 127.0.0.1:%d was not put there by pull", d.name, d.staging.Port()),
		from, "--to", to)
	if after := d.databases(); after != before {
		t.Errorf("%s became %s", before, after)
	}
	d.pulls(exitClean, "_previous now", from, "--to", to, "--replace")
	if d.one(d.to(d.name+"_previous"), "SELECT precious()::text") != "1" {
		t.Error("what was replaced is not the previous database")
	}
	before = d.databases()
	d.pulls(exitInput, fmt.Sprintf("replacing %q would drop it", d.name), from, "--to", to)
	if after := d.databases(); after != before {
		t.Errorf("%s became %s", before, after)
	}

	// A mark is of one database: a rename keeps it, a copy hasn't it, and neither has
	// one that was made of a dump with its comment.
	name, comment := d.name+"_moved", "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '"
	mark := d.one(d.admin(), comment+d.name+"'")
	pgserver.Exec(t, d.to("postgres"), "ALTER DATABASE "+d.name+" RENAME TO "+name)
	d.pulls(exitClean, "_previous now", from, "--to", d.to(name))
	pgserver.Exec(t, d.to("postgres"), "CREATE DATABASE "+d.name+" TEMPLATE "+name)
	d.pulls(exitInput, "was not put there by pull", from, "--to", to)
	pgserver.Exec(t, d.to("postgres"), "COMMENT ON DATABASE "+d.name+" IS '"+mark+"'")
	d.pulls(exitInput, "was not put there by pull", from, "--to", to)

	// What belongs to another role is named, with the way out; so is a missing privilege.
	pgserver.Exec(t, d.admin(), "ALTER DATABASE "+d.name+" OWNER TO "+pgserver.User)
	d.pulls(exitEnvironment, "GRANT", from, "--to", to, "--replace")
	pgserver.Exec(t, d.admin(), "ALTER ROLE dev_"+d.db+" NOCREATEDB")
	d.pulls(exitEnvironment, "ALTER ROLE", from, "--to", to)
	pgserver.Exec(t, d.admin(), "ALTER ROLE dev_"+d.db+" CREATEDB")
}

func pullOfADatasetThatIsReplacedMeanwhile(t *testing.T, d *desk) {
	d.publish("moving", func(*parcel) {})
	var once sync.Once
	d.before(func(*http.Request) {
		once.Do(func() {
			d.put(
				"moving/latest.json",
				[]byte(
					`{"run":"20990101T000000Z-ffff","manifest":"runs/20990101T000000Z-ffff/manifest.json","sha256":"`+strings.Repeat(
						"0", 64)+`"}`,
				),
			)
		})
	})
	d.pulls(exitRefused, "latest.json was changed while run "+d.latest.Run+" was read", d.prefix("moving"), "--to",
		d.to(d.name))
	if names := d.databases(); names != "" {
		t.Errorf("it left %s", names)
	}
}

func pullInterrupted(t *testing.T, d *desk) {
	d.vars["XDG_CACHE_HOME"] = t.TempDir() // the process would use the user's own
	to, from := d.to(d.name), d.prefix("data")
	for _, stage := range []string{"guard", "download", "schema", "data", "post-data", "swap"} {
		ctx, cancel := context.WithCancel(context.Background())
		code, said := d.pull(ctx, func(said string) {
			if strings.HasPrefix(said, "  "+stage+" …") {
				cancel()
			}
		}, from, "--to", to)
		if cancel(); code != exitInterrupted {
			t.Errorf("in %s: exit %d\n%s", stage, code, said)
		}
		if d.tidy(); d.databases() != "" {
			t.Errorf("interrupted in %s, it left %s", stage, d.databases())
		}
	}

	// What a kill leaves, the next pull removes.
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		code, said := d.signalled(sig, from, to)
		if want := map[syscall.Signal]int{syscall.SIGTERM: exitInterrupted, syscall.SIGKILL: -1}[sig]; code != want {
			t.Errorf("%v: exit %d, want %d\n%s", sig, code, want, said)
		}
		if sig == syscall.SIGTERM {
			d.tidy()
		}
	}
	pgserver.Exec(t, d.to("postgres"), `CREATE DATABASE "`+d.name+`_pull_20261121t030000z-7f3a"`)
	d.pulls(exitClean, "holds run", from, "--to", to)
}

// signalled pulls in a process that gets a signal while it downloads.
func (d *desk) signalled(sig syscall.Signal, from, to string) (code int, said string) {
	d.t.Helper()
	waits := make(chan struct{})
	d.before(func(r *http.Request) {
		close(waits)
		<-r.Context().Done()
	})
	cmd := d.process("pull", from, "--to", to)
	cmd.Args = cmd.Args[:len(cmd.Args)-2] // without --config
	watch := d.stages(cmd)
	<-waits
	d.vars["AWS_ENDPOINT_URL_S3"] = d.s3.Endpoint
	if d.cached() == "" {
		d.t.Error("the dump is not where the next pull looks for it")
	}
	if code, said := d.pull(context.Background(), nil, from, "--to", to); code != exitRefused ||
		!strings.Contains(said, "somebody else is replacing database") {
		d.t.Errorf("a second pull: exit %d\n%s", code, said)
	}
	if err := cmd.Process.Signal(sig); err != nil {
		d.t.Fatal(err)
	}
	_ = cmd.Wait()
	d.released()
	return cmd.ProcessState.ExitCode(), watch.text()
}

// released waits until the server has noticed the end of a process.
func (d *desk) released() {
	d.t.Helper()
	for d.one(d.admin(), "SELECT count(*)::text FROM pg_stat_activity WHERE usename = 'dev_"+d.db+"'") != "0" {
		time.Sleep(5 * time.Millisecond)
	}
}

// A line now and then says how far a pull is.
func TestPullProgress(t *testing.T) {
	var b bytes.Buffer
	for _, p := range []*progress{
		{stage: "download", bytes: 10e6, expect: 40e6},
		{stage: "data", rows: 1000, bytes: 10e6, rowsDue: 3000},
		{stage: "data", rows: 1000, rowsDue: 3000, terminal: true},
	} {
		p.w, p.began = &b, time.Now().Add(-2*time.Second)
		p.draw()
	}
	want := regexp.MustCompile(`^  download: 10 MB of 40 MB, [45](\.\d+)? MB/s, about 6\.\d+ s to go
  data: 1.000 rows, \d{3} rows/s, [45](\.\d+)? MB/s, about 4\.\d+ s to go
\r\x1b\[K  data       1.000 rows, \d{3} rows/s, 0 B/s, about 4\.\d+ s to go$`)
	if !want.MatchString(b.String()) {
		t.Errorf("it says %q", b.String())
	}
}
