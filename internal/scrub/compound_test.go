package scrub_test

import (
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
)

// compoundTypes adds types that are made of others to those of newTypes.
func compoundTypes() {
	field := func(name, typ string) catalog.Field {
		return catalog.Field{Name: name, Type: types[typ], Mod: -1}
	}
	composite := func(name string, oid uint32, fields ...catalog.Field) {
		types[name] = &catalog.Type{OID: oid, Schema: "public", Name: name, SQL: name, Kind: catalog.CompositeType, Fields: fields, BinaryIO: true}
	}
	composite("addr", 16500, field("street", "text"), field("no", "int4"), field("code", "bpchar"), field("meta", "jsonb"), field("mails", "_text"))
	composite("pair", 16501, field("at", "addr"), field("since", "date"))
	types["hstore"] = &catalog.Type{OID: 16502, Schema: "public", Name: "hstore", SQL: "hstore", Kind: catalog.BaseType, BinaryIO: true}
	over := func(name string, oid uint32, kind catalog.TypeKind, elem string) {
		types[name] = &catalog.Type{OID: oid, Schema: "pg_catalog", Name: name, SQL: strings.TrimPrefix(name, "_"), Kind: kind, Elem: types[elem], BinaryIO: true}
	}
	over("daterange", 3912, catalog.RangeType, "date")
	over("tstzrange", 3910, catalog.RangeType, "timestamptz")
	over("int8range", 3926, catalog.RangeType, "int8")
	over("datemultirange", 4535, catalog.MultirangeType, "daterange")
	over("_addr", 16503, catalog.ArrayType, "addr")
	over("_jsonb", 3807, catalog.ArrayType, "jsonb")
	over("_hstore", 16504, catalog.ArrayType, "hstore")
	over("_daterange", 3913, catalog.ArrayType, "daterange")
	types["home"] = &catalog.Type{OID: 16505, Schema: "public", Name: "home", SQL: "home", Kind: catalog.DomainType, Base: types["addr"], BaseMod: -1, BinaryIO: true}
}

func TestCompoundRules(t *testing.T) {
	compoundTypes()
	for _, extra := range []string{"x text", "m _mood"} { // the second forces text format
		name, _, _ := strings.Cut(extra, " ")
		cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"mail text", "one addr", "home home", "h hstore", "d daterange", "p text", "j _jsonb", extra}})
		p := compile(t, cat, head+`  a.t: {columns: {mail: email, `+name+`: keep, p: keep,
    one: {composite: {street: street, no: keep, code: keep, meta: {json: {m: email, n: keep}}, mails: {array: email}}},
    home: {composite: {street: {transform: constant, value: 'a "b", (c)'}, no: null, code: {transform: constant, value: x}, meta: {json: {}, other: keep}, mails: keep}},
    h: {hstore: {mail: email, plan: keep, gone: null, key1: keep}},
    d: {range: date_shift}, j: {array: {json: {m: email}, other: drop}}}}
`)
		if f := plan(t, p, "a.t").Format; (f == copyfmt.Binary) != (name == "x") && name == "m" {
			t.Errorf("%s format", f)
		}
		mail := "jane@mail.invalid"
		last := null
		rows := scrubbed(t, p, "a.t",
			[]string{mail, `("1, Main St",7,"ab ","{""m"": ""` + mail + `"", ""n"": 1, ""s"": ""t""}","{` + mail + `,NULL}")`, `(street,7,ab,"{""b"": true, ""s"": ""t"", ""n"": 5}","{a,b}")`,
				`"mail"=>"` + mail + `", "plan"=>"pro", "gone"=>"x", "` + mail + `"=>"y", "key1"=>NULL, "z"=>NULL`, "[2024-01-10,2024-02-09)", "p", `{"{\"m\": \"` + mail + `\", \"x\": 1}",NULL}`, last},
			[]string{null, `(,,,,)`, null, "", "empty", null, "{}", last},
			[]string{null, null, `("",,"","[]",{})`, null, "(,infinity)", null, null, last})
		fake := rows[0][0]
		want := []string{fake, "", `("a ""b"", (c)",,x,"{""key1"": true, ""key2"": ""[redacted]"", ""key3"": 5}","{a,b}")`,
			`"mail"=>"` + fake + `", "plan"=>"pro", "gone"=>NULL, "key_1"=>"[redacted]", "key1"=>NULL, "key_2"=>NULL`, "", "p", `{"{\"m\": \"` + fake + `\"}",NULL}`, last}
		for i, w := range want {
			if w != "" && rows[0][i] != w {
				t.Errorf("%s, column %d: %s\nwant %s", extra, i, rows[0][i], w)
			}
		}
		if got := rows[0][1]; strings.Contains(got, "Main") || !strings.HasSuffix(got, `,7,"ab ","{""m"": ""`+fake+`"", ""n"": 1, ""key1"": ""[redacted]""}","{`+fake+`,NULL}")`) && !strings.HasSuffix(got, `,7,ab,"{""m"": ""`+fake+`"", ""n"": 1, ""key1"": ""[redacted]""}","{`+fake+`,NULL}")`) {
			t.Errorf("%s: %s", extra, got)
		}
		if a, b := daysOf(t, rows[0][4][1:11]), daysOf(t, rows[0][4][12:22]); b-a != 30 || rows[0][4][1:11] == "2024-01-10" || !strings.HasSuffix(rows[0][4], ")") {
			t.Errorf("%s: %s", extra, rows[0][4])
		}
		if rows[1][1] != "(,,,,)" || rows[1][3] != "" || rows[1][4] != "empty" || rows[1][6] != "{}" || rows[2][4] != "(,infinity)" {
			t.Errorf("%s: %q, %q", extra, rows[1], rows[2])
		}
		if !strings.Contains(p.Decisions()[0].Columns[1].Detail, "meta: json") || p.Decisions()[0].Columns[1].Transform != "composite" {
			t.Errorf("%+v", p.Decisions()[0].Columns[1])
		}
	}
}

