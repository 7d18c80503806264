package document

import (
	"encoding/json"
	"testing"
)

func key(k string) Step { return Step{Key: k} }
func elem(i int) Step   { return Step{Index: i, IsIndex: true} }

func TestFind(t *testing.T) {
	const doc = ` {"a": {"b": [1, "x\n\u0041", {"c": true}]}, "a\u0062": null, "d": 1, "d": 2.50, "e": [], "": "empty", "s": "}]"} `
	for _, c := range []struct {
		path []Step
		want string // "" if there is none
	}{
		{nil, doc[1 : len(doc)-1]},
		{[]Step{key("a"), key("b"), elem(0)}, "1"},
		{[]Step{key("a"), key("b"), elem(1)}, `"x\n\u0041"`},
		{[]Step{key("a"), key("b"), elem(2), key("c")}, "true"},
		{[]Step{key("a"), key("b")}, `[1, "x\n\u0041", {"c": true}]`},
		{[]Step{key("ab")}, "null"},
		{[]Step{key("d")}, "2.50"},
		{[]Step{key("")}, `"empty"`},
		{[]Step{key("s")}, `"}]"`},
		{[]Step{key("z")}, ""},
		{[]Step{key("e"), elem(0)}, ""},
		{[]Step{key("a"), key("b"), elem(3)}, ""},
		{[]Step{key("a"), elem(0)}, ""},
		{[]Step{key("d"), key("x")}, ""},
		{[]Step{key("a"), key("b"), key("c")}, ""},
	} {
		_, got, ok := Find([]byte(doc), c.path)
		if ok != (c.want != "") || ok && string(got) != c.want {
			t.Errorf("%v: %s, %v", c.path, got, ok)
		}
	}
	if _, raw, _ := Find([]byte(doc), []Step{key("a"), key("b"), elem(1)}); string(Unquote(nil, raw)) != "x\nA" {
		t.Errorf("%q", raw)
	}
}

// Find never reads beyond any document, and what it finds in JSON is JSON.
func FuzzFind(f *testing.F) {
	for _, in := range append(invalid, `{"a":[{"b":1},{"b":"x"}],"b":{"a":[]}}`, `[[{"a":null}]]`, `{"a":`, `{"a":"`, `[1,`, `{"a":[{`) {
		f.Add([]byte(in))
	}
	paths := [][]Step{nil, {key("a")}, {key("a"), elem(0), key("b")}, {elem(1)}, {elem(0), elem(0), key("a")}, {key("b"), key("a")}}
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, p := range paths {
			_, raw, ok := Find(doc, p)
			if ok && json.Valid(doc) && !json.Valid(raw) {
				t.Fatalf("%q of %q", raw, doc)
			}
		}
	})
}
