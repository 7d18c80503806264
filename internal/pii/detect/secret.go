package detect

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// A shape is a vendor's documented key form: a prefix and at least min further
// characters of its alphabet.
type shape struct {
	prefix string
	min    int
	exact  bool // not more than min either
}

// shapes by first letter, so that a word is compared with few.
var shapes = func() (t [256][]shape) {
	for _, s := range [...]shape{
		{"AKIA", 16, true}, {"ASIA", 16, true}, // AWS access keys
		{"AIza", 35, true}, // Google API keys
		{"ya29.", 20, false},
		{"ghp_", 36, false}, {"gho_", 36, false}, {"ghu_", 36, false}, {"ghs_", 36, false}, {"ghr_", 36, false},
		{"github_pat_", 22, false}, {"glpat-", 20, false},
		{"xoxb-", 10, false}, {"xoxp-", 10, false}, {"xoxa-", 10, false}, {"xoxr-", 10, false}, {"xoxs-", 10, false},
		{"sk_live_", 16, false}, {"rk_live_", 16, false}, {"pk_live_", 16, false}, {"sk_test_", 16, false}, {"whsec_", 24, false},
		{"sk-ant-", 20, false}, {"sk-proj-", 20, false}, {"hf_", 34, false}, {"npm_", 36, false}, {"pypi-", 50, false},
		{"sk_org_", 16, false}, {"rk_test_", 16, false}, {"xapp-", 20, false}, {"xoxe-", 20, false}, {"xoxe.", 20, false},
		{"glptt-", 20, false}, {"gldt-", 20, false}, {"glrt-", 20, false}, {"glsa_", 32, false}, {"glc_", 32, false},
		{"GOCSPX-", 20, false}, {"ATATT3", 40, false}, {"ATCTT3", 40, false}, {"AGE-SECRET-KEY-1", 58, true},
		{"dckr_pat_", 20, false}, {"dapi", 32, true}, {"dp.pt.", 40, false}, {"doo_v1_", 64, false}, {"dor_v1_", 64, false},
		{"hvs.", 24, false}, {"hvb.", 24, false}, {"lin_api_", 32, false}, {"figd_", 32, false}, {"gsk_", 40, false},
		{"sbp_", 40, false}, {"rubygems_", 48, false}, {"pul-", 40, false}, {"NRAK-", 27, true}, {"PMAK-", 40, false},
		{"shpca_", 32, false}, {"shppa_", 32, false}, {"sq0atp-", 22, false}, {"sq0idp-", 22, false}, {"EAAA", 60, false},
		{"CFPAT-", 40, false}, {"nfp_", 36, false}, {"pat-na1-", 36, false}, {"tfp_", 40, false}, {"r8_", 36, false}, {"pplx-", 40, false},
		{"sntrys_", 40, false}, {"phc_", 40, false}, {"phx_", 40, false}, {"ntn_", 43, false},
		{"ABIA", 16, true}, {"ACCA", 16, true}, {"LTAI", 20, false}, {"AQVN", 35, false},
		{"SG.", 60, false}, {"dop_v1_", 64, false}, {"shpat_", 32, false}, {"shpss_", 32, false}, {"sq0csp-", 40, false},
	} {
		t[s.prefix[0]] = append(t[s.prefix[0]], s)
	}
	return t
}()

// secretSecond holds, for the first byte of a secret, what its second byte is
// modulo 64, as bits.
var secretSecond = func() (t [256]uint64) {
	for c := range t {
		for _, s := range shapes[c] {
			t[c] |= 1 << (s.prefix[1] & 63)
		}
	}
	t['e'] = 1 << ('y' & 63) // eyJ…: a JWT
	return t
}()

// secret looks for a key that begins with the word at i.
func secret(text []byte, i int) Hit {
	rest := text[i:]
	if bytes.HasPrefix(rest, []byte("eyJ")) {
		return jwt(text, i)
	}
	for _, s := range shapes[text[i]] {
		if rest[2] != s.prefix[2] || len(rest) < len(s.prefix)+s.min || string(rest[:len(s.prefix)]) != s.prefix {
			continue
		}
		end := i + len(s.prefix)
		for end < len(text) && (tokenChar(text[end]) || text[end] == '.' && s.prefix[len(s.prefix)-1] == '.') {
			end++
		}
		body := end - i - len(s.prefix)
		if body < s.min || s.exact && body > s.min {
			continue
		}
		return Hit{Class: pii.Token, Start: i, End: end, Strong: true}
	}
	return Hit{}
}

// jwt looks for three base64url parts of which the first two are JSON objects
// ("eyJ" is `{"`; RFC 7519 §3).
func jwt(text []byte, i int) Hit {
	p := i
	for part := range 3 {
		start := p
		for p < len(text) && tokenChar(text[p]) {
			p++
		}
		if part < 2 {
			if p-start < 8 || string(text[start:start+3]) != "eyJ" || p >= len(text) || text[p] != '.' {
				return Hit{}
			}
			p++
		} else if p-start < 8 {
			return Hit{}
		}
	}
	return Hit{Class: pii.Token, Start: i, End: p, Strong: true}
}

// pem looks for a private key in PEM form (RFC 7468) at a run of hyphens, and
// otherwise steps over the run.
func pem(text []byte, i int) (Hit, int) {
	const begin, kind = "-----BEGIN ", "PRIVATE KEY"
	stop := i
	for stop < len(text) && text[stop] == '-' {
		stop++
	}
	start := stop - 5
	if start < i || start+len(begin) > len(text) || string(text[start:start+len(begin)]) != begin {
		return Hit{}, stop
	}
	label := text[start+len(begin) : min(len(text), start+len(begin)+40)]
	k := bytes.Index(label, []byte(kind))
	if k < 0 {
		return Hit{}, stop
	}
	end := start + len(begin) + k + len(kind)
	for end < len(text) && pemChar(text[end]) {
		end++
	}
	if string(text[end-3:end]) == "END" { // "-----END RSA PRIVATE KEY-----"
		for end < len(text) && (text[end] == ' ' || text[end] >= 'A' && text[end] <= 'Z' || text[end] == '-') {
			end++
		}
	}
	return Hit{Class: pii.Token, Start: start, End: end, Strong: true}, end
}

func pemChar(c byte) bool {
	return kinds[c]&alnum != 0 || c == '+' || c == '/' || c == '=' || c == '\n' || c == '\r' || c == '-' || c == '\\'
}

func tokenChar(c byte) bool { return kinds[c]&alnum != 0 || c == '_' || c == '-' }

// iban looks for an IBAN at i, in one piece or with single spaces or hyphens.
func (d *Detector) iban(text []byte, i int) Hit {
	c0, c1 := text[i]&^0x20, text[i+1]&^0x20
	want := ident.IBANLength(c0, c1)
	if want == 0 || !before(text, i) {
		return Hit{}
	}
	var b [34]byte
	n, p := 0, i
	for p < len(text) && n < want {
		c := text[p]
		switch kinds[c] {
		case letter:
			c &^= 0x20
		case digit:
		default:
			if c != ' ' && c != '-' || n < 4 || kinds[text[p-1]]&alnum == 0 {
				return Hit{}
			}
			p++
			continue
		}
		b[n] = c
		n++
		p++
	}
	if n != want || !after(text, p) {
		return Hit{}
	}
	if !ident.IBAN(b[:n]) {
		d.miss(text, i, p)
		return Hit{}
	}
	return Hit{Class: pii.IBAN, Start: i, End: p, Strong: true, Bare: true}
}
