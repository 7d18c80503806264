package s3sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
)

// server is a bucket on Amazon S3 or a server that is compatible with it: a [store].
type server struct {
	bucket    string
	prefix    string // below which this program's permissions are
	endpoint  string
	owner     string // account, empty: any
	region    string
	creds     aws.CredentialsProvider
	client    *s3.Client
	asked     Asked
	anonymous *s3.Client // the same without credentials
	uploads   *transfermanager.Client
}

func openServer(ctx context.Context, place Place, opts Options) (*server, error) {
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
		return nil, fmt.Errorf("bucket %q: reading the AWS configuration: %w", place.Bucket, err)
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
	if opts.Checksums == WhenRequired || opts.Checksums == "" && endpoint != "" {
		checksums = aws.RequestChecksumCalculationWhenRequired
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		if opts.Endpoint != "" {
			o.BaseEndpoint = &opts.Endpoint
		}
		o.UsePathStyle = opts.PathStyle
		o.RequestChecksumCalculation = checksums
		o.DisableLogOutputChecksumValidationSkipped = true
		if opts.Owner != "" {
			o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue("X-Amz-Expected-Bucket-Owner", opts.Owner))
		}
	})
	return &server{
		bucket: place.Bucket, prefix: place.Prefix, endpoint: endpoint, owner: opts.Owner, region: cfg.Region, creds: cfg.Credentials,
		client: client, asked: opts.Asked,
		anonymous: s3.New(client.Options(), func(o *s3.Options) { o.Credentials = aws.AnonymousCredentials{} }),
		uploads: transfermanager.New(client, func(o *transfermanager.Options) {
			o.PartSizeBytes = opts.PartBytes
			o.MultipartUploadThreshold = opts.PartBytes
			o.Concurrency = opts.Concurrency
			o.RequestChecksumCalculation = checksums
			o.FailTimeout = cleanUpTime // so that a cancelled run still aborts its upload
		}),
	}, nil
}

func (s *server) url() string { return "s3://" + s.bucket + "/" }

func (s *server) ready(ctx context.Context) error {
	if s.creds != nil {
		_, err := s.creds.Retrieve(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return &Error{Bucket: s.bucket, Op: "finding credentials",
		Reason: "the AWS SDK found none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run " +
			"with a role"}
}

func (s *server) put(ctx context.Context, key string, body []byte, ifMatch, ifNoneMatch string) error {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(body),
		ContentType: aws.String(contentType(key))}
	if ifMatch != "" {
		in.IfMatch = &ifMatch
	}
	if ifNoneMatch != "" {
		in.IfNoneMatch = &ifNoneMatch
	}
	if path.Base(key) == latestName {
		in.CacheControl = aws.String("no-cache")
	}
	_, err := s.client.PutObject(ctx, s.asked.put(in))
	return s.fail(err, "PutObject", key)
}

func (s *server) upload(ctx context.Context, key string, body io.Reader) error {
	_, err := s.uploads.UploadObject(ctx, s.asked.upload(&transfermanager.UploadObjectInput{
		Bucket: &s.bucket, Key: &key, Body: body, ContentType: aws.String(contentType(key)),
	}))
	return s.fail(err, "PutObject", key)
}

func (s *server) get(ctx context.Context, key string) (io.ReadCloser, string, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return nil, "", s.fail(err, "GetObject", key)
	}
	return &answered{out.Body, s, key}, aws.ToString(out.ETag), nil
}

// answered is the body of an answer.
type answered struct {
	io.ReadCloser
	of  *server
	key string
}

func (a *answered) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = a.of.fail(err, "GetObject", a.key)
	}
	return n, err
}

func (s *server) head(ctx context.Context, key string) (size int64, version string, ok bool, err error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	err = s.fail(err, "HeadObject", key)
	if notFound(err) {
		return 0, "", false, nil
	}
	if err != nil {
		return 0, "", false, err
	}
	return aws.ToInt64(out.ContentLength), aws.ToString(out.ETag), true, nil
}

