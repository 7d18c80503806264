package s3sink

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	managed "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"refresher/internal/fault"
)

// Asked is what the server is asked to do with each object.
type Asked struct {
	Encryption string            // AES256 (SSE-S3), aws:kms, aws:kms:dsse; empty: as the bucket's default says
	KMSKey     string            // with aws:kms and aws:kms:dsse: the key's id, ARN or alias; empty: Amazon's own
	Tags       map[string]string // of each object
}

func (a Asked) check(bucket string) error {
	switch a.Encryption {
	case "", "AES256", "aws:kms", "aws:kms:dsse":
	default:
		return fault.BadInput("bucket %q: the encryption must be AES256, aws:kms or aws:kms:dsse", bucket)
	}
	if a.KMSKey != "" && !strings.HasPrefix(a.Encryption, "aws:kms") {
		return fault.BadInput("bucket %q: a KMS key is named, but the encryption is not aws:kms", bucket)
	}
	return nil
}

// tagging are the tags as S3 wants them, empty if there are none.
func (a Asked) tagging() *string {
	if len(a.Tags) == 0 {
		return nil
	}
	v := url.Values{}
	for name, value := range a.Tags {
		v.Set(name, value)
	}
	return aws.String(strings.ReplaceAll(v.Encode(), "+", "%20"))
}

func (a Asked) key() *string {
	if a.KMSKey == "" {
		return nil
	}
	return &a.KMSKey
}

func (a Asked) put(in *s3.PutObjectInput) *s3.PutObjectInput {
	in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryption(a.Encryption), a.key()
	in.Tagging = a.tagging()
	return in
}

func (a Asked) upload(in *transfermanager.UploadObjectInput) *transfermanager.UploadObjectInput {
	in.ServerSideEncryption, in.SSEKMSKeyID = managed.ServerSideEncryption(a.Encryption), a.key()
	in.Tagging = a.tagging()
	return in
}

func (a Asked) begin(in *s3.CreateMultipartUploadInput) *s3.CreateMultipartUploadInput {
	in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryption(a.Encryption), a.key()
	in.Tagging = a.tagging()
	return in
}

// asAsked finds out whether the server did with an object what it was asked to: some
// ignore what they don't know.
func (s *server) asAsked(ctx context.Context, key string) error {
	if s.asked.Encryption != "" {
		out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
		if err != nil {
			return s.fail(err, "HeadObject", key)
		}
		if got := string(out.ServerSideEncryption); got != s.asked.Encryption {
			return &Error{Bucket: s.bucket, Op: "HeadObject", Key: key, Reason: fmt.Sprintf(
				"the object should be encrypted with %s, and the server says %q; use a server that encrypts, or leave "+
					"`encryption` out", s.asked.Encryption, got)}
		}
	}
	if len(s.asked.Tags) == 0 {
		return nil
	}
	out, err := s.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return s.fail(err, "GetObjectTagging", key)
	}
	for name, value := range s.asked.Tags {
		if !slices.ContainsFunc(out.TagSet, func(t types.Tag) bool {
			return aws.ToString(t.Key) == name && aws.ToString(t.Value) == value
		}) {
			return &Error{Bucket: s.bucket, Op: "GetObjectTagging", Key: key, Reason: fmt.Sprintf(
				"the object should have the tag %q, and the server says that it doesn't; leave `tags` out", name)}
		}
	}
	return nil
}

func (f *folder) asAsked(context.Context, string) error { return nil }
