package s3sink

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"refresher/internal/fault"
)

// Sink is one bucket prefix. It is safe for concurrent use.
type Sink struct {
	name     string
	bucket   string
	prefix   string // empty, or with a slash at its end
	endpoint string
	region   string
	creds    aws.CredentialsProvider
	client   *s3.Client
	uploads  *transfermanager.Client

	maxObject int64 // bytes of the largest object that can be put
}

// Open prepares a sink; it does not talk to the server. A bad URL or option is a
// *fault.Input.
func Open(ctx context.Context, opts Options) (*Sink, error) {
	bucket, prefix, err := ParseURL(opts.URL)
	if err != nil {
		return nil, err
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	load := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{}),
		config.WithHTTPClient(httpClient(opts.Stall))}
	if opts.Region != "" {
		load = append(load, config.WithRegion(opts.Region))
	}
	if opts.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(opts.Credentials))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("bucket %q: reading the AWS configuration: %w", bucket, err)
	}
	if cfg.RetryMaxAttempts == 0 {
		cfg.RetryMaxAttempts = attempts
	}
	endpoint := opts.Endpoint
	if endpoint == "" && cfg.BaseEndpoint != nil {
		endpoint = *cfg.BaseEndpoint
	}
	if cfg.Region == "" {
		if endpoint == "" {
			return nil, fault.BadInput("bucket %q: no AWS region is set; set AWS_REGION or `s3: {region: …}`",
				opts.Name)
		}
		cfg.Region = "us-east-1"
	}
	checksums := aws.RequestChecksumCalculationWhenSupported
	if endpoint != "" {
		checksums = aws.RequestChecksumCalculationWhenRequired
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		if opts.Endpoint != "" {
			o.BaseEndpoint = &opts.Endpoint
		}
		o.UsePathStyle = opts.PathStyle
		o.RequestChecksumCalculation = checksums
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	return &Sink{
		name: opts.Name, bucket: bucket, prefix: prefix, endpoint: endpoint, region: cfg.Region,
		creds: cfg.Credentials, client: client, maxObject: maxParts * opts.PartBytes,
		uploads: transfermanager.New(client, func(o *transfermanager.Options) {
			o.PartSizeBytes = opts.PartBytes
			o.MultipartUploadThreshold = opts.PartBytes
			o.Concurrency = opts.Concurrency
			o.RequestChecksumCalculation = checksums
			o.FailTimeout = cleanUpTime // so that a cancelled run still aborts its upload
		}),
	}, nil
}

// maxParts is of how many parts S3 makes an object at most (Amazon S3 User Guide, Multipart
// upload limits).
const maxParts = 10_000

// cleanUpTime is how long cleaning up may go on after a run was cancelled.
const cleanUpTime = time.Minute

// Name is the bucket's name in the configuration.
func (s *Sink) Name() string { return s.name }

// URL is where the sink writes, e.g. s3://bucket/prefix.
func (s *Sink) URL() string { return "s3://" + s.bucket + "/" + s.prefix }

const (
	latestName   = "latest.json"
	runsPrefix   = "runs/"
	manifestName = "manifest.json"
	probePrefix  = runsPrefix + ".probe-"
)

func (s *Sink) runKey(run, name string) string { return s.prefix + runsPrefix + run + "/" + name }

// put writes a small object under conditions; both may be empty.
func (s *Sink) put(ctx context.Context, key string, body []byte, ifMatch, ifNoneMatch string) error {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(body),
		ContentType: aws.String(contentType(key))}
	if ifMatch != "" {
		in.IfMatch = &ifMatch
	}
	if ifNoneMatch != "" {
		in.IfNoneMatch = &ifNoneMatch
	}
	if key == s.prefix+latestName {
		in.CacheControl = aws.String("no-cache")
	}
	_, err := s.client.PutObject(ctx, in)
	return err
}

// getTries is how often an object is read whose bytes don't come whole.
const getTries = 4

// get reads a small object. missing is true, without an error, if it does not
// exist. A server may answer with the bytes of one version and the checksum of
// the next while the object is being replaced: then it is read again.
func (s *Sink) get(ctx context.Context, key string, limit int64) (body []byte, etag string, missing bool, err error) {
	for range getTries {
		body, etag, missing, err = s.getOnce(ctx, key, limit)
		var e *Error
		if err == nil || ctx.Err() != nil || !errors.As(err, &e) || !e.torn {
			break
		}
	}
	return body, etag, missing, err
}

