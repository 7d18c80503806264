package objectset_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"
)

// wide is a Parquet file of many columns in one row group, of which none packs.
func wide(t *testing.T, columns, rows int) []byte {
	t.Helper()
	fields := parquet.Group{}
	for i := range columns {
		fields[fmt.Sprintf("c%03d", i)] = parquet.String()
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, parquet.NewSchema("wide", fields), parquet.PageBufferSize(32<<10),
		parquet.MaxRowsPerRowGroup(int64(rows)))
	r := rand.NewChaCha8([32]byte{7})
	text := make([]byte, 700)
	for range rows {
		row := make(parquet.Row, columns)
		for i := range row {
			_, _ = r.Read(text) // it never fails
			for k := range text {
				text[k] = 'a' + text[k]%26
			}
			row[i] = parquet.ByteArrayValue(bytes.Clone(text)).Level(0, 0, i)
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A Parquet file on a server is downloaded once, however many columns are read side by side.
func TestWideParquetIsDownloadedOnce(t *testing.T) {
	server := serverOf(t, 1)
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var read, asked atomic.Int64
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodGet {
				asked.Add(1)
				r.Body = counted{r.Body, &read}
			}
			return nil
		},
	})
	defer proxy.Close()
	s := newSite(t, "objects: {'*.parquet': {columns: {c000: email, '*': keep}}}")
	s.source = sinkAt(t, server, proxy.URL, "prod")
	file := wide(t, 60, 1000)
	_, err = server.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(lakeBucket),
		Key: aws.String("prod/wide.parquet"), Body: bytes.NewReader(file)})
	s.must(err)
	staged, err := s.stage(run1)
	s.must(err)
	if sets, _ := staged.Report(); sets[0].Total().Rows != 1000 {
		t.Errorf("%+v", sets[0])
	}
	times := float64(read.Load()) / float64(len(file))
	t.Logf("%d bytes were read %.2f times in %d requests", len(file), times, asked.Load())
	if times > 1.1 {
		t.Error("they should be read once")
	}
}

// counted counts what is read of a body.
type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}