func daysOf(t testing.TB, date string) int {
	t.Helper()
	at, err := parseISO(date)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNestedCompounds(t *testing.T) {
	compoundTypes()
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a _addr", "b pair", "c _hstore", "d _daterange", "e datemultirange", "f tstzrange"}})
	p := compile(t, cat, head+`  a.t: {columns: {
    a: {array: {composite: {street: street, no: keep, code: keep, meta: keep, mails: {array: email}}}},
    b: {composite: {at: {composite: {street: keep, no: keep, code: keep, meta: keep, mails: {array: email}}}, since: date_shift}},
    c: {array: {hstore: {"*": email}, other: drop}}, d: {array: {range: date_shift}}, e: {range: date_shift}, f: {range: {transform: date_shift, max_days: 3}}}}
`)
	mail := "jane@mail.invalid"
	in := []string{`{"(\"Main St\",7,ab,,{` + mail + `})",NULL}`, `("(x,1,,,{` + mail + `})",2024-01-10)`, `{"\"a\"=>\"` + mail + `\"",NULL}`, `{"[2024-01-01,2024-01-11)",empty}`,
		"{[2024-01-01,2024-01-11),[2024-02-01,2024-02-03)}", `["2024-01-01 10:00:00+00","2024-01-01 11:00:00+00")`}
	r := scrubbed(t, p, "a.t", in)[0]
	for i := range in {
		if r[i] == in[i] || strings.Contains(r[i], mail) || strings.Contains(r[i], "Main") {
			t.Errorf("%s became %s", in[i], r[i])
		}
	}
	if !strings.Contains(r[1], "(x,1,,,{") || !strings.Contains(r[3], ",empty}") || !strings.Contains(r[5], " 11:00:00+00") {
		t.Errorf("%q", r)
	}
	if a, b, c, d := daysOf(t, r[4][2:12]), daysOf(t, r[4][13:23]), daysOf(t, r[4][26:36]), daysOf(t, r[4][37:47]); b-a != 10 || c-a != 31 || d-c != 2 {
		t.Errorf("%s", r[4])
	}
}

func TestCompoundProblems(t *testing.T) {
	compoundTypes()
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"a addr", "b hstore", "c daterange", "d int8range", "e text", "f jsonb", "g addr", "h _addr", "i addr"}})
	expect(t, problems(t, cat, head+`  a.t:
    columns:
      a: {composite: {street: email, stret: keep, no: email, code: {transform: constant, value: toolong}, meta: {json: {"a[": keep}}, mails: keep}, x: 1}
      b: {hstore: {a: phone, b: date_shift, c: {transform: constant, value: [1]}}, other: keep}
      c: {range: date_truncate}
      d: {range: number_noise}
      e: {hstore: {a: keep}}
      f: {json: {a: {composite: {x: keep}}, b: {json: {c: keep}}, c: {range: keep}, d: {json: {e: email}, embedded: true, invalid: skip}}}
      g: email
      h: {array: {composite: {street: street}}}
      i: {composite: {street: keep, no: keep, code: keep, meta: keep, mails: keep}}
`), []string{
		`5:38: addr has no field "stret" (did you mean "street"?); it has street, no, code, meta or mails`,
		`5:55: email serves text, and field no of a.t.a is integer`,
		`5:121: path a[: a bracket is not closed`,
		`5:149: composite has no parameter "x"; it takes none`,
		`6:77: key c of a.t.b: the value is a list`,
		`6:91: other of hstore must be redact or drop`,
		`7:18: date_truncate moves the bounds of a.t.c apart or together`,
		`8:18: number_noise`,
		`9:10: a.t.e is text, not an hstore`,
		`10:21: within JSON and XML there is no composite`,
		`10:48: within JSON write the whole path, as in a.b, for path b of a.t.f; or embedded: true`,
		`10:70: within JSON and XML there is no range`,
		`10:132: invalid of json must be fail or redact`,
		`11:10: email serves text, and a.t.g is addr: write {composite: {FIELD: email, …}}`,
		`12:18: field no (integer) of an element of a.t.h has no rule: write one, or keep`,
		`12:18: field code (character) of an element`, `12:18: field meta (jsonb) of an element`, `12:18: field mails (text[]) of an element`,
	})
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"i addr"}}), head+"  a.t: {columns: {i: {composite: {street: keep, no: keep, code: keep, meta: keep, mails: keep}}}}\n")
	if !p.Decisions()[0].Columns[0].Keep {
		t.Error("a composite of which every field stays is not kept")
	}
	_, err := tryScrub(t, compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"m _mood", "d daterange"}}), head+"  a.t: {columns: {m: keep, d: {range: date_shift}}}\n"), "a.t", []string{null, "[jane,)"})
	if err == nil || strings.Contains(err.Error(), "jane") {
		t.Error(err)
	}
}

