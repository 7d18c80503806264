package parquet

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// window is how far back zstd looks. A page rarely is larger, and the encoder
// keeps about three windows a worker; with parquet-go's own codec, which leaves
// zstd's default of 8 MiB, that was most of an export's memory.
const window = 512 << 10

// codec compresses pages with as many encoders as there are workers, for all
// tables of an export.
type codec struct{ enc *zstd.Encoder }

func newCodec(workers int) (*codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(workers), zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true),
		zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("starting the zstd encoder: %w", err)
	}
	return &codec{enc}, nil
}

func (c *codec) String() string { return "ZSTD" }

func (c *codec) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (c *codec) Encode(dst, src []byte) ([]byte, error) { return c.enc.EncodeAll(src, dst[:0]), nil }

// Decode is part of the interface; a writer never calls it.
func (c *codec) Decode([]byte, []byte) ([]byte, error) {
	return nil, fmt.Errorf("this codec only writes")
}
