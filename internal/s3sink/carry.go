package s3sink

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"refresher/internal/fault"
)

// maxCopy is the largest object that a server copies by itself (Amazon S3 API Reference,
// CopyObject).
const maxCopy = 5 << 30

// copier is a store that copies objects without sending their bytes to and fro.
type copier interface {
	copy(ctx context.Context, from, to string) error
}

// Carry takes an object of an earlier run over, as name. Verify reads it back like all others,
// and compares it with what the earlier manifest says of it; what differs is a *fault.Refusal that
// says how the object is made anew.
func (g *Staging) Carry(ctx context.Context, from *Published, o Object, name string) error {
	s := g.sink
	o.from = from.URL() + o.Name
	store, ok := s.store.(copier)
	if !ok || o.Size > maxCopy || from.sink.store != s.store {
		_, err := g.Put(ctx, name, func(w io.Writer) error {
			problem, err := from.compare(ctx, o, func(_ context.Context, _ Object, c *Content) error {
				_, err := io.Copy(w, c)
				return err
			})
			if problem != "" {
				refusal := fault.Refuse("read-back", "bucket %q does not hold what run %s wrote", s.name, from.id)
				refusal.Problems = []fault.Problem{o.differs(problem)}
				return refusal
			}
			return err
		})
		return err
	}
	if !goodName(name) || name == manifestName || name == signatureName || !g.claims.claim(name) {
		return fmt.Errorf("bucket %q: %q is not an object's name, or is put twice in run %s", s.bucket, name, g.id)
	}
	if err := store.copy(ctx, s.runKey(from.id, o.Name), s.runKey(g.id, name)); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.objects = append(g.objects, Object{Name: name, Size: o.Size, SHA256: o.SHA256, from: o.from})
	return nil
}

func (s *server) copy(ctx context.Context, from, to string) error {
	in := &s3.CopyObjectInput{Bucket: &s.bucket, Key: &to, CopySource: new(s.bucket + "/" + url.PathEscape(from))}
	if s.asked.Encryption != "" {
		in.ServerSideEncryption = types.ServerSideEncryption(s.asked.Encryption)
	}
	if s.asked.KMSKey != "" {
		in.SSEKMSKeyId = &s.asked.KMSKey
	}
	_, err := s.client.CopyObject(ctx, in)
	return s.fail(err, "CopyObject", to)
}

// Version tells this content of the object from another one: its ETag, as far as the store
// has such.
func (c *Content) Version() string { return c.version }
