package scrub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub"
	"refresher/internal/scrub/transform"
)

// Every definition is complete, and its example compiles, changes the value and
// is recognised.
func TestDefinitions(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range transform.Definitions() {
		if seen[d.Name] || d.Doc == "" || d.Example.Rule == "" || d.Example.Value == "" {
			t.Errorf("%s: incomplete or twice", d.Name)
		}
		seen[d.Name] = true
		for _, p := range d.Params {
			if p.Doc == "" || p.Default == "" && !p.Required && !p.Optional {
				t.Errorf("%s: parameter %s has no doc or default", d.Name, p.Name)
			}
		}
		t.Run(d.Name, func(t *testing.T) {
			typ := "text"
			switch {
			case d.Name == "json":
				typ = "json"
			case len(d.Families) == 1:
				typ = string(d.Families[0])
			}
			p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + typ}}), head+"  a.t: {columns: {x: "+d.Example.Rule+"}}\n")
			rows := scrubbed(t, p, "a.t", []string{d.Example.Value}, []string{null})
			got := rows[0][0]
			if (got == d.Example.Value) != (d.Name == "keep") {
				t.Errorf("%q became %q", d.Example.Value, got)
			}
			if rows[1][0] != null {
				t.Errorf("NULL became %q", rows[1][0])
			}
			if d.Class != pii.None && d.Class != pii.Date && d.Class != pii.FreeText && !fake.Recognise(d.Class, []byte(got)) {
				t.Errorf("%q is not recognised", got)
			}
			t.Logf("%s → %s", d.Example.Value, got)
		})
	}
	for _, name := range strings.Split("keep null constant email first_name last_name full_name company phone street city postcode ip user_agent national_id credit_card iban token date_shift text json", " ") {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

// hostile are values that break careless code.
var hostile = []string{
	"a", "é", "日本語の名前", "x\ty\nz\\", `\N`, `"quoted"`, "NULL", "nan", "\u202etxt.exe\u202c", "  padded  ", strings.Repeat("long ", 5000),
	"a@b", "@", "@@", "1", "0000000000000000000000000000000000000000", "+", "infinity", "1.2.3.4.5", "::", "1.2.3.4/99", "🙂🙂🙂", "\x7f", "{}", "{a,b}",
}

// Identifying transforms take any text, never return it, and what they return is
// recognised, within the column's length, and the same every time.
func TestIdentityTransformsTakeAnything(t *testing.T) {
	for _, d := range transform.Definitions() {
		if d.Space == "" || d.Class == pii.Date {
			continue
		}
		p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x text", "y varchar(39)"}}), head+
			"  a.t: {columns: {x: "+d.Name+", y: {transform: "+d.Name+", domain: short}}}\n")
		for _, v := range hostile {
			rows := scrubbed(t, p, "a.t", []string{v, v}, []string{v, v})
			for i, got := range rows[0] {
				if got == v || !fake.Recognise(d.Class, []byte(got)) || got != rows[1][i] || strings.TrimSpace(got) == "" {
					t.Errorf("%s: %.40q became %q, then %q", d.Name, v, got, rows[1][i])
				}
			}
			if n := len([]rune(rows[0][1])); n > 39 {
				t.Errorf("%s: %d characters in a varchar(39): %q", d.Name, n, rows[0][1])
			}
		}
		for _, v := range []string{"", " ", "\t\n ", "\u00a0\u2003"} {
			if got := scrubbed(t, p, "a.t", []string{v, v})[0][0]; got != v {
				t.Errorf("%s: blank %q became %q", d.Name, v, got)
			}
		}
	}
}

