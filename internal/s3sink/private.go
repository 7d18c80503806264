package s3sink

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"refresher/internal/config/host"
	"refresher/internal/fault"
)

// Private refuses a bucket that the public may read or write, a *fault.Refusal: an object
// of its own is asked for without credentials, and the bucket's policy and grants are
// looked at. What the server does not say is unknown: a sentence for each question.
func (s *Sink) Private(ctx context.Context) (unknown []string, err error) {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	key := s.prefix + probePrefix + hex.EncodeToString(id[:])
	if err := s.store.put(ctx, key, []byte("who may read this?\n"), "", ""); err != nil {
		return nil, err
	}
	why, unknown, err := s.store.public(ctx, key)
	c, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	if rerr := s.store.remove(c, key); err == nil {
		err = rerr
	}
	if err == nil && why != "" {
		err = fault.Refuse("public", "bucket %q is public: %s; take that away (block public access)", s.name, why)
	}
	return unknown, err
}

// Local reports whether objects are kept on this machine, in a folder or by a server that only
// this machine reaches: there the public gets at nothing.
func (s *Sink) Local() bool {
	remote, ok := s.store.(*server)
	if !ok {
		return true
	}
	u, err := url.Parse(aws.ToString(remote.anonymous.Options().BaseEndpoint))
	return err == nil && host.Loopback(u.Hostname())
}

// public: the folder's mode is looked at with each write.
func (f *folder) public(context.Context, string) (why string, unknown []string, err error) {
	return "", nil, nil
}

func (s *server) public(ctx context.Context, key string) (why string, unknown []string, err error) {
	out, err := s.anonymous.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err == nil {
		_ = out.Body.Close() // that it is there says enough
		return "an object was read without credentials", nil, nil
	}
	if ctx.Err() != nil {
		return "", nil, s.fail(err, "GetObject", key)
	}
	if sdkStatus(err) < 400 || sdkStatus(err) >= 500 {
		unknown = append(unknown, s.unanswered("GetObject without credentials", err))
	}
	for _, ask := range []func(context.Context) (string, string){s.policyStatus, s.grants} {
		why, silent := ask(ctx)
		if ctx.Err() != nil {
			return "", nil, ctx.Err()
		}
		if why != "" && s.blocked(ctx) {
			why = ""
		}
		if why != "" {
			return why, nil, nil
		}
		if silent != "" {
			unknown = append(unknown, silent)
		}
	}
	return "", unknown, nil
}

// blocked reports that S3 Block Public Access makes policies and grants for the public void.
func (s *server) blocked(ctx context.Context) bool {
	out, err := s.client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &s.bucket})
	if err != nil || out.PublicAccessBlockConfiguration == nil {
		return false
	}
	c := out.PublicAccessBlockConfiguration
	return aws.ToBool(c.RestrictPublicBuckets) && aws.ToBool(c.IgnorePublicAcls)
}

func (s *server) policyStatus(ctx context.Context) (why, unknown string) {
	const op = "GetBucketPolicyStatus"
	out, err := s.client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: &s.bucket})
	switch {
	case sdkCode(err) == "NoSuchBucketPolicy":
		return "", ""
	case err != nil:
		return "", s.unanswered(op, err)
	case out.PolicyStatus == nil || out.PolicyStatus.IsPublic == nil:
		return "", s.unanswered(op, errNoAnswer)
	case *out.PolicyStatus.IsPublic:
		return "its policy lets everybody in", ""
	}
	return "", ""
}

// The groups of Amazon S3 that mean everybody (User Guide, Access control list overview).
const groups = "http://acs.amazonaws.com/groups/global/"

func (s *server) grants(ctx context.Context) (why, unknown string) {
	const op = "GetBucketAcl"
	out, err := s.client.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: &s.bucket})
	if err != nil {
		return "", s.unanswered(op, err)
	}
	if out.Owner == nil && len(out.Grants) == 0 {
		return "", s.unanswered(op, errNoAnswer)
	}
	for _, g := range out.Grants {
		if g.Grantee == nil {
			continue
		}
		if group, ok := strings.CutPrefix(aws.ToString(g.Grantee.URI), groups); ok &&
			(group == "AllUsers" || group == "AuthenticatedUsers") {
			return fmt.Sprintf("it grants %s to %s", g.Permission, group), ""
		}
	}
	return "", ""
}

var errNoAnswer = errors.New("something else")

// unanswered is a question that the server did not answer.
func (s *server) unanswered(op string, err error) string {
	answer := err.Error()
	if status := sdkStatus(err); status != 0 {
		answer = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", status, sdkCode(err)))
	} else if !errors.Is(err, errNoAnswer) {
		answer = transport(err)
	}
	return fmt.Sprintf("the server answered %s with %s", op, answer)
}
