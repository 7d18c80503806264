package verify

import (
	"bytes"
	"context"
	"io"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"refresher/internal/pii/unwrap"
)

// Text files are looked through in pieces of whole lines. A piece begins with the
// last lines of the one before, so that what is broken over lines is found
// where two pieces meet.
//
// A piece that would end within an encoded stretch goes on to the end of that, since
// what is compressed in it can't be read from its middle; a stretch beyond maxPiece
// is cut at a whole group, and the result says so.
const (
	pieceBytes   = 1 << 20
	maxPiece     = 32 << 20
	overlapBytes = 4 << 10 // a multiple of base64's groups
)

// piece is a stretch of a text file.
type piece struct {
	tally  *tally
	data   []byte
	first  int64 // number of its first line
	again  int   // bytes that the piece before held too
	lines  int   // line breaks among those
	binary bool
	apart  bool // what it is a piece of is taken apart beside this: only survivors are looked for
	cut    bool // it ends within an encoded stretch

	// Line breaks of the view at hand that were counted: findings come mostly in order.
	upTo   int
	breaks int
}

// sizes are bounds in bytes: of a piece, of one that goes on to the end of an encoded
// stretch, and of what two pieces have in common.
type sizes struct{ piece, longest, overlap int }

// breaksBefore is how many line breaks stand in text[:i] of the view at hand.
func (p *piece) breaksBefore(text []byte, i int) int {
	if i < p.upTo {
		p.upTo, p.breaks = 0, 0
	}
	p.breaks += bytes.Count(text[p.upTo:i], newline)
	p.upTo = i
	return p.breaks
}

// line is the line of something found in a view of the piece; false if the piece
// before showed it too.
func (p *piece) line(v *unwrap.View, start, end int) (int64, bool) {
	var from, to int
	if v.Inside { // as far into the lines that it was made of as into what came out
		lines := v.Last - v.Line
		from, to = v.Line+lines*start/len(v.Text), v.Line+(lines*end+len(v.Text)-1)/len(v.Text)
	} else {
		from = p.breaksBefore(v.Text, start)
		to = from + bytes.Count(v.Text[start:end], newline)
	}
	known := to < p.lines
	if p.lines == 0 && !v.Inside && len(v.Text) == len(p.data) {
		known = end <= p.again
	}
	return p.first + int64(from), !known
}

var newline = []byte{'\n'}

// text looks through a file of text, or of anything else, as what it is made of.
func (v *Verifier) text(ctx context.Context, l *ledger, name string, r io.Reader) error {
	return v.textFrom(ctx, l, name, r, 1)
}

// textFrom is text for what begins with a certain line.
func (v *Verifier) textFrom(ctx context.Context, l *ledger, name string, r io.Reader, line int64) error {
	return v.pieces(ctx, l, name, r, line, false)
}

