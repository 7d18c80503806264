package config

import (
	"net/url"
	"slices"
	"strings"
)

// Bucket is one place where a run publishes a dataset.
type Bucket struct {
	Name    string   `yaml:"name" doc:"short name, for reports and verify --target" required:"true"`
	URL     string   `yaml:"url" doc:"s3://bucket/prefix, or file:///folder on this machine" required:"true"`
	Content string   `yaml:"content" doc:"full, sample or synthetic" required:"true"`
	Formats []string `yaml:"formats" doc:"pgdump, parquet, csv, jsonl" required:"true"`
	Sample  Sample   `yaml:"sample" doc:"what a sample holds"`

	Synthetic Synthetic `yaml:"synthetic" doc:"how rows are made up that stand for nobody. See [synthetic](synthetic.md)"`
	Keep      int       `yaml:"keep" doc:"how many runs to keep in the bucket" default:"4"`

	Encryption string            `yaml:"encryption" doc:"what the server encrypts objects with: AES256 (SSE-S3), aws:kms or aws:kms:dsse; empty: as the bucket's default says"`
	KMSKey     string            `yaml:"kms_key" doc:"id, ARN or alias of the KMS key, with encryption aws:kms; empty: the account's own"`
	Owner      string            `yaml:"owner" doc:"id of the account that must own the bucket, 12 digits; empty: any"`
	Tags       map[string]string `yaml:"tags" doc:"tags of each object, name to value"`
}

func (c *Config) validatePrints(d *decoder) {
	u := c.Prints.URL
	switch {
	case c.Prints.Keep < 1:
		d.at("fingerprints.keep", "must be at least 1")
	case strings.HasPrefix(u, "bucket:") && c.Bucket(c.Prints.Bucket()) == nil:
		d.at("fingerprints.url", "names a bucket that is not among buckets")
	case strings.Contains(u, "://") && !strings.HasPrefix(u, "s3://"):
		d.at("fingerprints.url", "must be s3://bucket/prefix, a folder, or bucket:NAME")
	}
	for _, b := range c.Buckets {
		if strings.HasPrefix(c.placeURL(u), strings.TrimRight(b.URL, "/")+"/") {
			d.at(
				"fingerprints.url",
				"lies in the prefix of a dataset, which belongs to its runs; give it a prefix of its own, or "+
					"write bucket:%s",
				b.Name,
			)
		}
	}
	if c.Verify.MemoryMiB < 1 {
		d.at("verify.memory_mib", "must be at least 1")
	}
}

// placeURL is where fingerprint sets are kept, as a bucket's URL with a slash at its end.
func (c *Config) placeURL(u string) string {
	if u != "" && !strings.Contains(u, ":") {
		u = "file://" + c.Path(u)
	}
	return strings.TrimRight(u, "/") + "/"
}

func (c *Config) validateBuckets(d *decoder) {
	seen := map[string]bool{}
	urls := map[string]bool{}
	for i, b := range c.Buckets {
		at := func(field, format string, args ...any) { d.at(indexed("buckets", i, field), format, args...) }
		if seen[b.Name] {
			at("name", "is used by another bucket too; names must differ")
		}
		if strings.ContainsAny(b.Name, "/: \t") {
			at("name", "must not hold a slash, colon or space")
		}
		if u := strings.TrimRight(b.URL, "/"); urls[u] {
			at("url", "is used by another bucket too; each dataset needs a prefix of its own")
		} else {
			urls[u] = true
		}
		seen[b.Name] = true
		if u, err := url.Parse(b.URL); err != nil || (u.Scheme != "s3" || u.Host == "") &&
			(u.Scheme != "file" || u.Host != "" || strings.Trim(u.Path, "/") == "") {
			at("url", "is not a bucket URL; write it as s3://bucket/prefix, or as file:///folder")
		}
		b.validateServer(at)
		if b.Keep < 1 {
			at("keep", "must be at least 1")
		}
		for _, f := range b.Formats {
			if !slices.Contains([]string{"pgdump", "parquet", "csv", "jsonl"}, f) {
				at("formats", "holds an unknown format; known are pgdump, parquet, csv and jsonl")
			}
		}
		b.validateContent(at)
	}
}

func (b Bucket) validateContent(at func(field, format string, args ...any)) {
	switch b.Content {
	case "full":
	case "sample":
		b.Sample.validate(at)
	case "synthetic":
		b.Synthetic.validate(at)
	default:
		at("content", "must be full, sample or synthetic")
		return
	}
	if b.Content != "sample" && !b.Sample.isZero() {
		at("sample", "is given, but content is %s; write content: sample, or leave sample out", b.Content)
	}
	if b.Content != "synthetic" && !b.Synthetic.isZero() {
		at("synthetic", "is given, but content is %s; write content: synthetic, or leave synthetic out", b.Content)
	}
}

// validateServer looks at what only servers do.
func (b Bucket) validateServer(at func(field, format string, args ...any)) {
	for _, f := range []struct {
		name  string
		given bool
	}{{"encryption", b.Encryption != ""}, {"kms_key", b.KMSKey != ""}, {"owner", b.Owner != ""},
		{"tags", len(b.Tags) > 0}} {
		if f.given && strings.HasPrefix(b.URL, "file:") {
			at(f.name, "is given, but a folder has none; leave it out")
		}
	}
	if !slices.Contains([]string{"", "AES256", "aws:kms", "aws:kms:dsse"}, b.Encryption) {
		at("encryption", "must be AES256, aws:kms or aws:kms:dsse")
	}
	if b.KMSKey != "" && !strings.HasPrefix(b.Encryption, "aws:kms") {
		at("kms_key", "is given, but encryption is not aws:kms")
	}
	if b.Owner != "" && (len(b.Owner) != 12 || strings.Trim(b.Owner, "0123456789") != "") {
		at("owner", "must be an account's id, 12 digits")
	}
	if len(b.Tags) > maxTags {
		at("tags", "has more than %d tags, the most that S3 takes", maxTags)
	}
}

// maxTags is how many tags an object can have (Amazon S3 User Guide, Object tagging).
const maxTags = 10
