package scrub_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

func rat(t testing.TB, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return r
}

func decimalsOf(s string) int {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return len(s) - i - 1
	}
	return 0
}

// numbersLike makes numbers of all sizes that a column of the type can hold.
func numbersLike(column string, n int) []string {
	rnd := rand.New(rand.NewPCG(5, 6))
	digits := func(most int) string {
		b := []byte{'1' + byte(rnd.IntN(9))}
		for range rnd.IntN(most) {
			b = append(b, '0'+byte(rnd.IntN(10)))
		}
		return string(b)
	}
	var list []string
	for range n {
		v := digits(9)
		switch column {
		case "int8":
			v = digits(18)
		case "numeric":
			if v = digits(60); rnd.IntN(2) == 0 {
				v += "." + digits(40)
			}
		case "numeric(9)":
			v = digits(8)
		}
		if rnd.IntN(3) == 0 {
			v = "-" + v
		}
		list = append(list, v)
	}
	return list
}

func TestNumberNoise(t *testing.T) {
	for _, column := range []string{"int8", "numeric", "numeric(9)", "text"} {
		values := numbersLike(column, 1500)
		for i, v := range many(t, column, "{transform: number_noise, percent: 10}", values) {
			was, is := rat(t, values[i]), rat(t, v)
			if was.Cmp(is) == 0 || was.Sign() != is.Sign() || decimalsOf(values[i]) != decimalsOf(v) {
				t.Fatalf("%s: %s became %s", column, values[i], v)
			}
			far := new(big.Rat).Sub(is, was)
			unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimalsOf(v))), nil))
			limit := new(big.Rat).Abs(was)
			if limit.Mul(limit, big.NewRat(1, 10)).Add(limit, unit); far.Abs(far).Cmp(limit) > 0 {
				t.Fatalf("%s: %s became %s, further than 10%%", column, values[i], v)
			}
		}
		for i, v := range many(t, column, "{transform: number_noise, amount: 250}", values) {
			far := new(big.Rat).Sub(rat(t, v), rat(t, values[i]))
			if far.Sign() == 0 || far.Abs(far).Cmp(big.NewRat(250, 1)) > 0 || rat(t, v).Sign() != rat(t, values[i]).Sign() {
				t.Fatalf("%s: %s became %s by 250", column, values[i], v)
			}
		}
	}
	// Both directions are taken, and all distances.
	var up, down, far int
	values := make([]string, 2000)
	for i := range values {
		values[i] = strconv.Itoa(1_000_000 + i)
	}
	for i, v := range many(t, "int4", "{transform: number_noise, percent: 10}", values) {
		n, _ := strconv.Atoi(v)
		switch d := n - 1_000_000 - i; {
		case d > 0:
			up++
		default:
			down++
		}
		if d := n - 1_000_000 - i; d > 50_000 || d < -50_000 {
			far++
		}
	}
	if up < 900 || down < 900 || far < 900 || far > 1100 {
		t.Errorf("%d up, %d down, %d by more than half", up, down, far)
	}
	for _, c := range []struct{ column, rule, value, want string }{
		{"int4", "{transform: number_noise, percent: 99}", "2147483647", `^\d+$`}, {"int4", "{transform: number_noise, percent: 1}", "1", `^2$`}, {"int4", "{transform: number_noise, percent: 1}", "-1", `^-2$`},
		{"numeric(1)", "{transform: number_noise, percent: 99}", "9", `^[1-8]$`}, {"int4", "{transform: number_noise, percent: 1}", "0", `^0$`}, {"int4", "{transform: number_noise, amount: 3}", "0", `^[123]$`},
		{"numeric", "{transform: number_noise, percent: 5}", "NaN", `^NaN$`}, {"text", "{transform: number_noise, percent: 5}", "many", `error: .*the value is no number`},
		{"numeric", "{transform: number_noise, percent: 50}", "0.01", `^0\.02$`}, {"text", "{transform: number_noise, percent: 5}", " 5.0 ", `^[45]\.\d$`},
	} {
		if got := one(t, c.column, c.rule)(c.value); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s %s of %s: %s", c.column, c.rule, c.value, got)
		}
	}
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a int4", "b numeric", "c text", "d jsonb"}}), head+
		"  a.t: {columns: {a: {transform: number_noise, percent: 5}, b: {transform: number_noise, percent: 5}, c: {transform: number_noise, percent: 5}, d: {json: {n: {transform: number_noise, percent: 5}}}}}\n")
	r := scrubbed(t, p, "a.t", []string{"48250", "48250", "48250", `{"n": 48250}`})[0]
	if r[0] != r[1] || r[1] != r[2] || r[3] != `{"n": `+r[0]+`}` {
		t.Errorf("types disagree: %q", r)
	}
}

