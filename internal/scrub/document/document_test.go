package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Actions of the tests.
const (
	mask = iota // a string, with its text in upper case between < and >
	null        // null
)

func apply(dst []byte, action int, leaf *Leaf) ([]byte, error) {
	switch action {
	case mask:
		return AppendString(dst, []byte("<"+strings.ToUpper(string(leaf.Text))+">")), nil
	case null:
		return append(dst, "null"...), nil
	}
	return AppendRedacted(dst, leaf.Kind), nil
}

func mustCompile(t testing.TB, rules map[string]Rule) *Rewriter {
	t.Helper()
	p, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return p.Rewriter(Keys{Keep: true})
}

func TestRewrite(t *testing.T) {
	keep, masked, whole := Rule{Action: Keep}, Rule{Action: mask}, Rule{Action: null, Whole: true}
	for _, c := range []struct {
		name    string
		rules   map[string]Rule
		in, out string
	}{
		{"keep and mask", map[string]Rule{"plan": keep, "email": masked},
			`{"plan": "team" , "email":"a@b.c"}`, `{"plan": "team" , "email":"<A@B.C>"}`},
		{"unlisted scalars", map[string]Rule{"plan": keep},
			`{"a":"x","b":1.5e3,"c":true,"d":null,"plan":1}`, `{"key1":"[redacted]","key2":0,"key3":false,"key4":null,"plan":1}`},
		{"unlisted containers keep their shape", nil,
			`{"bob@x.com":{"n":[1,"a",{}],"m":[]}}`, `{"key1":{"key1":[0,"[redacted]",{}],"key2":[]}}`},
		{"no rules, scalar root", nil, ` "secret" `, ` "[redacted]" `},
		{"scalar root", map[string]Rule{"": masked}, `"secret"`, `"<SECRET>"`},
		{"root kept", map[string]Rule{"": keep}, `{"a":[1, 2]}`, `{"a":[1, 2]}`},
		{"root whole", map[string]Rule{"": whole}, ` {"a":[1, 2]} `, ` null `},
		{"keep holds objects and arrays", map[string]Rule{"plan": keep}, `{"plan":{"x":["y",{"z":1}]}}`, `{"plan":{"x":["y",{"z":1}]}}`},
		{"more specific within keep", map[string]Rule{"user": keep, "user.email": masked},
			`{"user":{"email":"e","name":"n","deep":{"email":"kept"}}}`, `{"user":{"email":"<E>","name":"n","deep":{"email":"kept"}}}`},
		{"nested", map[string]Rule{"contact.email": masked}, `{"contact":{"email":"e","tel":"1"}}`, `{"contact":{"email":"<E>","key1":"[redacted]"}}`},
		{"container at a masked path", map[string]Rule{"email": masked}, `{"email":["a",{"b":"c"}]}`, `{"email":["[redacted]",{"key1":"[redacted]"}]}`},
		{"whole container", map[string]Rule{"a": whole, "b": keep}, `{"a":{"x":[1,{"y":2}]},"b":1,"a":[3]}`, `{"a":null,"b":1,"a":null}`},
		{"whole within whole's sibling", map[string]Rule{"l[*]": whole}, `{"l":[{"a":1},[2],"3"]}`, `{"l":[null,null,null]}`},
		{"array elements", map[string]Rule{"tags[*]": keep, "mails[*]": masked}, `{"tags":["a",1],"mails":["x","y"]}`, `{"tags":["a",1],"mails":["<X>","<Y>"]}`},
		{"one element", map[string]Rule{"a[0]": keep, "a[2]": masked}, `{"a":["x","y","z","w"]}`, `{"a":["x","[redacted]","<Z>","[redacted]"]}`},
		{"element before all", map[string]Rule{"a[*]": keep, "a[1]": masked}, `{"a":["x","y","z"]}`, `{"a":["x","<Y>","z"]}`},
		{"slices", map[string]Rule{"a[1:3]": masked, "a[4:]": keep, "b[:1]": masked},
			`{"a":["p","q","r","s","t","u"],"b":["p","q"]}`, `{"a":["[redacted]","<Q>","<R>","[redacted]","t","u"],"b":["<P>","[redacted]"]}`},
		{"an element before a slice before all", map[string]Rule{"a[*]": keep, "a[1:3]": masked, "a[1]": keep}, `{"a":["p","q","r","s"]}`, `{"a":["p","q","<R>","s"]}`},
		{"a slice of a slice", map[string]Rule{"a[1:]": masked, "a[2:4]": keep}, `{"a":["p","q","r","s","t"]}`, `{"a":["[redacted]","<Q>","r","s","<T>"]}`},
		{"array of arrays", map[string]Rule{"[*][*].e": masked}, `[[{"e":"a"}],[{"e":"b"},{"f":"c"}]]`, `[[{"e":"<A>"}],[{"e":"<B>"},{"key1":"[redacted]"}]]`},
		{"any key", map[string]Rule{"*.email": masked}, `{"bob":{"email":"e"},"eve":{"x":"y"}}`, `{"bob":{"email":"<E>"},"eve":{"key1":"[redacted]"}}`},
		{"any depth", map[string]Rule{"**.email": masked}, `{"email":"a","x":{"email":"b","l":[{"email":"c"}]}}`, `{"email":"<A>","key1":{"email":"<B>","key1":[{"email":"<C>"}]}}`},
		{"any depth under keep", map[string]Rule{"": keep, "**.email": masked}, `{"email":"a","x":{"email":"b","l":[{"email":"c"},1]}}`, `{"email":"<A>","x":{"email":"<B>","l":[{"email":"<C>"},1]}}`},
		{"everything below", map[string]Rule{"a.**": masked}, `{"a":{"b":["c",1]},"a":"d"}`, `{"a":{"key1":["<C>","<1>"]},"a":"<D>"}`},
		{"replacing beats keeping", map[string]Rule{"a.*": keep, "**.email": masked}, `{"a":{"email":"e","x":{"email":"f","y":1}}}`, `{"a":{"email":"<E>","x":{"email":"<F>","y":1}}}`},
		{"conflict settled", map[string]Rule{"a.*": whole, "*.email": masked, "a.email": masked, "a.x": keep}, `{"a":{"email":"e","x":1},"b":{"email":"f"}}`, `{"a":{"email":"<E>","x":1},"b":{"email":"<F>"}}`},
		{"duplicate keys", map[string]Rule{"email": masked, "k": keep}, `{"email":"a","email":"b","k":1,"k":2,"z":3,"z":4}`, `{"email":"<A>","email":"<B>","k":1,"k":2,"key1":0,"key2":0}`},
		{"escaped key", map[string]Rule{"email": masked}, `{"\u0065mail":"a","e\u006Dail":"b"}`, `{"\u0065mail":"<A>","e\u006Dail":"<B>"}`},
		{"odd keys", map[string]Rule{`"a.b"`: keep, `"say ""hi"""`: keep, `""`: keep, `"*"`: keep, `"x"[*]."y z"`: keep, `"[0]"`: masked, "ключ": keep},
			`{"a.b":1,"say \"hi\"":2,"":3,"*":4,"x":[{"y z":5}],"[0]":"v","ключ":6,"a":7}`,
			`{"a.b":1,"say \"hi\"":2,"":3,"*":4,"x":[{"y z":5}],"[0]":"<V>","ключ":6,"key1":0}`},
		{"keys that look replaced", map[string]Rule{"key1": keep, "key_2": keep}, `{"x":1,"key1":2,"key_2":3,"y":4}`, `{"key__1":0,"key1":2,"key_2":3,"key__2":0}`},
		{"big numbers", map[string]Rule{"n": keep, "m": masked}, `{"n":123456789012345678901234567890.000e+99,"m":-0.10}`, `{"n":123456789012345678901234567890.000e+99,"m":"<-0.10>"}`},
		{"escapes in values", map[string]Rule{"a": masked, "b": keep}, `{"a":"\u0061\n\"\\\/\ud83d\ude00","b":"\u0061\/"}`, `{"a":"<A\n\"\\/😀>","b":"\u0061\/"}`},
		{"lone surrogates and NUL", map[string]Rule{"a": masked}, `{"a":"\ud83d|\udc00|\ud83dx\u0000"}`, "{\"a\":\"<\uFFFD|\uFFFD|\uFFFDX\\u0000>\"}"},
		{"bytes that are not UTF-8", map[string]Rule{"a": masked, "b": keep}, "{\"a\":\"\xff\xc3\",\"b\":\"\xff\"}", "{\"a\":\"<\uFFFD\uFFFD>\",\"b\":\"\xff\"}"},
		{"prototype keys", map[string]Rule{"__proto__.email": masked}, `{"__proto__":{"email":"e"}}`, `{"__proto__":{"email":"<E>"}}`},
		{"keys alike but for the middle", map[string]Rule{"abc": keep, "adc": masked}, `{"abc":1,"adc":"x","aec":2,"":3}`, `{"abc":1,"adc":"<X>","key1":0,"key2":0}`},
		{"many keys", map[string]Rule{"a": keep, "b": keep, "c": keep, "d": keep, "e": keep, "f": keep, "g": keep, "h": keep, "i": masked, "*": keep,
			"k": keep, "l": keep, "m": keep, "n": keep, "o": keep, "p": keep, "q": keep, "r": keep, "s": keep, "t": keep, "u": keep, "v": keep, "w": keep, "x": keep, "y": keep, "z": keep},
			`{"i":"x","j":1,"a":2}`, `{"i":"<X>","j":1,"a":2}`},
	} {
		r := mustCompile(t, c.rules)
		got, err := r.Rewrite([]byte("before:"), []byte(c.in), apply)
		if err != nil || string(got) != "before:"+c.out {
			t.Errorf("%s:\n got %s, %v\nwant before:%s", c.name, got, err, c.out)
		}
	}
}

