package detect

import (
	"encoding/binary"
	"unicode/utf8"
)

// folding sees through characters that hide an identifier from a scan of bytes:
// format characters, which nobody sees (soft hyphen, zero-width spaces and
// joiners, direction marks, word joiner, byte order mark), and full-width forms
// of ASCII. It holds a copy of a text without them and the way back.
type folding struct {
	text  []byte
	steps []step
	plain []Hit // in the text as it stands
	found []Hit // in the copy
}

// step says that from offset at of the copy on, the text is shift bytes ahead.
type step struct{ at, shift int }

// scanFolded appends the hits in text as it stands and in its copy from the first
// folded character on. Where they overlap, a hit is what they cover together, of
// the longer one's class.
func (d *Detector) scanFolded(dst []Hit, text []byte, first int) []Hit {
	f := &d.fold
	f.plain = d.scan(f.plain[:0], text)
	f.copy(text, first)
	f.found = d.scan(f.found[:0], f.text)
	f.back(text)
	from := len(dst)
	for a, b := f.plain, f.found; len(a)+len(b) > 0; {
		next := &a
		if len(a) == 0 || len(b) > 0 && b[0].Start < a[0].Start {
			next = &b
		}
		h := (*next)[0]
		*next = (*next)[1:]
		if n := len(dst); n > from && h.Start < dst[n-1].End {
			dst[n-1] = together(dst[n-1], h)
			continue
		}
		dst = append(dst, h)
	}
	return dst
}

func together(a, b Hit) Hit {
	h := a
	if b.End-b.Start > a.End-a.Start {
		h.Class = b.Class
	}
	h.End = max(a.End, b.End)
	h.Strong, h.Bare = a.Strong || b.Strong, a.Bare && b.Bare
	return h
}

// copy makes the copy; nothing is to be folded before first.
func (f *folding) copy(text []byte, first int) {
	f.text, f.steps = append(f.text[:0], text[:first]...), f.steps[:0]
	shift := 0
	for i := first; i < len(text); {
		n, c := folded(text, i)
		i += max(n, 1)
		switch {
		case n == 0:
			f.text = append(f.text, text[i-1])
			continue
		case c > 0:
			f.text = append(f.text, c)
			n-- // of what comes behind it
		}
		shift += n
		f.steps = append(f.steps, step{len(f.text), shift})
	}
}

// back gives the hits their offsets in the text.
func (f *folding) back(text []byte) {
	at, shift := 0, 0
	place := func(i int) int {
		for ; at < len(f.steps) && f.steps[at].at <= i; at++ {
			shift = f.steps[at].shift
		}
		return i + shift
	}
	for i := range f.found {
		h := &f.found[i]
		h.Start = place(h.Start)
		last := place(h.End - 1)
		h.End = last + 1
		if n, c := folded(text, last); c > 0 {
			h.End = last + n
		}
	}
}

// folded says how long the character at i is, if it is folded (0 if not), and
// to what; 0 is nothing.
func folded(text []byte, i int) (n int, to byte) {
	switch text[i] {
	case 0xC2: // U+00AD
		if i+1 < len(text) && text[i+1] == 0xAD {
			return 2, 0
		}
	case 0xE2: // U+200B–200F, U+202A–202E, U+2060–206F
		if i+2 < len(text) {
			switch b, c := text[i+1], text[i+2]; {
			case b == 0x80 && (c >= 0x8B && c <= 0x8F || c >= 0xAA && c <= 0xAE), b == 0x81 && c >= 0xA0 && c <= 0xAF:
				return 3, 0
			}
		}
	case 0xEF: // U+FEFF, U+FF01–FF5E
		if i+2 < len(text) {
			switch b, c := text[i+1], text[i+2]; {
			case b == 0xBB && c == 0xBF:
				return 3, 0
			case b == 0xBC && c >= 0x81 && c <= 0xBF:
				return 3, c - 0x81 + '!'
			case b == 0xBD && c >= 0x80 && c <= 0x9E:
				return 3, c - 0x80 + '`'
			}
		}
	}
	return 0, 0
}

// firstFolded is where the first folded character is, -1 if there is none.
func firstFolded(text []byte) int {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		if binary.LittleEndian.Uint64(text[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	for i < len(text) {
		c := text[i]
		switch {
		case c < utf8.RuneSelf:
			i++
			continue
		case c == 0xC2 || c == 0xE2 || c == 0xEF:
			if n, _ := folded(text, i); n > 0 {
				return i
			}
		}
		i++
	}
	return -1
}
