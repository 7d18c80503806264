package lake_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"refresher/internal/dataset/lake"
)

// scrubbed scrubs one object with rules that keep all of it.
func scrubbed(t *testing.T, key, text string, rules string) (string, bool) {
	objects := map[string][]byte{key: []byte(text)}
	plan, err := newPlan(t, objects, rules)
	if err != nil || len(plan.Items) == 0 {
		return "", false
	}
	w := newWorld(t, objects, rules)
	var b bytes.Buffer
	_, err = w.engine.Scrub(t.Context(), w.plan.Items[0], content([]byte(text)), []lake.Output{{W: &b}})
	return b.String(), err == nil
}

// What rules keep stays byte for byte, and what is refused has no copy.
// What a column's rule drops is gone, as another reader of CSV sees it.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "\ufeffa,b\r\n\"x\"\"y\",\r\n", "a,b\n\"1\n2\",3", "a\n\n\n", "a,b\n\"\",\"\"\n\n", "\"a\",b\n1,2\n", "a,b\n1,\"2\"x\n", "",
	} {
		f.Add(s)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		s := "a,b\n"
		for range random.IntN(16) {
			s += string("1,\n\"\r é"[random.IntN(8)])
		}
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept, ok := scrubbed(t, "x.csv", text, `objects: {'*': {columns: {"*": keep}}}`)
		if ok && kept != text {
			t.Fatalf("%q became %q", text, kept)
		}
		dropped, also := scrubbed(t, "x.csv", text, `objects: {'*': {columns: {"*": "null"}}}`)
		if ok != also {
			t.Fatalf("%q: kept %v, dropped %v", text, ok, also)
		}
		if !ok {
			return
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(dropped, "\ufeff")))
		r.LazyQuotes, r.FieldsPerRecord = false, -1
		all, err := r.ReadAll()
		if err != nil {
			t.Fatalf("%q from %q: %v", dropped, text, err)
		}
		for i, record := range all {
			if i > 0 && strings.TrimSpace(strings.Join(record, "")) != "" {
				t.Fatalf("%q of %q is left", record, text)
			}
		}
	})
}

// Lines that pass are those that encoding/json reads as objects, and no member goes unseen.
func FuzzJSONLines(f *testing.F) {
	for _, s := range []string{
		`{"a":1}`, `{"a":"x","b":[1,{"c":2}]}`, "{}\n{\"a\":null}\r\n", `{"\u0061":1}`, `{"a":1,"a":2}`, `{"a":{"b":"}"},"b":"\""}`, `[1]`, `{"a":1}}`,
		`{"a":1,}`, `{"a" : 1 , "b":tru}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept, ok := scrubbed(t, "x.jsonl", text, `objects: {'*': {columns: {a: keep, b: keep}}}`)
		if !ok {
			return
		}
		if kept != text {
			t.Fatalf("%q became %q", text, kept)
		}
		for line := range strings.Lines(text) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			var m map[string]json.RawMessage
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				continue // deeper or longer than that reader takes; it isn't one of ours that says so
			}
			for name := range m {
				if name != "a" && name != "b" {
					t.Fatalf("member %q passed in %q", name, line)
				}
			}
		}
	})
}
