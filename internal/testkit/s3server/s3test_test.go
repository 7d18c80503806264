package s3server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"refresher/internal/testkit/s3server"
)

const bucket = "bucket"

// each runs a test against every kind of server, in a bucket of its own.
func each(t *testing.T, f func(*testing.T, *s3.Client, *s3server.Server)) {
	for _, k := range s3server.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			s := s3server.New(t, k)
			if err := s.CreateBucket(t.Context(), bucket); err != nil {
				t.Fatal(err)
			}
			f(t, s.Client(), s)
		})
	}
}

func TestPutGetListDelete(t *testing.T) {
	each(t, func(t *testing.T, c *s3.Client, _ *s3server.Server) {
		keys := []string{
			"p/latest.json",
			`p/runs/1/tables/Odd Schema.Order "Book"/part-00000.parquet`,
			"p/runs/1/manifest.json",
		}
		for i, k := range keys {
			body := bytes.Repeat([]byte{byte(i), 'x'}, 100_000*i)
			if _, err := put(t, c, k, body); err != nil {
				t.Fatal(err)
			}
			if got := get(t, c, k); !bytes.Equal(got, body) {
				t.Errorf("%s: %d bytes came back, want %d", k, len(got), len(body))
			}
		}
		if got := list(t, c, "p/runs/"); !slices.Equal(got, []string{keys[2], keys[1]}) {
			t.Errorf("listed %q", got)
		}
		part, err := c.GetObject(t.Context(),
			&s3.GetObjectInput{Bucket: aws.String(bucket), Key: &keys[1], Range: aws.String("bytes=10-13")})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(part.Body); err != nil || string(b) != "\x01x\x01x" {
			t.Errorf("range read gave %q, %v", b, err)
		}
		if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: &keys[0]}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &keys[0]}); status(
			err) != http.StatusNotFound {
			t.Errorf("a deleted object gives %v", err)
		}
	})
}

func TestConditionalPut(t *testing.T) {
	each(t, func(t *testing.T, c *s3.Client, _ *s3server.Server) {
		none := func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }
		first, err := put(t, c, "latest", []byte("1"), none)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := put(t, c, "latest", []byte("2"), none); status(err) != http.StatusPreconditionFailed {
			t.Errorf("If-None-Match: * on an existing object gives %v", err)
		}
		match := func(etag *string) func(in *s3.PutObjectInput) {
			return func(in *s3.PutObjectInput) { in.IfMatch = etag }
		}
		if _, err := put(t, c, "latest", []byte("3"), match(first.ETag)); err != nil {
			t.Errorf("If-Match of the current ETag gives %v", err)
		}
		if _, err := put(t, c, "latest", []byte("4"), match(first.ETag)); status(err) != http.StatusPreconditionFailed {
			t.Errorf("If-Match of a past ETag gives %v", err)
		}
		if _, err := put(t, c, "absent", []byte("5"), match(first.ETag)); status(err) != http.StatusNotFound {
			t.Errorf("If-Match on no object gives %v", err)
		}
		if got := get(t, c, "latest"); string(got) != "3" {
			t.Errorf("the object holds %q, want 3", got)
		}
	})
}

func TestRacingConditionalPutsHaveOneWinner(t *testing.T) {
	each(t, func(t *testing.T, c *s3.Client, _ *s3server.Server) {
		for round := range 10 {
			key := fmt.Sprint("race-", round)
			var wg sync.WaitGroup
			errs := make([]error, 8)
			for i := range errs {
				wg.Go(func() {
					_, errs[i] = put(t, c, key, []byte{byte('0' + i)},
						func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") })
				})
			}
			wg.Wait()
			winner := slices.Index(errs, nil)
			for i, err := range errs {
				if i != winner && status(err) != http.StatusPreconditionFailed && status(err) != http.StatusConflict {
					t.Fatalf("writer %d of key %s, with winner %d: %v", i, key, winner, err)
				}
			}
			if got := get(t, c, key); winner < 0 || string(got) != string(rune('0'+winner)) {
				t.Fatalf("the object is of writer %s, but %d was told so", got, winner)
			}
		}
	})
}

func TestMultipart(t *testing.T) {
	each(t, func(t *testing.T, c *s3.Client, _ *s3server.Server) {
		parts := [][]byte{bytes.Repeat([]byte("ab"), 3<<20), bytes.Repeat([]byte("c"), 5<<20), []byte("end")}
		id, done := upload(t, c, "big", parts)
		if got := list(t, c, ""); len(got) != 0 {
			t.Errorf("an unfinished upload is listed: %q", got)
		}
		in := &s3.CompleteMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("big"), UploadId: id,
			IfNoneMatch: aws.String("*"), MultipartUpload: &types.CompletedMultipartUpload{Parts: done}}
		if _, err := c.CompleteMultipartUpload(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if got := get(t, c, "big"); !bytes.Equal(got, bytes.Join(parts, nil)) {
			t.Errorf("%d bytes came back, not what was sent", len(got))
		}
		in.UploadId, in.MultipartUpload.Parts = upload(t, c, "big", parts[2:])
		if _, err := c.CompleteMultipartUpload(t.Context(), in); status(err) != http.StatusPreconditionFailed {
			t.Errorf("completing onto an existing object with If-None-Match: * gives %v", err)
		}
		id, _ = upload(t, c, "dropped", parts[2:])
		if _, err := c.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("dropped"), UploadId: id}); err != nil {
			t.Fatal(err)
		}
		ups, err := c.ListMultipartUploads(t.Context(),
			&s3.ListMultipartUploadsInput{Bucket: aws.String(bucket), Prefix: aws.String("dropped")})
		if err != nil || len(ups.Uploads) != 0 {
			t.Errorf("after an abort: %d uploads, %v", len(ups.Uploads), err)
		}
	})
}

