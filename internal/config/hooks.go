package config

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
)

// Hooks are what runs around the promote of one pipeline.
type Hooks struct {
	BeforePromote   []BeforeHook `yaml:"before_promote" doc:"run in the new staging database, in their order, before it is verified; one that fails refuses the run"`
	AfterPromote    []AfterHook  `yaml:"after_promote" doc:"run once staging is replaced, in their order; one that fails is a warning"`
	ProductionHosts []string     `yaml:"production_hosts" doc:"hosts of production, besides the source's: a Redis hook to one of them is refused"`
}

// BeforeHook is one step before the promote: sql or exec.
type BeforeHook struct {
	SQL     string   `yaml:"sql" doc:"file of SQL, relative to this file, that runs in one transaction"`
	Exec    []string `yaml:"exec" doc:"program and arguments, with DATABASE_URL and libpq's PG* variables of the new database; a name with a slash is relative to this file"`
	Env     []string `yaml:"env" doc:"environment variables that the program gets, besides PATH, HOME and the like"`
	Timeout string   `yaml:"timeout" doc:"how long the step may take" default:"30m"`
}

// AfterHook is one step after the promote: sql, exec, http or redis.
type AfterHook struct {
	SQL     string    `yaml:"sql" doc:"file of SQL, relative to this file, that runs in the promoted database in one transaction"`
	Exec    []string  `yaml:"exec" doc:"as in before_promote, with DATABASE_URL of the promoted database"`
	Env     []string  `yaml:"env" doc:"as in before_promote"`
	HTTP    HTTPHook  `yaml:"http" doc:"a request; an answer of 300 or above is a failure"`
	Redis   RedisHook `yaml:"redis" doc:"keys to remove, or a counter to raise"`
	Timeout string    `yaml:"timeout" doc:"how long one try may take; 0s: 30s for http, 10m otherwise" default:"0s"`
	Retries int       `yaml:"retries" doc:"tries after one that failed, the pauses doubling from a second" default:"3"`
	Again   string    `yaml:"again" doc:"do it once more after this time, for what applications wrote meanwhile; 0s: don't" default:"0s"`
}

// HTTPHook is a request.
type HTTPHook struct {
	URL     secret.Text            `yaml:"url" doc:"http:// or https:// URL, or a secret reference of it" required:"true"`
	Method  string                 `yaml:"method" doc:"GET, POST, PUT, PATCH or DELETE" default:"POST"`
	Headers map[string]secret.Text `yaml:"headers" doc:"headers; a value may be a secret reference"`
	Body    string                 `yaml:"body" doc:"what is sent"`
	CA      string                 `yaml:"ca" doc:"file of the certificates in PEM to trust, relative to this file; empty: the system's"`
}

// RedisHook is what is done on a Redis server, Sentinel or cluster.
type RedisHook struct {
	URL       secret.Text   `yaml:"url" doc:"redis://, rediss:// (TLS) or unix:// URL with user, password and /db, or a secret reference of it"`
	Cluster   []secret.Text `yaml:"cluster" doc:"URLs of some nodes of a cluster, instead of url"`
	Sentinels []secret.Text `yaml:"sentinels" doc:"URLs of Sentinels; the host of url is then the name of the master that they watch"`
	Pattern   string        `yaml:"pattern" doc:"remove the keys that fit, by SCAN and UNLINK; such as cache:*"`
	FlushDB   bool          `yaml:"flushdb" doc:"empty the database that the URL names, by FLUSHDB ASYNC"`
	Incr      string        `yaml:"incr" doc:"raise this counter, which is in the names of cached keys"`
	CA        string        `yaml:"ca" doc:"file of the certificates in PEM to trust with rediss://; empty: the system's"`
}

// Given reports whether the hook is one of Redis.
func (r RedisHook) Given() bool {
	return !r.URL.IsZero() || len(r.Cluster) > 0 || len(r.Sentinels) > 0 || r.Pattern != "" || r.FlushDB || r.Incr != ""
}

// Kind is what a step after the promote does: sql, exec, http or redis.
func (h AfterHook) Kind() string {
	for kind, given := range map[string]bool{
		"sql": h.SQL != "", "exec": len(h.Exec) > 0, "http": !h.HTTP.URL.IsZero(), "redis": h.Redis.Given(),
	} {
		if given {
			return kind
		}
	}
	return ""
}

// Limit is how long one try may take.
func (h AfterHook) Limit() time.Duration {
	d, _ := time.ParseDuration(h.Timeout) // validated with the configuration
	if d > 0 {
		return d
	}
	if h.Kind() == "http" {
		return 30 * time.Second
	}
	return 10 * time.Minute
}

