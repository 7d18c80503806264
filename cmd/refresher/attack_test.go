package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/testscript"

	"refresher/internal/testkit/pgserver"
)

// The scripts of testdata/attacks do what somebody would do to carry a value out of production, or to
// have refresher do his work. Each has a source and a staging database of its own on servers that all
// share. make attack runs them all; other runs leave out those that say [!full] skip.
func TestAttacks(t *testing.T) {
	srv, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/attacks",
		Setup: func(env *testscript.Env) error {
			name := strings.ReplaceAll(strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"), "-", "_")
			a := &attack{db: "attack_" + name, bucket: "attack-" + strings.ReplaceAll(name, "_", "-"), servers: *srv}
			env.Values[attackKey{}] = a
			env.Vars = append(env.Vars, "DB="+a.db, "KEY="+testKey, "SOURCE="+srv.primary.URL(a.db),
				"STAGING="+srv.staging.URL(a.db), "COPY="+srv.staging.URL(a.db+"_copy"), "PATH="+os.Getenv("PATH"),
				"BUCKET="+a.bucket, "S3="+srv.s3.Endpoint)
			return a.exec(srv.primary.URL(pgserver.User), "CREATE DATABASE "+a.db, nil)
		},
		Condition: func(name string) (bool, error) {
			if name != "full" {
				return false, errors.New("no such condition")
			}
			return os.Getenv("REFRESHER_ATTACKS") == "all", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"refresher": runRefresher, "sql": attackSQL, "newstaging": newStaging, "log": stagingLog, "s3": attackS3,
		},
	})
}

// attack is what a script has: the name of its databases, and of its bucket.
type attack struct {
	servers
	db, bucket string
}

type attackKey struct{}

func attackOf(ts *testscript.TestScript) *attack { return ts.Value(attackKey{}).(*attack) }

// refresher CODES ARGS…: runs it and wants one of the exit codes, which bars part: clean|refused.
func runRefresher(ts *testscript.TestScript, _ bool, args []string) {
	self, err := os.Executable()
	ts.Check(err)
	cmd := exec.Command(self, args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.Getenv("WORK"), ts.Stdout(), ts.Stderr()
	cmd.Env = append(os.Environ(), "REFRESHER_TEST_MAIN=1", "AWS_ENDPOINT_URL="+ts.Getenv("S3"), "XDG_CONFIG_HOME="+ts.Getenv("WORK"))
	for _, name := range []string{"KEY", "SOURCE", "STAGING", "WORK", "BUCKET", "S3", "PATH", "REFRESHER_PG_BIN", "AWS_SECRET_ACCESS_KEY"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	codes := map[string]int{"clean": exitClean, "refused": exitRefused, "input": exitInput, "environment": exitEnvironment}
	if !slices.ContainsFunc(strings.Split(args[0], "|"), func(c string) bool { return codes[c] == cmd.ProcessState.ExitCode() }) {
		ts.Fatalf("exit code %d, want %s", cmd.ProcessState.ExitCode(), args[0])
	}
}

// sql WHERE [AS ROLE] SQL|@FILE: runs statements and prints the rows of the last; WHERE is source, staging or
// staging/DATABASE.
func attackSQL(ts *testscript.TestScript, neg bool, args []string) {
	a := attackOf(ts)
	server, db, named := strings.Cut(args[0], "/")
	cluster := map[string]*pgserver.Cluster{"source": a.primary, "staging": a.staging}[server]
	if !named {
		db = a.db
	}
	url := cluster.URL(db)
	if args[1] == "AS" {
		url = strings.Replace(url, pgserver.User+"@", args[2]+"@", 1)
		args = args[2:]
	}
	text := args[1]
	if file, ok := strings.CutPrefix(text, "@"); ok {
		text = ts.ReadFile(file)
	}
	err := a.exec(url, os.Expand(text, func(name string) string {
		if v := ts.Getenv(name); v != "" {
			return v
		}
		return "$" + name
	}), ts.Stdout())
	if neg == (err == nil) {
		ts.Fatalf("sql %s: %v", args[0], err)
	}
}

// exec runs statements and writes the rows of the last.
func (a *attack) exec(url, sql string, out interface{ Write([]byte) (int, error) }) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil || out == nil || len(results) == 0 {
		return err
	}
	for _, row := range results[len(results)-1].Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, string(c))
		}
		if _, err := out.Write([]byte(strings.Join(cells, "|") + "\n")); err != nil {
			return err
		}
	}
	return nil
}

// newstaging: another staging server, of this script alone.
func newStaging(ts *testscript.TestScript, _ bool, _ []string) {
	a := attackOf(ts)
	var err error
	a.staging, err = pgserver.Start(context.Background(), pgserver.Options{Config: map[string]string{"log_min_messages": "log"}})
	ts.Check(err)
	ts.Defer(func() { _ = a.staging.Stop() })
	ts.Setenv("STAGING", a.staging.URL(a.db))
}

// log: prints what the staging server logged.
func stagingLog(ts *testscript.TestScript, _ bool, _ []string) {
	_, err := ts.Stdout().Write([]byte(attackOf(ts).staging.Log()))
	ts.Check(err)
}

// s3 make, s3 get DIR, s3 put DIR: makes the script's bucket, copies all of it to a folder, or a folder to it.
func attackS3(ts *testscript.TestScript, _ bool, args []string) {
	a, ctx := attackOf(ts), context.Background()
	if args[0] == "make" {
		ts.Check(a.s3.CreateBucket(ctx, a.bucket))
		return
	}
	client, dir := a.s3.Client(), ts.MkAbs(args[1])
	if args[0] == "get" {
		list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &a.bucket})
		ts.Check(err)
		for _, o := range list.Contents {
			got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &a.bucket, Key: o.Key})
			ts.Check(err)
			body, err := io.ReadAll(got.Body)
			ts.Check(err)
			name := filepath.Join(dir, filepath.FromSlash(*o.Key))
			ts.Check(os.MkdirAll(filepath.Dir(name), 0o700))
			ts.Check(os.WriteFile(name, body, 0o600))
		}
		return
	}
	ts.Check(filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key, _ := filepath.Rel(dir, path)
		key = filepath.ToSlash(key)
		_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &a.bucket, Key: &key, Body: bytes.NewReader(body)})
		return err
	}))
}
