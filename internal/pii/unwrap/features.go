package unwrap

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// features are what a text may hold.
type features uint32

const (
	escapes   features = 1 << iota // %, & or a backslash
	pluses                         // + beside a digit
	forms                          // compatibility forms of ASCII
	runs                           // stretches that begin as base64 or hex does
	magic                          // a compressed stream
	apparent                       // bytes beyond ASCII; looked at closer
	plusSign                       // a +; looked at closer
	quoted                         // an = of quoted-printable
	coloured                       // a terminal's control sequences
	zeros                          // bytes that are zero; looked at closer
	wideText                       // UTF-16
	angle                          // a <
	inline                         // markup within a word
	brackets                       // an opening bracket: [at], if looked at closer
	newlines                       // folded lines or uuencode, if looked at closer
	quotes                         // a double quote: JSON, perhaps
	isolated                       // letters and digits that stand alone
	groups                         // digits in short groups
	mojibake                       // UTF-8 that was read as Latin-1
	oneByte                        // Windows-1252 amid text
	sqlText                        // an SQL string with Unicode escapes, U&'…'
	richText                       // RTF
	spelled                        // signs in words, in brackets: x [at] y
	spoken                         // signs in words: x at y.z
	numeric                        // enough digits for a number, and more than digits
	border                         // what stands around a word
	operators                      // a |, or what a call's arguments stand in; looked at closer
	joins                          // strings put together within a word
	telltales = escapes
)

// tells are what a character that is no letter or digit says of a text.
var tells = [128]features{'%': telltales, '&': telltales, '\\': telltales, '+': plusSign, '=': quoted, escape: coloured,
	' ': border, '_': border, '-': border, 0: zeros, '<': angle | brackets, '[': brackets, '(': brackets | operators, '{': brackets,
	'\n': newlines, '"': quotes, '|': operators}

// minRun is the shortest stretch of letters and digits that is looked at: base64
// of seven bytes, without padding.
const minRun = 10

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// inspect looks for features, and gathers the places where stretches begin that
// may be base64 or hex. Most of its work is eight bytes at a time.
func (u *Unwrapper) inspect(depth int, text []byte) features {
	l := &u.levels[depth]
	l.starts, l.octets = l.starts[:0], 0
	var f features
	run := 0 // letters and digits before i
	i := 0
	count := 0                      // of digits
	var alone, short, shortest uint // such blocks in a row, see below
	for ; i+8 <= len(text); i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		low := x &^ highs
		lower := low | 0x20*ones
		letters := (lower + (0x80-'a')*ones) &^ (lower + (0x80-'z'-1)*ones)
		digits := (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones)
		inside := (letters | digits) &^ x & highs
		stop := inside ^ highs
		count += bits.OnesCount64(digits & inside)
		if stop == 0 {
			run += 8
			alone, short = 0, 0
			continue
		}
		if run += bits.TrailingZeros64(stop) / 8; run >= 8 {
			end := i + bits.TrailingZeros64(stop)/8
			if run >= minRun || text[end-run]|1 == '1' {
				l.word(text, end-run, end)
			}
		}
		run = bits.LeadingZeros64(stop) / 8
		if x&highs != 0 {
			f |= apparent
			stop &^= x
		}
		for ; stop != 0; stop &= stop - 1 {
			k := i + bits.TrailingZeros64(stop)/8
			t := tells[text[k]&0x7F]
			if f |= t; t&border != 0 && saysAt(text, k) {
				f |= spoken
			}
		}
		// Blocks in a row without two letters side by side, or with digits in groups of up to
		// two or four: prose has none of these, and a time not as many.
		pairs := inside & (inside << 8)
		if alone++; pairs != 0 || inside == 0 {
			alone = 0
		}
		if short++; digits&inside == 0 || pairs&(pairs<<16)&(inside<<32) != 0 {
			short = 0
		}
		if shortest++; digits&inside == 0 || pairs&(pairs<<8) != 0 {
			shortest = 0
		}
		if alone >= 2 {
			f |= isolated
		}
		if short >= 4 || shortest >= 3 {
			f |= groups
		}
	}
	more, last := l.rest(text, i, run)
	f |= last
	count += more
	if len(l.starts) > 0 {
		f |= runs
	}
	if l.octets >= minPieces {
		f |= groups
	}
	if count >= minDigits && count < len(text) {
		f |= numeric
	}
	return closer(text, f)
}

// rest inspects the last bytes of a text, fewer than a block, behind a run of letters and
// digits, and counts their digits.
func (l *level) rest(text []byte, i, run int) (count int, f features) {
	for ; i < len(text); i++ {
		c := text[i]
		if alnum[c] {
			if isDigit(c) {
				count++
			}
			run++
			continue
		}
		if c < utf8.RuneSelf {
			if f |= tells[c]; tells[c]&border != 0 && saysAt(text, i) {
				f |= spoken
			}
		} else {
			f |= apparent
		}
		if run >= 8 {
			l.word(text, i-run, i)
		}
		run = 0
	}
	if run >= 8 {
		l.word(text, i-run, i)
	}
	return count, f
}

