package s3sink

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/testkit/s3server"
)

// An object of more parts than S3 takes is not stored, and the error says what to do.
func TestTooLargeAnObject(t *testing.T) {
	srv := s3server.New(t, s3server.Kinds()[0])
	if err := srv.CreateBucket(t.Context(), "acme-dev"); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{URL: "s3://acme-dev/x", Endpoint: srv.Endpoint, Region: s3server.Region, PathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(srv.AccessKey, srv.SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	s.maxObject = 100 // instead of 10,000 parts
	put := func(ctx context.Context, name string) error {
		_, err := s.PutEntry(ctx, name, func(w io.Writer) error {
			_, err := io.Copy(w, strings.NewReader(strings.Repeat("x", 101)))
			return err
		})
		return err
	}
	if err := put(t.Context(), "large"); err == nil || !strings.Contains(err.Error(), "larger than 10,000 parts") {
		t.Error(err)
	}
	run, err := s.Stage(t.Context(), "20261121T030000Z-7f3a")
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.Put(t.Context(), "large", func(w io.Writer) error {
		_, err := w.Write(make([]byte, 101))
		return err
	})
	if !errors.Is(err, errTooLarge) || len(run.Objects()) > 0 {
		t.Errorf("%v, %v", err, run.Objects())
	}
}
