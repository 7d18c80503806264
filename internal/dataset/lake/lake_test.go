package lake_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"refresher/internal/dataset/lake"
	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

var testKey = []byte("0123456789abcdef0123456789abcdef")

// memory is an object's content.
type memory struct {
	*bytes.Reader
}

func (memory) Close() error                             { return nil }
func (memory) Version() string                          { return "1" }
func (m memory) Size() int64                            { return m.Reader.Size() }
func (m memory) Range(p []byte, off int64) (int, error) { return m.ReadAt(p, off) }
func content(b []byte) memory                           { return memory{bytes.NewReader(b)} }
func object(key string, b []byte) lake.Object {
	return lake.Object{Key: key, Size: int64(len(b)), Open: func(context.Context) (lake.Content, error) {
		return content(b), nil
	}}
}

// world is a set with its objects, planned and compiled.
type world struct {
	t       testing.TB
	plan    *lake.Plan
	engine  *lake.Engine
	objects map[string][]byte
}

func ruleset(t testing.TB, text string) *rules.Ruleset {
	t.Helper()
	rs, err := rules.Parse("lake.yaml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func newPlan(t testing.TB, objects map[string][]byte, text string, by ...string) (*lake.Plan, error) {
	t.Helper()
	var list []lake.Object
	for key, b := range objects {
		list = append(list, object(key, b))
	}
	return lake.NewPlan(context.Background(), lake.Set{Name: "processed", Rules: ruleset(t, text), By: by}, list, 2)
}

func newWorld(t testing.TB, objects map[string][]byte, text string, by ...string) *world {
	t.Helper()
	plan, err := newPlan(t, objects, text, by...)
	if err != nil {
		t.Fatal(err)
	}
	cat := &catalog.Catalog{Database: "shop", Encoding: "UTF8"}
	program, err := scrub.Compile(ruleset(t, ""), cat, testKey, plan.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, plan, &lake.Engine{Program: program, Workers: 2}, objects}
}

// scrub returns the key and bytes of the only object for each output.
func (w *world) scrub(outs ...lake.Output) (string, []string, error) {
	w.t.Helper()
	it := w.plan.Items[0]
	if len(outs) == 0 {
		outs = []lake.Output{{}}
	}
	key, _, err := w.engine.Name(it, outs)
	if err != nil {
		return "", nil, err
	}
	buffers := make([]bytes.Buffer, len(outs))
	for i := range outs {
		outs[i].W = &buffers[i]
	}
	if _, err := w.engine.Scrub(context.Background(), it, content(w.objects[it.Key]), outs); err != nil {
		return key, nil, err
	}
	var texts []string
	for i := range buffers {
		texts = append(texts, buffers[i].String())
	}
	return key, texts, w.engine.Close()
}

func TestCSV(t *testing.T) {
	in := "\ufeffuid,email,note,plan\r\n" +
		"1,jane.doe@mail.example,\"she said \"\"hi\"\", jane.doe@mail.example\",pro\r\n" +
		"2,,\"\",\"a,b\"\r\n" +
		"3,\"joe@corp.example\",\"two\nlines\",\" x \"\r\n"
	w := newWorld(t, map[string][]byte{"a.csv": []byte(in)},
		"objects: {'*.csv': {columns: {uid: keep, email: email, note: text, plan: keep}}}")
	_, out, err := w.scrub()
	if err != nil {
		t.Fatal(err)
	}
	got := out[0]
	for _, gone := range []string{"jane", "mail.example", "joe@"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s survived in\n%s", gone, got)
		}
	}
	for _, stays := range []string{"\ufeffuid,email,note,plan\r\n1,", "she said \"\"hi\"\", ", ",pro\r\n2,,\"\",\"a,b\"\r\n3,\"",
		"\"two\nlines\",\" x \"\r\n"} {
		if !strings.Contains(got, stays) {
			t.Errorf("%q is gone from\n%s", stays, got)
		}
	}
}

func TestJSONLines(t *testing.T) {
	in := "\ufeff" + `{"who": {"email": "jane.doe@mail.example", "seen": 3}, "at": "2024-01-02", "n": 1.50, "tags": ["joe@corp.example"]}` + "\n" +
		` {"n":2e3,"at":null}` + "\r\n" + `{"\u0061t":"x"}`
	w := newWorld(t, map[string][]byte{"a.jsonl": []byte(in)},
		"objects: {'*.jsonl': {columns: {who: {json: {email: email}}, at: keep, n: keep, tags: {array: email}}}}")
	_, out, err := w.scrub()
	if err != nil {
		t.Fatal(err)
	}
	got := out[0]
	if !strings.HasPrefix(got, "{") {
		t.Errorf("it begins with %.4q", got)
	}
	for _, gone := range []string{"jane", "joe@", "seen"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s survived in\n%s", gone, got)
		}
	}
	for _, stays := range []string{`{"who": {"email": "`, `, "at": "2024-01-02", "n": 1.50, "tags": ["`, "\n {\"n\":2e3,\"at\":null}\r\n{\"\\u0061t\":\"x\"}"} {
		if !strings.Contains(got, stays) {
			t.Errorf("%q is gone from\n%s", stays, got)
		}
	}
}