// headers are the metadata of whoever put an object there, and the headers that are theirs, too.
func (s *server) headers(ctx context.Context, key string) (string, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return "", s.fail(err, "HeadObject", key)
	}
	var lines []string
	for k, v := range out.Metadata {
		lines = append(lines, k+": "+v)
	}
	slices.Sort(lines)
	for _, v := range []*string{out.ContentDisposition, out.ContentLanguage, out.ContentEncoding, out.ContentType,
		out.CacheControl, out.WebsiteRedirectLocation} {
		if v != nil {
			lines = append(lines, *v)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// read leaves out the SDK's own comparison with the server's checksum: a flipped byte is
// found by our hash, and reported as such.
func (s *server) read(ctx context.Context, key, version string, from, n int64) (io.ReadCloser, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key, Range: aws.String(fmt.Sprintf("bytes=%d-", from))}
	if n >= 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", from, from+n-1))
	}
	if version != "" {
		in.IfMatch = &version
	}
	out, err := s.client.GetObject(ctx, in,
		func(o *s3.Options) { o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired })
	if err != nil {
		return nil, s.fail(err, "GetObject", key)
	}
	return &answered{out.Body, s, key}, nil
}

func (s *server) list(ctx context.Context, prefix string, fn func(key string, size int64) error) error {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.fail(err, "ListObjectsV2", prefix)
		}
		for _, o := range page.Contents {
			if err := fn(aws.ToString(o.Key), aws.ToInt64(o.Size)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *server) folders(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix,
		Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, "ListObjectsV2", prefix)
		}
		for _, p := range page.CommonPrefixes {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(aws.ToString(p.Prefix), prefix), "/"))
		}
	}
	return names, nil
}

func (s *server) remove(ctx context.Context, key string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	if err = s.fail(err, "DeleteObject", key); notFound(err) {
		return nil
	}
	return err
}

// deletes is how many DeleteObject calls run at once. The batch call is not used:
// servers differ in the checksum they want for it.
const deletes = 8

func (s *server) clear(ctx context.Context, prefix string) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(deletes)
	err := s.list(ctx, prefix, func(key string, _ int64) error {
		group.Go(func() error { return s.remove(gctx, key) })
		return gctx.Err()
	})
	if werr := group.Wait(); werr != nil {
		return werr
	}
	return err
}

func (s *server) begin(ctx context.Context, key string) (func(context.Context), error) {
	up, err := s.client.CreateMultipartUpload(ctx,
		s.asked.begin(&s3.CreateMultipartUploadInput{Bucket: &s.bucket, Key: &key}))
	if err != nil {
		return nil, s.fail(err, "CreateMultipartUpload", key)
	}
	return func(ctx context.Context) { // after an error, which is the one that matters
		_, _ = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &key,
			UploadId: up.UploadId})
	}, nil
}

func (s *server) abort(ctx context.Context, prefix string, dead func(key string) bool) ([]string, error) {
	type upload struct{ key, id string }
	var found []upload
	in := &s3.ListMultipartUploadsInput{Bucket: &s.bucket}
	if s.endpoint == "" {
		in.Prefix = &prefix // MinIO takes it for the whole key, and lists nothing
	}
	pages := s3.NewListMultipartUploadsPaginator(s.client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err = s.fail(err, "ListMultipartUploads", prefix); code(err) == "NoSuchUpload" {
			break // gofakes3 says so where no upload ever was
		}
		if err != nil {
			return nil, err
		}
		for _, u := range page.Uploads {
			if key := aws.ToString(u.Key); strings.HasPrefix(key, prefix) && dead(key) {
				found = append(found, upload{key, aws.ToString(u.UploadId)})
			}
		}
	}
	var keys []string
	for _, u := range found {
		_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &u.key,
			UploadId: &u.id})
		if err = s.fail(err, "AbortMultipartUpload", u.key); err != nil && !notFound(err) {
			return keys, err
		}
		keys = append(keys, u.key)
	}
	return keys, nil
}