func TestDrop(t *testing.T) {
	keep, masked, whole := Rule{Action: Keep}, Rule{Action: mask}, Rule{Action: null, Whole: true}
	for _, c := range []struct {
		name    string
		rules   map[string]Rule
		in, out string
	}{
		{"first, middle and last", map[string]Rule{"b": keep, "d": masked}, `{ "a": 1 , "b": 2 , "c": [3] , "d": "x" , "e": {} }`, `{ "b": 2 , "d": "<X>" }`},
		{"all", map[string]Rule{"z": keep}, `{"a": 1, "b": {"c": [2]}}`, `{}`},
		{"elements", map[string]Rule{"a[1]": keep, "a[3]": masked}, `{"a":[1, 2, 3, "x", 5]}`, `{"a":[ 2, "<X>"]}`},
		{"a path leads in", map[string]Rule{"a.b.c": keep}, `{"a":{"x":1,"b":{"c":2,"y":3},"z":[4]},"w":5}`, `{"a":{"b":{"c":2}}}`},
		{"nothing below no path is entered", map[string]Rule{"a": keep}, `{"x":{"a":1},"a":{"x":[1]}}`, `{"a":{"x":[1]}}`},
		{"any depth", map[string]Rule{"**.m": masked}, `{"x":{"m":"a","n":1},"y":[{"m":"b"},2,{"n":3}]}`, `{"key1":{"m":"<A>"},"key2":[{"m":"<B>"},{}]}`},
		{"whole", map[string]Rule{"a": whole, "b[*]": whole}, `{"x":1,"a":{"y":2},"b":[{"z":3},4]}`, `{"a":null,"b":[null,null]}`},
		{"an object at a masked path", map[string]Rule{"m": masked}, `{"m":{"a":1,"b":["x"]},"n":2}`, `{"m":{}}`},
		{"the document", nil, ` {"a":1} `, ` null `},
		{"a scalar document", map[string]Rule{"a": keep}, `"x"`, `null`},
		{"doubles", map[string]Rule{"a": masked}, `{"b":1,"a":"x","b":2,"a":"y","b":3}`, `{"a":"<X>","a":"<Y>"}`},
	} {
		p, err := Compile(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Dropper(Keys{Keep: true}).Rewrite([]byte("before:"), []byte(c.in), dropUnlisted)
		if err != nil || string(got) != "before:"+c.out {
			t.Errorf("%s:\n got %s, %v\nwant before:%s", c.name, got, err, c.out)
		}
	}
}

func dropUnlisted(dst []byte, action int, leaf *Leaf) ([]byte, error) {
	if action == Unlisted {
		return dst, ErrDrop
	}
	return apply(dst, action, leaf)
}

func TestLeaf(t *testing.T) {
	r := mustCompile(t, map[string]Rule{`c."e.mail"`: {Action: mask}, "w[*]": {Action: null, Whole: true}})
	var got []string
	_, err := r.Rewrite(nil, []byte(`{"c":{"e.mail":"\u0041"},"x":1.50,"y":null,"w":[{"a":[]},[1],false]}`),
		func(dst []byte, action int, l *Leaf) ([]byte, error) {
			got = append(got, fmt.Sprintf("%d %s %d %s %s", action, l.Path, l.Kind, l.Raw, l.Text))
			return append(dst, "0"...), nil
		})
	want := []string{
		`0 c."e.mail" 0 "\u0041" A`, `-1  1 1.50 1.50`, `-1  3 null null`,
		`1 w[*] 4 {"a":[]} {"a":[]}`, `1 w[*] 5 [1] [1]`, `1 w[*] 2 false false`,
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
}

func TestCompileRefuses(t *testing.T) {
	keep, masked, whole := Rule{Action: Keep}, Rule{Action: mask}, Rule{Action: null, Whole: true}
	for _, c := range []struct {
		rules map[string]Rule
		want  string // parts of the error, by line
	}{
		{map[string]Rule{"a..b": keep, "ok": keep, "x[": masked}, "path a..b: a key is empty\npath x[: a bracket is not closed"},
		{map[string]Rule{".a": keep}, "path .a: a key is empty"},
		{map[string]Rule{"a.": keep}, "path a.: a key is empty"},
		{map[string]Rule{"a[x]": keep}, "brackets hold"},
		{map[string]Rule{"a[01]": keep}, "brackets hold"},
		{map[string]Rule{"a[-1]": keep}, "brackets hold"},
		{map[string]Rule{"a[-1:]": keep}, "brackets hold"},
		{map[string]Rule{"a[1:2:3]": keep}, "brackets hold"},
		{map[string]Rule{"a[]": keep}, "brackets hold"},
		{map[string]Rule{"a[3:3]": keep}, "the slice is empty"},
		{map[string]Rule{"a[2:0]": keep}, "the slice is empty"},
		{map[string]Rule{"a[1000]": keep}, "elements beyond 1000"},
		{map[string]Rule{"a[2000000000:]": keep}, "elements beyond 1000"},
		{map[string]Rule{"a[0:3]": whole, "a[2:5]": masked}, "path a[0:3]: matches values that a[2:5] matches too"},
		{map[string]Rule{"a[:]": keep, "a[*]": masked}, "path a[:]: means the same values as a[*]"},
		{map[string]Rule{"a[*]b": keep}, "there must be a dot"},
		{map[string]Rule{`"a"b`: keep}, "there must be a dot"},
		{map[string]Rule{`"a`: keep}, "a quote is not closed"},
		{map[string]Rule{`a b`: keep}, "must be quoted"},
		{map[string]Rule{`a*`: keep}, "must be quoted"},
		{map[string]Rule{"a.**.**": keep}, "** after **"},
		{map[string]Rule{"a": keep, `"a"`: masked}, `path a: means the same values as "a"`},
		{map[string]Rule{`"a"`: masked, "a": whole}, `path a: means the same values as "a"`},
		{map[string]Rule{"a.*": whole, "*.email": masked}, "path *.email: matches values that a.* matches too"},
		{map[string]Rule{"a.**": whole, "**.email": masked}, "path **.email: matches values that a.** matches too"},
		{map[string]Rule{"a": whole, "a.b": masked}, "path a.b: is within a, which is replaced as a whole"},
		{map[string]Rule{"": whole, "a": keep}, "path a: is within the empty path"},
	} {
		_, err := Compile(c.rules)
		var pe *PathError
		if !errors.As(err, &pe) {
			t.Errorf("%v: got %v", c.rules, err)
			continue
		}
		for _, line := range strings.Split(c.want, "\n") {
			if !strings.Contains(err.Error(), line) {
				t.Errorf("%v: got %v, want %q", c.rules, err, line)
			}
		}
	}
	for _, rules := range []map[string]Rule{
		{`"a"`: masked, "a": masked, "b.*": keep, "*.c": keep},
		{"c[*]": masked, "c[1]": keep, "c[1].x": masked},
		{"**": masked, "a": keep, "a.b": whole},
	} {
		if _, err := Compile(rules); err != nil {
			t.Errorf("%v: %v", rules, err)
		}
	}
}

func TestCompileIsBounded(t *testing.T) {
	rules := map[string]Rule{}
	for i := range 2 {
		rules[fmt.Sprintf("**.a.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.k%d", i)] = Rule{Action: mask}
	}
	if _, err := Compile(rules); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("got %v", err)
	}
}

var invalid = []string{"", " ", "{", "[", "{]", "[}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{1:2}`, `[1,]`, `[,1]`, `[1 2]`, `"a`, `"a\`,
	`"\x"`, `"\u12g4"`, `"\u123`, "\"\x01\"", "\"aaaaaaaaaaaa\n\"", "01", "-", "1.", ".5", "1e", "1e+", "+1", "tru", "nul", "truefalse", "1 2", `"a""b"`,
	"[1]]", "{}{}", "NaN", "'a'", "[1,,2]", `{"a":1 "b":2}`, `{"a" 1}`, "\xef\xbb\xbf{}", "{\"\x00\":1}", "//", "1\x00"}

func TestInvalid(t *testing.T) {
	for _, rules := range []map[string]Rule{nil, {"": {Action: Keep}}, {"": {Action: null, Whole: true}}, {"**.a": {Action: mask}}} {
		r := mustCompile(t, rules)
		for _, in := range invalid {
			got, err := r.Rewrite([]byte("before"), []byte(in), apply)
			var se *SyntaxError
			if !errors.As(err, &se) || string(got) != "before" || se.Offset > len(in) {
				t.Errorf("%q with %v: got %q, %v", in, rules, got, err)
			}
		}
	}
}

func TestApplyErrors(t *testing.T) {
	boom := errors.New("boom")
	r := mustCompile(t, nil)
	got, err := r.Rewrite([]byte("x"), []byte(`[1]`), func([]byte, int, *Leaf) ([]byte, error) { return nil, boom })
	if err != boom || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestDepth(t *testing.T) {
	r := mustCompile(t, map[string]Rule{"**.a": {Action: mask}})
	deepest := strings.Repeat("[", MaxDepth) + `{`[:0] + strings.Repeat("]", MaxDepth)
	if got, err := r.Rewrite(nil, []byte(deepest), apply); err != nil || string(got) != deepest {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := r.Rewrite(nil, []byte("["+deepest+"]"), apply); err == nil {
		t.Error("over the limit: no error")
	}
	if _, err := r.Rewrite(nil, bytes.Repeat([]byte(`{"a":`), 1<<20), apply); err == nil {
		t.Error("no error")
	}
}

func TestAppendString(t *testing.T) {
	for _, s := range []string{"", "plain", "quote\" slash\\ \b\f\n\r\t\x00\x1f\x7f", "é😀", "\xff", "a\xc3\"b", strings.Repeat("\n", 100)} {
		got := AppendString([]byte("x"), []byte(s))
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") {
			t.Errorf("%q: got %s, back %q, %v", s, got, back, err)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	r := mustCompile(t, map[string]Rule{"url": {Action: Keep}, "contact.email": {Action: mask}})
	doc := []byte(`{"url":"/x","contact":{"em\u0061il":"a\n@b.c"},"other":[1,{"z":"y"}]}`)
	dst := make([]byte, 0, 1024)
	text := []byte("x@example.com")
	apply := func(dst []byte, action int, l *Leaf) ([]byte, error) {
		if action == Unlisted {
			return AppendRedacted(dst, l.Kind), nil
		}
		return AppendString(dst, text), nil
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := r.Rewrite(dst, doc, apply); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
