package fake

import "bytes"

// EmailForm is the shape of the addresses of a masking domain.
type EmailForm struct {
	Names   bool    // a given name and a surname before the hash
	Surname bool    // with Names: the surname alone
	Hash    int     // base32 characters of the hash: MinHash to MaxHash, 5 bits each
	Locale  *Locale // of the names; nil: English
	Short   bool    // at x.test
}

// ShortMail is what follows the hash of a short address (RFC 2606 §2).
const ShortMail = "@x.test"

// Lengths of the hash in an e-mail and a token, in base32 characters.
const (
	MinHash = 16 // 80 bits
	MaxHash = 26 // 130 bits
)

func (f EmailForm) locale() *Locale { return orEnglish(f.Locale) }

func orEnglish(l *Locale) *Locale {
	if l == nil {
		return English()
	}
	return l
}

// MaxLen is the longest address of the form.
func (f EmailForm) MaxLen() int {
	n := f.Hash + 1 + len(emailDomains[0])
	if f.Short {
		n = f.Hash + len(ShortMail)
	}
	if f.Names {
		first, last := f.locale().maxSlugs()
		if n += last + 1; !f.Surname {
			n += first + 1
		}
	}
	return n
}

// emailDomains can never receive mail (RFC 2606 §3); all are of one length.
var emailDomains = [...]string{"example.com", "example.org", "example.net"}

// AppendEmail appends an address such as
// "anna.glirbowwick.k3v7q2m5x4c6b2nz@example.com", in lower case. Two digests give
// the same address with probability 2^(-5·f.Hash).
func AppendEmail(dst []byte, d *Digest, f EmailForm) []byte {
	return AppendEmailOf(dst, d, AnyGender, d, f)
}

// AppendEmailOf appends an address that shows the name that who draws; d alone
// tells it from others.
func AppendEmailOf(dst []byte, who *Digest, g Gender, d *Digest, f EmailForm) []byte {
	if f.Names {
		dst = f.locale().appendSlugs(dst, who, g, !f.Surname)
	}
	dst = appendBase32(dst, d, f.Hash)
	if f.Short {
		return append(dst, ShortMail...)
	}
	dst = append(dst, '@')
	return append(dst, emailDomains[int(d[31])%len(emailDomains)]...)
}

// appendBase32 appends the digest's first n·5 bits (RFC 4648 §6, lower case).
func appendBase32(dst []byte, d *Digest, n int) []byte {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var bits uint32
	have, next := 0, 0
	for range n {
		if have < 5 {
			bits = bits<<8 | uint32(d[next])
			next++
			have += 8
		}
		have -= 5
		dst = append(dst, alphabet[bits>>have&31])
	}
	return dst
}

func isBase32(text []byte) bool {
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// reservedTLD are the top-level domains of RFC 2606 §2 that carry no mail.
var reservedTLD = [...]string{"test", "example", "invalid"}

func isEmail(text []byte) bool {
	at := bytes.LastIndexByte(text, '@')
	if at <= 0 {
		return false
	}
	host := bytes.TrimSuffix(text[at+1:], []byte{'.'})
	return len(host) > 0 && host[0] != '.' && reservedHost(host) && !separated(text[:at]) && !separated(host)
}

// reservedHost reports the domains of RFC 2606 and all names under them.
func reservedHost(host []byte) bool {
	last := bytes.LastIndexByte(host, '.')
	if oneOf(host[last+1:], reservedTLD[:]) {
		return true
	}
	for _, d := range emailDomains {
		n := len(host) - len(d)
		if n == 0 && equalFold(host, d) || n > 1 && host[n-1] == '.' && equalFold(host[n:], d) {
			return true
		}
	}
	return false
}

// separated reports whether text is more than one word of an address.
func separated(text []byte) bool {
	for _, c := range text {
		if separators[c] {
			return true
		}
	}
	return false
}

var separators = func() (t [256]bool) {
	for c := range ' ' + 1 {
		t[c] = true
	}
	for _, c := range ",;<>@" {
		t[c] = true
	}
	return t
}()
