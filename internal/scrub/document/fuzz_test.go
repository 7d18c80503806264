package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// fuzzRules are rulesets that together use every kind of step.
var fuzzRules = []map[string]Rule{
	nil,
	{"": {Action: Keep}},
	{"a": {Action: Keep}, "a.b": {Action: mask}, "b": {Action: mask}, "c[*]": {Action: mask}, "c[1]": {Action: Keep}},
	{"**.a": {Action: mask}, "*.b": {Action: mask}, "b.c": {Action: Keep}, "d": {Action: null, Whole: true}, "**.d": {Action: mask}},
	{"": {Action: Keep}, "**.a": {Action: mask}, "**.b[*].**": {Action: mask}, "[*].c": {Action: null, Whole: true}},
	{"a[1:]": {Action: mask}, "a[1:3]": {Action: Keep}, "[:2].c[0:2]": {Action: mask}, "c[2:4]": {Action: null, Whole: true}, "**[1].a": {Action: mask}},
	{"a.**": {Action: Keep}, "a.**.b": {Action: mask}, "a.b.b": {Action: Keep}, `""`: {Action: mask}, "key1": {Action: Keep}},
}

func FuzzRewrite(f *testing.F) {
	for _, in := range invalid {
		f.Add([]byte(in))
	}
	for _, in := range []string{
		`{"a":{"b":"x","c":[1,true,null]},"b":{"c":"y","b":{"a":1}},"c":["x","y","z"],"d":{"a":[1]},"a":2}`,
		`[{"a":1,"c":{"a":[]}},{"\u0061":"\ud83d\ude00\ud83d"},-0.5e10,"",{}]`,
		`{"":{"":""},"key1":1,"x":[[[{"b":[1,{"a":"q"}]}]]]}`,
	} {
		f.Add([]byte(in))
	}
	var all []*Rewriter
	var droppers []*Rewriter
	for _, rules := range fuzzRules {
		r := mustCompile(f, rules)
		all, droppers = append(all, r), append(droppers, r.paths.Dropper(Keys{Keep: true}))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		valid := json.Valid(doc)
		for i, r := range all {
			out, err := r.Rewrite(nil, doc, apply)
			if (err == nil) != valid {
				t.Fatalf("rules %d: valid %v, but %v", i, valid, err)
			}
			dropped, derr := droppers[i].Rewrite(nil, doc, dropUnlisted)
			if (derr == nil) != valid || valid && (!json.Valid(dropped) || bytes.Contains(dropped, []byte("[redacted]")) && !bytes.Contains(doc, []byte("[redacted]"))) {
				t.Fatalf("rules %d: dropping made %q, %v", i, dropped, derr)
			}
			if !valid {
				continue
			}
			if !json.Valid(out) {
				t.Fatalf("rules %d: the output is not JSON: %q", i, out)
			}
			if i == 1 && !bytes.Equal(out, doc) {
				t.Fatalf("kept document changed")
			}
			if !utf8.Valid(doc) {
				continue
			}
			got, want := leaves(t, out), reference(t, fuzzRules[i], doc)
			if got != want {
				t.Fatalf("rules %d:\n got %s\nwant %s", i, got, want)
			}
		}
	})
}

// node is a decoded value that keeps the order and the doubles of its keys.
type node struct {
	keys []string
	vals []*node
	kind byte // '{', '[' or 0
	leaf any
}

