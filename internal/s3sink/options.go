package s3sink

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"refresher/internal/fault"
)

// Options of a sink.
type Options struct {
	// the bucket's name in the configuration: the subject that a pass.Pass must be for
	Name        string
	URL         string                  // s3://bucket/prefix, of which the prefix may be empty, or file:///folder
	Endpoint    string                  // http(s)://host[:port] of the server; empty: Amazon S3
	Region      string                  // empty: from the environment; us-east-1 if an Endpoint is given
	PathStyle   bool                    // bucket in the path, not in the host name
	Credentials aws.CredentialsProvider // nil: the SDK's own chain (environment, profile, web identity, instance)
	// of a multipart upload, at most 10,000 parts an object; default 8 MiB, at least 5 MiB
	PartBytes   int64
	Concurrency int    // parts of one Put in flight; default 2
	Checksums   string // WhenSupported or WhenRequired; empty: WhenRequired if an Endpoint is given
	Owner       string // id of the account that must own the bucket; empty: any
	Asked
	Stall time.Duration // longest silence of a server that a request is under way to; 0: DefaultStall
}

// When requests have the SDK's checksums (CRC32 in a trailer), which some servers don't know.
const (
	WhenSupported = "when_supported"
	WhenRequired  = "when_required"
)

const minPart = 5 << 20

// bucketName follows the rules of general purpose buckets (Amazon S3 User Guide,
// "General purpose bucket naming rules"), with the underscores and capitals that
// old buckets and other servers have.
var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)

// Place is what a bucket's URL names.
type Place struct {
	Folder bool   // file:///folder: keys are below this machine's root
	Bucket string // of an S3 server
	Prefix string // with a slash at its end, or empty
}

// ParseURL reads s3://bucket/prefix or file:///folder. A bad URL is a *fault.Input.
func ParseURL(s string) (Place, error) {
	if rest, ok := strings.CutPrefix(s, "file:"); ok {
		return parseFolder(rest, s)
	}
	rest, ok := strings.CutPrefix(s, "s3://")
	if !ok {
		return Place{}, fault.BadInput("bucket URL %q: write it as s3://bucket/prefix or file:///folder", redactURL(s))
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(bucket, "@"):
		return Place{}, fault.BadInput("a bucket URL must not hold credentials; give them to the AWS SDK " +
			"(environment, profile or role)")
	case !bucketName.MatchString(bucket):
		return Place{}, fault.BadInput("bucket URL %q: %q is not a bucket name", s, bucket)
	case strings.ContainsAny(prefix, "?#\\"):
		return Place{}, fault.BadInput("bucket URL %q: the prefix must be plain path segments", s)
	}
	prefix, err := segments(prefix, s)
	return Place{Bucket: bucket, Prefix: prefix}, err
}

// parseFolder reads what follows file:, an absolute path in which %XX stands for a byte.
func parseFolder(rest, s string) (Place, error) {
	rest, ok := strings.CutPrefix(rest, "///")
	p, err := url.PathUnescape(rest)
	if !ok || err != nil || strings.Trim(p, "/") == "" || strings.ContainsAny(rest, "?#") {
		return Place{}, fault.BadInput("bucket URL %q: a folder is written with its whole path, as "+
			"file:///srv/datasets", s)
	}
	prefix, err := segments(p, s)
	return Place{Folder: true, Prefix: prefix}, err
}

// segments is a prefix with a slash at its end.
func segments(prefix, url string) (string, error) {
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return "", nil
	}
	plain := !strings.ContainsFunc(prefix, func(r rune) bool { return r < ' ' || r == 0x7f })
	for seg := range strings.SplitSeq(prefix, "/") {
		plain = plain && seg != "" && seg != "." && seg != ".."
	}
	if !plain {
		return "", fault.BadInput("bucket URL %q: the prefix must be plain path segments", url)
	}
	return prefix + "/", nil
}

// redactURL keeps the scheme and host of something that is no bucket URL.
func redactURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" {
		if strings.ContainsAny(s, "@") {
			return "…"
		}
		return s
	}
	return u.Scheme + "://" + u.Host + "/…"
}

func (o *Options) check() error {
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			return fault.BadInput("bucket %q: the S3 endpoint must be http://host[:port] or https://host[:port]",
				o.Name)
		case u.User != nil:
			return fault.BadInput("bucket %q: the S3 endpoint must not hold credentials; give them to the AWS SDK "+
				"(environment, profile or role)", o.Name)
		}
		if o.Region == "" {
			o.Region = "us-east-1"
		}
	}
	if o.Checksums != "" && o.Checksums != WhenSupported && o.Checksums != WhenRequired {
		return fault.BadInput("bucket %q: checksums must be %s or %s", o.Name, WhenSupported, WhenRequired)
	}
	if err := o.Asked.check(o.Name); err != nil {
		return err
	}
	if o.PartBytes == 0 {
		o.PartBytes = 8 << 20
	}
	if o.PartBytes < minPart {
		return fault.BadInput("bucket %q: the part size is %d bytes; S3 wants at least 5 MiB", o.Name, o.PartBytes)
	}
	if o.Concurrency < 1 {
		o.Concurrency = 2
	}
	if o.Stall <= 0 {
		o.Stall = DefaultStall
	}
	return nil
}
