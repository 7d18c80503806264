package fake

import (
	"bytes"
	"encoding/hex"
)

// UsernameForm is the shape of the usernames of a masking domain. The invented
// surname, or the prefix, is what tells them from real ones.
type UsernameForm struct {
	First   bool // a given name before the surname
	Surname bool // a surname before the hash; without it, "usr_"
	Hash    int  // base32 characters: MinUserHash to MaxHash; MinHash or more without surname

	Locale *Locale // of the names; nil: English
}

// MinUserHash is the least hash of a username: 20 bits.
const MinUserHash = 4

const userPrefix = "usr_"

// MaxLen is the longest username of the form.
func (f UsernameForm) MaxLen() int {
	first, last := orEnglish(f.Locale).maxSlugs()
	switch {
	case f.First:
		return first + 1 + last + 1 + f.Hash
	case f.Surname:
		return last + 1 + f.Hash
	}
	return len(userPrefix) + f.Hash
}

// AppendUsername appends a username such as "anna.glirbowwick.k3v7q2m5x4c6b2nz".
func AppendUsername(dst []byte, d *Digest, f UsernameForm) []byte {
	return AppendUsernameOf(dst, d, AnyGender, d, f)
}

// AppendUsernameOf appends a username that shows the name that who draws; d alone
// tells it from others.
func AppendUsernameOf(dst []byte, who *Digest, g Gender, d *Digest, f UsernameForm) []byte {
	if !f.Surname {
		return appendBase32(append(dst, userPrefix...), d, f.Hash)
	}
	return appendBase32(orEnglish(f.Locale).appendSlugs(dst, who, g, f.First), d, f.Hash)
}

func lowerFrom(b []byte, at int) {
	for i := at; i < len(b); i++ {
		b[i] = lowerByte(b[i])
	}
}

func isUsername(text []byte) bool {
	var buf [32]byte
	if rest, ok := bytes.CutPrefix(text, []byte(userPrefix)); ok {
		return len(rest) >= MinHash && len(rest) <= MaxHash && isBase32(rest)
	}
	dot := bytes.LastIndexByte(text, '.')
	if dot < 0 {
		return false
	}
	hash, name := text[dot+1:], text[:dot]
	if len(hash) < MinUserHash || len(hash) > MaxHash || !isBase32(hash) {
		return false
	}
	if first, last, ok := bytes.Cut(name, []byte{'.'}); ok {
		return firstSlugs()[string(lower(buf[:], first))] && isSurnameSlug(last)
	}
	return isSurnameSlug(name)
}

// DomainForm is the shape of the domain names of a masking domain.
type DomainForm struct {
	Hash int // base32 characters after the name; 0 for none
}

// domainTLD are top-level domains that RFC 2606 §2 reserves.
var domainTLD = [...]string{".example", ".test"}

// MaxLen is the longest domain name of the form.
func (f DomainForm) MaxLen() int {
	n := maxSurname + longest(companyTrades[:]) + 1 + longest(domainTLD[:])
	if f.Hash > 0 {
		n += 1 + f.Hash
	}
	return n
}

// AppendDomain appends a domain name such as "glirbowwick-robotics.example".
func AppendDomain(dst []byte, d *Digest, f DomainForm) []byte {
	at := len(dst)
	dst = append(AppendLastName(dst, d), '-')
	dst = append(dst, companyTrades[pick(d, 0, len(companyTrades))]...)
	if f.Hash > 0 {
		dst = appendBase32(append(dst, '-'), d, f.Hash)
	}
	dst = append(dst, domainTLD[d[31]&1]...)
	lowerFrom(dst, at)
	return dst
}

// isDomain accepts all names under the reserved ones.
func isDomain(text []byte) bool {
	for i, c := range text {
		switch {
		case isDigit(c), lowerByte(c) >= 'a' && lowerByte(c) <= 'z':
		case (c == '-' || c == '.') && i > 0:
		default:
			return false
		}
	}
	return reservedHost(bytes.TrimSuffix(text, []byte{'.'}))
}

