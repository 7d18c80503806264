package config

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"refresher/internal/config/secret"
)

// Objects are objects that stand beside the database in a bucket, and where their scrubbed
// copies go.
type Objects struct {
	Name  string          `yaml:"name" doc:"short name, for reports and messages" required:"true"`
	From  ObjectsFrom     `yaml:"from" doc:"where production's objects are, read and never written; a URL, or a mapping with url" required:"true"`
	Rules string          `yaml:"rules" doc:"ruleset file with objects, relative to this file; empty: those of the database"`
	To    []ObjectsTarget `yaml:"to" doc:"where scrubbed copies go" required:"true"`
}

// ObjectsFrom is a prefix of production.
type ObjectsFrom struct {
	URL             string      `yaml:"url" doc:"s3://bucket/prefix, or file:///folder" required:"true" shorthand:"true"`
	Endpoint        string      `yaml:"endpoint" doc:"URL of an S3-compatible server; empty: as s3.endpoint"`
	Region          string      `yaml:"region" doc:"empty: as s3.region"`
	AccessKeyID     secret.Text `yaml:"access_key_id" doc:"credentials of its own, or a secret reference; empty: the AWS SDK's chain"`
	SecretAccessKey secret.Text `yaml:"secret_access_key" doc:"goes with access_key_id"`
	SessionToken    secret.Text `yaml:"session_token" doc:"of temporary credentials"`
}

// ObjectsTarget is a place for scrubbed copies.
type ObjectsTarget struct {
	URL     string  `yaml:"url" doc:"s3://bucket/prefix, or file:///folder" required:"true" shorthand:"true"`
	Percent float64 `yaml:"percent" doc:"share of the rows, with by: the same persons as in a sample whose root takes that share; empty: all rows"`
	By      string  `yaml:"by" doc:"column whose value is the key of the sample's root; empty: the subject of the objects"`
	Keep    int     `yaml:"keep" doc:"how many runs to keep there" default:"4"`
}

func bucketURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "s3" && u.Host != "" ||
		u.Scheme == "file" && u.Host == "" && strings.Trim(u.Path, "/") != "")
}

// below reports whether a prefix is another, or lies in it.
func below(prefix, other string) bool {
	return strings.HasPrefix(place(prefix)+"/", place(other)+"/")
}

// place is what a URL names, however it is written: of a folder, what its path and the links in it lead to.
func place(prefix string) string {
	u, err := url.Parse(prefix)
	if err != nil {
		return strings.TrimRight(prefix, "/")
	}
	if u.Scheme != "file" {
		return u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/")
	}
	path, rest := filepath.Clean(u.Path), "" // rest isn't there yet
	for {
		if real, err := filepath.EvalSymlinks(path); err == nil || path == filepath.Dir(path) {
			return strings.TrimRight("file://"+filepath.Join(real, rest), "/")
		}
		path, rest = filepath.Dir(path), filepath.Join(filepath.Base(path), rest)
	}
}

// overlaps reports whether a prefix lies in the target's, or the other way round.
func (t ObjectsTarget) overlaps(prefix string) bool {
	return below(prefix, t.URL) || below(t.URL, prefix)
}

// prefixes are the prefixes that a pipeline writes datasets to.
func (c *Config) prefixes() (urls []string) {
	for _, b := range c.Buckets {
		urls = append(urls, b.URL)
	}
	for _, o := range c.Objects {
		for _, t := range o.To {
			urls = append(urls, t.URL)
		}
	}
	return urls
}

func (c *Config) validateObjects(d *decoder) {
	names := map[string]bool{}
	var places []string
	for _, b := range c.Buckets {
		names[b.Name] = true
		places = append(places, b.URL)
	}
	plain := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)
	for i, o := range c.Objects {
		at := func(field, problem string) { d.at(indexed("objects", i, field), "%s", problem) }
		switch {
		case !plain.MatchString(o.Name):
			at("name", "must be 1 to 63 letters (A to Z), digits, _ and -, the first a letter or digit")
		case names[o.Name]:
			at("name", "is used by another entry of objects, or by a bucket; names must differ")
		}
		names[o.Name] = true
		if !bucketURL(o.From.URL) {
			at("from", "is not a bucket URL; write it as s3://bucket/prefix, or as file:///folder")
		}
		for _, b := range c.Buckets {
			if below(b.URL, o.From.URL) {
				at("from", fmt.Sprintf("has the prefix of bucket %q in it; nothing is written into what is read",
					b.Name))
			}
		}
		if o.From.AccessKeyID.IsZero() != o.From.SecretAccessKey.IsZero() {
			at("from", "has one of access_key_id and secret_access_key; it takes both or neither")
		}
		for j, t := range o.To {
			field := fmt.Sprintf("to[%d].", j)
			if !bucketURL(t.URL) {
				at(field+"url", "is not a bucket URL; write it as s3://bucket/prefix, or as file:///folder")
				continue
			}
			if t.overlaps(o.From.URL) {
				at(field+"url", "lies in the prefix that is read, or the other way round; "+
					"scrubbed copies need a place of their own")
			}
			for _, other := range places {
				if t.overlaps(other) {
					at(field+"url", "lies in the prefix of another target or bucket, or the other way round; "+
						"each needs one of its own")
				}
			}
			places = append(places, t.URL)
			switch {
			case t.Percent < 0 || t.Percent > 100:
				at(field+"percent", "must be above 0, and at most 100")
			case t.Percent == 0 && t.By != "":
				at(field+"by", "is given without percent: say what share of the rows is taken")
			}
			if t.Keep < 1 {
				at(field+"keep", "must be at least 1")
			}
		}
	}
}
