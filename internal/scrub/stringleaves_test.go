package scrub_test

import (
	"regexp"
	"strings"
	"testing"
)

// A rule for prose at ** changes texts alone: a saved question still runs.
func TestTextEverywhereKeepsTheDocument(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"q jsonb", "mail text"}}),
		head+`  a.t: {columns: {mail: email, q: {json: {"**": text}, other: keep}}}`+"\n")
	get := func(in string) string { return scrubbed(t, p, "a.t", []string{in, "ann@posteo.test"})[0][0] }
	mail := scrubbed(t, p, "a.t", []string{"{}", "ann@posteo.test"})[0][1]
	for _, in := range []string{
		`{"database":3,"type":"query","query":{"source-table":7,"filter":["=",["field",12,null],"ann@posteo.test"]},"on":true}`,
		`{"lib/type": "mbql/query", "stages": [{"limit": 1000000, "at": 1700000000000}], "ratio": -1.50e3, "off": false}`,
		`{"column_settings":{"[\"name\",\"sum\"]":{"show_mini_bar":true}},"graph.dimensions":["created_at"],"a":{},"b":[]}`,
		`{"z":1,"a":2,"z":3,"templateTags":{"tag_1":{"default":null}}}`,
	} {
		if got, want := get(in), strings.ReplaceAll(in, "ann@posteo.test", mail); got != want {
			t.Errorf("%s\nbecame %s", in, got)
		}
	}
	// A name in which text would find something is data, and so is one that no program would give.
	alias := regexp.MustCompile(`^\{"key_[a-p]{16}":1\}$`)
	for _, key := range []string{"ann@posteo.test", "Ottokar", "Ottokar Zwetschgauer", "ottokar zwetschgauer", "4111111111111111", "+49 30 88714402",
		"jürgen", "49308871440", "a/Sarah Thompson"} {
		if got := get(`{"` + key + `":1}`); !alias.MatchString(got) {
			t.Errorf("the name %q became %s", key, got)
		}
	}
	// Numbers that identify somebody beyond doubt are no numbers of a question.
	if got := get(`{"a":4111111111111111}`); strings.Contains(got, "4111111111111111") {
		t.Error(got)
	}
}

// Without other: keep, numbers in which text finds nothing stay all the same, booleans too.
func TestTextLeavesNumbers(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"q json", "l json", "k json"}}),
		head+`  a.t: {columns: {q: {json: {"a": text}}, l: {json: {"**": lorem}, other: keep}, k: {json: {"**": text}, keys: keep}}}`+"\n")
	got := scrubbed(t, p, "a.t", []string{`{"a":17, "b":17}`, `{"a":["word",17,true,null]}`, `{"Jane":{"Kim":2}}`},
		[]string{`{"a":491701234567}`, `{}`, `{}`}, []string{`{"a":true}`, `{}`, `{}`})
	if got[0][0] != `{"a":17, "key1":0}` || got[2][0] != `{"a":true}` {
		t.Errorf("%s %s", got[0][0], got[2][0])
	}
	if strings.Contains(got[1][0], "491701234567") {
		t.Error("a telephone number stays: " + got[1][0])
	}
	if !strings.HasSuffix(got[0][1], `,17,true,null]}`) || strings.Contains(got[0][1], "word") {
		t.Error(got[0][1])
	}
	if got[0][2] != `{"Jane":{"Kim":2}}` {
		t.Error("keys: keep: " + got[0][2])
	}
}
