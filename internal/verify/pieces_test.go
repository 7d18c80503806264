package verify

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"refresher/internal/pii/unwrap"
)

// small are sizes by which a short text has many pieces.
var small = sizes{piece: 64, longest: 256, overlap: 16}

// Pieces put together are the text, each begins with the end of the one before, and says
// on which line it begins; however the text comes.
func FuzzPieces(f *testing.F) {
	for _, s := range []string{"", "\n", strings.Repeat("one line\n", 40), strings.Repeat("x", 1000), strings.Repeat("é日\U0001F600", 90),
		strings.Repeat(strings.Repeat("QUJD", 16)+"\n", 40), strings.Repeat("\x00\xFF\x80", 200), strings.Repeat("\n", 500),
		strings.Repeat("\x80", 300), strings.Repeat("word ", 20) + strings.Repeat("A", 700) + "\nend", "\xF0\x9F\x98" + strings.Repeat("A", 63) + "\xF0"} {
		f.Add([]byte(s), int64(1))
	}
	spare := make(chan []byte, 2)
	f.Fuzz(func(t *testing.T, text []byte, first int64) {
		var whole []byte
		for i, r := range []*bytes.Reader{bytes.NewReader(text), bytes.NewReader(text), bytes.NewReader(text)} {
			whole = whole[:0]
			in := iotest.DataErrReader(r)
			switch i {
			case 1:
				in = iotest.OneByteReader(r)
			case 2:
				in = iotest.HalfReader(r)
			}
			err := cut(in, first, spare, small, func(p *piece) error {
				if p.again > len(whole) || !bytes.HasSuffix(whole, p.data[:p.again]) {
					t.Fatalf("a piece of %q begins with %q", text, p.data[:p.again])
				}
				if line := first + int64(bytes.Count(whole[:len(whole)-p.again], newline)); p.first != line {
					t.Fatalf("a piece is said to begin on line %d, not %d", p.first, line)
				}
				if p.lines != bytes.Count(p.data[:p.again], newline) || len(p.data) <= p.again {
					t.Fatalf("%d line breaks in %q of %q", p.lines, p.data[:p.again], p.data)
				}
				whole = append(whole, p.data[p.again:]...)
				select {
				case spare <- p.data:
				default:
				}
				return nil
			})
			if err != nil || !bytes.Equal(whole, text) {
				t.Fatalf("%q became %q (%v)", text, whole, err)
			}
		}
		failed := errors.New("failed")
		if err := cut(bytes.NewReader(text), first, nil, small, func(*piece) error { return failed }); len(text) > 0 && err != failed {
			t.Fatalf("%v is no end", err)
		}
	})
}

// A finding's line is right in each of several views that take turns in one buffer.
func TestLinesOfViews(t *testing.T) {
	s := New(Options{Run: "r", Workers: 1}).scanner()
	p := &piece{data: []byte("first\nsecond\nthird"), first: 1, lines: 1, tally: (&ledger{}).column("t", "", func(*tally) {})}
	s.piece, s.tally = p, p.tally
	buf := make([]byte, 0, 64)
	for _, text := range []string{"a\nb\nc\nd\nhere it is", "abcdefghi\nhere it is", "\n\nhere it is"} {
		v := &unwrap.View{Text: append(buf[:0], text...)}
		s.view(v)
		at := strings.Index(text, "here")
		if line, fresh := p.line(v, at, at+4); line != 1+int64(strings.Count(text[:at], "\n")) || !fresh {
			t.Errorf("%q: line %d, %v", text, line, fresh)
		}
	}
}
