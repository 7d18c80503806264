package lake_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/dataset/lake"
	"refresher/internal/dataset/sample"
)

type address struct {
	Street string `parquet:"street"`
	Zip    string `parquet:"zip,optional"`
}

// person is a row with a value of each kind that Parquet has.
type person struct {
	ID      int64              `parquet:"id"`
	Email   string             `parquet:"email,dict"`
	Note    *string            `parquet:"note,optional"`
	Born    int32              `parquet:"born,date"`
	Seen    int64              `parquet:"seen,timestamp(nanosecond)"`
	Balance int64              `parquet:"balance,decimal(2:18)"`
	Doc     string             `parquet:"doc,json"`
	Mails   []string           `parquet:"mails,list"`
	Homes   []address          `parquet:"homes,list"`
	Who     address            `parquet:"who"`
	Scores  map[string]float64 `parquet:"scores"`
	OK      bool               `parquet:"ok"`
}

func people(n int) (rows []person) {
	for i := range n {
		note := fmt.Sprintf("write to planted%d@mail.example", i)
		p := person{
			ID: int64(i), Email: fmt.Sprintf("planted%d@mail.example", i), Note: &note, Born: int32(i), Seen: 17e17 + int64(i)*1e9 + 7,
			Balance: int64(i) - 5, Doc: fmt.Sprintf(`{"mail": "planted%d@mail.example", "n": 1.50}`, i),
			Mails: []string{fmt.Sprintf("planted%d@mail.example", i), "", fmt.Sprintf("planted%d@mail.example", i+1)},
			Homes: []address{{fmt.Sprintf("%d Planted Road", i), "x"}, {"", ""}}, Who: address{fmt.Sprintf("%d Planted Road", i), ""},
			Scores: map[string]float64{"a": 1.5}, OK: i%2 == 0,
		}
		if i%3 == 0 {
			p.Note, p.Mails, p.Homes = nil, nil, nil
		}
		rows = append(rows, p)
	}
	return rows
}

func parquetFile(t testing.TB, rows []person) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[person](&b, parquet.KeyValueMetadata("author", "planted0@mail.example"),
		parquet.CreatedBy("planted0@mail.example", "1", "x"), parquet.Compression(&parquet.Snappy),
		parquet.BloomFilters(parquet.SplitBlockFilter(10, "email")), parquet.MaxRowsPerRowGroup(100))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const personRules = `objects:
  "*.parquet":
    columns:
      id: keep
      email: email
      note: text
      born: {transform: date_shift, max_days: 30}
      seen: {transform: time_shift, max: 1h}
      balance: keep
      doc: {json: {mail: email, n: keep}}
      mails: {array: email}
      homes: {array: {json: {street: street, zip: keep}}}
      who: {json: {street: street, zip: "null"}}
      scores: keep
      ok: keep
`

// No planted value is left anywhere in the file: neither in values nor in statistics,
// dictionaries, filters and metadata. What rules keep is as it was, and equal addresses in
// rows, lists and documents are one fake.
func TestParquet(t *testing.T) {
	rows := people(250)
	w := newWorld(t, map[string][]byte{"a.parquet": parquetFile(t, rows)}, personRules)
	_, out, err := w.scrub()
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"planted", "Planted"} {
		if strings.Contains(out[0], gone) {
			t.Errorf("%s survived", gone)
		}
	}
	f, err := parquet.OpenFile(strings.NewReader(out[0]), int64(len(out[0])))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Metadata().KeyValueMetadata) != 0 || len(f.RowGroups()) != 3 {
		t.Errorf("metadata %v, %d row groups", f.Metadata().KeyValueMetadata, len(f.RowGroups()))
	}
	got, err := parquet.Read[person](strings.NewReader(out[0]), int64(len(out[0])))
	if err != nil || len(got) != len(rows) {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i, is := range got {
		was := rows[i]
		if is.ID != was.ID || is.Balance != was.Balance || is.OK != was.OK || !reflect.DeepEqual(is.Scores, was.Scores) ||
			(is.Note == nil) != (was.Note == nil) || len(is.Mails) != len(was.Mails) || len(is.Homes) != len(was.Homes) {
			t.Fatalf("row %d: %+v, was %+v", i, is, was)
		}
		if days := is.Born - was.Born; days < -30 || days > 30 {
			t.Errorf("row %d: shifted by %d days", i, days)
		}
		if by := time.Duration(is.Seen - was.Seen); by.Abs() > time.Hour || is.Seen%1000 != 7 {
			t.Errorf("row %d: shifted by %s", i, by)
		}
		if want := fmt.Sprintf(`{"mail": %q, "n": 1.50}`, is.Email); is.Doc != want {
			t.Errorf("row %d: %s, not %s", i, is.Doc, want)
		}
		if is.Note != nil && (*is.Note != "write to "+is.Email || is.Mails[0] != is.Email || is.Mails[1] != "" || is.Homes[0].Zip != "x" ||
			is.Homes[0].Street != is.Who.Street) {
			t.Errorf("row %d: %+v", i, is)
		}
	}
}

