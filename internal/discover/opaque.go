package discover

import (
	"crypto/md5"  //nolint:gosec // digests of others are recognised, none is relied on
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// isOpaque reports whether a value looks drawn at random: twenty letters and digits or more,
// of which few are alike, in upper and lower case or in base64's signs.
func isOpaque(v string) bool {
	if len(v) < 20 || len(v) > 512 {
		return false
	}
	upper, lower, digit, kinds := 0, 0, 0, map[byte]bool{}
	for i := range len(v) {
		switch c := v[i]; {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		case c >= '0' && c <= '9':
			digit++
		case !strings.ContainsRune("+/=_-", rune(c)):
			return false
		}
		kinds[v[i]] = true
	}
	return upper > 2 && lower > 2 && digit > 1 && len(kinds) >= min(len(v)/2, 20)
}

// isElsewhere reports whether a value is how another service knows a person: identifiers of games and of
// services to log in with, behind the service's name.
func isElsewhere(v string) bool { return elsewhere().MatchString(v) }

var elsewhere = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:(?:steam|license2?|discord|fivem|xbl|live|char\d+):[0-9a-f]{6,64}|7656119\d{10}|` +
		`STEAM_[0-5]:[01]:\d+|(?:auth0|google-oauth2|github|facebook|apple|windowslive|samlp|waad|twitter|linkedin)` +
		`\|\S+)$`)
})

// isAccount reports whether a value is the address of a person's page at a service.
func isAccount(v string) bool {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" {
		return false
	}
	path := strings.Trim(u.Path, "/")
	host := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), "m.")
	return path != "" && (strings.HasPrefix(path, "@") || strings.HasPrefix(path, "~") || networks()[host])
}

// networks are services whose pages are of persons.
var networks = sync.OnceValue(func() map[string]bool { return list("networks", " ") })

// picture reports whether bytes, as PostgreSQL's escape format shows them, begin as pictures do.
func picture(v string) bool {
	return slices.ContainsFunc([]string{`\377\330\377`, `\211PNG`, "GIF8", "RIFF"},
		func(p string) bool { return strings.HasPrefix(v, p) })
}

// asciiBytes are the values of a column of bytes that are text.
func asciiBytes(values []string) (texts []string, pictures float64) {
	for _, v := range values {
		if picture(v) {
			pictures++
		}
		if strings.Count(v, `\`)*10 <= len(v) && v != "" {
			texts = append(texts, v)
		}
	}
	if n := float64(len(values)); n > 0 {
		pictures /= n
	}
	if 2*len(texts) < len(values) {
		texts = nil
	}
	return texts, pictures
}

// hexDigest finds a digest in hexadecimal digits, by itself or within an address.
var hexDigest = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^0-9a-f])([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?:$|[^0-9a-f])`)
})

// digests are MD5, SHA-1 and SHA-256 of e-mail addresses and phones among values, as bytes.
func digests(v values) map[string]bool {
	m := map[string]bool{}
	for _, list := range v {
		for _, text := range list {
			plain := strings.ToLower(strings.TrimSpace(text))
			if !isMailbox(plain) && !shapeOf(plain).phone(plain+" ") {
				continue
			}
			//nolint:gosec // see above
			five, one, two := md5.Sum([]byte(plain)), sha1.Sum([]byte(plain)), sha256.Sum256([]byte(plain))
			m[string(five[:])], m[string(one[:])], m[string(two[:])] = true, true, true
		}
	}
	return m
}

// shareOf is the share of values that hold one of the digests: in hexadecimal digits, in
// base64, or as bytes that PostgreSQL shows as \x….
func shareOf(digests map[string]bool, list []string) float64 {
	if len(digests) == 0 || len(list) == 0 {
		return 0
	}
	hits := 0
	for _, v := range list {
		v = strings.TrimPrefix(strings.TrimSpace(v), `\x`)
		var raw []byte
		if m := hexDigest().FindStringSubmatch(v); m != nil {
			raw, _ = hex.DecodeString(m[1])
		} else {
			raw, _ = base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("-", "+", "_",
				"/").Replace(v), "="))
		}
		if digests[string(raw)] {
			hits++
		}
	}
	return float64(hits) / float64(len(list))
}