// Values of one normal form map alike; others don't.
func TestNormalForms(t *testing.T) {
	for transform, groups := range map[string][][]string{
		"email":       {{"Jane.Doe@Mail.Invalid", "  jane.doe@mail.invalid "}, {"jane.doe@mail.invalid2"}, {"ÉMILE@x.invalid", "émile@x.invalid"}},
		"full_name":   {{"Jane Doe", "JANE  DOE", " jane\tdoe"}, {"Jane Do"}, {"ÅSA Öberg", "åsa öberg"}},
		"phone":       {{"+1 (212) 867-5309", "212.867.5309", "001 212 867 5309", "12128675309"}, {"+44 20 7946 1234", "0044 20 7946 1234"}, {"1-800-FLOWERS"}, {"n/a"}},
		"national_id": {{"123-45-6789", "123456789", "123 45 6789"}, {"AB 12 34 56 C", "ab123456c"}},
		"credit_card": {{"4539 5787 6362 1486", "4539-5787-6362-1486", "4539578763621486"}},
		"iban":        {{"DE89 3704 0044 0532 0130 00", "de89370400440532013000"}, {"DE89370400440532013001"}},
		"postcode":    {{"SW1A 1AA", "sw1a1aa"}, {"SW1A 1AB"}},
		"ip":          {{"8.8.8.8", "::ffff:8.8.8.8", " 8.8.8.8"}, {"2001:4860::8888", "2001:4860:0:0:0:0:0:8888"}, {"8.8.8.9"}},
		"token":       {{"abc"}, {"ABC"}, {"abc "}, {"550E8400-E29B-41D4-A716-446655440000", "550e8400-e29b-41d4-a716-446655440000"}},
		"date_shift":  {{"1984-05-17", "1984-05-17 "}, {"1984-05-18"}},
	} {
		p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x text"}}), head+"  a.t: {columns: {x: "+transform+"}}\n")
		outputs := map[string]int{}
		for g, group := range groups {
			for _, v := range group {
				got := scrubbed(t, p, "a.t", []string{v})[0][0]
				if transform == "date_shift" {
					got += v[8:10]
				}
				if other, ok := outputs[got]; ok && other != g {
					t.Errorf("%s: groups %d and %d both became %q", transform, other, g, got)
				}
				outputs[got] = g
			}
		}
		if len(outputs) != len(groups) {
			t.Errorf("%s: %d outputs of %d groups", transform, len(outputs), len(groups))
		}
	}
}

// One value maps alike in every type that can hold it.
func TestTypesAgree(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{
		"a text", "b varchar(80)", "c bpchar(40)", "d mail", "e citext", "f _text", "g jsonb",
		"h text", "i inet", "j _inet", "k int8", "l numeric(20)", "m text", "n uuid", "o text", "p date", "q timestamptz", "r text", "s _date", "t json"}}), head+`  a.t: {columns: {
    a: email, b: email, c: email, d: email, e: email, f: {array: email}, g: {json: {m: email}},
    h: ip, i: ip, j: {array: ip}, k: national_id, l: national_id, m: national_id, n: token, o: token,
    p: date_shift, q: date_shift, r: date_shift, s: {array: date_shift}, t: {json: {d: date_shift, n: national_id}}}}
`)
	m, u := "jane@mail.invalid", "550e8400-e29b-41d4-a716-446655440000"
	r := scrubbed(t, p, "a.t", []string{m, m, m, m, m, "{" + m + "}", `{"m": "` + m + `"}`, "8.8.8.8", "8.8.8.8", "{8.8.8.8}", "123456789", "123456789", "123-45-6789",
		u, u, "1984-05-17", "1984-05-17 13:14:15.123456+00", "1984-05-17T13:14:15Z", "{1984-05-17,NULL,infinity}", `{"d": "1984-05-17", "n": 123456789}`})[0]
	email := r[0]
	for i, want := range []string{email, email, email, email, email, "{" + email + "}", `{"m": "` + email + `"}`} {
		if r[i] != want {
			t.Errorf("column %d: %q, not %q", i, r[i], want)
		}
	}
	if r[8] != r[7] || r[9] != "{"+r[7]+"}" {
		t.Errorf("addresses: %q", r[7:10])
	}
	if r[11] != r[10] || strings.ReplaceAll(r[12], "-", "") != r[10] {
		t.Errorf("numbers: %q", r[10:13])
	}
	if r[13] != r[14] || !fake.Recognise(pii.Token, []byte(r[13])) {
		t.Errorf("UUIDs: %q", r[13:15])
	}
	day := r[15]
	if r[16] != day+" 13:14:15.123456+00" || r[17] != day+"T13:14:15Z" || r[18] != "{"+day+",NULL,infinity}" || r[19] != `{"d": "`+day+`", "n": `+r[10]+`}` {
		t.Errorf("dates: %q", r[15:])
	}
}

func TestIPKeepsNetmasks(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a inet", "b cidr", "c text", "d inet"}}), head+"  a.t: {columns: {a: ip, b: ip, c: ip, d: {transform: ip, range: narrow, domain: n}}}\n")
	r := scrubbed(t, p, "a.t", []string{"10.1.2.3/24", "10.1.2.0/24", "10.1.2.3/24", "10.1.2.3"}, []string{"2001:4860::1/64", "2001:4860::/64", "::ffff:10.1.2.3/120", "::ffff:10.1.2.3"})
	for _, row := range r {
		for _, v := range row {
			if !fake.Recognise(pii.IP, []byte(v)) {
				t.Errorf("%q", v)
			}
		}
	}
	if !strings.HasSuffix(r[0][0], "/24") || !strings.HasSuffix(r[0][1], ".0/24") || r[0][2] != r[0][0] || !strings.HasPrefix(r[0][3], "198.1") {
		t.Errorf("%q", r[0])
	}
	if !strings.HasSuffix(r[1][0], "/64") || !strings.HasSuffix(r[1][1], "::/64") || r[1][2] != r[0][0] || r[1][3] != r[0][3] {
		t.Errorf("%q", r[1])
	}
}

