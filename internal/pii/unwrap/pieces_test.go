package unwrap

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// uu is a file in uuencode.
func uu(s string) string {
	var b strings.Builder
	b.WriteString("begin 644 a.txt\n")
	for len(s) > 0 {
		n := min(len(s), 45)
		line := []byte(s[:n] + "\x00\x00")
		b.WriteByte(byte(' ' + n))
		for i := 0; i < n; i += 3 {
			x := uint(line[i])<<16 | uint(line[i+1])<<8 | uint(line[i+2])
			for _, shift := range [...]uint{18, 12, 6, 0} {
				b.WriteByte("`!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"[x>>shift&63])
			}
		}
		b.WriteByte('\n')
		s = s[n:]
	}
	return b.String() + "`\nend\n"
}

func elements(separator, quote string) func(string) string {
	return func(s string) string {
		var all []string
		for _, r := range s {
			all = append(all, quote+string(r)+quote)
		}
		return strings.Join(all, separator)
	}
}

func byteElements(format, separator string) func(string) string {
	return func(s string) string {
		var all []string
		for _, c := range []byte(s) {
			all = append(all, fmt.Sprintf(format, c))
		}
		return strings.Join(all, separator)
	}
}

// codePoints writes characters as their numbers.
func codePoints(format, separator string) func(string) string {
	return func(s string) string {
		var all []string
		for _, r := range s {
			all = append(all, fmt.Sprintf(format, r))
		}
		return strings.Join(all, separator)
	}
}

// indexed is an array of bytes as JavaScript writes it as an object.
func indexed(s string) string {
	var all []string
	for i := range len(s) {
		all = append(all, fmt.Sprintf(`"%d":%d`, i, s[i]))
	}
	return "{" + strings.Join(all, ",") + "}"
}

