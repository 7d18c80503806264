// Package config reads refresher.yaml: its fields, their defaults and what makes
// them valid.
//
// Every text may hold ${VAR}, ${VAR:-default} or ${VAR:?message}. They are
// expanded inside a value after the YAML was parsed, so a variable can never
// change the file's structure. Unknown fields, wrong kinds and bad values are
// all reported together, each with its line and column; a value itself is never
// part of a message, since it may be a secret.
package config

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Config is one refresher.yaml. The doc tags are the reference that
// docs/configuration.md prints.
type Config struct {
	Source   Source       `yaml:"source" doc:"the production replica to read" required:"true" scope:"pipeline"`
	Staging  Staging      `yaml:"staging" doc:"the database to replace" required:"true" scope:"pipeline"`
	Rules    []string     `yaml:"rules" doc:"ruleset files, relative to this file" required:"true" scope:"pipeline"`
	Key      secret.Text  `yaml:"key" reference:"true" doc:"secret reference of the masking key: env:, file:, awssm:, awskms:, vault:, exec:; at least 128 random bits" required:"true"`
	Sign     secret.Text  `yaml:"sign" reference:"true" doc:"secret reference of the key that signs reports: an Ed25519 private key in PEM, or 32 random bytes; empty: derived from the masking key"`
	Buckets  []Bucket     `yaml:"buckets" doc:"datasets to publish" scope:"pipeline"`
	S3       S3           `yaml:"s3" doc:"how to reach the buckets"`
	Schedule Schedule     `yaml:"schedule" doc:"when serve refreshes" scope:"pipeline"`
	Verify   Verify       `yaml:"verify" doc:"verification is always on; this only makes it stricter"`
	Prints   Prints       `yaml:"fingerprints" doc:"a run leaves its keyed fingerprint set, for refresher verify --fingerprints"`
	Branches Branches     `yaml:"branches" doc:"databases of one's own, see [branches](branches.md)"`
	History  History      `yaml:"history" doc:"the history of runs on the staging server"`
	Retry    Retry        `yaml:"retry" doc:"how hard a run tries before a fault ends it"`
	Workers  int          `yaml:"workers" doc:"parallel streams from source to staging; 0: one a processor, at most 8"`
	Copy     Copy         `yaml:"copy" doc:"which processes copy, see [workers](workers.md)"`
	Listen   string       `yaml:"listen" doc:"as serve.listen, which wins" default:"127.0.0.1:8320" scope:"service"`
	Log      Log          `yaml:"log" doc:"what commands say of themselves" scope:"service"`
	Serve    Serve        `yaml:"serve" doc:"who may see the status page, see [the status page](status.md)" scope:"service"`
	Vault    secret.Vault `yaml:"vault" doc:"how references to HashiCorp Vault log in, see [secrets](secrets.md)"`
	TempDir  string       `yaml:"temp_dir" doc:"folder for schema dumps and keyed fingerprints (never row values); empty: the system's"`

	Objects []Objects `yaml:"objects" doc:"objects beside the database, scrubbed with it, see [objects in buckets](lake.md)" scope:"pipeline"`

	Hooks  Hooks    `yaml:"hooks" doc:"what runs around the promote, see [hooks](hooks.md)" scope:"pipeline"`
	MLflow MLflow   `yaml:"mlflow" doc:"an MLflow tracking server that runs are logged to, see [notifications](notifications.md#mlflow)"`
	Notify []Notify `yaml:"notify" doc:"who is told how runs end, see [notifications](notifications.md)"`

	File     string `yaml:"-"` // the path it was read from
	Pipeline string `yaml:"-"` // its name; DefaultPipeline if the file names none

	places map[string]*token.Position `yaml:"-"` // of its hooks
}

// Source is the server that is read and never written.
type Source struct {
	URL            secret.Text `yaml:"url" doc:"postgres:// URL of the replica, or a secret reference to one" required:"true"`
	Auth           secret.Text `yaml:"auth" doc:"where the password comes from: password (it is in url, or in PGPASSFILE; the default), aws-rds-iam, or a secret reference such as exec:COMMAND, asked for each connection; see [secrets](secrets.md)"`
	RequireReplica bool        `yaml:"require_replica" doc:"refuse a source that is not a hot standby (otherwise: warn)"`
	AllowPlaintext bool        `yaml:"allow_plaintext" doc:"connect to another machine without TLS, too; otherwise that is refused, and sslmode prefer means require"`
}

