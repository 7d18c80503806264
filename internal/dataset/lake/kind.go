package lake

import (
	"bufio"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Kind is the form of an object, as the end of its key says.
type Kind string

// The kinds that can be scrubbed.
const (
	CSV     Kind = "CSV"
	JSONL   Kind = "JSON lines"
	Parquet Kind = "Parquet"
)

// KindOf tells the kind of an object and what it is compressed with ("", "gzip" or "zstd")
// by its key; ok is false if it is none that can be scrubbed.
func KindOf(key string) (kind Kind, compression string, ok bool) {
	name := strings.ToLower(key)
	for end, is := range map[string]string{".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"} {
		if rest, found := strings.CutSuffix(name, end); found {
			name, compression = rest, is
		}
	}
	for end, is := range map[string]Kind{
		".csv": CSV, ".tsv": CSV, ".jsonl": JSONL, ".ndjson": JSONL, ".parquet": Parquet,
	} {
		if strings.HasSuffix(name, end) {
			return is, compression, is != Parquet || compression == ""
		}
	}
	return "", "", false
}

// zstdWindow bounds the memory that a compressed object can ask for.
const zstdWindow = 32 << 20

// unpack reads what a compressed object holds. Close it to let go of what it needs.
func unpack(r io.Reader, compression string) (io.ReadCloser, error) {
	switch compression {
	case "gzip":
		return gzip.NewReader(bufio.NewReaderSize(r, 64<<10))
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}

// pack compresses what is written to it as the source was. Nothing of a header, such as a
// name or time that gzip keeps, is taken over.
func pack(w io.Writer, compression string) (io.WriteCloser, error) {
	switch compression {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(1<<20))
	}
	return nopCloser{w}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