func TestNumberBucket(t *testing.T) {
	for _, column := range []string{"int8", "numeric"} {
		for _, step := range []int64{7, 10, 1000} {
			values := numbersLike(column, 500)
			for i, v := range many(t, column, fmt.Sprintf("{transform: number_bucket, step: %d}", step), values) {
				was, is, s := rat(t, values[i]), rat(t, v), big.NewRat(step, 1)
				far := new(big.Rat).Sub(was, is)
				if q := new(big.Rat).Quo(is, s); !q.IsInt() || far.Sign() < 0 || far.Cmp(s) >= 0 {
					t.Fatalf("%s in steps of %d: %s", values[i], step, v)
				}
			}
		}
	}
	for _, c := range []struct{ column, step, value, want string }{
		{"int4", "10", "37", "30"}, {"int4", "10", "-37", "-40"}, {"int4", "1000", "-2147483648", "-2147483000"}, {"numeric", "0.25", "1.80", "1.75"}, {"numeric", "0.25", "-1.80", "-2.00"},
		{"numeric", "2.5", "7", "5"}, {"numeric", "2.5", "8", "7.5"}, {"numeric", "10", "12.34", "10.00"}, {"text", "5", "12", "10"}, {"numeric", "10", "Infinity", "Infinity"}, {"int4", "7", "0", "0"}, {"numeric", "10", "-0.001", "-10.000"},
	} {
		if got := one(t, c.column, "{transform: number_bucket, step: "+c.step+"}")(c.value); got != c.want {
			t.Errorf("%s in steps of %s: %s, not %s", c.value, c.step, got, c.want)
		}
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a int4", "b int4", "c numeric", "d numeric", "e int4"}}), head+
		"  a.t: {columns: {a: {transform: number_bucket, step: 0.5}, b: {transform: number_bucket, step: 0}, c: number_noise, d: {transform: number_noise, percent: 1, amount: 1}, e: {transform: number_noise, percent: 100}}}\n"), []string{
		"number_bucket needs a whole step for a.t.a", "number_bucket needs a step above 0", "number_noise needs either percent or amount", "number_noise needs either", "percent of number_noise must be a number from 0 to 99",
	})
}

func TestAgeBucket(t *testing.T) {
	for _, c := range []struct{ column, rule, value, want string }{
		{"int4", "age_bucket", "37", "35"}, {"int4", "age_bucket", "90", "90"}, {"int4", "age_bucket", "104", "90"}, {"text", "age_bucket", "37", "35-39"}, {"text", "age_bucket", "89", "85-89"},
		{"text", "age_bucket", "91", "90+"}, {"text", "{transform: age_bucket, years: 10, top: 85}", "84", "80-84"}, {"text", "age_bucket", "0", "0-4"}, {"text", "age_bucket", "1984-05-17", "1980-01-01"},
		{"date", "age_bucket", "1984-05-17", "1980-01-01"}, {"date", "{transform: age_bucket, earliest: 1935}", "1901-05-17", "1935-01-01"}, {"timestamp", "{transform: age_bucket, years: 10}", "1989-12-31 23:59:59", "1980-01-01 00:00:00"},
		{"date", "age_bucket", "infinity", "infinity"},
	} {
		if got := one(t, c.column, c.rule)(c.value); got != c.want {
			t.Errorf("%s %s of %s: %s, not %s", c.column, c.rule, c.value, got, c.want)
		}
	}
	for _, bad := range []string{"-1", "151", "Jane", "12/05/1984"} {
		if got := one(t, "text", "age_bucket")(bad); !strings.Contains(got, "the value is no ") || strings.Contains(got, bad) {
			t.Errorf("%s: %s", bad, got)
		}
	}
}