// Staging is the database that a run replaces.
type Staging struct {
	URL            secret.Text `yaml:"url" doc:"postgres:// URL of the database to replace, or a secret reference to one; its role needs CREATEDB, not superuser" required:"true"`
	Auth           secret.Text `yaml:"auth" doc:"as source.auth"`
	AllowPlaintext bool        `yaml:"allow_plaintext" doc:"as source.allow_plaintext"`
	Preserve       []string    `yaml:"preserve" doc:"tables, as schema.table, that are staging's own: their rows come from the staging database that is replaced, see [servers](servers.md)"`
	Template       string      `yaml:"template" doc:"database to make the new one from, with the extensions in it that the role may not create itself; empty: template0"`
	CloneOfSource  Clone       `yaml:"clone_of_source"`
	After          []string    `yaml:"after" doc:"files of SQL, relative to this file, that run in the new staging database before it is verified"`
}

// Clone says that the staging server was born from a physical copy of production.
type Clone struct {
	Confirm uint64 `yaml:"confirm" doc:"system identifier that staging shares with production, said on purpose; see [servers](servers.md)"`
}

// S3 is how buckets are reached; credentials come from the AWS SDK's own chain.
type S3 struct {
	Endpoint  string `yaml:"endpoint" doc:"URL of an S3-compatible server; empty: AWS"`
	PathStyle bool   `yaml:"path_style" doc:"bucket in the path instead of the host name"`
	Region    string `yaml:"region" doc:"empty: the SDK's own chain, then us-east-1"`
	Checksums string `yaml:"checksums" doc:"when requests have the SDK's checksums: when_supported or when_required; empty: when_required if an endpoint is given, as older servers want it"`
}

// Copy says which processes copy.
type Copy struct {
	Dispatch string `yaml:"dispatch" doc:"process: that of the run copies; workers: other processes do, each a refresher worker" default:"process"`
	ChunkMiB int    `yaml:"chunk_mib" doc:"how much of a table is copied in one transaction, and given to one worker at a time, in MiB on the source's disk" default:"64"`
}

// ByWorkers reports whether other processes copy.
func (c Copy) ByWorkers() bool { return c.Dispatch == "workers" }

// Log is how commands say what they do.
type Log struct {
	Format string `yaml:"format" doc:"text, or json: a record a line on stderr" default:"text"`
}

// Verify makes verification stricter than it always is.
type Verify struct {
	Strict    bool `yaml:"strict" doc:"weak detector classes (names, bare numbers) refuse too"`
	MemoryMiB int  `yaml:"memory_mib" doc:"memory for the filters of fingerprints, about 1.2 MB a million of them; what does not fit is read from temporary files, more slowly" default:"128"`
}

// Prints is where a run leaves its fingerprint set.
type Prints struct {
	URL  string `yaml:"url" doc:"s3://bucket/prefix, a folder, or bucket:NAME, which is beside the report in that bucket's dataset; empty: sets are not kept"`
	Keep int    `yaml:"keep" doc:"how many sets to keep in a place of their own" default:"4"`
}

// Bucket is the bucket in whose dataset sets are kept, empty if they have a place of their own.
func (p Prints) Bucket() string {
	name, ok := strings.CutPrefix(p.URL, "bucket:")
	if !ok {
		return ""
	}
	return name
}

// Load reads the file of one pipeline; one with several is a *fault.Input. See [LoadAll].
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	all, err := LoadAll(path, getenv)
	if err != nil {
		return nil, err
	}
	return One(all, "")
}

// LoadAll reads, expands, defaults and validates a file: what each of its pipelines runs
// by, with the shared settings in it, in the order of the file. A file without
// pipelines has one, called [DefaultPipeline]. A mistake is a *fault.Input that holds
// every problem found.
func LoadAll(path string, getenv func(string) (string, bool)) ([]*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.BadInput("cannot read the configuration %s: %v; name it with --config or REFRESHER_CONFIG",
			path, err)
	}
	all, problems := parse(path, text, getenv)
	if len(problems) > 0 {
		return nil, &fault.Input{Problems: problems}
	}
	for _, c := range all {
		c.resolve()
	}
	return all, nil
}

// parse reads and validates the text of a file.
func parse(path string, text []byte, getenv func(string) (string, bool)) (all []*Config, problems []fault.Problem) {
	d := &decoder{file: path, getenv: getenv}
	found := d.decode(bytes.TrimPrefix(text, []byte("\ufeff"))) // Windows editors write a byte order mark
	decoders := []*decoder{d}
	for _, c := range found {
		if len(c.d.problems) == 0 {
			c.validate(c.d)
		}
		c.places = c.d.placesOf("hooks", "staging")
		if c.d != d {
			decoders = append(decoders, c.d)
		}
		all = append(all, c.Config)
	}
	apart(found)
	for _, c := range found {
		if c.d.prefix != "" && c.Prints.URL != "" && c.Prints.Bucket() == "" && !c.d.own["fingerprints"] {
			// In a shared place each keeps its sets below its name.
			c.Prints.URL = strings.TrimRight(c.Prints.URL, "/") + "/" + c.Pipeline
		}
	}
	for _, d := range decoders {
		for _, p := range d.problems {
			if !slices.Contains(problems, p) { // what is shared was read for each pipeline
				problems = append(problems, p)
			}
		}
	}
	if len(decoders) > 1 {
		slices.SortStableFunc(problems, func(a, b fault.Problem) int { return cmp.Or(a.Line-b.Line, a.Col-b.Col) })
	}
	return all, problems
}

