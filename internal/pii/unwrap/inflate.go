package unwrap

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow is the largest window that is unfolded: what zstd's own program
// takes by default (RFC 8878 §3.1.1.1.2).
const zstdWindow = 8 << 20

// inflater keeps its decoders, since making one costs more than a small stream.
type inflater struct {
	src  bytes.Reader
	gzip *gzip.Reader
	zlib io.ReadCloser
	zstd *zstd.Decoder
}

// unfold appends what a stream holds, at most limit bytes; more reports that
// there is more. What comes before damage is kept.
func (x *inflater) unfold(dst, stream []byte, k kind, limit int) (out []byte, more bool) {
	x.src.Reset(stream)
	r, err := x.open(k)
	if err != nil {
		return dst, false
	}
	start := len(dst)
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		room := dst[len(dst):min(cap(dst), start+limit+1)]
		n, err := r.Read(room)
		dst = dst[:len(dst)+n]
		if len(dst) > start+limit {
			return dst[:start+limit], true
		}
		if err == io.EOF {
			return dst, false
		}
		if err != nil {
			if k == zlibbed && len(dst)-start < leastDamaged {
				return dst[:start], false // it only looked like one
			}
			return dst, false
		}
	}
}

// leastDamaged is how much a damaged zlib stream must have given to have been one.
const leastDamaged = 64

func (x *inflater) open(k kind) (r io.Reader, err error) {
	switch {
	case k == gzipped && x.gzip == nil:
		x.gzip, err = gzip.NewReader(&x.src)
		return x.gzip, err
	case k == gzipped:
		return x.gzip, x.gzip.Reset(&x.src)
	case k == zlibbed && x.zlib == nil:
		x.zlib, err = zlib.NewReader(&x.src)
		return x.zlib, err
	case k == zlibbed:
		return x.zlib, x.zlib.(zlib.Resetter).Reset(&x.src, nil)
	case x.zstd == nil:
		x.zstd, err = zstd.NewReader(&x.src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
		return x.zstd, err
	}
	return x.zstd, x.zstd.Reset(&x.src)
}
