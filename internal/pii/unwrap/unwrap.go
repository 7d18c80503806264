// Package unwrap sees through the encodings that text is carried in.
//
// [Unwrapper.Walk] shows a text as it stands and then everything that it holds in
// an encoded form, layer by layer, to at most [Depth] layers:
//
//   - escapes, taken off in place, since what they hide is mostly written plainly
//     (hanna%40posteo.se): %XX and %uXXXX of URLs, + between the groups of a
//     number, HTML entities (named, decimal, hexadecimal, without their semicolon
//     too if numeric), backslash escapes of JSON, SQL, C and JavaScript (\n, \",
//     \u0040, \u{40}, \x40, \U00000040, \100), bytea's \x… ; =XX of mail
//     (quoted-printable) with its soft line breaks, and what terminals colour text with;
//   - Unicode compatibility forms of ASCII, also in place: mathematical, circled,
//     superscript and small letters and digits, ligatures, digits of any script;
//     and characters that nobody sees, within words and numbers;
//   - base64 in either alphabet, with or without padding, in one piece or in
//     lines of 60 characters or more, from 10 characters on;
//   - hexadecimal, in one piece, from 12 digits on, with 0x or \x before it or
//     nothing;
//   - gzip, zlib and zstd, from where their magic number stands;
//   - UTF-16 of either byte order, with or without a mark, from five characters on;
//   - what stands within words: inline markup, folded lines, signs of an address that
//     are spelled out, UTF-8 that was read as Latin-1;
//   - uuencode, arrays of letters, digits or bytes, and what code puts together of characters and strings;
//   - fields of a document side by side ([View.Loose]), for values that are split.
//
// # Bounds
//
// What is unfolded from one text is at most 64 KiB and 32 times the text's
// length, and never more than 32 MiB, all layers together; what is left out is
// told by Walk. So a decompression bomb costs no more than other text of that
// length, and no input takes more than linear time and memory.
//
// Most text holds nothing encoded, and a single pass of eight bytes a step says
// so: a %, & or backslash, or a run of ten letters and digits whose first bytes
// would decode to text.
package unwrap

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
)

// Depth is how many layers are taken off: entities in gzip in base64 in a URL in
// JSON in JSON in an array of composites.
const Depth = 8

// Bounds of what is unfolded from one text.
const (
	perText = 64 << 10
	perByte = 32
	ceiling = 32 << 20
)

// binaryFrom is the length in decoded bytes from which what decodes to anything
// else than text is shown too. Shorter are digests, signatures and tokens.
const binaryFrom = 72

// A Layer is one encoding.
type Layer uint8

// Layers.
const (
	Escapes Layer = iota + 1
	Base64
	Hex
	Compressed
	UTF16
	Markup // and line folding, and signs that are spelled out
	Array
	Fields
	UUEncode
)

func (l Layer) String() string {
	return [...]string{"plain", "escapes", "base64", "hex", "compressed", "UTF-16", "markup", "array", "fields",
		"uuencode"}[l]
}

// View is one text to look at. It is valid until the function it was given to returns.
type View struct {
	Text   []byte
	Binary bool // no text: shapes in it are chance
	Loose  bool // put together of pieces that chance may have put side by side: only known values count
	Open   bool // set by show: a known value may begin before a tag, and go on behind it
	Apart  bool // set by show: a known value may begin in a field, and go on in the next
	Inside bool // it was cut out of the text, so that its line breaks are not the text's
	Line   int  // line breaks of the text before it, if it is inside
	Last   int  // and before its end
	layers []Layer
}