// resolve makes paths relative to the file, and finds what the machine decides.
func (c *Config) resolve() {
	for i, r := range c.Rules {
		if !strings.HasPrefix(r, "builtin:") { // a ruleset that comes with refresher
			c.Rules[i] = c.Path(r)
		}
	}
	for i := range c.Objects {
		if f := &c.Objects[i].Rules; *f != "" && !strings.HasPrefix(*f, "builtin:") {
			*f = c.Path(*f)
		}
	}
	for i, f := range c.Staging.After {
		c.Staging.After[i] = c.Path(f)
	}
	for _, f := range []*string{&c.Serve.TLS.Cert, &c.Serve.TLS.Key} {
		if *f != "" {
			*f = c.Path(*f)
		}
	}
	c.hookPaths()
	c.notifyPaths()
	if c.TempDir != "" {
		c.TempDir = c.Path(c.TempDir)
	}
	if c.Prints.URL != "" && c.Prints.Bucket() == "" && !strings.Contains(c.Prints.URL, "://") {
		c.Prints.URL = c.Path(c.Prints.URL)
	}
	if c.Workers == 0 {
		c.Workers = min(runtime.NumCPU(), 8)
	}
}

// Defaults is the configuration of a command that needs no file: every field that
// has a default has it.
func Defaults() *Config {
	c := &Config{File: "flags", Pipeline: DefaultPipeline}
	setDefaults(reflect.ValueOf(c).Elem())
	c.Workers = min(runtime.NumCPU(), 8)
	return c
}

// Path makes a path of the file absolute or relative to the file's own folder.
func (c *Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(c.File), p)
}

// Bucket returns the bucket of that name, nil if there is none.
func (c *Config) Bucket(name string) *Bucket {
	for i := range c.Buckets {
		if c.Buckets[i].Name == name {
			return &c.Buckets[i]
		}
	}
	return nil
}

// badField is a mistake in one field.
func badField(field, format string, args ...any) *fault.Input {
	return &fault.Input{Problems: []fault.Problem{{Field: field, Text: fmt.Sprintf(format, args...)}}}
}

func (c *Config) validateCopy(d *decoder) {
	if c.Copy.Dispatch != "process" && c.Copy.Dispatch != "workers" {
		d.at("copy.dispatch", "must be process or workers")
	}
	if c.Copy.ChunkMiB < 1 || c.Copy.ChunkMiB > 1<<20 {
		d.at("copy.chunk_mib", "must be from 1 to %d", 1<<20)
	}
}

func (c *Config) validate(d *decoder) {
	for _, s := range []side{c.source(), c.staging()} {
		d.put(s.check())
	}
	if field, problem := c.Vault.Check(); problem != "" {
		d.at("vault."+field, "%s", problem)
	}
	_, err := c.Schedule.Times()
	d.put(err)
	_, err = c.Retry.Limits()
	d.put(err)
	c.Branches.validate(d)
	c.History.validate(d)
	if c.Workers < 0 || c.Workers > 64 {
		d.at("workers", "must be from 0 to 64")
	}
	c.validateCopy(d)
	seen := map[string]bool{}
	for i, name := range c.Staging.Preserve {
		n, err := catalog.ParseName(name)
		switch {
		case err != nil:
			d.at(fmt.Sprintf("staging.preserve[%d]", i), "%v", err)
		case seen[n.String()]:
			d.at(fmt.Sprintf("staging.preserve[%d]", i), "names a table twice")
		}
		seen[n.String()] = true
	}
	c.Serve.validate(d)
	if c.Log.Format != "text" && c.Log.Format != "json" {
		d.at("log.format", "must be text or json")
	}
	if !slices.Contains([]string{"", "when_supported", "when_required"}, c.S3.Checksums) {
		d.at("s3.checksums", "must be when_supported or when_required")
	}
	c.validateBuckets(d)
	c.validateObjects(d)
	c.validatePrints(d)
	c.validateHooks(d)
	c.validateNotify(d)
}
