package objectset_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/pii"
)

const (
	run1 = "20261121T030000Z-7f3a"
	run2 = "20261128T030000Z-81bc"
)

func refusedBy(t *testing.T, err error, gate, text string) {
	t.Helper()
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != gate || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, and it should be refused by %s: %s", err, gate, text)
	}
}

// What has not changed is taken over from the target's last run, as long as it is made likewise; what
// is gone from the source is gone from the next run.
func TestUnchangedObjectsAreTakenOver(t *testing.T) {
	s := newSite(t, "objects: {'**': {columns: {id: keep, mail: email}}}")
	s.put("a.csv", []byte("id,mail\n1,jane@corp.example\n"))
	s.put("b.csv", []byte("id,mail\n2,joe@corp.example\n"))
	s.published(run1, 2, 0)
	before := s.copies("copies")
	s.put("b.csv", []byte("id,mail\n3,jim@corp.example\n"))
	s.published(run2, 2, 1)
	after := s.copies("copies")
	if string(after["a.csv"]) != string(before["a.csv"]) || string(after["b.csv"]) == string(before["b.csv"]) {
		t.Errorf("%s became %s", before, after)
	}
	s.rules = "objects: {'**': {columns: {id: keep, mail: \"null\"}}}"
	s.published("20261205T030000Z-7f3a", 2, 0)
}

// published runs, and compares how many objects there are with how many of them were taken over.
func (s *site) published(run string, objects, carried int64) {
	s.t.Helper()
	staged, err := s.run(run)
	s.must(err)
	sets, datasets := staged.Report()
	if total := sets[0].Total(); total.Objects != objects || total.Carried != carried || !datasets[0].Published {
		s.t.Errorf("%+v, %+v", sets, datasets)
	}
}

// Two objects whose keys become one are refused: one of them would be lost.
func TestTwoKeysThatBecomeOne(t *testing.T) {
	s := newSite(t, "objects: {'{mail}.csv': {columns: {id: keep, mail: {transform: constant, value: x}}}}")
	s.put("jane@corp.example.csv", []byte("id\n1\n"))
	s.put("joe@corp.example.csv", []byte("id\n2\n"))
	if _, err := s.run(run1); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("%v", err)
	}
	s.untouched("copies")
}

func TestAnEmptyPrefixIsRefused(t *testing.T) {
	s := newSite(t, "objects: {'**': {columns: {id: keep}}}")
	s.put("../prod2/a.csv", nil)
	_, err := s.run(run1)
	refusedBy(t, err, "objects", "there is no object under")
}

// A target that is sampled without a column of its own takes the persons whom the rules name as the
// subject of each kind of object: the same as in the database.
func TestSamplesFollowTheSubject(t *testing.T) {
	s := newSite(t, `objects:
  "users/*.csv": {subject: uid, columns: {uid: keep, mail: email}}
  "events/*.jsonl": {subject: user, columns: {user: keep, at: keep}}
  "user=*/*.csv": {subject: user, columns: {user: keep, n: keep}}
`)
	s.target("dev", 10, "")
	m := sample.NewMembership(10, key)
	users, events := "uid,mail\n", ""
	var uids, want []string
	for i := range 300 {
		users += fmt.Sprintf("%d,person%d@corp.example\n", i, i)
		events += fmt.Sprintf("{\"user\":%d,\"at\":1}\n{\"user\":\"%d\",\"at\":2}\n{\"at\":3}\n", i, i)
		if m.Holds(fmt.Append(nil, i)) {
			want = append(want, fmt.Sprint(i))
		}
		if i < 40 {
			s.put(fmt.Sprintf("user=%d/a.csv", i), []byte("n\n1\n"))
		}
	}
	s.put("users/a.csv", []byte(users))
	s.put("events/a.jsonl", []byte(events))
	_, err := s.run(run1)
	s.must(err)
	dev := s.copies("dev")
	for line := range strings.Lines(string(dev["users/a.csv"])) {
		if uid, _, _ := strings.Cut(line, ","); uid != "uid" {
			uids = append(uids, uid)
		}
	}
	lines := ""
	for _, uid := range want {
		lines += fmt.Sprintf("{\"user\":%s,\"at\":1}\n{\"user\":\"%s\",\"at\":2}\n", uid, uid)
	}
	if len(want) < 10 || !slices.Equal(uids, want) || string(dev["events/a.jsonl"]) != lines {
		t.Errorf("users %s and events\n%s are not of %s", uids, dev["events/a.jsonl"], want)
	}
	for i := range 40 {
		if _, has := dev[fmt.Sprintf("user=%d/a.csv", i)]; has != m.Holds(fmt.Append(nil, i)) {
			t.Errorf("user=%d: %v", i, has)
		}
	}
	s.rules += "  \"x/*.csv\": {columns: {n: keep}}\n"
	s.put("x/a.csv", []byte("n\n1\n"))
	if _, err := s.run(run2); err == nil || !strings.Contains(err.Error(), "lake.yaml:6:3: processed is sampled, and the objects x/*.csv have no subject") {
		t.Error(err)
	}
}

// Dates of a person move together where the rows are hers, in each kind of file.
func TestDatesFollowTheSubject(t *testing.T) {
	s := newSite(t, `objects:
  "*.csv": {subject: uid, columns: {uid: keep, born: {transform: date_shift, max_days: 1000}}}
  "*.jsonl": {subject: uid, columns: {uid: keep, born: {transform: date_shift, max_days: 1000, subject: true}}}
`)
	s.put("a.csv", []byte("uid,born\n7,2001-05-03\n7,2001-05-04\n8,2001-05-03\n"))
	s.put("a.jsonl", []byte(`{"uid":7,"born":"2001-05-03"}`))
	_, err := s.run(run1)
	s.must(err)
	copies := s.copies("copies")
	rows := strings.Split(string(copies["a.csv"]), "\n")
	seven := strings.TrimPrefix(rows[1], "7,")
	if seven == "2001-05-03" || rows[3] == "8,"+seven || !strings.Contains(string(copies["a.jsonl"]), seven) {
		t.Errorf("%s", copies)
	}
}

// Exceptions in the objects' own rules are honoured, for the objects that they name alone.
func TestExceptionsForObjects(t *testing.T) {
	for _, of := range []string{"a.csv", "a.parquet", "a.jsonl"} {
		for allow, want := range map[string]bool{
			"[]": false,
			"[{objects: 'a.*', column: plain, class: email, values: [" + mail + "], why: our own}]":      true,
			"[{objects: 'b.*', column: plain, class: email, up_to: 9, why: others}]":                     false,
			"[{objects: 'a.*', column: plain, class: email, values: [x@posteo.se], why: somebody else}]": false,
		} {
			s := newSite(t, "objects: {'a.*': {columns: {plain: keep, '*': keep}}, 'b.*': {columns: {plain: keep}}}\nallow: "+allow)
			if of == "a.jsonl" {
				s.rules = strings.Replace(s.rules, ", '*': keep", "", 1)
			}
			s.person = map[pii.Class]string{pii.Email: mail}
			s.put(of, map[string][]byte{"a.csv": []byte("plain\n" + mail + "\n"), "a.jsonl": []byte(`{"plain":"` + mail + `"}`),
				"a.parquet": tableOf(func(c *columns) { c.Plain = mail })(t)}[of])
			_, err := s.run(run1)
			if want && err != nil {
				t.Errorf("%s: %v", of, err)
			}
			if !want {
				refusedBy(t, err, "survivors", "")
			}
		}
	}
}
