package verify_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"refresher/internal/pii"
)

// plantedForm is how a value is written; binary ones give bytes that are no text. Those of
// some classes only name them, and give nothing for values that they can't write.
type plantedForm struct {
	name   string
	binary bool
	encode func(s string) string
	of     []pii.Class
}

func runes(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
}

func octets(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, format, s[i])
		}
		return b.String()
	}
}

func alphabet(upper, lower, digit rune) func(string) string {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r >= 'A' && r <= 'Z':
				return upper + r - 'A'
			case r >= 'a' && r <= 'z':
				return lower + r - 'a'
			case r >= '0' && r <= '9':
				return digit + r - '0'
			}
			return r
		}, s)
	}
}

func inJSON(s string) string { return `{"note": "re: ` + s + `"}` }

func std(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

var plantedForms = slices.Concat(encodings, writings)

// encodings are those of programs.
var encodings = []plantedForm{
	{name: "as it is", encode: func(s string) string { return s }},
	{name: "upper case", encode: strings.ToUpper},
	{name: "lower case", encode: strings.ToLower},
	{name: "full width", encode: alphabet(0xFF21, 0xFF41, 0xFF10)},
	{name: "mathematical", encode: alphabet(0x1D400, 0x1D41A, 0x1D7CE)},
	{name: "zero width", encode: func(s string) string {
		i := strings.IndexFunc(s[2:], func(r rune) bool { return r < 128 }) + 2
		return s[:i] + "\u200b" + s[i:]
	}},
	{name: "URL query", encode: func(s string) string { return "/search?q=" + url.QueryEscape(s) + "&page=2" }},
	{name: "URL, every byte", encode: octets("%%%02X")},
	{name: "URL twice", encode: func(s string) string { return octets("%%25%02x")(s) }},
	{name: "entities", encode: runes("&#%d;")},
	{name: "hex entities", encode: runes("&#x%x;")},
	{name: "JSON escapes", encode: runes(`\u%04x`)},
	{name: "C escapes", encode: octets(`\x%02x`)},
	{name: "octal escapes", encode: octets(`\%03o`)},
	{name: "base64", encode: std},
	{name: "base64, no padding", encode: func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }},
	{name: "base64url", encode: func(s string) string { return base64.URLEncoding.EncodeToString([]byte("<<??>>" + s)) }},
	{name: "base64url, no padding", encode: func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(inJSON(s))) }},
	{name: "base64 twice", encode: func(s string) string { return std(std(s)) }},
	{name: "hex", encode: func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{name: "upper hex", encode: func(s string) string { return "0x" + strings.ToUpper(hex.EncodeToString([]byte(s))) }},
	{name: "gzip", binary: true, encode: func(s string) string { return string(gzipped([]byte(inJSON(s)))) }},
	{name: "zstd", binary: true, encode: func(s string) string { return string(zstandard([]byte(inJSON(s)))) }},
	{name: "gzip in base64", encode: func(s string) string { return std(string(gzipped([]byte(inJSON(s))))) }},
	{name: "zstd in hex", encode: func(s string) string { return hex.EncodeToString(zstandard([]byte(inJSON(s)))) }},
	{name: "URL in base64 in entities", encode: func(s string) string { return runes("&#%d;")(std(octets("%%%02x")(s))) }},
	{name: "five layers", encode: func(s string) string {
		return `{\"data\": \"` + strings.ReplaceAll(url.QueryEscape(std(string(gzipped([]byte(runes("&#%d;")(s)))))),
			"%", `\\u0025`) + `\"}`
	}},
}