// Get reads a small object, such as a report, by its name below the prefix; ok is
// false if there is none.
func (s *Sink) Get(ctx context.Context, name string) (body []byte, ok bool, err error) {
	body, _, missing, err := s.get(ctx, s.prefix+name, maxManifest)
	return body, err == nil && !missing, err
}

func (s *Sink) getOnce(ctx context.Context, key string, limit int64) (body []byte, etag string, missing bool,
	err error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if notFound(err) {
		return nil, "", true, nil
	}
	if err != nil {
		return nil, "", false, s.fail(err, "GetObject", key)
	}
	defer out.Body.Close()
	body, err = io.ReadAll(io.LimitReader(out.Body, limit+1))
	if err = s.fail(err, "GetObject", key); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.torn = true
		}
		return nil, "", false, err
	}
	if int64(len(body)) > limit {
		return nil, "", false, &Error{Bucket: s.bucket, Op: "GetObject", Key: key,
			Reason: "it is far larger than anything that refresher writes there"}
	}
	return body, aws.ToString(out.ETag), false, nil
}

// Probe checks credentials, bucket, permissions and conditional writes by writing
// and removing a small object and a multipart upload of its own. It is meant to be
// called before any work is done.
func (s *Sink) Probe(ctx context.Context) error {
	if s.creds == nil {
		return s.noCredentials()
	}
	if _, err := s.creds.Retrieve(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return s.noCredentials()
	}
	for try := 1; ; try++ {
		var id [8]byte
		_, _ = rand.Read(id[:]) // never fails
		key := s.prefix + probePrefix + hex.EncodeToString(id[:])
		err := s.probe(ctx, key)
		var e *Error
		if err == nil || !errors.As(err, &e) || !e.odd || try == probes {
			return err
		}
	}
}

// probes is how often a server may behave oddly before it is believed: another run's
// Sweep takes probes away, and then conditions hold that should not.
const probes = 3

// probe probes under one key.
func (s *Sink) probe(ctx context.Context, key string) error {
	body := []byte("refresher writes and removes this object to see that it can\n")
	if err := s.put(ctx, key, body, "", "*"); err != nil {
		return s.fail(err, "PutObject", key)
	}
	if err := s.probeObject(ctx, key, body); err != nil {
		c, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		_ = s.remove(c, key) // the first error is the one that matters
		return err
	}
	if err := s.remove(ctx, key); err != nil {
		return err
	}
	return s.probeUpload(ctx, key)
}

func (s *Sink) noCredentials() error {
	return &Error{Bucket: s.bucket, Op: "finding credentials",
		Reason: "the AWS SDK found none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run " +
			"with a role"}
}

func (s *Sink) probeObject(ctx context.Context, key string, body []byte) error {
	for _, c := range []struct{ header, ifMatch, ifNoneMatch string }{
		{"If-None-Match", "", "*"},
		{"If-Match", `"00000000000000000000000000000000"`, ""},
	} {
		err := s.put(ctx, key, body, c.ifMatch, c.ifNoneMatch)
		if err == nil {
			return &Error{odd: true, Bucket: s.bucket, Op: "PutObject", Key: key, Reason: "the server ignores " +
				c.header +
				"; conditional writes are needed so that two runs can't overwrite each other's latest.json: use a " +
				"server that has them"}
		}
		if !conditionFailed(err) {
			return s.fail(err, "PutObject", key)
		}
	}
	got, _, missing, err := s.get(ctx, key, 1<<10)
	if err != nil {
		return err
	}
	if missing || !bytes.Equal(got, body) {
		return &Error{odd: true, Bucket: s.bucket, Op: "GetObject", Key: key,
			Reason: "the server does not give back what was just written"}
	}
	found := false
	err = s.list(ctx, key, func(k string) error {
		found = found || k == key
		return nil
	})
	if err == nil && !found {
		err = &Error{odd: true, Bucket: s.bucket, Op: "ListObjectsV2", Key: key,
			Reason: "the server does not list what was just written"}
	}
	return err
}

func (s *Sink) probeUpload(ctx context.Context, key string) error {
	up, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return s.fail(err, "CreateMultipartUpload", key)
	}
	_, err = s.abortUploads(ctx, key, func(string) bool { return true })
	if err != nil {
		_, _ = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &key,
			UploadId: up.UploadId})
	}
	return err
}
