package s3sink

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"
)

// deletes is how many DeleteObject calls run at once. The batch call is not used:
// servers differ in the checksum they want for it.
const deletes = 8

// list calls fn with every key that starts with prefix (a full key).
func (s *Sink) list(ctx context.Context, prefix string, fn func(key string) error) error {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.fail(err, "ListObjectsV2", prefix)
		}
		for _, o := range page.Contents {
			if err := fn(aws.ToString(o.Key)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Sink) remove(ctx context.Context, key string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	if notFound(err) {
		return nil
	}
	return s.fail(err, "DeleteObject", key)
}

// removeAll deletes every object whose key starts with prefix, first before the rest.
func (s *Sink) removeAll(ctx context.Context, prefix, first string) error {
	if err := s.remove(ctx, first); err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(deletes)
	err := s.list(ctx, prefix, func(key string) error {
		group.Go(func() error { return s.remove(gctx, key) })
		return gctx.Err()
	})
	if werr := group.Wait(); werr != nil {
		return werr
	}
	return err
}

// abortUploads aborts the unfinished multipart uploads to keys that start with
// prefix and that dead accepts, and returns their keys.
func (s *Sink) abortUploads(ctx context.Context, prefix string, dead func(key string) bool) ([]string, error) {
	type upload struct{ key, id string }
	var found []upload
	pages := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &s.bucket,
		Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if code(err) == "NoSuchUpload" { // gofakes3 says so where no upload ever was
			break
		}
		if err != nil {
			return nil, s.fail(err, "ListMultipartUploads", prefix)
		}
		for _, u := range page.Uploads {
			if key := aws.ToString(u.Key); dead(key) {
				found = append(found, upload{key, aws.ToString(u.UploadId)})
			}
		}
	}
	var keys []string
	for _, u := range found {
		_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &u.key,
			UploadId: &u.id})
		if err != nil && !notFound(err) {
			return keys, s.fail(err, "AbortMultipartUpload", u.key)
		}
		keys = append(keys, u.key)
	}
	return keys, nil
}

// names is a set that several goroutines fill.
type names struct {
	mu  sync.Mutex
	set map[string]bool
}

// claim reports whether name is new, and takes it.
func (n *names) claim(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.set[name] {
		return false
	}
	if n.set == nil {
		n.set = map[string]bool{}
	}
	n.set[name] = true
	return true
}