// What people or simple programs put between the letters of a value, a search looks through.
func TestForms(t *testing.T) {
	const email = "hanna.quistorp@posteo.de"
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(email) }
	for name, c := range map[string]struct{ text, want string }{
		"[at]":                           {replace("@", " [at] "), email},
		"(at) (dot)":                     {replace("@", "(at)", ".", "(dot)"), email},
		"{AT} [Punkt]":                   {replace("@", " {AT} ", ".", " [Punkt] "), email},
		"[@]":                            {replace("@", "[@]"), email},
		"at":                             {"mail " + replace("@", " at ") + " please", email},
		"at dot":                         {replace("@", " at ", ".", " dot "), email},
		"AT":                             {replace("@", " AT "), email},
		"_at_ _dot_":                     {replace("@", "_at_", "o.d", "o_dot_d"), email},
		"<at>":                           {replace("@", " <at> "), email},
		"Latin-1":                        {"J\xfcrgen H\xf6llerich", "Jürgen Höllerich"},
		"Latin-1 in a URL":               {"J%FCrgen H%F6llerich", "Jürgen Höllerich"},
		"hex, in fours":                  {"6861 6e6e 612e 7175 6973 746f 7270 4070 6f73 7465 6f2e 6465", email},
		"wbr":                            {replace("@", "@<wbr>"), email},
		"tags":                           {"<b>" + replace("@", "</b>@"), email},
		"two tags":                       {replace("@", "</b><span class=\"x\">@</span>"), email},
		"comment":                        {replace("@", "<!-- no spam -->@"), email},
		"CDATA":                          {"<m>" + replace("@", "<![CDATA[@]]>") + "</m>", email},
		"entity and tag":                 {replace("@", "<wbr>&#64;<wbr/>"), email},
		"tag characters":                 {"hi" + shiftAll(0xE0000)(email), email},
		"LDIF":                           {"mail: " + replace("teo", "t\n eo") + "\ncn: x", email},
		"folded, CRLF":                   {"To: " + replace("teo", "t\r\n\teo"), email},
		"U&":                             {"SELECT U&'" + replace("@", `\0040`) + "'", email},
		"U& long":                        {`U&"` + replace("@", `\+000040`) + `"`, email},
		"uuencode":                       {uu(strings.Repeat("a line before\n", 5) + email), email},
		"RTF":                            {`{\rtf1\ansi J\'fcrgen {\b H\u246?llerich}\par}`, "Jürgen {Höllerich"},
		"mojibake":                       {"JÃ¼rgen HÃ¶llerich, StraÃŸe", "Jürgen Höllerich, Straße"},
		"letters, text[]":                {"{" + elements(",", "")(email) + "}", email},
		"letters, JSON":                  {"[" + elements(", ", `"`)(email) + "]", email},
		"letters, a key":                 {`{"b": "{` + elements(",", "")(email) + `}"}`, email},
		"letters, as key":                {`[1, {"` + elements(" ", "")(email) + `": 1}]`, email},
		"letters, row":                   {`("[` + elements(",", `""`)(email) + `]")`, email},
		"LDIF in JSON":                   {`{"b": "` + replace("teo", `t\n eo`) + `"}`, email},
		"letters, SQL":                   {"array[" + elements(",", "'")(email) + "]", email},
		"letters, spaced":                {elements(" ", "")(email), email},
		"letters, lines":                 {elements("\n", "")(email), email},
		"letters, words":                 {"[" + elements(",", `"`)("Hanna Quistorp") + "]", "Hanna Quistorp"},
		"hex, 0x":                        {byteElements("0x%02x", ", ")(email), email},
		"hex, spaces":                    {byteElements("%02x", " ")(email), email},
		"hex, colons":                    {byteElements("%02X", ":")(email), email},
		"hex, quoted":                    {byteElements(`"%02x"`, ",")(email), email},
		"decimal":                        {`{"type":"Buffer","data":[` + byteElements("%d", ",")(email) + "]}", email},
		"decimal, spaces":                {byteElements("%d", " ")(email), email},
		"hex of array":                   {hex.EncodeToString([]byte(byteElements("%d", " ")(email))), email},
		"decimal, length":                {"{24," + byteElements("%d", ",")(email) + ",0}", email},
		"decimal, a year":                {"2026: " + byteElements("%d", " ")(email), email},
		"decimal, indexed":               {indexed(email), email},
		"decimal, Latin-1":               {codePoints("chr(%d)", "||")("Jürgen Höllerich"), "Jürgen Höllerich"},
		"decimal, Latin":                 {codePoints("%d", ",")("Wałęsa Łukasz"), "Wałęsa Łukasz"},
		"decimal, in pairs":              {byteElements("%d", " ")("HANNA QUISTORP"), "HANNA QUISTORP"},
		"decimal, others behind":         {byteElements("%d", ",")(email) + `,"n":7,"x":[2026,11,30]`, email},
		"decimal, indexed, an id before": {`{"id": 7, "note": ` + indexed(email) + "}", email},
		"decimal, bullets":               {byteElements("%d", " • ")(email), email},
		"octal, others":                  {`{"` + byteElements("%03o", " ")(email) + `": 1}`, email},
		"octal":                          {byteElements("%03o", " ")(email), email},
		"octal, zeros":                   {byteElements("0%03o", ", ")(email), email},
		"chr":                            {"SELECT " + byteElements("chr(%d)", "||")(email), email},
		"chr, spaces":                    {byteElements("CHR(%d)", " || ")(email), email},
		"chr, hex":                       {byteElements("chr(0x%02x)", ".")(email), email},
		"CONCAT":                         {"CONCAT(" + byteElements("CHAR(%d)", ", ")(email) + ")", email},
		"CHAR":                           {"CHAR(" + byteElements("%d", ", ")(email) + ")", email},
		"fromCharCode":                   {byteElements("String.fromCharCode(%d)", "+")(email), email},
		"fromCharCode, n":                {"String.fromCharCode(" + byteElements("%d", ",")(email) + ")", email},
		"x''":                            {byteElements("x'%02x'", "||")(email), email},
		"U+":                             {codePoints("U+%04X", " ")(email), email},
		"UTF-16, in fours":               {codePoints("%04x", " ")(email), email},
		"bits":                           {"is " + byteElements("%08b", " ")(email) + ", yes", email},
		"bits, commas":                   {"{" + byteElements("%08b", ",")(email) + "}", email},
		"bits, 0b":                       {byteElements("0b%08b", ", ")(email), email},
		"bits, B''":                      {byteElements("B'%08b'", "||")(email), email},
		"bits, one piece":                {"bits=" + byteElements("%08b", "")(email) + ";", email},
		"||":                             {"SELECT 'hanna.qui' || 'storp@posteo.de'", email},
		"||, doubled":                    {"$$ 'SELECT ''hanna.qui''||''storp@posteo.de''' $$", email},
		"|| and chr":                     {"'hanna.quistorp'||chr(64)||'posteo'||chr(46)||E'de'", email},
		"concat and chr":                 {"concat('hanna.quistorp', char(0x40), 'posteo.de')", email},
		"+":                              {"var a = \"hanna.qui\" +\n    \"storp@posteo.de\";", email},
		"&":                              {`a = "hanna.quistorp" & Chr(64) & "posteo.de"`, email},
		"digits":                         {"{4,9,3,0,8,8,7,1,4,4,0,2}", "493088714402"},
		"card, lines":                    {"4539\n5787\n6362\n1486", "4539 5787 6362 1486"},
		"card, JSON":                     {`["4539","5787","6362","1486"]`, "4539 5787 6362 1486"},
		"card, int[]":                    {`{4539,5787,6362,1486}`, "4539 5787 6362 1486"},
		"phone, JSON":                    {`{"cc":"49","area":"30","no":"88714402"}`, "49 30 88714402"},
		"phone, numbers":                 {`{"cc":49,"area":30,"number":88714402}`, "49 30 88714402"},
		"card, stars":                    {"4539*5787*6362*1486", "4539 5787 6362 1486"},
		"card, colons":                   {"4539:5787:6362:1486", "4539 5787 6362 1486"},
		"phone, XML":                     {`<p><cc>49</cc><area>30</area><number>88714402</number></p>`, "49 30 88714402"},
		"account":                        {"BLZ 37040044 Konto 0532013000", "37040044 0532013000"},
	} {
		if !holds(c.text, c.want) {
			all, _ := shown(c.text)
			t.Errorf("%s: %q in %q is not seen: %q", name, c.want, c.text, all[1:])
		}
	}
}

