package objectset_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"refresher/internal/refresh/objectset"
	"refresher/internal/s3sink"
	"refresher/internal/testkit/s3server"
)

// store changes what a target holds behind refresher's back: by URL.
type store interface {
	read(url string) []byte
	write(url string, content []byte)
	remove(url string)
}

// onDisk is the store of a folder.
type onDisk struct{ *site }

func (d onDisk) path(url string) string {
	return filepath.FromSlash(strings.TrimPrefix(url, "file://"))
}

func (d onDisk) read(url string) []byte {
	b, err := os.ReadFile(d.path(url))
	d.must(err)
	return b
}

func (d onDisk) write(url string, content []byte) { d.must(os.WriteFile(d.path(url), content, 0o600)) }

func (d onDisk) remove(url string) { d.must(os.Remove(d.path(url))) }

// onServer is that of a bucket, which copies objects by itself.
type onServer struct {
	*site
	client *s3.Client
}

const lakeBucket = "acme-lake"

func (o onServer) key(url string) *string {
	return aws.String(strings.TrimPrefix(url, "s3://"+lakeBucket+"/"))
}

func (o onServer) read(url string) []byte {
	out, err := o.client.GetObject(o.t.Context(), &s3.GetObjectInput{Bucket: aws.String(lakeBucket), Key: o.key(url)})
	o.must(err)
	b, err := io.ReadAll(out.Body)
	o.must(err)
	return b
}

func (o onServer) write(url string, content []byte) {
	_, err := o.client.PutObject(o.t.Context(), &s3.PutObjectInput{Bucket: aws.String(lakeBucket), Key: o.key(url),
		Body: bytes.NewReader(content)})
	o.must(err)
}

func (o onServer) remove(url string) {
	_, err := o.client.DeleteObject(o.t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(lakeBucket), Key: o.key(url)})
	o.must(err)
}

// bucket puts a bucket on a server in the place of the site's target.
func (s *site) bucket() store {
	s.t.Helper()
	server := serverOf(s.t, 0)
	sink := sinkAt(s.t, server, server.Endpoint, "copies")
	s.to = []objectset.Target{{Name: "copies", URL: sink.URL(), Sink: sink, Keep: 2}}
	return onServer{s, server.Client()}
}

// serverOf is a server of a kind with the bucket.
func serverOf(t testing.TB, kind int) *s3server.Server {
	t.Helper()
	server := s3server.New(t, s3server.Kinds()[kind])
	if err := server.CreateBucket(t.Context(), lakeBucket); err != nil {
		t.Fatal(err)
	}
	return server
}

// sinkAt is a prefix of the bucket, by an endpoint of the server.
func sinkAt(t testing.TB, server *s3server.Server, endpoint, prefix string) *s3sink.Sink {
	t.Helper()
	sink, err := s3sink.Open(t.Context(), s3sink.Options{Name: prefix, URL: "s3://" + lakeBucket + "/" + prefix + "/",
		Endpoint: endpoint, PathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// A copy that was changed after it was published is refused, and the refusal says which object to delete
// so that the next run makes it anew. What else of the last run was changed is not taken at its word.
func TestTamperedCopies(t *testing.T) {
	deleting := regexp.MustCompile(`delete (\S+), and the next run makes it anew`)
	for name, target := range map[string]func(*site) store{
		"folder": func(s *site) store { return onDisk{s} },
		"server": (*site).bucket,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, "objects: {'**': {columns: {id: keep, mail: email}}}")
			at := target(s)
			s.put("a.csv", []byte("id,mail\n1,jane@corp.example\n"))
			s.put("b.csv", []byte("id,mail\n2,joe@corp.example\n"))
			s.published(run1, 2, 0)
			run := strings.TrimSuffix(s.to[0].URL, "/") + "/runs/" + run1 + "/"
			good := at.read(run + "objects/a.csv")
			for what, bad := range map[string][]byte{
				"its SHA-256 differs": bytes.Replace(good, []byte("1,"), []byte("7,"), 1),
				"bytes instead of":    good[:len(good)-1],
			} {
				at.write(run+"objects/a.csv", bad)
				_, err := s.run(run2)
				refusedBy(t, err, "read-back", what)
				if err == nil || len(deleting.FindAllString(err.Error(), -1)) != 1 {
					t.Fatalf("%v names no object to delete", err)
				}
				at.remove(deleting.FindStringSubmatch(err.Error())[1])
			}
			s.published(run2, 2, 1)
			next := strings.Replace(run, run1, run2, 1)
			if again := at.read(next + "objects/a.csv"); !bytes.Equal(again, good) {
				t.Errorf("%s became %s", good, again)
			}
			at.write(next+"index.json", append(at.read(next+"index.json"), '\n'))
			s.published("20261205T030000Z-7f3a", 2, 0)
			next = strings.Replace(run, run1, "20261205T030000Z-7f3a", 1)
			at.write(next+"manifest.json", append(at.read(next+"manifest.json"), '\n'))
			s.published("20261212T030000Z-7f3a", 2, 0)
		})
	}
}
