package scrub_test

import (
	"slices"
	"strings"
)

// propertyType is a column's type and values that break careless code.
type propertyType struct {
	sql    string
	values []string
}

var million = strings.Repeat("Jané, 12 ", 1<<20/10)

// propertyTexts are hostile texts, and one of each kind that a transform expects.
var propertyTexts = []string{
	"", " ", "a", "é", "🙂", "日本語の名前", "x\ty\nz\\", `\N`, `\\N`, `"quoted"`, "NULL", "nan", "NaN", "\u202etxt.exe\u202c", "\ufeffx", "\x01\x7f",
	"  padded  ", "a@b", "Jane.Doe@mail.invalid", "1", "0", "-1", "007", "123456", "999999", "0000000000", "2147483647", "9223372036854775807",
	strings.Repeat("9", 40), "1.5", "-0.05", "1e400", "infinity", "-infinity", "1984-05-17", "1984-05-17 13:14:15.123+02", "0044-03-15 BC", "2024-02-29T23:59:60Z",
	"1.2.3.4.5", "8.8.8.8", "::", "1.2.3.4/99", "00:1A:2B:3C:4D:5E", "001a.2b3c.4d5e", "https://u:p@[::1]:8/a//b.jpg?x=jane#f", "//", "mailto:jane@mail.invalid",
	"550E8400-E29B-41D4-A716-446655440000", "{}", "{a,b}", `{"a": 1}`, "<a>x</a>", "Germany", "DE", "<", "&amp;", "$1", "%s", "'", `\x00`, "ABCDEF0123", "AB12CD34",
	"İstanbul ſtraße", "\u0301\u0301", "a\u0000"[:1],
}