func TestChecksumsAreKept(t *testing.T) {
	each(t, func(t *testing.T, c *s3.Client, _ *s3server.Server) {
		wrong := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
		_, err := put(t, c, "bad", []byte("x"), func(in *s3.PutObjectInput) { in.ChecksumSHA256 = &wrong })
		if err == nil {
			t.Error("a wrong SHA-256 was accepted")
		}
		out, err := put(t, c, "good", []byte("x"),
			func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 })
		if err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{
			Bucket:       aws.String(bucket),
			Key:          aws.String("good"),
			ChecksumMode: types.ChecksumModeEnabled,
		})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte("x"))
		want := base64.StdEncoding.EncodeToString(sum[:])
		if aws.ToString(out.ChecksumSHA256) != want || aws.ToString(head.ChecksumSHA256) != want {
			t.Errorf("put says %s, head says %s, want %s", aws.ToString(out.ChecksumSHA256),
				aws.ToString(head.ChecksumSHA256), want)
		}
	})
}

func TestWrongKeyIsRefused(t *testing.T) {
	each(t, func(t *testing.T, c *s3.Client, s *s3server.Server) {
		forged := (&s3server.Server{Endpoint: s.Endpoint, AccessKey: s.AccessKey, SecretKey: "wrong"}).Client()
		if _, err := put(t, forged, "k", []byte("x")); status(err) != http.StatusForbidden {
			t.Errorf("a wrong secret key gives %v", err)
		}
		if _, err := c.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("absent")}); status(
			err) != http.StatusNotFound {
			t.Errorf("an absent bucket gives %v", err)
		}
	})
}

func TestStopEndsTheServer(t *testing.T) {
	for _, k := range s3server.Kinds() {
		s, err := k.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Stop()
		s.Stop()
		if _, err := http.Get(s.Endpoint); err == nil {
			t.Errorf("%s answers after Stop", k.Name)
		}
		if out, err := exec.Command("ps", "-eo", "args=").Output(); err == nil &&
			strings.Contains(string(out), "--port "+strings.TrimPrefix(s.Endpoint, "http://")) {
			t.Errorf("%s runs on", k.Name)
		}
	}
}

func TestVersityMissing(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PATH", t.TempDir())
	if _, err := s3server.Versity(t.Context()); err == nil || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("error %v doesn't say what to do", err)
	}
	t.Setenv(s3server.Env, os.DevNull)
	if _, err := s3server.Versity(t.Context()); err == nil || !strings.Contains(err.Error(), s3server.Env) {
		t.Errorf("error %v doesn't name the variable", err)
	}
}

func put(t *testing.T, c *s3.Client, key string, body []byte,
	opts ...func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
	in := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader(body)}
	for _, o := range opts {
		o(in)
	}
	return c.PutObject(t.Context(), in)
}

func get(t *testing.T, c *s3.Client, key string) []byte {
	t.Helper()
	out, err := c.GetObject(context.WithoutCancel(t.Context()),
		&s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t *testing.T, c *s3.Client, prefix string) (keys []string) {
	t.Helper()
	pages := s3.NewListObjectsV2Paginator(c,
		&s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: &prefix, MaxKeys: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	return keys
}

func upload(t *testing.T, c *s3.Client, key string, parts [][]byte) (id *string, done []types.CompletedPart) {
	t.Helper()
	up, err := c.CreateMultipartUpload(t.Context(),
		&s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	for i, body := range parts {
		n := aws.Int32(int32(i + 1))
		out, err := c.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket:     aws.String(bucket),
			Key:        &key,
			UploadId:   up.UploadId,
			PartNumber: n,
			Body:       bytes.NewReader(body),
		})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, types.CompletedPart{PartNumber: n, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
	}
	return up.UploadId, done
}

func status(err error) int {
	var re *smithyhttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}
