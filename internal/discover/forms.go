package discover

import (
	"net/netip"
	"strings"
	"time"
)

func isMAC(v string) bool {
	if len(v) != 17 {
		return false
	}
	for i := range 17 {
		c := v[i]
		if i%3 == 2 {
			if c != ':' && c != '-' {
				return false
			}
		} else if !isHex(c) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// isHash: the usual forms of a hash of a password, or hex of the length of one.
func isHash(v string) bool {
	for _, p := range []string{"$2a$", "$2b$", "$2y$", "$argon2", "$1$", "$5$", "$6$", "$P$", "$H$", "pbkdf2",
		"{SSHA}", "{SHA}", "{bcrypt}", "scrypt:", "sha1$", "eyJ", "ssh-rsa ", "-----BEGIN"} {
		if strings.HasPrefix(v, p) && len(v) >= 20 {
			return true
		}
	}
	switch len(v) {
	case 32, 40, 48, 56, 64, 96, 128:
		letters := false
		for i := range len(v) {
			if !isHex(v[i]) {
				return false
			}
			letters = letters || v[i] > '9'
		}
		return letters
	}
	return false
}

var dateLayouts = []string{"2006-01-02", "2006/01/02", "02.01.2006", "2.1.2006", "02/01/2006", "1/2/2006",
	"01-02-2006", "02-01-2006", "2-Jan-2006", "02 Jan 2006", "January 2, 2006", "20060102", "Jan 2, 2006", "1/2/06",
	"2/1/06", "02-Jan-06"}

// isDate reports whether v is a date, maybe with a time, and whether it begins
// as ISO 8601 has it.
func isDate(v string) (yes, iso bool) {
	day := v
	if i := strings.IndexAny(v, "T "); i >= 8 && i+1 < len(v) && v[i+1] >= '0' && v[i+1] <= '9' &&
		strings.Contains(v[i:], ":") {
		day = v[:i]
	}
	if len(day) < 6 || len(day) > 18 {
		return false, false
	}
	for i, l := range dateLayouts {
		if t, err := time.Parse(l, day); err == nil && (l != "20060102" || t.Year() >= 1900 && t.Year() < 2100) {
			return true, i == 0
		}
	}
	return false, false
}

// isPostcode knows the forms that few other codes have: US ZIP+4, British,
// Canadian, Dutch, Polish, Portuguese, Brazilian, Japanese ones.
func isPostcode(v string) bool {
	switch pattern(v) {
	case "99999-9999", "A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA", "A9A 9A9", "A9A9A9",
		"9999 AA", "9999AA", "99-999", "9999-999", "99999-999", "999-9999", "999 99":
		return true
	}
	return false
}

// pattern writes 9 for a digit and A for a letter; the rest stays.
func pattern(v string) string {
	if len(v) > 24 {
		return ""
	}
	b := []byte(v)
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			b[i] = '9'
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			b[i] = 'A'
		}
	}
	return string(b)
}

func coordinate(v string) (float64, bool) {
	f, frac, sign := 0.0, 0, 1.0
	dot := false
	for i := range len(v) {
		switch c := v[i]; {
		case i == 0 && (c == '-' || c == '+'):
			if c == '-' {
				sign = -1
			}
		case c == '.' && !dot:
			dot = true
		case c >= '0' && c <= '9':
			f = f*10 + float64(c-'0')
			if dot {
				frac++
			}
		default:
			return 0, false
		}
	}
	for range frac {
		f /= 10
	}
	return sign * f, len(v) > 0
}

func withBits(v string) string {
	if strings.Contains(v, "/") {
		return v
	}
	if strings.Contains(v, ":") {
		return v + "/128"
	}
	return v + "/32"
}

func isMailbox(v string) bool {
	local, host, ok := strings.Cut(v, "@")
	return ok && len(local) > 0 && len(local) < 65 && strings.Contains(host, ".") &&
		!strings.ContainsAny(v, " \t/:;,<>()") && !strings.Contains(host, "@") &&
		!strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".")
}

func isAddress(v string) bool { _, err := netip.ParseAddr(v); return err == nil }

func isUUID(v string) bool {
	return len(v) == 36 && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-' &&
		strings.Trim(strings.ToLower(v), "0123456789abcdef-") == ""
}

// isNumbered: words that end in up to three digits, as in Curt84 Schmidt332.
func isNumbered(v string) bool {
	ws := strings.Fields(v)
	for _, w := range ws {
		word := strings.TrimRight(w, "0123456789")
		if len(word) < 3 && len(word) < len(w) || len(w)-len(word) > 3 ||
			strings.ContainsAny(word, "0123456789@/\\_<>{}=:;#-") {
			return false
		}
	}
	return len(ws) > 0 && len(ws) <= 5
}