func TestDateTruncateAndTimeShift(t *testing.T) {
	for to, want := range map[string]string{"year": "1984-01-01", "quarter": "1984-04-01", "month": "1984-05-01", "week": "1984-05-14"} {
		rule := "{transform: date_truncate, to: " + to + "}"
		for column, form := range map[string][2]string{"date": {"1984-05-17", want}, "timestamp": {"1984-05-17 13:14:15.5", want + " 00:00:00"}, "text": {"1984-05-17T13:14:15.5+02:00", want + "T00:00:00.0+02:00"},
			"timestamptz": {"1984-05-17 13:14:15+00", want + " 00:00:00+00"}} {
			if got := one(t, column, rule)(form[0]); got != form[1] {
				t.Errorf("%s to %s: %s, not %s", form[0], to, got, form[1])
			}
		}
	}
	for v, want := range map[string]string{"2000-01-03": "2000-01-03", "2000-01-02": "1999-12-27", "1999-12-31": "1999-12-27", "0001-01-01": "0001-01-01", "0001-12-31 BC": "0001-12-25 BC", "4714-11-24 BC": "4714-11-24 BC"} {
		if got := one(t, "date", "{transform: date_truncate, to: week}")(v); got != want {
			t.Errorf("the week of %s began on %s, not %s", v, got, want)
		}
	}
	shift := one(t, "timestamp", "{transform: time_shift, max: 90m}")
	text := one(t, "text", "{transform: time_shift, max: 90m}")
	for i := range 50 {
		v := fmt.Sprintf("1999-12-31 23:%02d:59.25", i)
		got := shift(v)
		var h, m, s int
		if _, err := fmt.Sscanf(got[11:], "%d:%d:%d.25", &h, &m, &s); err != nil {
			t.Fatalf("%s became %s", v, got)
		}
		far := float64(h*3600 + m*60 + s - (23*3600 + i*60 + 59))
		if far < -43200 {
			far += 86400
		}
		if far == 0 || math.Abs(far) > 90*60 || text(v) != got || !strings.HasPrefix(text(strings.Replace(v, " ", "T", 1)+"Z"), strings.Replace(got, " ", "T", 1)) {
			t.Errorf("%s became %s, and %s as text", v, got, text(v))
		}
	}
	if got := text("1999-12-31"); !strings.Contains(got, "no ISO timestamp") {
		t.Error(got)
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a timestamp", "b timestamp"}}), head+
		"  a.t: {columns: {a: {transform: time_shift, max: soon}, b: {transform: time_shift, max: 4000d}}}\n"), []string{"time_shift needs an interval", "time_shift needs an interval"})
}

func TestMask(t *testing.T) {
	for _, c := range []struct{ rule, value, want string }{
		{"mask", "Jane", "****"}, {"{transform: mask, last: 4}", "4539578763621486", "************1486"}, {"{transform: mask, first: 1, last: 1}", "Jané", "J**é"}, {"{transform: mask, first: 2}", "abc", "***"},
		{"{transform: mask, first: 2}", "abcd", "ab**"}, {"{transform: mask, last: 2, separators: true, char: x}", "12-34 5", "xx-x4 5"}, {"{transform: mask, char: '•'}", "日本", "••"}, {"{transform: mask, separators: true}", "a.b@c", "*.*@*"},
	} {
		if got := one(t, "text", c.rule)(c.value); got != c.want {
			t.Errorf("%s of %s: %s, not %s", c.rule, c.value, got, c.want)
		}
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a varchar(6)", "b text", "c text"}}), head+
		"  a.t: {columns: {a: {transform: mask, first: 3, last: 3}, b: {transform: mask, char: ab}, c: {transform: mask, char: ' '}}}\n"), []string{
		"mask would keep 6 characters of a.t.a, which has 6 at most", "mask needs one character", "mask needs one character",
	})
}

