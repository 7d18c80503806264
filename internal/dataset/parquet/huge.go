package parquet

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// huge is the length of a value, in bytes, from which on it has a page of its own
// whose values are not copied: parquet-go would hold it three times over until it
// is compressed.
const huge = 4 << 20

// uncopied is a byte array's type whose columns keep a huge value as it lies in
// memory, if it is written alone, until its page is made.
type uncopied struct{ parquet.Type }

func (t uncopied) NewColumnBuffer(columnIndex, numValues int) parquet.ColumnBuffer {
	return &uncopiedBuffer{ColumnBuffer: t.Type.NewColumnBuffer(columnIndex, numValues), typ: t.Type}
}

// uncopiedBuffer is a column buffer with room for one value that it doesn't own.
// A column writer makes a page as soon as a buffer's size is a page's, so that the
// value need not outlive the call that writes it.
type uncopiedBuffer struct {
	parquet.ColumnBuffer
	typ   parquet.Type
	value []byte // nil: none
}

func (b *uncopiedBuffer) WriteValues(values []parquet.Value) (int, error) {
	if len(values) == 1 && b.ColumnBuffer.Len() == 0 && b.value == nil {
		if v := values[0].ByteArray(); len(v) >= huge {
			b.value = v
			return 1, nil
		}
	}
	return b.ColumnBuffer.WriteValues(values)
}

func (b *uncopiedBuffer) Page() parquet.Page {
	if b.value == nil {
		return b.ColumnBuffer.Page()
	}
	return b.typ.NewPage(b.Column(), 1, encoding.ByteArrayValues(b.value, []uint32{0, uint32(len(b.value))}))
}

func (b *uncopiedBuffer) Len() int {
	if b.value != nil {
		return 1
	}
	return b.ColumnBuffer.Len()
}

func (b *uncopiedBuffer) NumValues() int64 { return int64(b.Len()) }

func (b *uncopiedBuffer) Size() int64 { return b.ColumnBuffer.Size() + int64(len(b.value)) }

func (b *uncopiedBuffer) Reset() {
	b.value = nil
	b.ColumnBuffer.Reset()
}