func TestExactEmailKeepsPairsApart(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x text"}}), head+"  a.t: {columns: {x: {transform: email, exact: true}}}\n")
	get := func(s string) string { return scrubbed(t, p, "a.t", []string{s})[0][0] }
	plain, upper, other, spaced := get("jane@mail.invalid"), get("Jane@mail.invalid"), get("JANE@mail.invalid"), get(" jane@mail.invalid")
	if plain == upper || upper == other || plain == other || !strings.EqualFold(plain, upper) || !strings.EqualFold(plain, other) || spaced != " "+plain {
		t.Errorf("%q %q %q %q", plain, upper, other, spaced)
	}
	if plain != strings.ToLower(plain) || !fake.Recognise(pii.Email, []byte(other)) {
		t.Errorf("%q", plain)
	}
}

func TestDateShift(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"d date", "ts timestamp", "x text"}})
	const rule = "{transform: date_shift, max_days: 3}"
	text := head + "  a.t: {columns: {d: " + rule + ", ts: " + rule + ", x: " + rule + "}}\n"
	p := compile(t, cat, text)
	seen := map[int]int{}
	for i := range 400 {
		day := time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		in := day.Format("2006-01-02")
		r := scrubbed(t, p, "a.t", []string{in, in + " 23:59:59.999999", in + " 23:59:59.999999"})[0]
		out, err := time.Parse("2006-01-02", r[0])
		if err != nil || r[1] != r[0]+" 23:59:59.999999" || r[2] != r[1] {
			t.Fatalf("%s: %q, %v", in, r, err)
		}
		seen[int(out.Sub(day).Hours()/24)]++
	}
	for shift := -3; shift <= 3; shift++ {
		if (seen[shift] == 0) != (shift == 0) {
			t.Errorf("moved by %d: %d times", shift, seen[shift])
		}
	}
	if len(seen) != 6 {
		t.Errorf("%v", seen)
	}
	for _, v := range []string{"infinity", "-infinity"} {
		if r := scrubbed(t, p, "a.t", []string{v, v, v})[0]; r[0] != v || r[1] != v || r[2] != v {
			t.Errorf("%s became %q", v, r)
		}
	}
	bc := scrubbed(t, p, "a.t", []string{"0044-03-15 BC", "0001-01-01 00:00:00", "0044-03-15 12:00:00 BC"})[0]
	if !strings.HasPrefix(bc[0], "0044-03-1") || !strings.HasSuffix(bc[0], " BC") || strings.TrimSuffix(bc[0], " BC")+" 12:00:00 BC" != bc[2] {
		t.Errorf("%q", bc)
	}
	for _, bad := range []string{"12/05/1990", "1990-13-01", "1990-02-30", "1990-01-01 Jane Doe", "yesterday", "1990-01-01T", "5000000-01-01"} {
		_, err := tryScrub(t, p, "a.t", []string{null, null, "1990-01-01"}, []string{null, null, bad})
		if err == nil || !strings.Contains(err.Error(), "scrubbing a.t, row 2, column x (date_shift): refused by values: the ") || strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for col, last := range [][]string{{"5874897-12-31", null, null}, {null, "294276-12-31 00:00:00", null}} {
		failed := 0
		for i := range 20 { // whether it moves up depends on the key
			p, err := scrub.Compile(mustParse(t, text), cat, fmt.Appendf(nil, "key number %2d of 128 bits", i))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tryScrub(t, p, "a.t", last); err != nil {
				failed++
			}
		}
		if failed == 0 || failed == 20 {
			t.Errorf("column %d: %d of 20 keys move it beyond its range", col, failed)
		}
	}
}

func TestConstantAndNull(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a int4", "b mood", "c jsonb", "d text", "e _text", "f _text", "g json"}}), head+`  a.t: {columns: {
    a: {transform: constant, value: 7}, b: {transform: constant, value: ok}, c: {transform: constant, value: {a: [1, null, true, x]}},
    d: {transform: constant, value: "none"}, e: {array: {transform: constant, value: x}}, f: {transform: constant, value: "{a,b}"}, g: null}}
`)
	r := scrubbed(t, p, "a.t", []string{"1", "sad", "{}", "x", "{p,NULL,q}", "{}", "{}"}, []string{null, null, null, null, null, null, null})
	want := []string{"7", "ok", `{"a":[1,null,true,"x"]}`, "none", "{x,NULL,x}", "{a,b}", null}
	for i := range want {
		if r[0][i] != want[i] || r[1][i] != null {
			t.Errorf("column %d: %q, %q; want %q", i, r[0][i], r[1][i], want[i])
		}
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a int4", "b varchar(3)", "c json", "d text", "e date"}}), head+`  a.t: {columns: {
    a: {transform: constant, value: x}, b: {transform: constant, value: long}, c: {transform: constant, value: none},
    d: {transform: constant, value: [1]}, e: {transform: constant, value: null}}}