// writings are those of people and of simple programs.
var writings = []plantedForm{
	{name: "x [at] y (dot) z", of: mail, encode: strings.NewReplacer("@", " [at] ", ".", " (dot) ").Replace},
	{name: "x at y dot z", of: mail, encode: strings.NewReplacer("@", " at ", ".", " dot ").Replace},
	{name: "markup within", encode: func(s string) string { return infix(s, "<wbr>") }},
	{name: "a comment within", encode: func(s string) string { return infix(s, "<!-- x -->") }},
	{name: "CDATA within", encode: func(s string) string { return infix(s, "<![CDATA[") + "]]>" }},
	{name: "tag characters", encode: ifASCII(func(s string) string {
		return "hi" + strings.Map(func(r rune) rune { return 0xE0000 + r }, s)
	})},
	{name: "soft hyphens", encode: func(s string) string { return infix(s, "\u00ad") }},
	{name: "folded line", of: []pii.Class{pii.Email, pii.FullName}, encode: func(s string) string { return infix(s, "\n ") }},
	{name: "U&'…'", encode: func(s string) string { return "U&'" + runes(`\%04x`)(s) + "'" }},
	{name: "RTF", encode: func(s string) string {
		var b strings.Builder
		for _, r := range s {
			c, ok := charmap.Windows1252.EncodeRune(r)
			if !ok {
				return ""
			}
			fmt.Fprintf(&b, `\'%02x`, c)
		}
		return `{\rtf1\ansi ` + b.String() + `\par}`
	}},
	{name: "uuencode", encode: func(s string) string {
		var b strings.Builder
		for line := range slices.Chunk([]byte(s), 45) {
			b.WriteByte(byte(' ' + len(line)))
			for i := 0; i < len(line); i += 3 {
				var t [3]byte
				copy(t[:], line[i:])
				for _, c := range [...]byte{t[0] >> 2, t[0]&3<<4 | t[1]>>4, t[1]&15<<2 | t[2]>>6, t[2] & 63} {
					b.WriteByte('`' - 64*min(c, 1) + c)
				}
			}
			b.WriteByte('\n')
		}
		return "\nbegin 644 x\n" + b.String() + "`\nend\n"
	}},
	{name: "mojibake", of: names, encode: func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.WriteRune(charmap.Windows1252.DecodeByte(c))
		}
		if b.String() == s || strings.ContainsRune(b.String(), '\uFFFD') {
			return ""
		}
		return b.String()
	}},
	{name: "letters in an array", encode: func(s string) string { return "{" + apart(s, ",") + "}" }, of: mail},
	{name: "letters in JSON", encode: func(s string) string { return `["` + apart(s, `","`) + `"]` }, of: mail},
	{name: "letters, spaced", encode: func(s string) string { return apart(s, " ") }, of: mail},
	{name: "hexadecimal, spaced", encode: octets(" %02x")},
	{name: "hexadecimal, 0x", encode: octets("0x%02X, ")},
	{name: "bytes in decimal", encode: octets("%d,")},
	{name: "digits in an array", of: numbers, encode: func(s string) string { return "{" + apart(justDigits(s), ",") + "}" }},
	{name: "groups in an array", of: numbers, encode: func(s string) string { return `["` + grouped(s, `","`) + `"]` }},
	{name: "groups in lines", of: numbers, encode: func(s string) string { return grouped(s, "\n") }},
	{name: "groups in JSON fields", of: numbers, encode: func(s string) string { return `{"a":"` + grouped(s, `","b":"`) + `"}` }},
	{name: "two JSON fields", of: mail, encode: func(s string) string {
		return `{"user":"` + strings.Replace(s, "@", `","host":"`, 1) + `"}`
	}},
	{name: "two XML elements", of: mail, encode: func(s string) string {
		return "<p><user>" + strings.Replace(s, "@", "</user><host>", 1) + "</host></p>"
	}},
	{name: "two array elements", of: names, encode: func(s string) string {
		f, l := ends(s)
		return `["` + f + `","` + l + `"]`
	}},
	{name: "Last, First", of: names, encode: func(s string) string {
		f, l := ends(s)
		return l + ", " + f
	}},
	{name: "FirstLast", of: names, encode: func(s string) string {
		f, l := ends(s)
		return f + l
	}},
	{name: "ae, oe, ue", of: names, encode: strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue").Replace},
	{name: "number last", of: []pii.Class{pii.Street}, encode: func(s string) string {
		number, street, _ := strings.Cut(s, " ")
		return street + " " + number
	}},
	{name: "one number", of: addresses, encode: func(s string) string {
		b := netip.MustParseAddr(s).As4()
		return strconv.FormatUint(uint64(binary.BigEndian.Uint32(b[:])), 10)
	}},
	{name: "name of a host", of: addresses, encode: func(s string) string {
		return "ec2-" + strings.ReplaceAll(s, ".", "-") + ".compute.internal"
	}},
	{name: "mapped into version 6", of: addresses, encode: func(s string) string {
		b := netip.MustParseAddr(s).As4()
		return fmt.Sprintf("::ffff:%x:%x", binary.BigEndian.Uint16(b[:]), binary.BigEndian.Uint16(b[2:]))
	}},
	{name: "reverse DNS", of: addresses, encode: func(s string) string {
		b := netip.MustParseAddr(s).As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
	}},
	{name: "EUI-64", of: []pii.Class{pii.MAC}, encode: func(s string) string { return s[:9] + "ff:fe:" + s[9:] }},
	{name: "as bytes", of: []pii.Class{pii.MAC}, binary: true, encode: func(s string) string {
		b, _ := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
		return string(b)
	}},
	{name: "account without country", of: []pii.Class{pii.IBAN}, encode: func(s string) string { return s[4:] }},
	{name: "calls of chr", encode: octets("chr(%d)||")},
	{name: "calls of CHAR in CONCAT", encode: func(s string) string { return "CONCAT(" + octets("CHAR(%d), ")(s) + "'')" }},
	{name: "strings in code", encode: func(s string) string { return "'" + infix(s, "' || '") + "'" }},
	{name: "octal, spaced", encode: octets("%03o ")},
	{name: "bits, spaced", encode: octets("%08b ")},
	{name: "bits", encode: octets("%08b")},
	{name: "bytes by their index", encode: func(s string) string {
		var b strings.Builder
		for i, c := range []byte(s) {
			fmt.Fprintf(&b, `,"%d":%d`, i, c)
		}
		return "{" + b.String()[1:] + "}"
	}},
	{name: "UTF-16 in base64", encode: func(s string) string { return std(utf16Of(binary.LittleEndian, s)) }},
	{name: "UTF-16BE in base64", encode: func(s string) string { return std(utf16Of(binary.BigEndian, s)) }},
	{name: "UTF-16BE in hex", encode: func(s string) string { return hex.EncodeToString([]byte(utf16Of(binary.BigEndian, s))) }},
	{name: "First, bar, Last", of: names, encode: func(s string) string {
		f, l := ends(s)
		return f + "|" + l
	}},
	{name: "First; Last", of: names, encode: func(s string) string {
		f, l := ends(s)
		return f + "; " + l
	}},
	{name: "markup between words", of: names, encode: func(s string) string {
		f, l := ends(s)
		return "<b>" + f + "</b> " + l
	}},
	{name: "Cyrillic letters", of: []pii.Class{pii.Email, pii.FullName}, encode: strings.NewReplacer("a", "а", "e", "е", "o", "о").Replace},
	{name: "quoted-printable", encode: octets("=%02X")},
	{name: "colours of a terminal", encode: func(s string) string { return infix(s, "\x1b[31m") }},
	{name: "UTF-16", binary: true, encode: func(s string) string { return utf16Of(binary.LittleEndian, s) }},
	{name: "Latin-1 as escapes", of: names, encode: func(s string) string {
		b, err := charmap.ISO8859_1.NewEncoder().String(s)
		if err != nil {
			return ""
		}
		return octets("%%%02X")(b)
	}},
	{name: "circles", encode: func(s string) string { return alphabet(0x24B6, 0x24D0, '0')(s) }, of: mail},
	{name: "small capitals", encode: strings.NewReplacer("a", "ᴀ", "e", "ᴇ", "n", "ɴ", "o", "ᴏ", "i", "ɪ").Replace, of: mail},
	{name: "keycaps", of: numbers, encode: func(s string) string {
		return strings.NewReplacer("0", "0\uFE0F\u20E3", "4", "4\uFE0F\u20E3", "5", "5\uFE0F\u20E3").Replace(justDigits(s))
	}},
	{name: "letters before it", of: []pii.Class{pii.CreditCard}, encode: func(s string) string { return "PAN" + justDigits(s) }},
	{name: "a number behind it", of: names, encode: func(s string) string {
		f, l := ends(s)
		if f+" "+l != s {
			return ""
		}
		return strings.ToLower(f+l) + "84"
	}},
	{name: "octets with zeros", of: addresses, encode: func(s string) string {
		a := netip.MustParseAddr(s).As4()
		return fmt.Sprintf("%03d.%03d.%03d.%03d", a[0], a[1], a[2], a[3])
	}},
	{name: "6to4", of: addresses, encode: func(s string) string {
		a := netip.MustParseAddr(s).As4()
		return fmt.Sprintf("2002:%02x%02x:%02x%02x::1", a[0], a[1], a[2], a[3])
	}},
	{name: "MD5 as a UUID", of: mail, encode: func(s string) string {
		h := fmt.Sprintf("%x", md5.Sum([]byte(s)))
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	}},
	{name: "SHA-256 amid bytes", binary: true, of: mail, encode: func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "\x01\x02\xfd" + string(sum[:]) + "\x00"
	}},
	{name: "SHA-256 in hexadecimal", of: mail, encode: func(s string) string {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(s)))
	}},
}

var (
	mail      = []pii.Class{pii.Email}
	names     = []pii.Class{pii.FullName}
	numbers   = []pii.Class{pii.CreditCard, pii.Phone}
	addresses = []pii.Class{pii.IP}
)

func utf16Of(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// infix puts something between two letters or digits of a value, one of them a letter if there is one.
func infix(s, within string) string {
	at := 0
	for i := 2; i < len(s); i++ {
		if word(s[i-1]) && word(s[i]) && (at == 0 || s[at] <= '9') {
			at = i
		}
	}
	return s[:at] + within + s[at:]
}

func word(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func ifASCII(encode func(string) string) func(string) string {
	return func(s string) string {
		if plainASCII(s) != s {
			return ""
		}
		return encode(s)
	}
}

// apart sets the letters of a value apart.
func apart(s, by string) string { return strings.Join(strings.Split(s, ""), by) }

func justDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// grouped sets groups of four digits apart.
func grouped(s, by string) string {
	var all []string
	for g := range slices.Chunk([]byte(justDigits(s)), 4) {
		all = append(all, string(g))
	}
	return strings.Join(all, by)
}

// ends are the first and the last word of a name.
func ends(s string) (first, last string) {
	w := strings.Fields(s)
	return w[0], w[len(w)-1]
}