// How names the layers that were taken off, the outermost first; empty for the text itself.
func (v *View) How() string {
	var b strings.Builder
	for i, l := range v.layers {
		if i > 0 && l == v.layers[i-1] {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(l.String())
	}
	return b.String()
}

// Unwrapper has scratch space, so one goroutine uses it at a time. The zero
// value is ready.
type Unwrapper struct {
	show    func(*View)
	left    int // bytes that may still be unfolded
	cut     bool
	levels  [Depth + 1]level
	layers  [Depth]Layer
	views   [Depth + 1]View
	seed    maphash.Seed
	seen    []uint64 // encoded stretches of the text at hand, by their hash
	expand  inflater
	loose   bool // the next view is
	scratch []byte
}

// level is the scratch space of one depth.
type level struct {
	buf    []byte
	starts []int
	octets int // words that are the eight bits of a byte
}

// Walk calls show for text and for each text that it holds, and reports whether
// some were left out or cut short, being too much or too deep. show must not call Walk.
func (u *Unwrapper) Walk(text []byte, show func(*View)) (cut bool) {
	v := &u.views[0]
	*v = View{Text: text}
	show(v)
	f := u.inspect(0, text)
	if f == 0 {
		return false
	}
	u.show, u.cut = show, false
	u.left = min(perText+perByte*len(text), ceiling)
	if u.seen == nil {
		u.seed, u.seen = maphash.MakeSeed(), make([]uint64, 0, maxSeen)
	}
	u.seen = u.seen[:0]
	u.open(0, v, f)
	u.show = nil
	return u.cut
}

// descend shows a text of the next depth and opens it.
func (u *Unwrapper) descend(depth int, layer Layer, text []byte, inside, binary bool, line, last int) {
	if len(text) > u.left {
		u.left, u.cut = 0, true
		return
	}
	u.left -= len(text)
	u.layers[depth] = layer
	depth++
	v := &u.views[depth]
	*v = View{Text: text, Inside: inside, Binary: binary, Loose: u.loose, Line: line, Last: last, layers: u.layers[:depth]}
	u.show(v)
	if f := u.inspect(depth, text); f != 0 && !u.loose {
		u.open(depth, v, f)
	}
}

// open takes the next layer off a text.
func (u *Unwrapper) open(depth int, v *View, f features) {
	if depth == Depth {
		u.cut = u.cut || u.really(v.Text, f)
		return
	}
	if !u.replace(depth, v, f) && !v.Binary {
		u.together(depth, v, f)
	}
	l := &u.levels[depth]
	if f&runs != 0 {
		u.runs(depth, v)
	}
	if f&magic != 0 {
		u.compressed(depth, v)
	}
	if f&newlines != 0 {
		u.uuencode(depth, v)
	}
	if f&wideText != 0 {
		l.buf = appendWide(l.buf[:0], v.Text)
		u.cutOut(depth, v, UTF16, l.buf, false, 0, len(v.Text))
	}
}

// replace shows a text without its escapes, or what else is written into its words; false
// if there is none of these.
func (u *Unwrapper) replace(depth int, v *View, f features) bool {
	l := &u.levels[depth]
	layer := Escapes
	if f&(escapes|pluses|forms|quoted|coloured) != 0 {
		l.buf = rewrite(l.buf[:0], v.Text, f)
	} else {
		l.buf = l.buf[:0]
	}
	if len(l.buf) == 0 || bytes.Equal(l.buf, v.Text) {
		if f&(inline|newlines|mojibake|oneByte|spelled|joins) == 0 {
			return false
		}
		layer = Markup
		if l.buf = strip(l.buf[:0], v.Text, f); bytes.Equal(l.buf, v.Text) {
			return false
		}
	}
	u.descend(depth, layer, l.buf, v.Inside, v.Binary, v.Line, v.Last)
	return true
}

// together shows what the pieces of a text are side by side.
func (u *Unwrapper) together(depth int, v *View, f features) {
	l := &u.levels[depth]
	if f&isolated != 0 {
		u.letters(depth, v)
	}
	if f&groups != 0 {
		u.codes(depth, v)
	}
	if v.Open && f&angle != 0 {
		l.buf = appendUntagged(l.buf[:0], v.Text)
		u.descend(depth, Markup, l.buf, v.Inside, false, v.Line, v.Last)
	}
	u.loose = true
	if f&spoken != 0 {
		l.buf = appendSpoken(l.buf[:0], v.Text)
		u.descend(depth, Escapes, l.buf, v.Inside, false, v.Line, v.Last)
	}
	if len(v.Text) <= maxFields {
		if f&numeric != 0 {
			if l.buf = appendNumbers(l.buf[:0], v.Text); len(l.buf) > 0 {
				u.cutOut(depth, v, Fields, l.buf, false, 0, len(v.Text))
			}
		}
		if v.Apart {
			l.buf = appendFields(l.buf[:0], v.Text)
			u.descend(depth, Fields, l.buf, v.Inside, false, v.Line, v.Last)
		}
	}
	u.loose = false
}

// really reports whether there is one more layer, which is not taken off.
func (u *Unwrapper) really(text []byte, f features) bool {
	if f&(runs|magic|wideText) != 0 {
		return true
	}
	u.scratch = rewrite(u.scratch[:0], text, f)
	return f&(escapes|pluses|forms|quoted|coloured) != 0 && !bytes.Equal(u.scratch, text)
}

// maxSeen is how many encoded stretches of a text are remembered.
const maxSeen = 256

// fresh reports whether an encoded stretch is new in the text at hand: text
// whose escapes were taken off holds the same ones again.
func (u *Unwrapper) fresh(stretch []byte) bool { return u.freshAs(0, stretch) }

// freshAs is fresh for a stretch that may be read in several ways, for one of them.
func (u *Unwrapper) freshAs(way int, stretch []byte) bool {
	h := maphash.Bytes(u.seed, stretch) + uint64(way)
	if slices.Contains(u.seen, h) {
		return false
	}
	if len(u.seen) < maxSeen {
		u.seen = append(u.seen, h)
	}
	return true
}

// cutOut shows a text that was made of v.Text[start:end].
func (u *Unwrapper) cutOut(depth int, v *View, layer Layer, text []byte, binary bool, start, end int) {
	line, last := v.Line, v.Last
	if !v.Inside {
		line = bytes.Count(v.Text[:start], newline)
		last = line + bytes.Count(v.Text[start:end], newline)
	}
	u.descend(depth, layer, text, true, binary, line, last)
}

var newline = []byte{'\n'}