var propertyTypes = []propertyType{
	{"text", append(slices.Clone(propertyTexts), million)},
	{"varchar(12)", propertyTexts},
	{"varchar(64)", append(slices.Clone(propertyTexts), strings.Repeat("é", 64))},
	{"varchar(2)", propertyTexts},
	{"char(40)", propertyTexts},
	{"name", propertyTexts},
	{"short_text", propertyTexts},
	{"citext", propertyTexts},
	{"mood", []string{"sad", "ok", "so, \"so\""}},
	{"smallint", []string{"0", "1", "-1", "9", "32767", "-32768", "12345"}},
	{"integer", []string{"0", "7", "-7", "42", "123456", "-123456", "999999999", "1000000000", "2147483647", "-2147483648", "150"}},
	{"bigint", []string{"0", "7", "-7", "123456", "2147483648", "9223372036854775807", "-9223372036854775808", "1000000000000000000", "999999999999999999"}},
	{"numeric", []string{"0", "0.00", "-0.05", "1.5", "NaN", "Infinity", "-Infinity", "123456", "1e300", strings.Repeat("7", 1000), "0." + strings.Repeat("0", 500) + "7", strings.Repeat("9", 500) + "." + strings.Repeat("9", 500), "-" + strings.Repeat("1", 1000)}},
	{"numeric(9,6)", []string{"0", "52.520008", "-179.999999", "999.999999", "NaN", "0.000001"}},
	{"numeric(7)", []string{"0", "7", "9999999", "-9999999", "123456"}},
	{"numeric(2,2)", []string{"0", "0.99", "-0.99", "0.01"}},
	{"real", []string{"0", "-0", "1.5", "52.52", "NaN", "Infinity", "-Infinity", "3.4028235e38", "1e-45", "-37"}},
	{"double precision", []string{"0", "-0", "1.5", "52.520008", "NaN", "Infinity", "-Infinity", "1.7976931348623157e308", "5e-324", "-37.25", "1e22"}},
	{"date", []string{"1984-05-17", "2024-02-29", "0001-01-01", "0044-03-15 BC", "4714-11-24 BC", "infinity", "-infinity", "5874897-12-31", "1999-12-31", "2000-01-01"}},
	{"timestamp", []string{"1984-05-17 13:14:15.123456", "0044-03-15 00:00:00 BC", "infinity", "-infinity", "294276-12-31 23:59:59.999999", "4713-11-24 00:00:00 BC", "1999-12-31 23:59:59.999999"}},
	{"timestamptz", []string{"1984-05-17 13:14:15.123456+02", "0044-03-15 00:00:00+00 BC", "infinity", "-infinity", "294276-12-31 23:59:59.999999+00", "2000-01-01 00:00:00+00"}},
	{"inet", []string{"8.8.8.8", "10.0.0.0/8", "::", "2001:4860::8888/64", "0.0.0.0", "::ffff:8.8.8.8"}},
	{"cidr", []string{"8.8.8.0/24", "0.0.0.0/0", "::/0", "2001:4860::/32", "8.8.8.8"}},
	{"uuid", []string{"550e8400-e29b-41d4-a716-446655440000", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
	{"bytea", []string{`\x`, `\x00`, `\x89504e470d0a1a0a`, `\x255044462d312e37`, `\x` + strings.Repeat("ff", 5000), `\x7a40`}},
	{"macaddr", []string{"00:1a:2b:3c:4d:5e", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}},
	{"macaddr8", []string{"00:1a:2b:3c:4d:5e:6f:70", "ff:ff:ff:ff:ff:ff:ff:ff"}},
	{"tsvector", []string{"'doe':2 'jane':1", "'o''neil'", "'a':1A,2B 'b'"}},
	{"vector", []string{"[0.12,-0.5,0.31]", "[0,0]", "[1e-05,65504,-65504]", "[1]"}},
	{"point", []string{"(13.404954,52.520008)", "(0,0)", "(180,90)", "(-180,-90)", "(-179.9999999,89.9999999)"}},
	{"json", jsonDocuments},
	{"jsonb", jsonDocuments},
	{"xml", []string{"", "<a/>", "<a b='Jane Doe'>Jane &amp; Doe<c>123456</c><!-- x --></a>", "text", "<a><![CDATA[<b>]]></a>", "<a xmlns='u' xmlns:o='v' o:b='1'>1984-05-17 13:14:15</a>"}},
	{"text[]", []string{"{}", "{NULL}", `{"a b","c\"d\\e",NULL,"{x}","",日本}`, "{{a,b},{c,NULL}}", "{123456,1984-05-17,8.8.8.8}", `{"NULL","\\N"}`}},
	{"varchar(12)[]", []string{"{}", `{"maximal long",NULL,é}`}},
	{"integer[]", []string{"{}", "{NULL,7,-7,2147483647}"}},
	{"numeric[]", []string{"{NaN,0.05,Infinity,123456.789}"}},
	{"date[]", []string{"{1984-05-17,NULL,infinity}", `{"0044-03-15 BC"}`}},
	{"timestamptz[]", []string{`{"1984-05-17 13:14:15+00",NULL}`}},
	{"inet[]", []string{"{8.8.8.8,NULL,::}"}},
	{"uuid[]", []string{"{550e8400-e29b-41d4-a716-446655440000,NULL}"}},
	{"point[]", []string{`{"(13.404954,52.520008)",NULL}`}},
	{"macaddr[]", []string{`{00:1a:2b:3c:4d:5e,NULL}`}},
	{"bytea[]", []string{`{"\\xdead",NULL}`}},
}

var jsonDocuments = []string{"{}", "[]", "null", `"x"`, "12", "-0.5", "1e300", "true", `{"a": "Jane Doe", "a2": ["8.8.8.8", null, 123456, 1.50, true, {"b": "\u00e9\u202e\"\\"}]}`,
	`{"": "", "n": 1234567890123456789012345678901234567890, "d": "1984-05-17", "t": "2024-01-01T00:00:00Z", "e": 12E-2}`}

// propertyRules are rules to try beside every definition's example and bare name.
var propertyRules = []string{
	"{transform: phone, range: world, domain: w}", "{transform: phone, range: narrow, domain: n}", "{transform: ip, range: narrow, domain: n}", "{transform: email, exact: true, domain: e}",
	"{transform: choice, values: [1, 2, 30]}", "{transform: choice, values: ['2020-01-01', '2021-01-01']}", "{transform: choice, values: [sad, ok]}", "{transform: choice, values: ['true', '[]']}",
	"{transform: constant, value: 1}", "{transform: constant, value: '2020-01-01'}", "{transform: constant, value: '{}'}",
	"{transform: geo_noise, meters: 100000}", "{transform: geo_noise, axis: longitude}", "{transform: number_noise, amount: 12.5}", "{transform: number_noise, percent: 99}", "{transform: number_bucket, step: 0.7}",
	"{transform: number_bucket, step: 10}", "{transform: date_truncate, to: week}", "{transform: date_truncate, to: year}", "{transform: age_bucket, years: 10, earliest: 1930}", "{transform: time_shift, max: 3650d}",
	"{transform: fpe, domain: d}", "{transform: fpe, alphabet: 'abcdefghijklmnopqrstuvwxyzé🙂日本語の名前 ', domain: a}", "{transform: digits, short: fail, domain: s}", "{transform: digits, otherwise: redact, domain: o}",
	"{transform: mask, first: 1, last: 1}", "{transform: mask, char: '•', separators: true}", "{transform: regex_replace, pattern: '(?s)^(.).*', with: '$1'}", "{transform: regex_replace, pattern: '[a-z]', with: xx, otherwise: redact}",
	"{transform: bytes, as: png}", "{transform: bytes, as: length}", "{transform: url, path: drop, hash: 16, domain: h}", "{transform: domain, hash: 20, domain: h}", "{transform: username, hash: 4, domain: h}",
	"{transform: ip, unique: true}", "{transform: mac, unique: true}", "{transform: credit_card, unique: true}", "{transform: national_id, unique: true}", "{transform: iban, unique: true}",
	"{transform: date_shift, unique: true}", "{transform: token, short: true}", "{transform: password, hash: argon2id}", "{transform: country, as: alpha3, domain: a}", "{transform: country, as: name, domain: n}",
}