`), []string{"the value is no integer", "the value has 4 characters, and the column 3", "is not JSON: quote a string twice", "the value is a list", "the value is null: use the transform null"})
}

func TestJSON(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "j jsonb", "x text"}}), head+`  a.t: {columns: {id: keep, j: {json: {
    mail: email, "people[*].phone": phone, keep: keep, gone: null, fix: {transform: constant, value: 0}, note: text, born: date_shift}},
    x: {json: {mail: email}}}}
`)
	doc := `{"mail": "jane@mail.invalid", "mail": "JANE@mail.invalid", "keep": {"deep": [1.50, "é"]}, "people": [{"phone": 2128675309, "name": "J"}, {"phone": "+12128675309"}, {"phone": null}, {"phone": true}, {"phone": {"x": "y"}}], "gone": {"a": "b"}, "fix": "z", "note": "mail jane@mail.invalid, or jane@mail.invalid", "born": "", "secret": "s", "n": 12, "b": true, "list": ["s", 3, null], "jane@mail.invalid": "k"}`
	r := scrubbed(t, p, "a.t", []string{"1", doc, `{"mail":"jane@mail.invalid"}`}, []string{"2", `"scalar"`, " "})
	got := r[0][1]
	email := strings.TrimSuffix(strings.TrimPrefix(r[0][2], `{"mail":"`), `"}`)
	if !fake.Recognise(pii.Email, []byte(email)) || strings.Count(got, email) != 4 {
		t.Errorf("%d of 4 addresses %q in %s", strings.Count(got, email), email, got)
	}
	for _, want := range []string{`"keep": {"deep": [1.50, "é"]}`, `"gone": null`, `"fix": 0`, `"born": ""`, `"key2": 0`, `"key3": false`, `{"phone": null}`, `{"phone": false}`, `["[redacted]", 0, null]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	for _, gone := range []string{"jane", "JANE", "8675309", `"J"`, `"s"`, `"y"`, `"b": "b"`, `"secret"`} {
		if strings.Contains(got, gone) {
			t.Errorf("%s still has %s", got, gone)
		}
	}
	if r[1][1] != `"[redacted]"` || r[1][2] != " " {
		t.Errorf("%q", r[1])
	}
	_, err := tryScrub(t, p, "a.t", []string{"1", null, "{not json"})
	if err == nil || !strings.HasPrefix(err.Error(), "scrubbing a.t, row 1, column x (json): ") || strings.Contains(err.Error(), "not json") {
		t.Error(err)
	}
}

func TestAnotherKeySharesNothing(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a text", "b text", "c inet"}})
	text := head + "  a.t: {columns: {a: email, b: token, c: ip}}\n"
	row := []string{"jane@mail.invalid", "secret", "8.8.8.8"}
	one := scrubbed(t, compile(t, cat, text), "a.t", row)[0]
	other, err := scrub.Compile(mustParse(t, text), cat, []byte("another key of 128 bits"))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range scrubbed(t, other, "a.t", row)[0] {
		if v == one[i] {
			t.Errorf("%q under two keys", v)
		}
	}
}

// Outputs are part of the contract: last week's staging must match this week's, by each keyed function.
func TestOutputsNeverChange(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a text", "b text", "c text", "d inet", "e text", "f date"}})
	for function, want := range map[string]string{
		"":             "sarah.skorkimbourne.g5horwxjrtqgyqyo@example.net | Bruno Slolverleigh | +286189278409840 | 251.72.193.237 | tok_xgnqm2d5bb7yazrxylcqh7b3l7 | 1984-02-23",
		"hmac-sha-256": "marie.frorkinlock.mt46ynhcsgquybkf@example.org | Lucia Smurbenworth | +830522839298530 | 244.175.195.251 | tok_55jilwfd2sn4pfr5bj6b5lh5ca | 1984-08-10",
	} {
		text := head + "  a.t: {columns: {a: email, b: full_name, c: phone, d: ip, e: token, f: date_shift}}\n"
		if function != "" {
			text += "prf: " + function + "\n"
		}
		got := strings.Join(scrubbed(t, compile(t, cat, text), "a.t",
			[]string{"jane@mail.invalid", "Jane Doe", "212 867 5309", "8.8.8.8", "secret", "1984-05-17"})[0], " | ")
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", function, got, want)
		}
	}
}
