package detect

import (
	"bytes"
	"encoding/base64"

	"refresher/internal/pii"
)

// Keys of a form of their own, which no prefix marks.

// formed looks for one of them that begins with the letter at i.
func formed(text []byte, i int) Hit {
	switch rest := text[i:]; {
	case bytes.HasPrefix(rest, []byte("eyJ")):
		return jwt(text, i)
	case bytes.HasPrefix(rest, []byte("key-")): // Mailgun's first
		start := i + len("key-")
		if hexDigits(text[start:]) == 32 && !continues(text, start+32) {
			return Hit{Class: pii.Token, Kind: "mailgun", Start: i, End: start + 32, Strong: true}
		}
	case rest[0] >= 'M' && rest[0] <= 'O':
		return discordBot(text, i)
	case rest[0] == 'A' && rest[1] == 'C':
		return twilio(text, i)
	case bytes.HasPrefix(rest, []byte("pat")):
		return airtable(text, i)
	}
	return Hit{}
}

// airtable looks for a personal access token of Airtable at i: pat and 14 characters, a dot, 64 hexadecimal digits.
func airtable(text []byte, i int) Hit {
	dot := i + len("pat") + 14
	end := dot + 1 + 64
	if end > len(text) || text[dot] != '.' || hexDigits(text[dot+1:]) != 64 || continues(text, end) {
		return Hit{}
	}
	for _, c := range text[i:dot] {
		if kinds[c]&alnum == 0 {
			return Hit{}
		}
	}
	return Hit{Class: pii.Token, Kind: "airtable", Start: i, End: end, Strong: true}
}

// clientSecret looks for a client secret of Microsoft's Entra ID around the tilde at i: three characters, a digit,
// Q~, and 31 to 34 more.
func clientSecret(text []byte, free, i int) Hit {
	inside := func(c byte) bool { return tokenChar(c) || c == '.' || c == '~' }
	start, end := i-5, i+1
	if start < free || text[i-1] != 'Q' || kinds[text[i-2]] != digit || start > 0 && tokenChar(text[start-1]) {
		return Hit{}
	}
	for _, c := range text[start : i-2] {
		if !inside(c) || c == '-' {
			return Hit{}
		}
	}
	for end < len(text) && end-i <= 35 && inside(text[end]) {
		end++
	}
	if text[end-1] == '.' { // ends the sentence
		end--
	}
	if n := end - i - 1; n < 31 || n > 34 {
		return Hit{}
	}
	return Hit{Class: pii.Token, Kind: "azure", Start: start, End: end, Strong: true}
}

// hexDigits is how many small hexadecimal digits text begins with.
func hexDigits(text []byte) (n int) {
	for n < len(text) && isHex(text[n]) {
		n++
	}
	return n
}

func isHex(c byte) bool { return kinds[c] == digit || c >= 'a' && c <= 'f' }

// continues reports whether a key goes on at i.
func continues(text []byte, i int) bool { return i < len(text) && tokenChar(text[i]) }

// scattered reports hexadecimal digits that look drawn at random, not counted or repeated.
func scattered(b []byte) bool {
	m := mixOf(b)
	return m.lower > 0 && m.digits > 0 && m.distinct >= 8
}

// twilio looks for an account at i (AC and 32 hexadecimal digits) with its token (32 more), however
// the two are joined.
func twilio(text []byte, i int) Hit {
	p := i + 2 + 32
	if p >= len(text) || hexDigits(text[i+2:]) != 32 || continues(text, p) {
		return Hit{}
	}
	const between = 40 // as in AC…","auth_token":"…
	for limit := p + between; p < len(text) && p < limit; p++ {
		if !isHex(text[p]) || tokenChar(text[p-1]) {
			continue
		}
		if n := hexDigits(text[p:min(len(text), p+33)]); n == 32 && !continues(text, p+n) && scattered(text[p:p+n]) {
			return Hit{Class: pii.Token, Kind: "twilio", Start: i, End: p + n, Strong: true}
		}
	}
	return Hit{}
}

// discordBot looks for a bot's token at i: its number in base64, a time and a code, joined by dots.
func discordBot(text []byte, i int) Hit {
	var ends [3]int
	p := i
	for part := range ends {
		for p < len(text) && p-i < 100 && tokenChar(text[p]) {
			p++
		}
		if ends[part] = p; part < 2 {
			if p >= len(text) || text[p] != '.' {
				return Hit{}
			}
			p++
		}
	}
	id, code := text[i:ends[0]], ends[2]-ends[1]-1
	if len(id) < 23 || len(id) > 28 || ends[1]-ends[0]-1 != 6 || code < 27 || code > 38 {
		return Hit{}
	}
	var number [21]byte
	n, err := base64.RawStdEncoding.Decode(number[:], id)
	if err != nil || n < 17 || len(bytes.Trim(number[:n], "0123456789")) > 0 {
		return Hit{}
	}
	return Hit{Class: pii.Token, Kind: "discord", Start: i, End: ends[2], Strong: true}
}

