package condition

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

func base(oid uint32, sql string) *catalog.Type {
	return &catalog.Type{OID: oid, Name: sql, SQL: sql, Kind: catalog.BaseType, BinaryIO: true}
}

func array(oid uint32, elem *catalog.Type) *catalog.Type {
	return &catalog.Type{OID: oid, Name: "_" + elem.Name, SQL: elem.SQL + "[]", Kind: catalog.ArrayType, Elem: elem, BinaryIO: true}
}

// testColumns are of every kind that conditions know.
func testColumns() []*catalog.Column {
	text, date := base(catalog.TextOID, "text"), base(catalog.DateOID, "date")
	mood := &catalog.Type{OID: 99001, Name: "mood", SQL: "mood", Kind: catalog.EnumType, Labels: []string{"sad", "ok"}, BinaryIO: true}
	pair := &catalog.Type{OID: 99002, Name: "pair", SQL: "pair", Kind: catalog.CompositeType, BinaryIO: true, Fields: []catalog.Field{{Name: "a", Type: text, Mod: -1}}}
	var columns []*catalog.Column
	for i, c := range []struct {
		name string
		t    *catalog.Type
	}{
		{"id", base(catalog.Int8OID, "bigint")}, {"n", base(catalog.NumericOID, "numeric")}, {"f", base(catalog.Float8OID, "double precision")},
		{"b", base(catalog.BoolOID, "boolean")}, {"t", text}, {"u", base(catalog.UUIDOID, "uuid")}, {"m", mood}, {"d", date},
		{"ts", base(catalog.TimestamptzOID, "timestamp with time zone")}, {"j", base(catalog.JSONBOID, "jsonb")}, {"tags", array(1009, text)},
		{"nums", array(1007, base(catalog.Int4OID, "integer"))}, {"days", array(1182, date)}, {"p", pair},
		{"Odd name", base(catalog.Int4OID, "integer")}, {"ci", &catalog.Type{OID: 99003, Name: "citext", SQL: "citext", Kind: catalog.BaseType, BinaryIO: true}},
		{"ip", base(catalog.InetOID, "inet")}, {"c", base(catalog.BPCharOID, "character")},
	} {
		columns = append(columns, &catalog.Column{Num: int16(i + 1), Name: c.name, Type: c.t, Mod: -1})
	}
	columns = append(columns, &catalog.Column{Name: "gen", Type: text, Generated: true})
	return columns
}

// row is a row of the test columns in COPY's form; a column that is not given is NULL.
func row(t testing.TB, f copyfmt.Format, values map[string]string) []byte {
	t.Helper()
	columns := testColumns()
	var fields [][]byte
	for _, c := range columns[:len(columns)-1] {
		v, ok := values[c.Name]
		delete(values, c.Name)
		if !ok {
			fields = append(fields, nil)
			continue
		}
		wire, err := value.For(c.Type, f).AppendWire([]byte{}, []byte(v))
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		fields = append(fields, wire)
	}
	if len(values) > 0 {
		t.Fatalf("unknown columns: %v", values)
	}
	return copyfmt.AppendRow(copyfmt.AppendHeader(nil, f), f, fields)
}

// holds evaluates a condition on one row.
func holds(t testing.TB, c *Condition, f copyfmt.Format, stream []byte) (bool, error) {
	t.Helper()
	columns := testColumns()
	columns = columns[:len(columns)-1]
	e, err := c.Bind(f, columns)
	if err != nil {
		t.Fatal(err)
	}
	var got bool
	parser := copyfmt.NewRawParser(f, len(columns), func(r *copyfmt.Row) (err error) {
		got, err = e.Holds(r)
		return err
	})
	_, err = parser.Write(stream)
	return got, err
}

