package scrub_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

// one compiles a rule for a single column and returns what maps its values; an
// error comes as "error: …".
func one(t testing.TB, column, rule string) func(string) string {
	t.Helper()
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + column}}), head+"  a.t: {columns: {x: "+rule+"}}\n")
	return func(v string) string {
		rows, err := tryScrub(t, p, "a.t", []string{v})
		if err != nil {
			return "error: " + err.Error()
		}
		return rows[0][0]
	}
}

// many maps a list of values at once.
func many(t testing.TB, column, rule string, values []string) []string {
	t.Helper()
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + column}}), head+"  a.t: {columns: {x: "+rule+"}}\n")
	rows := make([][]string, len(values))
	for i, v := range values {
		rows[i] = []string{v}
	}
	out := make([]string, len(values))
	for i, r := range scrubbed(t, p, "a.t", rows...) {
		out[i] = r[0]
	}
	return out
}

func distinct(t testing.TB, what string, values []string) {
	t.Helper()
	seen := map[string]int{}
	for i, v := range values {
		if j, twice := seen[v]; twice {
			t.Errorf("%s: values %d and %d both became %s", what, j, i, v)
			return
		}
		seen[v] = i
	}
}

// Small keys, such as serial columns have, stay distinct and within their type.
func TestFPEIsInjectiveOnKeys(t *testing.T) {
	for column, most := range map[string]int64{"int4": 1<<31 - 1, "int8": 1<<63 - 1, "numeric(7)": 9999999, "text": 0} {
		var values []string
		for i := range 4000 {
			values = append(values, strconv.Itoa(i))
			if most > 0 && i > 0 {
				values = append(values, strconv.Itoa(-i))
			}
		}
		rnd := rand.New(rand.NewPCG(3, 4))
		for range 2000 {
			if most > 0 {
				values = append(values, strconv.FormatInt(4000+rnd.Int64N(most-4000), 10))
			}
		}
		if column == "int4" {
			values = append(values, "-2147483648", "2147483647", "1000000000", "999999999")
		}
		rule := "fpe"
		if column == "text" {
			rule = "{transform: fpe, width: 9}"
		}
		out := many(t, column, rule, values)
		distinct(t, column, out)
		same := 0
		for i, v := range out {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || most > 0 && (n > most || n < -most-1) {
				t.Errorf("%s became %s", values[i], v)
			}
			if v == values[i] {
				same++
			}
			if strings.HasPrefix(v, "-") != strings.HasPrefix(values[i], "-") || v == "-0" {
				t.Errorf("%s: %s became %s", column, values[i], v)
			}
		}
		if same > 3 {
			t.Errorf("%s: %d values stay", column, same)
		}
	}
}

func TestFPEOverAlphabets(t *testing.T) {
	for _, c := range []struct{ rule, value, chars string }{
		{"{transform: fpe, alphabet: hex}", "deadbeef0123", "0123456789abcdef"},
		{"{transform: fpe, alphabet: upper}", "ABCDEF", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"{transform: fpe, alphabet: 'ab🙂é'}", "ab🙂éab🙂éab🙂é", "ab🙂é"},
		{"{transform: fpe, alphabet: '01'}", strings.Repeat("01", 200), "01"},
		{"fpe", "0012345678", "0123456789"},
	} {
		get := one(t, "text", c.rule)
		out := get(c.value)
		if out == c.value || len([]rune(out)) != len([]rune(c.value)) || strings.Trim(out, c.chars) != "" || out != get(c.value) {
			t.Errorf("%s: %s became %s", c.rule, c.value, out)
		}
	}
	if out := one(t, "text", "fpe")("0012345678"); out[0] != '0' {
		t.Errorf("the zero in front went: %s", out)
	}
	for rule, bad := range map[string]string{
		"{transform: fpe, alphabet: hex}": "DEADBEEF", "fpe": "12345", "{transform: fpe, alphabet: lower}": "abcd", "{transform: fpe, domain: x}": "123 456", "{transform: fpe, width: 6}": "01234",
		"{transform: fpe, alphabet: letters}": strings.Repeat("a", 2049),
	} {
		out := one(t, "text", rule)(bad)
		if !strings.HasPrefix(out, "error: scrubbing a.t, row 1, column x (fpe): refused by values: the value ") || strings.Contains(out, bad) {
			t.Errorf("%s of %s: %s", rule, bad, out)
		}
	}
}

// A number is one value, in a column of any type.
func TestFPETypesAgree(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a int4", "b int8", "c numeric", "d text", "e jsonb", "f json"}}), head+
		"  a.t: {columns: {a: fpe, b: fpe, c: fpe, d: fpe, e: {json: {n: fpe}}, f: {json: {n: fpe}}}}\n")
	for _, v := range []string{"7", "123456", "999999999", "1234567890", "2147483647"} {
		r := scrubbed(t, p, "a.t", []string{v, v, v, v, `{"n": ` + v + `}`, `{"n": "` + v + `"}`})[0]
		want := []string{r[0], r[0], r[0], r[0], `{"n": ` + r[0] + `}`, `{"n": "` + r[0] + `"}`}
		for i := range want {
			if r[i] != want[i] || r[0] == v {
				t.Errorf("%s, column %d: %s, not %s", v, i, r[i], want[i])
			}
		}
	}
}