// word takes a stretch of eight letters and digits or more: where base64, hex or bits may
// begin, or the eight bits of a byte.
func (l *level) word(text []byte, start, end int) {
	if end-start >= minRun {
		l.starts = candidate(l.starts, text, start, end)
	}
	if text[start]|1 == '1' && isOctet(text[start:end]) {
		l.octets++
	}
}

// saysAt reports the word at between the border at text[i] and another such.
func saysAt(text []byte, i int) bool {
	return i >= 3 && binary.LittleEndian.Uint32(text[i-3:])|0x20<<8|0x20<<16 == uint32(text[i])*(1<<24|1)|'a'<<8|'t'<<16
}

// closer makes sure of what inspect suspects.
func closer(text []byte, f features) features {
	if f&spoken != 0 && !spokenAt(text) {
		f &^= spoken
	}
	if f&^(runs|quotes|isolated|groups|numeric|border) == 0 && (len(text) == 0 || text[0] != 'x') {
		return f &^ border
	}
	told := f
	if f&telltales != 0 {
		f = escapesIn(text, f)
	}
	if f&quoted != 0 && !quotedPrintable(text) {
		f &^= quoted
	}
	if f&coloured != 0 && !colours(text) {
		f &^= coloured
	}
	if f&plusSign != 0 && plus(text) {
		f |= pluses
	}
	if f&apparent != 0 {
		f |= beyondASCII(text)
	}
	if mayJoin(text, told) && joined(text) {
		f |= joins
	}
	f |= between(text, f)
	if f&operators != 0 && f&groups == 0 && charCalls(text) {
		f |= groups
	}
	if f&newlines != 0 && !folded(text) && !uuencoded(text) {
		f &^= newlines
	}
	if i, _ := magicIn(text, f&apparent != 0); i >= 0 {
		f |= magic
	}
	return f &^ (apparent | plusSign | zeros | brackets | border | operators)
}

// between are the features of what can stand between the letters of a value.
func between(text []byte, f features) (more features) {
	if f&angle != 0 && hasMarkup(text) {
		more |= inline
	}
	if f&brackets != 0 && bracketedAt(text) {
		more |= spelled
	}
	if f&zeros != 0 && hasWide(text) {
		more |= wideText
	}
	return more
}

// beyondASCII are the features that only bytes beyond ASCII can have.
func beyondASCII(text []byte) (f features) {
	if hasForms(text) {
		f |= forms
	}
	if misread(text) {
		f |= mojibake
	}
	if hasOneByte(text) {
		f |= oneByte
	}
	return f
}

// escapesIn tells the escapes of text that holds a %, & or backslash.
func escapesIn(text []byte, f features) features {
	back := bytes.IndexByte(text, '\\') >= 0
	if !back && !percent(text) && !entity(text) {
		return f &^ telltales
	}
	if back && (bytes.Contains(text, []byte("U&'")) || bytes.Contains(text, []byte(`U&"`))) {
		f |= sqlText
	}
	if back && bytes.Contains(text, []byte(`{\rtf`)) {
		f |= richText
	}
	return f
}

// percent reports a % and what may follow it.
func percent(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], '%')
		if k < 0 {
			return false
		}
		if i += k; i+2 < len(text) && (hexValue[text[i+1]] < 16 && hexValue[text[i+2]] < 16 || text[i+1]|0x20 == 'u') {
			return true
		}
	}
}

// entity reports an & and what may follow it.
func entity(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], '&')
		if k < 0 {
			return false
		}
		if i += k; i+2 < len(text) && (text[i+1] == '#' || alnum[text[i+1]] &&
			bytes.IndexByte(text[i:min(len(text), i+maxEntity)], ';') > 0) {
			return true
		}
	}
}

// plus reports a + that stands for a space in a number.
func plus(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], '+')
		if k < 0 {
			return false
		}
		if i += k; spacePlus(text, i) {
			return true
		}
	}
}

// spacePlus reports a + that stands for a space between groups of a number, as
// in forms; the + of a time zone is none.
func spacePlus(text []byte, i int) bool {
	if i == 0 || i+1 == len(text) {
		return false
	}
	a, b := text[i-1], text[i+1]
	if a == ')' && isDigit(b) || isDigit(a) && b == '(' {
		return true
	}
	if !alnum[a] || !alnum[b] || !isDigit(a) && !isDigit(b) {
		return false
	}
	back, ahead := i, i+1
	for back > 0 && i-back < maxTime && (isDigit(text[back-1]) || text[back-1] == '.') {
		back--
	}
	for ahead < len(text) && ahead-i < maxTime && isDigit(text[ahead]) {
		ahead++
	}
	return (back == 0 || text[back-1] != ':') && (ahead == len(text) || text[ahead] != ':')
}

// maxTime is the length of seconds with their fraction.
const maxTime = 20

func isDigit(c byte) bool { return c-'0' < 10 }

var alnum = func() (t [256]bool) {
	for c := byte(0); c < 128; c++ {
		t[c] = c-'0' < 10 || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return t
}()
