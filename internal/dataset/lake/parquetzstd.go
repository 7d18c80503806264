package lake

import (
	"errors"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// packer compresses pages with zstd for one file: in less memory than parquet-go's own codec, whose
// encoders keep windows of 8 MiB for pages of 256 KiB, and faster.
type packer struct{ *zstd.Encoder }

func newPacker(workers int) (packer, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(max(workers, 1)),
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true),
		zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	return packer{z}, err
}

func (packer) String() string { return "ZSTD" }

func (packer) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (p packer) Encode(dst, src []byte) ([]byte, error) { return p.EncodeAll(src, dst[:0]), nil }

func (packer) Decode([]byte, []byte) ([]byte, error) {
	return nil, errors.New("this codec only writes")
}

// packed is a schema whose columns that were compressed with zstd are by a packer.
type packed struct {
	parquet.Node
	codec packer
}

func (p packed) Compression() compress.Codec {
	c := p.Node.Compression()
	if c != nil && c.CompressionCodec() == format.Zstd {
		return p.codec
	}
	return c
}

func (p packed) Fields() (fields []parquet.Field) {
	for _, f := range p.Node.Fields() {
		fields = append(fields, packedField{f, packed{f, p.codec}})
	}
	return fields
}

type packedField struct {
	parquet.Field
	as packed
}

func (f packedField) Compression() compress.Codec { return f.as.Compression() }

func (f packedField) Fields() []parquet.Field { return f.as.Fields() }