// Place is where a field of hooks or staging stands, such as hooks.after_promote[0], for a problem of it.
func (c *Config) Place(field string) fault.Problem {
	p := fault.Problem{File: c.File, Field: field}
	if at := c.places[field]; at != nil {
		p.Line, p.Col = at.Line, at.Column
	}
	return p
}

func (c *Config) validateHooks(d *decoder) {
	for i, h := range c.Hooks.BeforePromote {
		path := fmt.Sprintf("hooks.before_promote[%d]", i)
		if (h.SQL == "") == (len(h.Exec) == 0) {
			d.at(path, "must have either sql or exec")
		}
		d.program(path, h.Exec, h.Env)
		d.duration(path+".timeout", h.Timeout, time.Second)
	}
	for i, h := range c.Hooks.AfterPromote {
		path := fmt.Sprintf("hooks.after_promote[%d]", i)
		n := 0
		for _, given := range []bool{h.SQL != "", len(h.Exec) > 0, !h.HTTP.URL.IsZero(), h.Redis.Given()} {
			if given {
				n++
			}
		}
		if n != 1 {
			d.at(path, "must have one of sql, exec, http and redis")
		}
		d.program(path, h.Exec, h.Env)
		d.duration(path+".timeout", h.Timeout, 0)
		d.duration(path+".again", h.Again, 0)
		if h.Retries < 0 || h.Retries > 20 {
			d.at(path+".retries", "must be from 0 to 20")
		}
		switch h.Kind() {
		case "http":
			d.literalURL(path+".http.url", h.HTTP.URL, "http", "https")
			if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, h.HTTP.Method) {
				d.at(path+".http.method", "must be GET, POST, PUT, PATCH or DELETE")
			}
		case "redis":
			d.redis(path+".redis", h.Redis)
		}
	}
}

func (d *decoder) redis(path string, r RedisHook) {
	if r.URL.IsZero() == (len(r.Cluster) == 0) {
		d.at(path, "must have either url or cluster")
	}
	if len(r.Sentinels) > 0 && r.URL.IsZero() {
		d.at(path, "needs a url beside sentinels: redis://USER:PASSWORD@MASTER-NAME/DB")
	}
	if r.Pattern == "" && !r.FlushDB && r.Incr == "" {
		d.at(path, "must have pattern, flushdb: true or incr: which keys to remove is never guessed")
	}
	if r.Pattern != "" && r.FlushDB {
		d.at(path, "has both pattern and flushdb, which removes all keys; write one of them")
	}
	if !r.URL.IsZero() {
		d.literalURL(path+".url", r.URL, "redis", "rediss", "unix")
	}
	for list, urls := range map[string][]secret.Text{"cluster": r.Cluster, "sentinels": r.Sentinels} {
		for i, u := range urls {
			d.literalURL(fmt.Sprintf("%s.%s[%d]", path, list, i), u, "redis", "rediss")
		}
	}
}

// program finds what is wrong with a program to run.
func (d *decoder) program(path string, args, env []string) {
	if len(args) > 0 && args[0] == "" {
		d.at(path+".exec", "names no program")
	}
	for i, name := range env {
		if !validName(name) {
			d.at(fmt.Sprintf("%s.env[%d]", path, i), "must be the name of an environment variable")
		}
	}
}

func (d *decoder) duration(field, text string, least time.Duration) {
	if v, err := time.ParseDuration(cmp.Or(text, "0s")); err != nil || v < least {
		d.at(field, "must be a duration such as 90s or 5m, at least %s", least)
	}
}

// literalURL finds what is wrong with a URL that stands in the file. A secret reference is fetched when
// it is needed.
func (d *decoder) literalURL(field string, u secret.Text, schemes ...string) {
	if u.IsReference() {
		return
	}
	text, _ := u.Fetch(context.Background()) // at hand
	for _, s := range schemes {
		if after, is := strings.CutPrefix(text, s+"://"); is && after != "" {
			return
		}
	}
	d.at(field, "must begin with %s://, or be a secret reference", strings.Join(schemes, ":// or "))
}

// hookPaths makes the files of hooks relative to the configuration's.
func (c *Config) hookPaths() {
	path := func(p *string) {
		if *p != "" {
			*p = c.Path(*p)
		}
	}
	program := func(args []string) {
		if len(args) > 0 && strings.Contains(args[0], "/") {
			args[0] = c.Path(args[0])
		}
	}
	for i := range c.Hooks.BeforePromote {
		path(&c.Hooks.BeforePromote[i].SQL)
		program(c.Hooks.BeforePromote[i].Exec)
	}
	for i := range c.Hooks.AfterPromote {
		h := &c.Hooks.AfterPromote[i]
		path(&h.SQL)
		path(&h.HTTP.CA)
		path(&h.Redis.CA)
		program(h.Exec)
	}
}