func shiftAll(by rune) func(string) string {
	return func(s string) string { return strings.Map(func(r rune) rune { return r + by }, s) }
}

// Fields are put together for a text of which the caller says that a value is open in it.
func TestFields(t *testing.T) {
	for text, want := range map[string]string{
		`{"user":"hanna.quistorp","host": "posteo.de"}`: "hanna.quistorp}posteo.de",
		`["Hanna","Quistorp"]`:                          "Hanna}Quistorp",
		`"first"=>"Hanna", "last"=>"Quistorp"`:          "Hanna}Quistorp",
		`<a><f>Hanna</f><l>Quistorp</l></a>`:            "Hanna}Quistorp",
	} {
		var u Unwrapper
		seen := false
		u.Walk([]byte(text), func(v *View) {
			v.Open, v.Apart = true, true
			seen = seen || v.Loose && bytes.Contains(v.Text, []byte(want))
		})
		if !seen {
			t.Errorf("%q in %q is not seen", want, text)
		}
		if all, _ := shown(text); len(all) != 1 {
			t.Errorf("%q: %q", text, all[1:])
		}
	}
}

// What looks like such forms at first sight and is none is shown as it stands.
func TestNoForms(t *testing.T) {
	for _, s := range []string{
		"We met at the office. Then at home.", "Look, (at ease)", "see [a] and (b)", "<b>bold</b> and <i>more</i>", "a < b > c",
		"first line\nsecond line\n  indented\n", "São Paulo, Ångström, l'été", "3c:22:fb:12:34:56", "03:00:00", "2026-11-21 03:00:00",
		"1.5 2.5 3.5", "I a m", "10, 20, 30, 5", "to be or not to be", "begin 644\nx", `{"id": 123456, "value": 22.5}`, `{"a":1,"b":2}`,
	} {
		if all, cut := shown(s); len(all) != 1 || cut {
			t.Errorf("%q: %q", s, all[1:])
		}
	}
}
