package parquet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

// Wire bytes of the wrong length and values outside the Parquet type are errors.
func TestDecodeRefuses(t *testing.T) {
	short := []byte{1}
	for name, c := range map[string]struct {
		decode decodeFunc
		wire   []byte
		want   error
	}{
		"bool":         {decodeBool, nil, errWire},
		"int2":         {decodeInt2, short, errWire},
		"int4":         {decodeInt4, short, errWire},
		"int8":         {decodeInt8, short, errWire},
		"float4":       {decodeFloat4, short, errWire},
		"float8":       {decodeFloat8, short, errWire},
		"uuid":         {decodeUUID, short, errWire},
		"jsonb":        {decodeJSONB, []byte{2, '1'}, errWire},
		"date":         {decodeDate, short, errWire},
		"infinity":     {decodeDate, []byte{0x7f, 0xff, 0xff, 0xff}, errUnfit},
		"time":         {decodeTime, short, errWire},
		"24:00":        {decodeTime, be64(dayMicros), errUnfit},
		"timestamp":    {decodeTimestamp, short, errWire},
		"-infinity":    {decodeTimestamp, be64(math.MinInt64), errUnfit},
		"year 294276":  {decodeTimestamp, be64(math.MaxInt64 - 1), errUnfit},
		"utf8":         {decodeText, []byte{0xff}, errNotUTF8},
		"numeric":      {decodeDecimal(2, 4), short, errWire},
		"NaN":          {decodeDecimal(2, 4), []byte{0, 0, 0, 0, 0xc0, 0, 0, 0}, errUnfit},
		"scale":        {decodeDecimal(2, 4), []byte{0, 1, 0xff, 0xff, 0, 0, 0, 4, 0, 1}, errUnfit},
		"4-byte range": {decodeDecimal(0, 4), []byte{0, 1, 0, 3, 0, 0, 0, 0, 0, 1}, errUnfit},
		"8-byte range": {decodeDecimal(0, 8), []byte{0, 1, 0, 5, 0, 0, 0, 0, 0, 1}, errUnfit},
		"overflow":     {decodeDecimal(38, 16), []byte{0, 1, 0x7f, 0xff, 0, 0, 0, 0, 0, 1}, errUnfit},
	} {
		if _, err := c.decode(new(arena), c.wire); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

func be64(v int64) []byte {
	var b []byte
	for s := 56; s >= 0; s -= 8 {
		b = append(b, byte(v>>s))
	}
	return b
}

func FuzzDecodeNeverPanics(f *testing.F) {
	f.Add([]byte{0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88})
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, wire []byte) {
		for scale := range 39 {
			_, _ = unscaled(wire, scale)
		}
		_, _ = appendList(nil, new(arena), wire, decodeInt4, 1, 0)
	})
}

// An error names table, column and row, and the open file is given up.
func TestRowErrorsNameTheirPlace(t *testing.T) {
	cols := []*column{{name: "id", leaf: leafFor(&catalog.Type{OID: catalog.Int4OID}, -1), required: true}}
	var got error
	comp, err := newCodec(1)
	if err != nil {
		t.Fatal(err)
	}
	w := newTableWriter(t.Context(), catalog.Name{Schema: "s", Name: "t"}, cols, Options{}.withDefaults(), comp,
		func(_ context.Context, _ string, write func(io.Writer) error) error {
			got = write(new(bytes.Buffer))
			return got
		})
	if err := w.row([][]byte{{0, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	err = w.close(w.row([][]byte{nil}))
	if err == nil || !strings.Contains(err.Error(), `s.t, column "id", row 2: NULL in a NOT NULL column`) {
		t.Errorf("error %v", err)
	}
	if !errors.Is(got, err) {
		t.Errorf("the file's writer was told %v, want %v", got, err)
	}
}

func BenchmarkRow(b *testing.B) {
	comp, err := newCodec(1)
	if err != nil {
		b.Fatal(err)
	}
	cols := []*column{
		{name: "id", leaf: leafFor(&catalog.Type{OID: catalog.Int8OID}, -1), required: true},
		{name: "n", leaf: numericLeaf(4 + 12<<16 + 2)},
		{name: "at", leaf: leafFor(&catalog.Type{OID: catalog.TimestamptzOID}, -1)},
		{name: "t", leaf: stringLeaf(false)},
	}
	w := newTableWriter(b.Context(), catalog.Name{Schema: "s", Name: "t"}, cols,
		Options{PartRows: math.MaxInt64}.withDefaults(), comp,
		func(_ context.Context, _ string, write func(io.Writer) error) error { return write(io.Discard) })
	row := [][]byte{be64(1), {0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88}, be64(1e15), []byte("an ordinary text of some " +
		"length")}
	b.SetBytes(8 + 12 + 8 + 31)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.row(row); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.close(nil); err != nil {
		b.Fatal(err)
	}
}