func TestFPEIsRefused(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a varchar(5)", "b text", "c text", "d text", "e int4", "f numeric(5)", "g text", "h varchar(8)", "i int4", "j varchar(3)"}})
	expect(t, problems(t, cat, head+`  a.t:
    columns:
      a: {transform: fpe, domain: a}
      b: {transform: fpe, alphabet: x, domain: b}
      c: {transform: fpe, alphabet: lowr, domain: c}
      d: {transform: fpe, alphabet: abca, domain: d}
      e: {transform: fpe, alphabet: hex, domain: e}
      f: {transform: fpe, domain: f}
      g: {transform: fpe, width: 3, domain: g}
      h: {transform: fpe, domain: h}
      i: {transform: fpe, domain: h}
      j: {transform: fpe, alphabet: base36, domain: j}
`), []string{
		"5:10: fpe hides nothing in a.t.a, which has fewer than a million possible values",
		"6:10: fpe needs an alphabet of two characters or more",
		"8:10: fpe has an alphabet with a character that is there twice",
		"9:10: fpe encrypts numbers with the alphabet digits only",
		"10:10: fpe hides nothing in a.t.f",
		"11:10: fpe takes a width of 6 to 18",
		"12:10: fpe needs 9 characters, and a.t.h has room for 8",
		"14:10: fpe hides nothing in a.t.j",
	})
}

func TestInjectiveTransformsServeUniqueColumns(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a int8 not null", "b text not null", "c text not null", "d uuid not null", "e text not null", "f text not null"},
		edit: func(t *catalog.Table) {
			t.Rows = 1e9
			t.Unique = []catalog.UniqueIndex{unique("a"), unique("b"), unique("c"), unique("d"), unique("e"), unique("f")}
		}})
	rule := head + "  a.t: {columns: {a: fpe, b: {transform: digits, short: fail}, c: {transform: url, hash: %d}, d: uuid, e: {transform: username, hash: %[1]d}, f: {transform: domain, hash: %[1]d}}}\n"
	compile(t, cat, fmt.Sprintf(rule, 26))
	expect(t, problems(t, cat, strings.Replace(fmt.Sprintf(rule, 16), "short: fail", "short: replace", 1)), []string{
		"a.t.b is in the unique index uq_b, and digits can make two values equal: use token, uuid or {transform: digits, short: fail", "url's 80 bits collide", "username's 80 bits collide", "domain's 80 bits collide",
	})
}

func TestDigits(t *testing.T) {
	get := one(t, "text", "digits")
	for _, v := range []string{"INV-2024/000123", "+49 (151) 23456789", "12", "0", "AB-7", "00-000000-1", strings.Repeat("123", 300)} {
		out := get(v)
		if len(out) != len(v) || out != get(v) {
			t.Errorf("%s became %s", v, out)
		}
		for i := range v {
			digit := v[i] >= '0' && v[i] <= '9'
			if digit != (out[i] >= '0' && out[i] <= '9') || !digit && out[i] != v[i] {
				t.Fatalf("%s became %s", v, out)
			}
		}
		if len(v) > 6 && out == v {
			t.Errorf("%s stays", v)
		}
	}
	if out := get("no digits"); !strings.Contains(out, "the value has no digits") {
		t.Error(out)
	}
	if out := one(t, "text", "{transform: digits, otherwise: redact}")("no digits"); out != "[redacted]" {
		t.Error(out)
	}
	if out := one(t, "text", "{transform: digits, short: fail}")("12345"); !strings.Contains(out, "fewer than a million") {
		t.Error(out)
	}
	var values []string
	for i := range 5000 {
		values = append(values, fmt.Sprintf("%06d", i))
	}
	distinct(t, "digits", many(t, "text", "digits", values))
	var small []string
	for i := range 32768 {
		small = append(small, strconv.Itoa(i-16384))
	}
	for i, v := range many(t, "int4", "digits", append(small, "2147483647", "-2147483648", "1999999999")) {
		if _, err := strconv.ParseInt(v, 10, 32); err != nil {
			t.Fatalf("value %d: %v", i, err)
		}
	}
	if out := one(t, "numeric", "digits")("-1234567.05"); len(out) != 11 || out[0] != '-' || out[8] != '.' || out == "-1234567.05" {
		t.Error(out)
	}
	if out := one(t, "jsonb", `{json: {n: digits}}`)(`{"n": 1.25E+10}`); !strings.HasSuffix(out, "E+10}") || strings.Contains(out, "1.25") {
		t.Error(out)
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a varchar(9)", "b int4"}}), head+
		"  a.t: {columns: {a: {transform: digits, otherwise: redact}, b: {transform: digits, otherwise: redact, domain: b}}}\n"), []string{
		"digits needs 10 characters, and a.t.a has room for 9", "digits can't redact a value of a.t.b",
	})
}