func TestRegexReplace(t *testing.T) {
	for _, c := range []struct{ rule, value, want string }{
		{`{transform: regex_replace, pattern: '\d', with: '0'}`, "a1b22", "a0b00"}, {`{transform: regex_replace, pattern: '^(\w)(\w+)$', with: '${1}x$$'}`, "Jane", "Jx$"},
		{`{transform: regex_replace, pattern: '(?P<host>@.*)', with: '…${host}'}`, "jane@x", "jane…@x"}, {`{transform: regex_replace, pattern: '\d', with: '0', otherwise: redact}`, "Jane", "[redacted]"},
	} {
		if got := one(t, "text", c.rule)(c.value); got != c.want {
			t.Errorf("%s of %s: %s, not %s", c.rule, c.value, got, c.want)
		}
	}
	if got := one(t, "text", `{transform: regex_replace, pattern: '\d', with: '0'}`)("Jane"); !strings.Contains(got, "the pattern matches nothing in the value") {
		t.Error(got)
	}
	if got := one(t, "varchar(4)", `{transform: regex_replace, pattern: '\d', with: '000'}`)("12"); !strings.Contains(got, "too long for the column") {
		t.Error(got)
	}
	bad := []string{`'('|x`, `'x*'|x`, `'(x)'|$2`, `'(x)'|$1x`, `x|$0`, `x|'a$'`, `'(?P<a>x)'|'${b}'`}
	text := head + "  a.t: {columns: {"
	var columns []string
	for i, b := range bad {
		pattern, with, _ := strings.Cut(b, "|")
		columns = append(columns, fmt.Sprintf("c%d text", i))
		text += fmt.Sprintf("c%d: {transform: regex_replace, pattern: %s, with: %s}, ", i, pattern, with)
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: columns}), text+"}}\n"), []string{
		"has a bad pattern", "matches the empty text", "${2} in with, and the pattern has no such group", "${1x} in with", "has $0 in with", "a $ in with that names no group", "${b} in with",
	})
}

func TestChoice(t *testing.T) {
	values := make([]string, 9000)
	for i := range values {
		values[i] = fmt.Sprint("v", i)
	}
	count := map[string]int{}
	for _, v := range many(t, "text", "{transform: choice, values: {free: 8, pro: 1}}", values) {
		count[v]++
	}
	if count["free"]+count["pro"] != 9000 || count["pro"] < 850 || count["pro"] > 1150 {
		t.Errorf("%v", count)
	}
	if got := one(t, "mood", "{transform: choice, values: [sad, ok]}")("sad"); got != "sad" && got != "ok" {
		t.Error(got)
	}
	doc := one(t, "jsonb", `{json: {n: {transform: choice, values: [1, 2]}, s: {transform: choice, values: [a, b]}}}`)(`{"n": 7, "s": 7, "x": 1}`)
	if !regexp.MustCompile(`^\{"n": [12], "s": "[ab]", "key1": 0\}$`).MatchString(doc) {
		t.Error(doc)
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a mood", "b int4", "c text", "d text", "e varchar(2)", "f numeric(2)"}}), head+
		"  a.t: {columns: {a: {transform: choice, values: [sad, happy]}, b: {transform: choice, values: [1, x]}, c: {transform: choice, values: []}, d: {transform: choice, values: {a: 0}}, e: {transform: choice, values: [abc]}, f: {transform: choice, values: [100]}}}\n"), []string{
		"choice can't be in a.t.a: the value is no label of mood", "choice can't be in a.t.b: the value is no integer", "choice needs a list of values", "choice needs a list", "choice can't be in a.t.e: the value has 3 characters",
		"choice can't be in a.t.f: the value has 3 digits before the point, and the column 2",
	})
}

func TestLoremKeepsTheLength(t *testing.T) {
	get := one(t, "varchar(30)", "lorem")
	for _, v := range []string{"a", "日本語の名前", strings.Repeat("é", 30), "Jane's mother\n"} {
		if got := get(v); utf8.RuneCountInString(got) != utf8.RuneCountInString(v) || !fake.Recognise(pii.FreeText, []byte(got)) {
			t.Errorf("%q became %q", v, got)
		}
	}
}