// mayBeKey reports eight digits at i, perhaps, or what a key of Google begins with: few numbers do.
func mayBeKey(text []byte, i int) bool {
	return i+7 < len(text) && kinds[text[i+7]] == digit || text[i] == '1' && i+1 < len(text) && text[i+1] == '/'
}

// digitKey looks for a key that begins with the digit at i: of a Telegram bot (its number, a colon, AA and
// 33 characters), or a refresh token of Google.
func digitKey(text []byte, i int) Hit {
	if i > 0 && tokenChar(text[i-1]) {
		return Hit{}
	}
	if rest := text[i:]; rest[0] == '1' && bytes.HasPrefix(rest, []byte("1//0")) {
		end := i + len("1//0")
		for continues(text, end) {
			end++
		}
		if end-i >= 44 {
			return Hit{Class: pii.Token, Kind: "google", Start: i, End: end, Strong: true}
		}
	}
	p := i
	for p < len(text) && p-i < 11 && kinds[text[p]] == digit {
		p++
	}
	if p-i < 8 || p-i > 10 || p+36 > len(text) || string(text[p:p+3]) != ":AA" {
		return Hit{}
	}
	for _, c := range text[p+1 : p+36] {
		if !tokenChar(c) {
			return Hit{}
		}
	}
	if continues(text, p+36) {
		return Hit{}
	}
	return Hit{Class: pii.Token, Kind: "telegram", Start: i, End: p + 36, Strong: true}
}

// pushToken looks for a key of Firebase Cloud Messaging around the colon at i: an application's
// (AAAA…:APA91b…), or a device's.
func pushToken(text []byte, free, i int) Hit {
	const mark, least, id = "APA91b", 100, 8
	if !bytes.HasPrefix(text[i+1:], []byte(mark)) {
		return Hit{}
	}
	start, end := i, i+1
	for start > free && i-start < 60 && tokenChar(text[start-1]) {
		start--
	}
	for continues(text, end) && end-i < 400 {
		end++
	}
	if i-start < id || end-i < least {
		return Hit{}
	}
	return Hit{Class: pii.Token, Kind: "fcm", Start: start, End: end, Strong: true}
}

// hexKey looks for a key whose first part, 32 hexadecimal digits, ends at the hyphen at i: Mailchimp's
// ends in its data centre (-us21), Mailgun's in eight and eight digits more.
func hexKey(text []byte, free, i int) Hit {
	rest, kind, n := text[i+1:], "", 0
	switch {
	case len(rest) > 2 && rest[0] == 'u' && rest[1] == 's' && kinds[rest[2]] == digit:
		kind, n = "mailchimp", 3
		if len(rest) > 3 && kinds[rest[3]] == digit {
			n++
		}
	case len(rest) >= 17 && rest[8] == '-' && hexDigits(rest[:8]) == 8 && hexDigits(rest[9:17]) == 8:
		kind, n = "mailgun", 17
	default:
		return Hit{}
	}
	start := i
	for start > free && i-start < 33 && isHex(text[start-1]) {
		start--
	}
	if i-start != 32 || start > 0 && tokenChar(text[start-1]) || continues(text, i+1+n) || !scattered(text[start:i]) {
		return Hit{}
	}
	return Hit{Class: pii.Token, Kind: kind, Start: start, End: i + 1 + n, Strong: true}
}

// sharedAccess looks for a token of shared access (Azure's SAS) without its URL, around the '=' of sig at i.
func sharedAccess(text []byte, free, i int) Hit {
	if !bytes.HasSuffix(text[:i], []byte("&sig")) {
		return Hit{}
	}
	start, end := i, i+1
	for start > free && i-start < 400 && !endsURL(text[start-1]) {
		start--
	}
	for end < len(text) && end-i < 400 && text[end] != '&' && text[end] != ';' && !endsURL(text[end]) {
		end++
	}
	before, after := text[start:i], text[i:min(len(text), i+400)]
	has := func(field string) bool { return bytes.Contains(before, []byte(field)) }
	expires := has("se=") || bytes.Contains(after, []byte("&se="))
	if end-i < 21 || has("://") || !has("sv=") && !has("sr=") || !expires {
		return Hit{}
	}
	return Hit{Class: pii.Capability, Kind: "shared_access", Start: start, End: end, Strong: true}
}
