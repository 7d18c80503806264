package copyfmt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

var formats = []Format{Binary, Text}

// hostile rows: everything an encoder or a splitter can trip over.
var hostile = [][][]byte{
	{[]byte("1"), nil, []byte("")},
	{[]byte(`\N`), []byte(`\\N`), []byte(`N`)},
	{[]byte(`\.`), []byte(`.`), []byte(`\`)},
	{[]byte("a\tb\nc\rd\be\ff\vg\\h"), []byte("\t\t\t"), []byte("\n\n\n")},
	{[]byte(`literal \N inside`), []byte(`\Nx`), []byte(`x\N`)},
	{[]byte("é😀\xff\xfe"), bytes.Repeat([]byte{0}, 3), []byte(`\x41\101`)},
	{nil, nil, nil},
	{bytes.Repeat([]byte(`\`), 777), bytes.Repeat([]byte("\\\n"), 99), []byte("PGCOPY\n\xff\r\n\x00")},
	{[]byte("\xff\xff"), []byte("\xff\xff\xff\xff"), []byte("end")},
}

func encode(f Format, rows [][][]byte) []byte {
	b := AppendHeader(nil, f)
	for _, r := range rows {
		b = AppendRow(b, f, r)
	}
	return AppendTrailer(b, f)
}

// parse feeds b in pieces that end at the given offsets.
func parse(f Format, ncols int, b []byte, cuts ...int) (rows [][][]byte, err error) {
	p := NewParser(f, ncols, func(fields [][]byte) error {
		row := make([][]byte, len(fields))
		for i, v := range fields {
			if v != nil {
				row[i] = append([]byte{}, v...)
			}
		}
		rows = append(rows, row)
		return nil
	})
	from := 0
	for _, to := range append(cuts, len(b)) {
		piece := bytes.Clone(b[from:to]) // a later write must not see an earlier one's memory
		if _, err := p.Write(piece); err != nil {
			return rows, err
		}
		for i := range piece {
			piece[i] = 0xee
		}
		from = to
	}
	if p.Rows() != int64(len(rows)) {
		return rows, fmt.Errorf("Rows() = %d after %d calls", p.Rows(), len(rows))
	}
	return rows, p.Close()
}

func TestRoundTripAtEverySplit(t *testing.T) {
	for _, f := range formats {
		b := encode(f, hostile)
		for i := 0; i <= len(b); i++ {
			got, err := parse(f, 3, b, i)
			if err != nil {
				t.Fatalf("%v split at %d: %v", f, i, err)
			}
			if !reflect.DeepEqual(got, hostile) {
				t.Fatalf("%v split at %d: rows differ", f, i)
			}
		}
		var every []int
		for i := range b {
			every = append(every, i)
		}
		if got, err := parse(f, 3, b, every...); err != nil || !reflect.DeepEqual(got, hostile) {
			t.Fatalf("%v byte by byte: %v", f, err)
		}
	}
}

func TestTextInput(t *testing.T) {
	for _, c := range []struct {
		in   string
		want [][]string // "NULL" for NULL
	}{
		{"a\tb\n", [][]string{{"a", "b"}}},
		{"\t\n", [][]string{{"", ""}}},
		{"\\N\t\\\\N\n", [][]string{{"NULL", `\N`}}},
		{`\b\f\n\r\t\v\\` + "\t" + `\q\"\N!` + "\n", [][]string{{"\b\f\n\r\t\v\\", `q"N!`}}},
		{`\101\1012\60\7z` + "\t" + `\x41\x4g\xg\x414` + "\n", [][]string{{"AA20\x07z", "A\x04gxgA4"}}},
		{"x\\\ny\tz\\\tw\n", [][]string{{"x\ny", "z\tw"}}},
		{"\\\\\t\\\\\\\\\n", [][]string{{`\`, `\\`}}},
		{"a\tb\n\\.\n", [][]string{{"a", "b"}}},
		{"\\\\.\tb\n", [][]string{{`\.`, "b"}}},
		{"a\\\rb\t\n", [][]string{{"a\rb", ""}}},
	} {
		rows, err := parse(Text, 2, []byte(c.in))
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		var got [][]string
		for _, r := range rows {
			var row []string
			for _, v := range r {
				if v == nil {
					row = append(row, "NULL")
				} else {
					row = append(row, string(v))
				}
			}
			got = append(got, row)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	head := string(AppendHeader(nil, Binary))
	row := string(AppendRow(nil, Binary, [][]byte{[]byte("SECRET"), nil}))
	be := func(n int32) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	for name, c := range map[string]struct {
		f    Format
		in   string
		want string
	}{
		"empty":              {Binary, "", "ended within its header"},
		"text as binary":     {Binary, "SECRET\t1\n", "no COPY binary signature"},
		"short and wrong":    {Binary, "PGX", "no COPY binary signature"},
		"half a header":      {Binary, head[:15], "ended within its header"},
		"OIDs":               {Binary, signature + be(1<<16) + be(0), "object identifiers"},
		"critical flag":      {Binary, signature + be(1<<20) + be(0), "critical flag"},
		"extension length":   {Binary, signature + be(0) + be(-1), "impossible length"},
		"cut in extension":   {Binary, signature + be(0) + be(9) + "1234", "ended within its header"},
		"no trailer":         {Binary, head + row, "COPY binary stream: ended without its trailer"},
		"cut in a row":       {Binary, head + row + row[:len(row)-1], "row 2: ended within a row"},
		"cut in a count":     {Binary, head + row + "\x00", "row 2: ended within a row"},
		"too few fields":     {Binary, head + row + "\x00\x01" + be(0), "row 2: has 1 fields where 2 are expected"},
		"too many fields":    {Binary, head + "\x00\x03", "row 1: has 3 fields"},
		"negative count":     {Binary, head + "\xff\xfe", "row 1: has -2 fields"},
		"negative length":    {Binary, head + "\x00\x02" + be(-1) + be(-2), "row 1, field 2: negative length"},
		"field over 1 GiB":   {Binary, head + "\x00\x02" + be(1<<30), "row 1, field 1: longer than 1 GiB"},
		"row over 1 GiB":     {Binary, head + "\x00\x02" + be(8) + "SECRETSE" + be(1<<30-10), "row 1, field 2: longer than 1 GiB"},
		"after the trailer":  {Binary, head + row + "\xff\xff\x00", "data after the end marker"},
		"text: few fields":   {Text, "a\tb\nSECRET\n", "row 2: has 1 fields where 2 are expected"},
		"text: many fields":  {Text, "SECRET\tSECRET\tSECRET\n", "row 1: has 3 fields"},
		"text: no newline":   {Text, "a\tSECRET", "row 1: ended within a row"},
		"text: after end":    {Text, "a\tb\n\\.\nSECRET\tc\n", "data after the end marker"},
		"text: end in line":  {Text, "SECRET\\.\tb\n", "row 1: an end marker that is not on a line of its own"},
		"text: CR":           {Text, "SECRET\tb\r\n", "row 1: a carriage return"},
		"text: empty line":   {Text, "\n", "row 1: has 1 fields"},
		"text: escaped ends": {Text, "a\tb\\\n", "row 1: ended within a row"},
	} {
		for _, cuts := range [][]int{nil, {len(c.in) / 2}} {
			_, err := parse(c.f, 2, []byte(c.in), cuts...)
			var pe *Error
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", name, err, c.want)
			} else if strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s: the error quotes the stream: %v", name, err)
			}
		}
	}
}

func TestNoColumns(t *testing.T) {
	for _, f := range formats {
		b := encode(f, [][][]byte{{}, {}})
		rows, err := parse(f, 0, b, 1)
		if err != nil || len(rows) != 2 {
			t.Errorf("%v: %d rows, %v", f, len(rows), err)
		}
	}
	if _, err := parse(Text, 0, []byte("x\n")); err == nil {
		t.Error("a field was accepted in a row of none")
	}
}

func TestHeaderExtensionIsSkipped(t *testing.T) {
	b := []byte(signature + "\x00\x00\x00\x07" + "\x00\x00\x00\x05" + "12345")
	b = AppendTrailer(AppendRow(b, Binary, [][]byte{[]byte("v")}), Binary)
	for i := range b {
		if rows, err := parse(Binary, 1, b, i); err != nil || len(rows) != 1 || string(rows[0][0]) != "v" {
			t.Fatalf("split at %d: %q, %v", i, rows, err)
		}
	}
}

func TestErrorsStay(t *testing.T) {
	boom := errors.New("boom")
	p := NewParser(Text, 1, func([][]byte) error { return boom })
	n, err := p.Write([]byte("a\nb\n"))
	if n != 0 || err != boom || p.Rows() != 1 {
		t.Errorf("got %d, %v, row %d", n, err, p.Rows())
	}
	if _, err := p.Write([]byte("c\n")); err != boom {
		t.Errorf("second write: %v", err)
	}
	if err := p.Close(); err != boom {
		t.Errorf("close: %v", err)
	}
}

// Span, AppendField, Begin and End must rebuild the row for every choice of
// replaced fields.
func TestRowsAreRebuilt(t *testing.T) {
	for _, f := range formats {
		for mask := range 8 {
			var out []byte
			want := encode(f, hostile)
			p := NewRawParser(f, 3, func(r *Row) error {
				next := 0
				for i := range r.Len() {
					if mask>>i&1 == 0 {
						continue
					}
					out = append(out, r.Span(next, i)...)
					next = i + 1
					if v := r.Field(i); v == nil || i == 1 {
						out = r.AppendField(out, i, v)
					} else {
						out = r.Begin(out)
						start := len(out)
						out = append(out, v...)
						out = r.End(out, start, i)
					}
				}
				out = append(out, r.Span(next, r.Len())...)
				return nil
			})
			out = AppendHeader(out, f)
			if _, err := p.Write(want); err != nil {
				t.Fatal(err)
			}
			if out = AppendTrailer(out, f); !bytes.Equal(out, want) {
				t.Errorf("%v, fields %03b replaced by themselves: the stream changed", f, mask)
			}
		}
	}
}

func TestHugeRowsAreNotKept(t *testing.T) {
	for _, f := range formats {
		b := encode(f, [][][]byte{{bytes.Repeat([]byte(`\`), 3*keepBuffer)}})
		var got int
		p := NewParser(f, 1, func(fields [][]byte) error { got = len(fields[0]); return nil })
		for len(b) > 0 {
			n := min(len(b), 8192)
			if _, err := p.Write(b[:n]); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
		if got != 3*keepBuffer {
			t.Errorf("%v: field of %d bytes", f, got)
		}
		if c := max(cap(p.tail), cap(p.row.scratch), cap(p.row.raw)); c > keepBuffer {
			t.Errorf("%v: %d bytes kept", f, c)
		}
	}
}

func TestNothingIsAllocatedPerRow(t *testing.T) {
	for _, f := range formats {
		b := encode(f, hostile)
		body := b[len(AppendHeader(nil, f)) : len(b)-len(AppendTrailer(nil, f))]
		p := NewParser(f, 3, func([][]byte) error { return nil })
		if _, err := p.Write(AppendHeader(nil, f)); err != nil {
			t.Fatal(err)
		}
		got := testing.AllocsPerRun(100, func() {
			half := len(body) / 2
			p.Write(body[:half])
			p.Write(body[half:])
		})
		if got != 0 {
			t.Errorf("%v: %v allocations", f, got)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, format := range formats {
		f.Add(encode(format, hostile), uint16(7), format == Text)
	}
	f.Add([]byte("a\\\n\\.\n\\.\n"), uint16(2), true)
	f.Fuzz(func(t *testing.T, b []byte, step uint16, text bool) {
		format := Binary
		if text {
			format = Text
		}
		whole, err := parse(format, 3, b)
		var cuts []int
		for i := int(step) + 1; i < len(b); i += int(step) + 1 {
			cuts = append(cuts, i)
		}
		parts, err2 := parse(format, 3, b, cuts...)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("in one write: %v; in several: %v", err, err2)
		}
		if !reflect.DeepEqual(whole, parts) {
			t.Fatalf("rows differ when split")
		}
		again, err := parse(format, 3, encode(format, whole), cuts[:0]...)
		if err != nil || !reflect.DeepEqual(whole, again) {
			t.Fatalf("round trip: %v", err)
		}
	})
}
