package fake

import (
	"encoding/binary"
	"sync"
	"unicode/utf8"
)

// stream makes any amount of bits of a digest (SplitMix64; the digest is the
// secret, the stream only has to look random).
type stream struct{ state uint64 }

func newStream(d *Digest) stream { return stream{binary.BigEndian.Uint64(d[:])} }

func (s *stream) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

var loremWords = [...]string{
	"lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "eiusmod", "tempor", "incididunt",
	"ut", "labore", "et", "dolore", "magna", "aliqua", "enim", "minim", "veniam", "quis", "nostrud", "exercitation", "ullamco",
	"laboris", "nisi", "aliquip", "ex", "ea", "commodo", "consequat", "duis", "aute", "irure", "in", "reprehenderit", "voluptate",
	"velit", "esse", "cillum", "eu", "fugiat", "nulla", "pariatur", "excepteur", "sint", "occaecat", "cupidatat", "non", "proident",
	"sunt", "culpa", "qui", "officia", "deserunt", "mollit", "anim", "id", "est", "laborum", "mauris", "viverra", "arcu",
}

// lorems are the words and their beginnings; true for whole words.
var lorems = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range loremWords {
		for n := 1; n < len(w); n++ {
			if !m[w[:n]] {
				m[w[:n]] = false
			}
		}
		m[w] = true
	}
	return m
})

// AppendLorem appends n characters (all ASCII) of placeholder text: sentences of
// Latin words, the last one cut off.
func AppendLorem(dst []byte, d *Digest, n int) []byte {
	s := newStream(d)
	start, sentence := len(dst), 0
	for end := start + n; len(dst) < end; {
		r := s.next()
		if len(dst) > start {
			switch {
			case sentence > 4 && r>>60 < 3 || sentence > 14:
				dst, sentence = append(dst, '.'), 0
			case sentence > 1 && r>>60 == 15:
				dst = append(dst, ',')
			}
			dst = append(dst, ' ')
		}
		at := len(dst)
		dst = append(dst, loremWords[r&63]...)
		if sentence == 0 {
			dst[at] -= 'a' - 'A'
		}
		sentence++
	}
	return dst[:start+n]
}

// isLorem accepts what AppendLorem makes, of any length.
func isLorem(text []byte) bool {
	var buf [16]byte
	for i := 0; i < len(text); {
		c := lowerByte(text[i])
		if c == ' ' || c == '.' || c == ',' {
			i++
			continue
		}
		at := i
		for i < len(text) && text[i] < utf8.RuneSelf && lowerByte(text[i]) >= 'a' && lowerByte(text[i]) <= 'z' {
			i++
		}
		if i == at || i-at > len(buf) {
			return false
		}
		whole, ok := lorems()[string(lower(buf[:], text[at:i]))]
		if !ok || !whole && i < len(text) {
			return false
		}
	}
	return true
}

// AppendFiller appends n bytes: the mark of a binary token, or as much of it as
// there is room for, then bytes of 0x80 and above, in which no text can be seen.
func AppendFiller(dst []byte, d *Digest, n int) []byte {
	end := len(dst) + n
	dst = append(dst, bytesMark[:min(n, len(bytesMark))]...)
	s := newStream(d)
	for len(dst)+8 <= end {
		dst = binary.LittleEndian.AppendUint64(dst, s.next()|0x8080808080808080)
	}
	for r := s.next(); len(dst) < end; r >>= 8 {
		dst = append(dst, byte(r)|0x80)
	}
	return dst
}

// PNG is the picture of one grey pixel.
const PNG = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55" +
	"\x00\x00\x00\x0eIDATx\xdab:\x01\x08\x00\x00\xff\xff\x00\xce\x00\xcb\x26\x30\x3e\xe9" +
	"\x00\x00\x00\x00IEND\xaeB\x60\x82"

// PDF is an empty page.
const PDF = "%PDF-1.4\n" +
	"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n" +
	"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n" +
	"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\n" +
	"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \n" +
	"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n170\n%%EOF\n"