func TestBytes(t *testing.T) {
	const png, pdf, other = `\x89504e470d0a1a0a00`, `\x255044462d312e37`, `\x0102030405060708090a0b0c`
	hexOf := func(s string) string { return fmt.Sprintf(`\x%x`, s) }
	for _, c := range []struct{ rule, value, want string }{
		{"{transform: bytes, as: auto}", png, hexOf(fake.PNG)}, {"{transform: bytes, as: auto}", pdf, hexOf(fake.PDF)}, {"{transform: bytes, as: png}", other, hexOf(fake.PNG)}, {"bytes", `\x`, `\x`},
	} {
		if got := one(t, "bytea", c.rule)(c.value); got != c.want {
			t.Errorf("%s of %s: %s", c.rule, c.value, got)
		}
	}
	for _, v := range []string{other, png, `\x00`} {
		got := one(t, "bytea", "bytes")(v)
		if len(got) != len(v) || got == v || got != one(t, "bytea", "{transform: bytes, as: length}")(v) {
			t.Errorf("%s became %s", v, got)
		}
	}
}

func TestPlaces(t *testing.T) {
	country := one(t, "text", "country")
	de, deu, germany := country("DE"), country("deu"), country(" germany ")
	if len(de) != 2 || len(deu) != 3 || !fake.Recognise(pii.Country, []byte(germany)) {
		t.Errorf("%s %s %s", de, deu, germany)
	}
	if a, _ := fake.Country([]byte(de)); true {
		if b, _ := fake.Country([]byte(deu)); a != b {
			t.Errorf("%s and %s", de, deu)
		}
		if b, _ := fake.Country([]byte(germany)); a != b {
			t.Errorf("%s and %s", de, germany)
		}
	}
	if got := one(t, "varchar(2)", "country")("Germany"); len(got) != 2 {
		t.Error(got)
	}
	if got := one(t, "varchar(3)", "region")("NY"); len(got) != 2 || got[0] != 'X' {
		t.Error(got)
	}
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a numeric", "b text", "c jsonb"}}), head+"  a.t: {columns: {a: latitude, b: latitude, c: {json: {lat: latitude}}}}\n")
	r := scrubbed(t, p, "a.t", []string{"52.500", "52.5", `{"lat": 52.50}`})[0]
	if r[0] != r[1] || r[2] != `{"lat": `+r[0]+`}` {
		t.Errorf("types disagree: %q", r)
	}
	for _, axis := range []string{"latitude", "longitude"} {
		get := one(t, "numeric", "{transform: geo_noise, meters: 1000, axis: "+axis+"}")
		limit := map[string]float64{"latitude": 90, "longitude": 180}[axis]
		for _, v := range []float64{52.520008, 0, -33.9, limit, -limit, limit - 1e-6} {
			got := get(strconv.FormatFloat(v, 'f', -1, 64))
			is, err := strconv.ParseFloat(got, 64)
			far := math.Abs(is - v)
			if axis == "longitude" && far > 180 {
				far = 360 - far
			}
			if meters := far * 111_320; err != nil || math.Abs(is) > limit || meters < 99 || meters > 1001 {
				t.Errorf("%s %v became %s", axis, v, got)
			}
		}
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a int4", "b numeric", "c int8", "d varchar(5)"}}), head+
		"  a.t: {columns: {a: latitude, b: geo_noise, c: {transform: geo_noise, axis: latitude}, d: longitude}}\n"), []string{
		"latitude needs decimals, and a.t.a has none", "geo_noise needs the axis that a.t.b is", "geo_noise needs decimals", "longitude needs 9 characters",
	})
}

// What draws nothing shares nothing: the room of a narrow column is no limit of
// a wide one with the same rule.
func TestPlainTransformsStandAlone(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a varchar(4)", "b text"}}), head+
		`  a.t: {columns: {a: {transform: regex_replace, pattern: '\d', with: '000'}, b: {transform: regex_replace, pattern: '\d', with: '000'}}}`+"\n")
	if got := scrubbed(t, p, "a.t", []string{"1", "12"})[0]; got[0] != "000" || got[1] != "000000" {
		t.Errorf("%q", got)
	}
	for _, c := range p.Decisions()[0].Columns {
		if c.Domain != "" {
			t.Errorf("the domain %q is reported", c.Domain)
		}
	}
}
