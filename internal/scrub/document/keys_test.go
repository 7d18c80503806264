package document

import (
	"strings"
	"testing"
)

// shout is an alias that a reader can check.
func shout(dst []byte, prefix string, key []byte) []byte {
	return append(append(append(dst, prefix...), ':'), strings.ToUpper(string(key))...)
}

func redacted(dst []byte, action int, leaf *Leaf) ([]byte, error) {
	if action == Unlisted {
		return AppendRedacted(dst, leaf.Kind), nil
	}
	return append(dst, `"x"`...), nil
}

// A key stays if a path names it or it is within a kept value; a key for which only
// * stands becomes an alias, the same for the same key; every other key is numbered.
func TestKeysAreData(t *testing.T) {
	for _, tc := range []struct {
		rules    map[string]Rule
		in, want string
	}{
		{map[string]Rule{"*.phone": {}}, `{"Jane":{"phone":"1","x":2},"Joe":{"phone":"2"},"Jane":3}`,
			`{"key:JANE":{"phone":"x","key1":0},"key:JOE":{"phone":"x"},"key:JANE":0}`},
		{map[string]Rule{"*": {Action: Keep}}, `{"Jane":{"a":{"b":1}}}`, `{"key:JANE":{"a":{"b":1}}}`},
		{map[string]Rule{"a.*": {Action: Keep}, "a.b": {}}, `{"a":{"Jane":1,"b":2},"Joe":3}`,
			`{"a":{"key:JANE":1,"b":"x"},"key1":0}`},
		{map[string]Rule{"": {Action: Keep}, "*.phone": {}}, `{"Jane":{"phone":"1","x":2}}`,
			`{"Jane":{"phone":"x","x":2}}`},
		{map[string]Rule{"**": {Action: Keep}}, `{"Jane":{"x":1}}`, `{"Jane":{"x":1}}`},
		{map[string]Rule{"**.phone": {}}, `{"Jane":{"phone":"1"}}`, `{"key1":{"phone":"x"}}`},
		{map[string]Rule{"key": {}, "*": {}}, `{"key":1,"\u004aane":2}`, `{"key":"x","key:JANE":"x"}`},
		{map[string]Rule{"[*].*": {}}, `[{"Jane":1}]`, `[{"key:JANE":"x"}]`},
	} {
		p, err := Compile(tc.rules)
		if err != nil {
			t.Fatal(err)
		}
		var dropped []string
		got, err := p.Rewriter(Keys{Alias: shout, Drop: func(k []byte) {
			dropped = append(dropped, string(k))
		}}).Rewrite(nil, []byte(tc.in), redacted)
		if err != nil || string(got) != tc.want {
			t.Errorf("%v of %s: %s, want %s (%v)", tc.rules, tc.in, got, tc.want, err)
		}
		if n := strings.Count(string(got), `"key1"`); n != len(dropped) {
			t.Errorf("%v: keys dropped %q", tc.rules, dropped)
		}
		kept, _ := p.Rewriter(Keys{Keep: true, Alias: shout}).Rewrite(nil, []byte(tc.in), redacted)
		if strings.Contains(string(kept), "key:") {
			t.Errorf("%v: %s has an alias although keys stay", tc.rules, kept)
		}
	}
}

// Names of elements and attributes are data, too.
func TestXMLNamesAreData(t *testing.T) {
	rule := func(path string, action int) XMLRule {
		p, err := ParseXMLPath(path)
		if err != nil {
			t.Fatal(err)
		}
		return XMLRule{p, action}
	}
	const in = `<a xmlns:n="u" b="1"><Jane c="2"><x>3</x></Jane><n:Joe/><keep Kim='4'><in d="5">6</in></keep></a >`
	for _, tc := range []struct {
		rules []XMLRule
		want  string
	}{
		{nil,
			`<element:A xmlns:n="u" attribute:B="-"><element:JANE attribute:C="-"><element:X>-</element:X></element:JANE>` +
				`<element:N:JOE/><element:KEEP attribute:KIM='-'><element:IN attribute:D="-">-</element:IN></element:KEEP></element:A>`},
		{[]XMLRule{rule("a/*/x", 0), rule("a/@b", 0), rule("a/keep", Keep)},
			`<a xmlns:n="u" b="+"><element:JANE attribute:C="-"><x>+</x></element:JANE>` +
				`<element:N:JOE/><keep Kim='4'><in d="5">6</in></keep></a >`},
		{[]XMLRule{rule("a/*", Keep), rule("**/n:Joe", 0)},
			`<a xmlns:n="u" attribute:B="-"><element:JANE c="2"><x>3</x></element:JANE>` +
				`<n:Joe/><element:KEEP Kim='4'><in d="5">6</in></element:KEEP></a >`},
	} {
		apply := func(dst []byte, action int, _ []byte) ([]byte, error) {
			if action == Unlisted {
				return append(dst, '-'), nil
			}
			return append(dst, '+'), nil
		}
		got, err := NewXML(tc.rules).Rewrite(nil, []byte(in), Keys{Alias: shout}, apply)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s\nwant\n%s\n%v", got, tc.want, err)
		}
		kept, err := NewXML(tc.rules).Rewrite(nil, []byte(in), Keys{Keep: true, Alias: shout}, apply)
		if err != nil || strings.Contains(string(kept), ":A") {
			t.Errorf("names don't stay: %s %v", kept, err)
		}
	}
}