func decode(t *testing.T, doc []byte) *node {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var value func() *node
	token := func() json.Token {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	value = func() *node {
		tok := token()
		delim, ok := tok.(json.Delim)
		if !ok {
			return &node{leaf: tok}
		}
		n := &node{kind: byte(delim)}
		for d.More() {
			if delim == '{' {
				n.keys = append(n.keys, token().(string))
			}
			n.vals = append(n.vals, value())
		}
		token()
		return n
	}
	return value()
}

// leaves prints a document in a form that is comparable.
func leaves(t *testing.T, doc []byte) string { return show(decode(t, doc)) }

func show(n *node) string {
	if n.kind == 0 {
		return fmt.Sprintf("%T:%q", n.leaf, fmt.Sprint(n.leaf))
	}
	var b strings.Builder
	b.WriteByte(n.kind)
	for i, v := range n.vals {
		if n.kind == '{' {
			fmt.Fprintf(&b, "%q:", n.keys[i])
		}
		b.WriteString(show(v) + ",")
	}
	b.WriteByte(n.kind)
	return b.String()
}

// reference scrubs a decoded document by matching each place against each path.
func reference(t *testing.T, rules map[string]Rule, doc []byte) string {
	type rule struct {
		Rule
		steps, written []step
	}
	var list []rule
	for path, r := range rules {
		steps, reason := parsePath(path)
		if reason != "" {
			t.Fatal(reason)
		}
		written := steps
		if r.Action == Keep && (len(steps) == 0 || steps[len(steps)-1].kind != deep) {
			steps = append(steps, step{kind: deep})
		}
		list = append(list, rule{r, steps, written})
	}
	best := func(place []step) *rule {
		var b *rule
		for i := range list {
			r := &list[i]
			if !covers(r.steps, place) {
				continue
			}
			beaten := false
			for _, q := range list {
				beaten = beaten || covers(q.steps, place) && covers(r.steps, q.written) && !covers(q.steps, r.written)
			}
			if !beaten && (b == nil || b.Action == Keep) {
				b = r
			}
		}
		return b
	}
	// named reports whether some path goes through place by naming its last key.
	named := func(place []step) bool {
		for _, r := range list {
			for n := 1; n <= len(r.steps); n++ {
				if k := r.steps[n-1].kind; (k == oneKey || k == anyKey) && covers(r.steps[:n], place) {
					return true
				}
			}
		}
		b := best(place)
		return b != nil && b.Action == Keep
	}
	var walk func(n *node, place []step) *node
	walk = func(n *node, place []step) *node {
		r := best(place)
		action := Unlisted
		if r != nil {
			action = r.Action
		}
		if n.kind == 0 || r != nil && r.Whole {
			switch {
			case action == Keep:
				return n
			case action == null:
				return &node{}
			case action == mask && n.leaf == nil:
				return &node{leaf: "<NULL>"}
			case action == mask:
				return &node{leaf: "<" + strings.ToUpper(fmt.Sprint(n.leaf)) + ">"}
			}
			switch n.leaf.(type) {
			case string:
				return &node{leaf: "[redacted]"}
			case json.Number:
				return &node{leaf: json.Number("0")}
			case bool:
				return &node{leaf: false}
			}
			return n
		}
		out := &node{kind: n.kind}
		replaced := 0
		for i, v := range n.vals {
			to := step{kind: elements, lo: i, hi: i + 1}
			if n.kind == '{' {
				to = step{kind: oneKey, key: n.keys[i]}
			}
			at := append(place[:len(place):len(place)], to)
			if n.kind == '{' {
				key := n.keys[i]
				if !named(at) {
					replaced++
					key = fmt.Sprintf("key%d", replaced)
					if rules["key1"].Action == Keep && len(place) == 0 {
						key = fmt.Sprintf("key_%d", replaced)
					}
				}
				out.keys = append(out.keys, key)
			}
			out.vals = append(out.vals, walk(v, at))
		}
		return out
	}
	return show(walk(decode(t, doc), nil))
}

func BenchmarkRewrite(b *testing.B) {
	doc := []byte(`{"url": "/pricing/enterprise", "ref": "newsletter-2026-11", "plan": "team", "seats": 25, "trial": false, ` +
		`"contact": {"email": "someone.with.a.name@company.com"}, "variant": "B", "ms": 1834.22}`)
	rules := map[string]Rule{"url": {Action: Keep}, "ref": {Action: Keep}, "plan": {Action: Keep}, "seats": {Action: Keep},
		"trial": {Action: Keep}, "contact.email": {Action: mask}, "variant": {Action: Keep}, "ms": {Action: Keep}}
	fake := []byte("7f3a9c@example.com")
	apply := func(dst []byte, action int, l *Leaf) ([]byte, error) {
		if action == Unlisted {
			return AppendRedacted(dst, l.Kind), nil
		}
		return AppendString(dst, fake), nil
	}
	for name, rules := range map[string]map[string]Rule{
		"one-masked": rules,
		"keep-all":   {"": {Action: Keep}},
		"mask-deep":  {"": {Action: Keep}, "**.email": {Action: mask}},
		"no-rules":   nil,
	} {
		b.Run(name, func(b *testing.B) {
			r := mustCompile(b, rules)
			dst := make([]byte, 0, 1024)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Rewrite(dst, doc, apply); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