func TestHolds(t *testing.T) {
	full := map[string]string{"id": "7", "n": "12345678901234567890.50", "f": "0.5", "b": "t", "t": "Jane Doe", "u": "550e8400-e29b-41d4-a716-446655440000",
		"m": "ok", "d": "2024-02-29", "ts": "2024-02-29 12:00:00+00", "j": `{"plan": "pro", "n": 5, "big": 1e3, "deep": {"list": [1, {"x": true}]}, "nil": null}`,
		"tags": `{admin,"a b",NULL}`, "nums": "{1,2,3}", "days": "{2024-01-01}", "p": "(x)", "Odd name": "3", "ci": "MiXed", "ip": "10.0.0.1", "c": "ab  "}
	for text, want := range map[string]string{ // on the full row, then on one of NULLs: t, f (false or unknown)
		`true`: "tt", `false`: "ff", `b`: "tf", `not b`: "ff", `!b`: "ff", `b == true`: "tf", `b != false`: "tf", `$env["b"]`: "tf",
		`id == 7`: "tf", `id != 7`: "ff", `id > 6.5 and id < 7.5`: "tf", `id <= -1`: "ff", `-id == 7 or true`: "", `6 < id <= 7`: "tf", `id % 2 == 1`: "tf", `id in 1..7`: "tf", `id in 8..9`: "ff",
		`id in [1, 7]`: "tf", `id not in [1, 7]`: "ff", `id not in [1]`: "tf", `id in [7.0]`: "tf", `f == 0.5`: "tf", `f < id`: "tf", `f in [0.25, 0.5]`: "tf", `n % 2 == 0`: "ff",
		`n == 12345678901234567890.5`: "tf", `n == 12345678901234567890.4`: "ff", `f == 5e-1`: "tf", `f == 0.5_0`: "tf", `n > -1.5`: "tf", `n > 12345678901234567`: "tf", `n > id`: "tf", `n in 1..9`: "ff",
		`t == "Jane Doe"`: "tf", `t != "Jane"`: "tf", `t contains "ne D"`: "tf", `t startsWith "Jane"`: "tf", `t endsWith "doe"`: "ff", `lower(t) endsWith "doe"`: "tf",
		`upper(t) == "JANE DOE"`: "tf", `trim(" x ") == "x"`: "tt", `len(t) == 8`: "tf", `t matches "^J.*e$"`: "tf", `not (t contains "x")`: "tf", `t not contains "x"`: "tf", `t in ["a", "Jane Doe"]`: "tf",
		`t == nil`: "ft", `t != nil`: "tf", `nil == t`: "ft", `(t ?? "") == ""`: "ft", `t ?? "x" == "x"`: "", `(id ?? 0) == 0`: "ft", `(b ?? false) == false`: "ft", `(d ?? date("2020-01-01")) < "2021-01-01"`: "ft",
		`t == "x" or id == 7`: "tf", `t == "x" or t == nil`: "ft", `b and t == nil`: "ff", `b or true`: "tt", `b and false`: "ff", `not (b and false)`: "tt", `not (b or true)`: "ff", `(b == nil) == true`: "ft", `(id == 7) != nil`: "tf",
		`u == "550E8400-E29B-41D4-A716-446655440000"`: "tf", `u in ["550E8400-E29B-41D4-A716-446655440000"]`: "tf", `m == "ok"`: "tf", `m in ["sad"]`: "ff", `m != "sad"`: "tf", `ip == "10.0.0.1"`: "tf",
		`d == "2024-02-29"`: "tf", `d < date("2024-03-01")`: "tf", `ts >= "2024-02-29 12:00:00+00"`: "tf", `ts > d`: "tf", `ts < "2024-02-29 13:00:00+02"`: "ff", `d in ["2024-02-29"]`: "tf", `d < "infinity"`: "tf",
		`j.plan == "pro"`: "tf", `j.plan != "pro"`: "ff", `j.plan == 5`: "ff", `j.n != "x"`: "ff", `j.n >= 5`: "tf", `j.big == 1000`: "tf", `j["plan"] in ["pro", "team"]`: "tf", `j.deep.list[0] == 1`: "tf", `j.deep.list[1].x`: "tf", `not j.deep.list[1].x`: "ff",
		`j.nil == nil`: "tt", `j.none == nil`: "tt", `j.plan == nil`: "ft", `j == nil`: "ft", `j.plan startsWith "p"`: "tf", `(j.none ?? "free") == "free"`: "tt", `len(j.plan) == 3`: "tf", `j.n in 1..5`: "tf", `j.n % 2 == 1`: "tf", `lower(j.plan) == "pro"`: "tf", `$env["j"].plan == "pro"`: "tf",
		`j.plan == t`: "ff", `t == j.plan`: "ff", `j.deep == nil`: "ft", `j.deep.list[1].x == b`: "tf",
		`"admin" in tags`: "tf", `"x" in tags`: "ff", `not ("x" in tags)`: "ff", `t in tags`: "ff", `len(nums) == 3`: "tf", `len(tags) > 0`: "ff", `2 in nums`: "tf", `9 not in nums`: "tf", `id in nums`: "ff", `"2024-01-01" in days`: "tf", `d in days`: "ff", `j.plan in tags`: "ff", `tags == nil`: "ft",
		`$env["Odd name"] == 3`: "tf", `p == nil`: "ft", `ci == "mixed"`: "tf", `ci == "MIXED"`: "tf", `ci in ["MIXED"]`: "tf", `ci startsWith "mIX"`: "tf", `t != ci`: "tf", `ci == lower("MIXED")`: "tf", `c == "ab"`: "tf",
	} {
		for _, f := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
			c, err := Compile(text, testColumns())
			if want == "" {
				if err == nil {
					t.Errorf("%s: compiles", text)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			copied := map[string]string{}
			for k, v := range full {
				copied[k] = v
			}
			for i, stream := range [][]byte{row(t, f, copied), row(t, f, map[string]string{})} {
				got, err := holds(t, c, f, stream)
				if err != nil || got != (want[i] == 't') {
					t.Errorf("%s, %s format, row %d: %v, %v", text, f, i, got, err)
				}
			}
		}
	}
}

// Exactness where floats would lie, and PostgreSQL's order of odd values.
func TestNumbers(t *testing.T) {
	for _, c := range []struct{ n, text, want string }{
		{"12345678901234567", `n == 12345678901234568`, "f"}, {"12345678901234567", `n == 12345678901234567`, "t"},
		{"0.1", `n == 0.1`, "t"}, {"0.10", `n == 0.1`, "t"}, {"-0.0", `n == 0`, "t"}, {"-0.5", `n < 0`, "t"}, {"-0.5", `n > -1`, "t"}, {"100.0", `n == 100`, "t"},
		{"NaN", `n > 9223372036854775807`, "t"}, {"NaN", `n == n`, "t"}, {"Infinity", `n > 9223372036854775807`, "t"}, {"-Infinity", `n < 0`, "t"},
		{"99999999999999999999.9", `n > 9223372036854775807`, "t"}, {"-99999999999999999999.9", `n < 0`, "t"}, {"3.0", `n in 1..3`, "t"}, {"2.5", `n in 1..3`, "f"}, {"7", `n % 4 == 3`, "t"}, {"-7", `n % 4 == -3`, "t"}, {"7", `n % -1 == 0`, "t"},
	} {
		cond, err := Compile(c.text, testColumns())
		if err != nil {
			t.Fatal(err)
		}
		got, err := holds(t, cond, copyfmt.Binary, row(t, copyfmt.Binary, map[string]string{"n": c.n}))
		if err != nil || got != (c.want == "t") {
			t.Errorf("%s with n %s: %v, %v", c.text, c.n, got, err)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                           "0: unexpected token EOF",
		`emial == "x"`:               `0: there is no column "emial"`,
		`id == 1 and dd == nil`:      `12: there is no column "dd" (did you mean "id"?)`,
		`t = "x"`:                    `2: unexpected token Operator("="): write == to compare`,
		`t is not null`:              `2: unexpected token Identifier("is"): write x == nil`,
		`b AND b`:                    `2: unexpected token Identifier("AND"): the words are`,
		`id == "x"`:                  `3: == doesn't go between column "id", which is bigint, and a text`,
		`t == 1`:                     `2: == doesn't go between column "t", which is text, and a number`,
		`b == "t"`:                   "2: == doesn't go between",
		`t < "x"`:                    "2: < orders numbers, dates and times; a text has no order here",
		`m < "ok"`:                   "2: < orders numbers",
		`t`:                          `0: column "t", which is text, is no condition`,
		`1`:                          "0: a number is no condition",
		`nil`:                        "0: nil is no condition",
		`not t contains "x"`:         `0: not stands before a condition, and column "t"`,
		`m == "okay"`:                `5: "okay" is no label of mood; there is sad, ok`,
		`m in ["sad", "happy"]`:      `13: "happy" is no label of mood`,
		`u == "x"`:                   `5: "x" is no uuid`,
		`d == "yesterday"`:           `5: "yesterday" is no date: write YYYY-MM-DD`,
		`ts > date("31.12.2024")`:    `5: "31.12.2024" is no date or time`,
		`date(t) == d`:               "5: date takes a text in quotes",
		`now() > ts`:                 "0: the function now is not available in conditions; there are lower, upper, trim, len, date",
		`foo(t) == "x"`:              `0: there is no function "foo"`,
		`lower(id) == "x"`:           `6: lower takes a text, and column "id", which is bigint, is none`,
		`lower(u) == "x"`:            `6: lower takes a text, and column "u"`,
		`u startsWith "x"`:           `0: startsWith looks at texts, and column "u"`,
		`t matches "("`:              "10: this is no regular expression: missing closing )",
		`t matches t`:                "10: matches takes a regular expression in quotes",
		`j == "x"`:                   "2: a whole document can't be compared: name a key within it",
		`j`:                          `0: column "j", which is jsonb, is no condition`,
		`j.plan == d`:                "7: == doesn't go between a JSON value and column",
		`t.x == "y"`:                 `2: column "t", which is text, has no members`,
		`j?.plan == "x"`:             "3: this is not available",
		`j.n[1:2] == 1`:              "3: this is not available",
		`tags == "x"`:                "5: == doesn't go with a list: use in",
		`t in "abc"`:                 "2: in takes a list",
		`id in []`:                   "6: the list is empty",
		`id in [1, "x"]`:             "10: in doesn't go between",
		`id in [1, nil]`:             "10: a list holds values as written",
		`id in [1, n]`:               "10: a list holds values as written",
		`"x" in ["x"]`:               "0: at the left of in there must be a column",
		`t in [lower("x")]`:          "6: a list holds values as written",
		`1 in tags`:                  "2: a number can't be an element of",
		`j.x in ["a", 1]`:            "13: a list holds values of one kind",
		`id in 1..n`:                 "7: a range is of whole numbers",
		`t in 1..2`:                  `0: in a range of numbers there is no column "t"`,
		`[1] == [1]`:                 "0: a list can only stand after in",
		`b ? b : b`:                  "", // somewhere
		`id + 1 == 2`:                "3: + is not available",
		`id % 0 == 1`:                "5: % takes a whole number other than 0",
		`id % n == 1`:                "5: % takes a whole number",
		`f % 2 == 1`:                 "0: % takes a whole number at its left",
		`-id == 1`:                   "0: - stands before a number only",
		`nil == nil`:                 "4: nil is compared with itself",
		`gen == "x"`:                 `0: column "gen" is generated`,
		`let x = 1; x == 1`:          "4: this is not available",
		`all(nums, # > 1)`:           "0: the function all is not available",
		`{"a": 1}.a == 1`:            "0: this is not available",
		`len(id) == 1`:               `4: len takes a text`,
		`lower(t, t) == "x"`:         "0: lower takes one argument",
		`p == "(x)"`:                 "2: == doesn't go between",
		`$env[t] == 1`:               "4: $env takes a column's name",
		`$env == nil`:                `0: there is no column "$env"`,
		`t contains nil`:             "11: contains looks at texts",
		`j[-1] == 1`:                 "", // somewhere
		`(t ?? 1) == 1`:              "3: ?? doesn't go between",
		`"x" ?? t`:                   "", // no condition
		strings.Repeat("(", 5000):    "0: the condition is longer than",
		strings.Repeat("(", 4000):    "3999: unexpected token EOF",
		`t == "` + "\x00" + `"`:      "", // no text of PostgreSQL, but harmless
		`id == 99999999999999999999`: "invalid integer literal",
	} {
		_, err := Compile(text, testColumns())
		var e *Error
		if !errors.As(err, &e) {
			if want != "" {
				t.Errorf("%.60s: compiles", text)
			}
			continue
		}
		if got := fmt.Sprintf("%d: %s", e.Char, e.Reason); !strings.Contains(got, want) {
			t.Errorf("%.60s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// A value that no server sends ends the evaluation with an error that says
// nothing of it.
func TestUnreadableValues(t *testing.T) {
	columns := testColumns()[:3]
	for _, text := range []string{"id == 7", "id in [7]", "not (id == 7)"} {
		c, err := Compile(text, columns)
		if err != nil {
			t.Fatal(err)
		}
		e, err := c.Bind(copyfmt.Binary, columns)
		if err != nil {
			t.Fatal(err)
		}
		parser := copyfmt.NewRawParser(copyfmt.Binary, 3, func(r *copyfmt.Row) error {
			ok, err := e.Holds(r)
			if ok {
				t.Errorf("%s holds", text)
			}
			return err
		})
		_, err = parser.Write(copyfmt.AppendRow(copyfmt.AppendHeader(nil, copyfmt.Binary), copyfmt.Binary, [][]byte{[]byte("secret"), nil, nil}))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
	c, err := Compile("id == 7", columns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Bind(copyfmt.Binary, columns[1:]); err == nil {
		t.Error("bound without its column")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	c, err := Compile(`(id in [1, 7] and lower(t) endsWith "doe" and j.plan == "pro" and ts > "2020-01-01" and b and n > 5 and "b" in tags) or t == nil`, testColumns())
	if err != nil {
		t.Fatal(err)
	}
	columns := testColumns()
	columns = columns[:len(columns)-1]
	e, err := c.Bind(copyfmt.Binary, columns)
	if err != nil {
		t.Fatal(err)
	}
	stream := row(t, copyfmt.Binary, map[string]string{"id": "7", "t": "Jane Doe", "j": `{"plan":"pro"}`, "ts": "2024-02-29 12:00:00+00", "b": "t", "n": "5.5", "tags": "{a,b}"})
	parser := copyfmt.NewRawParser(copyfmt.Binary, len(columns), func(r *copyfmt.Row) error {
		if ok, err := e.Holds(r); !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
		if n := testing.AllocsPerRun(100, func() { _, _ = e.Holds(r) }); n > 6 { // closures over the array's elements
			t.Errorf("%v allocations", n)
		}
		return nil
	})
	if _, err := parser.Write(stream); err != nil {
		t.Fatal(err)
	}
}

// For any text there is a condition or an error with a place, and what
// compiles can be evaluated.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{`id == 7 and t endsWith "x"`, `j.a[0].b == 1`, `not (b or t == nil)`, `id in 1..9`, `"x" in tags`, `t matches "a+"`, `(t ?? "x") in ["a"]`,
		`$env["Odd name"] % 3 == 0`, `date("2024-01-01") < ts`, `len(trim(lower(t))) > 3`, `a ? b : c`, `let x = 1; x`, `filter(tags, # == "x")`, `{`, `"`, `1..2`, `t[1:2]`, `-1.5e3 < f`, `0x7f == id`, `'a' in tags | len()`} {
		f.Add(s)
	}
	binary := row(f, copyfmt.Binary, map[string]string{"id": "7", "n": "1.5", "f": "0.5", "b": "t", "t": "Jane", "j": `{"a":[{"b":1}]}`, "tags": "{x,NULL}", "nums": "{1}", "d": "2024-01-01", "m": "ok"})
	text := row(f, copyfmt.Text, map[string]string{"id": "7", "n": "1.5", "f": "0.5", "b": "t", "t": "Jane", "j": `{"a":[{"b":1}]}`, "tags": "{x,NULL}", "nums": "{1}", "d": "2024-01-01", "m": "ok"})
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Compile(s, testColumns())
		var e *Error
		if err != nil {
			if !errors.As(err, &e) || e.Char < 0 || e.Char > len(s)+1 || e.Reason == "" {
				t.Fatalf("%q: %#v", s, err)
			}
			return
		}
		one, err1 := holds(t, c, copyfmt.Binary, binary)
		other, err2 := holds(t, c, copyfmt.Text, text)
		if err1 != nil || err2 != nil || one != other {
			t.Fatalf("%q: %v, %v in binary and %v, %v in text", s, one, err1, other, err2)
		}
	})
}