// pieces looks through all pieces of a file; of one that is taken apart beside this, for survivors only.
func (v *Verifier) pieces(ctx context.Context, l *ledger, name string, r io.Reader, line int64, apart bool) error {
	column := l.column(name, "", func(t *tally) { t.stats.Type, t.file = "text", true })
	pieces := make(chan *piece)
	spare := make(chan []byte, v.opts.Workers+1) // buffers of pieces that were looked through
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(pieces)
		return cut(r, line, spare, sizes{pieceBytes, maxPiece, overlapBytes}, func(p *piece) error {
			p.apart = apart
			select {
			case pieces <- p:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	})
	for range v.opts.Workers {
		group.Go(func() error {
			s := v.scanner()
			for p := range pieces {
				p.tally = column.fresh()
				s.pieceOf(p)
				if err := s.err(); err != nil {
					return err
				}
				l.merge(int64(bytes.Count(p.data[p.again:], newline)), []*tally{p.tally})
				if cap(p.data) > 2*pieceBytes {
					continue // a buffer not worth keeping
				}
				select {
				case spare <- p.data:
				default:
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// pieceOf looks through a piece.
func (s *scanner) pieceOf(p *piece) {
	t := p.tally
	t.stats.Cells++
	t.stats.Bytes += int64(len(p.data) - p.again)
	if p.cut {
		t.stats.Cut++
	}
	if len(p.data) < minCell {
		return
	}
	s.piece = p
	s.look(t, place{}, p.data)
	s.piece = nil
	if t.found[bareDetection].n > 0 {
		t.numbers += longNumbers(p.data)
	}
}

// longNumbers counts the numbers as long as those of cards.
func longNumbers(text []byte) (n int64) {
	run := 0
	for _, c := range text {
		if c-'0' < 10 {
			run++
			continue
		}
		if run >= 12 && run <= 19 {
			n++
		}
		run = 0
	}
	if run >= 12 && run <= 19 {
		n++
	}
	return n
}

// cut reads a file in pieces, in order, into buffers that are to spare or new ones.
func cut(r io.Reader, line int64, spare <-chan []byte, size sizes, emit func(*piece) error) error {
	var rest []byte // the overlap, then what follows the last whole line
	again := 0
	for {
		room := len(rest) + size.piece
		data := append(buffer(spare, room+size.overlap), rest...)
		var err error
		var end int
		last, inside := false, false
		for {
			for n := 0; err == nil && len(data) < room; data = data[:len(data)+n] {
				n, err = r.Read(data[len(data):room])
			}
			last = err == io.EOF
			if err != nil && !last {
				return err
			}
			if end = len(data); last {
				break
			}
			if i := bytes.LastIndexByte(data[again:], '\n'); i >= 0 {
				end = again + i + 1
			} else {
				end = wholeRune(data)
			}
			if inside = withinRun(data[:end], size.overlap); !inside || room >= size.longest {
				break
			}
			room = min(2*room, size.longest)
			data = append(make([]byte, 0, room+size.overlap), data...)
		}
		if inside = inside && !last; inside {
			end = wholeGroup(data, end, size.overlap)
		}
		from := overlap(data[:end], size.overlap)
		if !last {
			rest = append(rest[:0], data[from:]...)
		}
		before := int64(bytes.Count(data[:from], newline))
		if end > again {
			p := &piece{data: data[:end], first: line, again: again, lines: bytes.Count(data[:again], newline)}
			p.cut = inside
			p.binary = !mostlyText(p.data)
			if err := emit(p); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		line += before
		again = end - from
	}
}

// buffer is an empty one with room for n bytes.
func buffer(spare <-chan []byte, n int) []byte {
	select {
	case b := <-spare:
		if cap(b) >= n {
			return b[:0]
		}
	default:
	}
	return make([]byte, 0, n)
}

// overlap is where the last lines of a piece begin that the next one begins with.
func overlap(data []byte, most int) int {
	from := max(0, len(data)-most)
	if i := bytes.IndexByte(data[from:], '\n'); i >= 0 && from+i+1 < len(data) {
		return from + i + 1
	}
	for from < len(data) && !utf8.RuneStart(data[from]) {
		from++
	}
	return from
}

// wholeGroup is where the last whole group ends of the encoded stretch that data
// ends with: four characters, so that what follows can be decoded by itself.
func wholeGroup(data []byte, end, overlap int) int {
	start := lastRun(data[:end])
	if n := end - start; n > 2*overlap {
		return end - n%4
	}
	return end
}

// wholeRune is the end of the last whole character.
func wholeRune(data []byte) int {
	for i := len(data) - 1; i >= max(0, len(data)-utf8.UTFMax); i-- {
		if utf8.RuneStart(data[i]) {
			if utf8.FullRune(data[i:]) {
				return len(data)
			}
			return i
		}
	}
	return len(data)
}

// mostlyText tells text, in any encoding, from other bytes: by its start and by
// how many control characters are in it. One zero byte makes no text another thing.
func mostlyText(data []byte) bool {
	data = data[:min(len(data), 8<<10)]
	odd := 0
	for _, c := range data {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1B {
			odd++
		}
	}
	return odd*50 <= len(data)
}

// runLine is how long a stretch is at least that may be a line of an encoded text.
const runLine = 60

// lastRun is where the letters, digits and signs of base64 begin that text ends with.
func lastRun(text []byte) int {
	i := len(text)
	for i > 0 && inBase64(text[i-1]) {
		i--
	}
	return i
}

// withinRun reports whether text ends within an encoded stretch: one long line of
// nothing else, or several.
func withinRun(text []byte, long int) bool {
	body := bytes.TrimRight(text, "\r\n")
	start := lastRun(body)
	n, ended := len(body)-start, len(body) < len(text)
	switch {
	case !ended && n >= long:
		return true
	case start == 0 || body[start-1] != '\n' || ended && n < runLine:
		return false
	}
	before := bytes.TrimRight(body[:start], "\r\n")
	return len(before)-lastRun(before) >= runLine
}

func inBase64(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c-'0' < 10 || c == '+' || c == '/' || c == '-' || c == '_'
}