func TestParquetIsSampledByItsKey(t *testing.T) {
	rows := people(300)
	w := newWorld(t, map[string][]byte{"a.parquet": parquetFile(t, rows)}, personRules, "id")
	salt := []byte("0123456789abcdef")
	_, out, err := w.scrub(lake.Output{By: "id", Percent: 20, Salt: salt})
	if err != nil {
		t.Fatal(err)
	}
	got, err := parquet.Read[person](strings.NewReader(out[0]), int64(len(out[0])))
	if err != nil {
		t.Fatal(err)
	}
	m, want := sample.NewMembership(20, salt), 0
	for _, r := range rows {
		if m.Holds(fmt.Append(nil, r.ID)) {
			if want >= len(got) || got[want].ID != r.ID {
				t.Fatalf("row %d is missing", r.ID)
			}
			want++
		}
	}
	if len(got) != want || want == 0 {
		t.Errorf("%d rows, not %d", len(got), want)
	}
}

// Columns and parts of nested ones without a rule, and keys of maps, refuse the file.
func TestParquetColumnsWithoutARule(t *testing.T) {
	file := map[string][]byte{"a.parquet": parquetFile(t, people(1))}
	for replace, want := range map[string]string{
		"      ok: keep\n=":                          `has a column "ok"`,
		"street: street, zip: keep=street: street":   `has a column "***"`,
		"scores: keep=scores: {json: {\"*\": keep}}": "the keys of the map",
	} {
		old, new, _ := strings.Cut(replace, "=")
		if !strings.Contains(personRules, old) {
			t.Fatal(old)
		}
		_, err := newPlan(t, file, strings.Replace(personRules, old, new, 1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", old, err)
		}
	}
	if _, err := newPlan(t, map[string][]byte{"a.parquet": []byte("PAR1 no file at all")}, personRules); err == nil ||
		!strings.Contains(err.Error(), "can't be read as Parquet") {
		t.Error(err)
	}
}

// What a rule drops as a whole is NULL, or empty where the file has no NULL, with all that is in it.
func TestParquetColumnsThatBecomeNull(t *testing.T) {
	type all struct {
		ID     int64              `parquet:"id"`
		Note   *string            `parquet:"note,optional"`
		Mails  []string           `parquet:"mails,list"`
		Homes  []address          `parquet:"homes,list"`
		Who    *address           `parquet:"who,optional"`
		Scores map[string]float64 `parquet:"scores"`
	}
	note := "planted"
	rows := []all{{ID: 1}, {2, &note, []string{"planted", "x"}, []address{{"planted", "y"}, {}}, &address{"planted", ""},
		map[string]float64{"planted": 1, "b": 2}}, {ID: 3}}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, map[string][]byte{"a.parquet": b.Bytes()},
		`objects: {'*': {columns: {id: keep, note: "null", mails: "null", homes: "null", who: "null", scores: "null"}}}`)
	_, out, err := w.scrub()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parquet.Read[all](strings.NewReader(out[0]), int64(len(out[0])))
	if err != nil || len(got) != 3 || strings.Contains(out[0], "planted") {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, r := range got {
		if r.ID != int64(i+1) || r.Note != nil || len(r.Mails)+len(r.Homes)+len(r.Scores) != 0 || r.Who != nil {
			t.Errorf("row %d: %+v", i, r)
		}
	}
}

// A row group of the source that is large is scrubbed by several workers, and becomes several.
func TestParquetInPieces(t *testing.T) {
	type row struct {
		ID    int64    `parquet:"id"`
		Mail  *string  `parquet:"mail,optional,dict"`
		Tags  []string `parquet:"tags,list"`
		Notes []string `parquet:"notes,list"`
	}
	rows := make([]row, 150_000)
	for i := range rows {
		mail := fmt.Sprintf("planted%d@mail.example", i%1000)
		rows[i] = row{ID: int64(i), Mail: &mail, Tags: []string{"a", fmt.Sprint(i), "c"}[:i%4%3]}
		if i%10 == 0 {
			rows[i].Mail, rows[i].Notes = nil, []string{mail, ""}
		}
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows, parquet.Compression(&parquet.Zstd)); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, map[string][]byte{"a.parquet": b.Bytes()},
		"objects: {'*': {columns: {id: keep, mail: email, tags: keep, notes: {array: email}}}}", "id")
	w.engine.Workers, w.engine.Pieces = 4, 3
	salt := []byte("0123456789abcdef")
	_, out, err := w.scrub(lake.Output{}, lake.Output{By: "id", Percent: 10, Salt: salt})
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(strings.NewReader(out[0]), int64(len(out[0])))
	if err != nil || len(f.RowGroups()) < 2 {
		t.Fatalf("%d row groups, %v", len(f.RowGroups()), err)
	}
	m, fakes := sample.NewMembership(10, salt), map[string]string{}
	for i, text := range out {
		got, err := parquet.Read[row](strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		for _, was := range rows {
			if i == 1 && !m.Holds(fmt.Append(nil, was.ID)) {
				continue
			}
			if len(got) == 0 || got[0].ID != was.ID || !slices.Equal(got[0].Tags, was.Tags) || len(got[0].Notes) != len(was.Notes) ||
				(got[0].Mail == nil) != (was.Mail == nil) {
				t.Fatalf("output %d: %+v is missing or another", i, was)
			}
			for at, mail := range append(was.Notes, pointed(was.Mail)...) {
				is := append(got[0].Notes, pointed(got[0].Mail)...)[at]
				if fake, known := fakes[mail]; known && fake != is || strings.Contains(is, "planted") {
					t.Fatalf("output %d: %s became %s, and %s", i, mail, fake, is)
				}
				fakes[mail] = is
			}
			got = got[1:]
		}
		if len(got) > 0 {
			t.Errorf("output %d has %d more rows", i, len(got))
		}
	}
}

func pointed(s *string) []string {
	if s == nil {
		return nil
	}
	return []string{*s}
}
