package s3sink

import (
	"context"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Entry is an object under the sink's prefix that need not belong to a run.
type Entry struct {
	Name string // the key without the prefix
	Size int64
	key  string
}

// Entries calls fn with every object under the prefix; if the URL names an object
// itself, with that one alone.
func (s *Sink) Entries(ctx context.Context, fn func(Entry) error) error {
	if key := strings.TrimSuffix(s.prefix, "/"); key != "" {
		out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
		if err == nil {
			return fn(Entry{Name: key[strings.LastIndexByte(key, '/')+1:], Size: aws.ToInt64(out.ContentLength),
				key: key})
		}
		if !notFound(err) {
			return s.fail(err, "HeadObject", key)
		}
	}
	return s.entries(ctx, s.prefix, fn)
}

// entries calls fn with every object whose key starts with prefix (a full key).
func (s *Sink) entries(ctx context.Context, prefix string, fn func(Entry) error) error {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.fail(err, "ListObjectsV2", prefix)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if strings.HasSuffix(key, "/") && aws.ToInt64(o.Size) == 0 {
				continue // a folder, as consoles make them
			}
			if err := fn(Entry{Name: strings.TrimPrefix(key, s.prefix), Size: aws.ToInt64(o.Size),
				key: key}); err != nil {
				return err
			}
		}
	}
	return nil
}

// OpenEntry opens an object. ctx bounds all reads. One that is gone is an error for
// which [Gone] holds.
func (s *Sink) OpenEntry(ctx context.Context, e Entry) (*Content, error) {
	c, err := s.open(ctx, e.key)
	if err == nil && c == nil {
		err = &Error{Bucket: s.bucket, Op: "GetObject", Key: e.key, Code: "NoSuchKey", Reason: "it is gone"}
	}
	return c, err
}

// PutEntry stores what write writes as an object under the prefix, while it is
// written. If write or the upload fails nothing is stored.
func (s *Sink) PutEntry(ctx context.Context, name string, write func(io.Writer) error) (Object, error) {
	r, w := io.Pipe()
	sum := &summer{w: w, max: s.maxObject}
	go func() { w.CloseWithError(write(sum)) }()
	key := s.prefix + name
	_, err := s.uploads.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &s.bucket, Key: &key, Body: r, ContentType: aws.String(contentType(name)),
	})
	if err != nil {
		err = s.fail(err, "PutObject", key)
		r.CloseWithError(err)
		return Object{}, err
	}
	return Object{Name: name, Size: sum.n, SHA256: sum.hex()}, nil
}

// RemoveEntry removes an object under the prefix; one that is not there is no error.
func (s *Sink) RemoveEntry(ctx context.Context, name string) error {
	return s.remove(ctx, s.prefix+name)
}