// Limits of a fake URL.
const (
	MaxURLHost  = 35 // "https://", a surname and ".example.com"
	MaxSegments = 8
)

// AppendURLHost appends "https://glirbowwick.example.com", or another scheme.
func AppendURLHost(dst []byte, d *Digest, scheme string) []byte {
	dst = append(append(dst, scheme...), "://"...)
	at := len(dst)
	dst = append(AppendLastName(dst, d), '.')
	dst = append(dst, emailDomains[int(d[31])%len(emailDomains)]...)
	lowerFrom(dst, at)
	return dst
}

// AppendURLSegment appends word i of a fake path.
func AppendURLSegment(dst []byte, d *Digest, i int) []byte {
	at := len(dst)
	dst = append(dst, stems[int(d[8+i%16])%len(stems)]...)
	lowerFrom(dst, at)
	return dst
}

// AppendURLHash appends a path segment that keeps URLs distinct, of n base32
// characters (MinHash to MaxHash).
func AppendURLHash(dst []byte, d *Digest, n int) []byte { return appendBase32(dst, d, n) }

// URLSchemes are the schemes that a fake URL can have.
var URLSchemes = [...]string{"https", "http", "ftp", "ws", "wss"}

// URLExtensions are the endings that the last segment of a fake URL can have.
var URLExtensions = [...]string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".pdf", ".html", ".htm", ".php", ".css", ".js",
	".json", ".xml", ".csv", ".txt", ".zip", ".mp3", ".mp4"}

// isURL is strict about the path: words of this package and hashes only, since
// anything can stand in a path.
func isURL(text []byte) bool {
	scheme, rest, ok := bytes.Cut(text, []byte("://"))
	if !ok || !oneOf(scheme, URLSchemes[:]) {
		return false
	}
	host, path, _ := bytes.Cut(rest, []byte{'/'})
	name, _, _ := bytes.Cut(host, []byte{'.'})
	if !isDomain(host) || !isSurname(name) {
		return false
	}
	for i := 0; len(path) > 0; i++ {
		var segment []byte
		segment, path, _ = bytes.Cut(path, []byte{'/'})
		if dot := bytes.IndexByte(segment, '.'); dot > 0 && len(path) == 0 && oneOf(segment[dot:], URLExtensions[:]) {
			segment = segment[:dot]
		}
		if i > MaxSegments || len(segment) > 0 && !stemSet()[string(segment)] &&
			(len(segment) < MinHash || len(segment) > MaxHash || !isBase32(segment)) {
			return false
		}
	}
	return true
}

// macMark starts every hardware address made here: locally administered (so no
// maker has it), unicast, of the quadrant that IEEE 802c leaves to local
// administrators.
var macMark = [2]byte{0xf2, 0x4e}

// MAC is an address with 48 bits of the digest; the first six bytes are one of 48
// bits with 32 of the digest.
func MAC(d *Digest) [8]byte {
	var m [8]byte
	copy(m[:], d[:8])
	m[0], m[1] = macMark[0], macMark[1]
	return m
}

// isMAC accepts the addresses of groups, too: no device has one (IEEE 802, the I/G bit).
func isMAC(text []byte) bool {
	var b [16]byte
	n := 0
	for _, c := range text {
		c = lowerByte(c)
		switch {
		case isDigit(c), c >= 'a' && c <= 'f':
			if n == len(b) {
				return false
			}
			b[n] = c
			n++
		case c != ':' && c != '-' && c != '.':
			return false
		}
	}
	var mark [4]byte
	hex.Encode(mark[:], macMark[:])
	group := (b[1]&1 == 1) != (b[1] >= 'a') // the last bit of a hexadecimal digit: a is 10
	return (n == 12 || n == 16) && (group || bytes.Equal(b[:4], mark[:]))
}