func TestJSONOther(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"k jsonb", "r jsonb", "d jsonb", "t text"}})
	p := compile(t, cat, head+`  a.t: {columns: {
    k: {json: {m: email}, other: keep}, r: {json: {m: email}, other: redact}, d: {json: {m: email, "a.b": keep}, other: drop},
    t: {json: {m: email, "tags[1:]": keep}, invalid: redact}}}
`)
	doc := `{"n": 1.50, "b": true, "s": "secret", "a": {"b": 2, "c": 3}, "l": [1, "x"], "z": null}`
	r := scrubbed(t, p, "a.t", []string{doc, doc, doc, `{"tags": ["x", "y", 3], "m": ""}`}, []string{null, null, "[1]", "call jane@mail.invalid"}, []string{null, null, `"s"`, " "})
	for i, want := range []string{
		`{"key1": 1.50, "key2": true, "key3": "[redacted]", "key4": {"key1": 2, "key2": 3}, "key5": [1, "[redacted]"], "key6": null}`,
		`{"key1": 0, "key2": false, "key3": "[redacted]", "key4": {"key1": 0, "key2": 0}, "key5": [0, "[redacted]"], "key6": null}`,
		`{ "a": {"b": 2}}`, `{"tags": ["[redacted]", "y", 3], "m": ""}`} {
		if r[0][i] != want {
			t.Errorf("column %d: %s\nwant %s", i, r[0][i], want)
		}
	}
	if r[1][2] != "[]" || r[1][3] != "[redacted]" || r[2][2] != "null" || r[2][3] != " " {
		t.Errorf("%q, %q", r[1], r[2])
	}
}

func TestEmbeddedJSON(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"mail text", "j jsonb", "note text"}})
	p := compile(t, cat, head+`  a.t: {columns: {mail: email, note: text,
    j: {json: {plan: keep, payload: {json: {m: email, n: keep, deep: {json: {m: email}, embedded: true, invalid: redact}}, embedded: true}}}}}
`)
	mail := "jane@mail.invalid"
	r := scrubbed(t, p, "a.t",
		[]string{mail, `{"plan": "x", "payload": "{\"m\": \"` + mail + `\", \"n\": \"\\u00e9\", \"s\": 1, \"deep\": \"{\\\"m\\\":\\\"` + mail + `\\\"}\"}"}`, null},
		[]string{null, `{"payload": {"m": "` + mail + `"}, "plan": 1}`, null},
		[]string{null, `{"payload": "{\"deep\": \"no json\"}"}`, null}, []string{null, `{"payload": ""}`, null}, []string{null, `{"payload": 7}`, null})
	fake := r[0][0]
	for i, want := range []string{
		`{"plan": "x", "payload": "{\"m\": \"` + fake + `\", \"n\": \"\\u00e9\", \"key1\": 0, \"deep\": \"{\\\"m\\\":\\\"` + fake + `\\\"}\"}"}`,
		`{"payload": {"key1": "[redacted]"}, "plan": 1}`, `{"payload": "{\"deep\": \"[redacted]\"}"}`, `{"payload": ""}`, `{"payload": 0}`,
	} {
		if r[i][1] != want {
			t.Errorf("row %d: %s\nwant %s", i, r[i][1], want)
		}
	}
	_, err := tryScrub(t, p, "a.t", []string{null, `{"payload": "not json"}`, null})
	if err == nil || strings.Contains(err.Error(), "not json") {
		t.Error(err)
	}
}