// A member that no rule names refuses the object, and so does one whose name is escaped,
// beside one that has a rule.
func TestAMemberWithoutARule(t *testing.T) {
	for _, line := range []string{`{"email":"a@b.example","x":1}`, `{"e\u006dail":"a@b.example","x":{}}`} {
		w := newWorld(t, map[string][]byte{"a.jsonl": []byte(line)}, "objects: {'*.jsonl': {columns: {email: email}}}")
		_, _, err := w.scrub()
		var refusal *fault.Refusal
		if !errors.As(err, &refusal) || refusal.Gate != "coverage" || refusal.Problems[0].Column != "x" {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Names of partitions and files are masked as their columns are, and the object's rows agree.
func TestKeys(t *testing.T) {
	w := newWorld(t, map[string][]byte{
		"day=2024-01-02/email=jane.doe%40mail.example/jane.doe@mail.example.csv": []byte("email\njane.doe@mail.example\n"),
	}, "objects: {'**/{email}.csv': {columns: {day: keep, email: email}}}")
	key, out, err := w.scrub()
	if err != nil {
		t.Fatal(err)
	}
	fake := strings.TrimPrefix(strings.TrimSuffix(out[0], "\n"), "email\n")
	if want := "day=2024-01-02/email=" + fake + "/" + fake + ".csv"; key != want || strings.Contains(key, "jane") {
		t.Errorf("key %s, not %s", key, want)
	}
}

// A target that is sampled has the rows of those whose key the database's sample has.
func TestSampling(t *testing.T) {
	var csv, jsonl strings.Builder
	csv.WriteString("uid\n")
	for i := range 2000 {
		fmt.Fprintf(&csv, "%d\n", i)
		fmt.Fprintf(&jsonl, "{\"uid\":%d}\n", i)
	}
	salt := []byte("0123456789abcdef")
	m := sample.NewMembership(5, salt)
	want := ""
	for i := range 2000 {
		if m.Holds(fmt.Append(nil, i)) {
			want += fmt.Sprintf("%d\n", i)
		}
	}
	for key, text := range map[string]string{"a.csv": csv.String(), "a.jsonl": jsonl.String()} {
		w := newWorld(t, map[string][]byte{key: []byte(text)}, "objects: {'*': {columns: {uid: keep}}}", "uid")
		_, out, err := w.scrub(lake.Output{}, lake.Output{By: "uid", Percent: 5, Salt: salt})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer("uid\n", "", `{"uid":`, "", "}", "").Replace(out[1])
		if out[0] != text || got != want || len(want) < 200 {
			t.Errorf("%s: all %v, sampled\n%s\nnot\n%s", key, out[0] == text, got, want)
		}
	}
}

func TestGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name = "jane.doe.csv"
	_, _ = io.WriteString(z, "email\njane.doe@mail.example\n")
	_ = z.Close()
	w := newWorld(t, map[string][]byte{"a.csv.gz": b.Bytes()}, "objects: {'**': {columns: {email: email}}}")
	_, out, err := w.scrub()
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(strings.NewReader(out[0]))
	if err != nil || r.Name != "" {
		t.Fatalf("%v, name %q", err, r.Name)
	}
	text, err := io.ReadAll(r)
	if err != nil || strings.Contains(string(text), "jane") || !strings.Contains(string(text), "@") {
		t.Errorf("%s, %v", text, err)
	}
}

// All that is wrong comes at once, with the object, the column and the fix, and no value.
func TestAllProblemsAtOnce(t *testing.T) {
	_, err := newPlan(t, map[string][]byte{
		"a.csv": []byte("email,age,ssn\n"), "b.csv": []byte("jane.doe@mail.example,Jane Doe\n"), "jane.doe@mail.example.txt": nil,
		"c.tsv": []byte("email\t\"x\n"), "d.bin": nil, "country=DE/e.csv": []byte("email\n"),
	}, "objects: {'**/*.csv': {columns: {email: email}}, '*.tsv': {columns: {email: email}}, 'd*': {columns: {x: keep}}}")
	text := fmt.Sprint(err)
	for _, want := range []string{`object a.csv has a column "age"`, `object a.csv has a column "ssn"`, "c.tsv", "none of the columns in its first line",
		"***", "object d.bin is by its name none of", `has a column "country"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "jane") || strings.Contains(text, "Jane") {
		t.Errorf("a value is in\n%s", text)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\n1\n":           "it has 1 fields, and the header 2",
		"a,b\n1,2\n3,x\"y\n": "row 2: a quote stands within",
		"a,b\n\"1,2\n":       "row 1: a quote is never closed",
		"a,b\n\"1\"x,2\n":    "goes on behind its closing quote",
		"a,b\n1,\xff\n":      "not UTF-8",
		"a,b\n1,2\r3,4\n":    "carriage return",
	} {
		w := newWorld(t, map[string][]byte{"x.csv": []byte(text)}, "objects: {'*.csv': {columns: {a: keep, b: keep}}}")
		_, _, err := w.scrub()
		var refusal *fault.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
