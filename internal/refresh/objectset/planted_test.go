package objectset_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/verify"
)

// The customer whose data must not survive.
const (
	mail   = "hanna.bergstrom@posteo.se"
	person = "Hanna Bergström"
	phone  = 46701740658
	token  = "7c1d9a52-0b7e-4c39-9f0e-5d2f63a1b8e4"
)

func planted() map[pii.Class]string {
	return map[pii.Class]string{pii.Email: mail, pii.FullName: person, pii.Phone: "+" + fmt.Sprint(phone), pii.Token: token}
}

// traces are what is left of her if anything is.
var traces = []string{"hanna", "bergstr", "posteo", fmt.Sprint(phone), token, "7c1d9a520b7e4c399f0e5d2f63a1b8e4"}

// plant is a place in an object where she stands.
type plant struct {
	name, key string
	content   func(t testing.TB) []byte
	// rules of the pattern **; what stands in <> is what a careful author wrote, and keep for a careless one.
	rules string
	// no rule can mask this place: a careful author's run is refused, too.
	refused bool
	// no row has her: of such a place nothing is read, even if the rules keep all.
	unread bool
}

func text(s string) func(testing.TB) []byte { return func(testing.TB) []byte { return []byte(s) } }

func gzipped(s string) func(testing.TB) []byte {
	return func(t testing.TB) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Name, z.Comment, z.Extra = mail, mail, []byte(mail)
		_, err := io.WriteString(z, s)
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
}

// zstandard has a skippable frame in front (RFC 8878, 3.1.2), which holds what its writer liked.
func zstandard(s string) func(testing.TB) []byte {
	return func(t testing.TB) []byte {
		z, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		frame := append([]byte{0x50, 0x2A, 0x4D, 0x18, byte(len(mail)), 0, 0, 0}, mail...)
		return z.EncodeAll([]byte(s), frame)
	}
}

var textPlants = []plant{
	{name: "CSV value", key: "a.csv", content: text("id,mail\n1,ada@x.example\n2," + mail + "\n"),
		rules: "{columns: {id: keep, mail: <email>}}"},
	{name: "quoted CSV value", key: "a.csv", content: text("id,name\n2,\"Bergström, \"\"Hanna\"\"\"\n"),
		rules: "{columns: {id: keep, name: <full_name>}}"},
	{name: "free text", key: "a.tsv", content: text("id\tnote\n2\tplease call +46 70 174 06 58 or write to " + mail + "\n"),
		rules: "{columns: {id: keep, note: <text>}}"},
	{name: "CSV without a header", key: "a.csv", content: text("2;" + mail + "\n"),
		rules: "{header: [id, mail], delimiter: ';', columns: {id: keep, mail: <email>}}"},
	{name: "name of a CSV column", key: "a.csv", content: text("id," + mail + "\n1,2\n"),
		rules: `{columns: {id: keep, "*": <"null">}}`, refused: true},
	{name: "JSON member", key: "a.jsonl", content: text(`{"id":2,"mail":"` + mail + `"}` + "\n"),
		rules: "{columns: {id: keep, mail: <email>}}"},
	{name: "nested JSON field", key: "a.jsonl", content: text(`{"id":2,"who":{"at":[{"mail":"` + mail + `"}]}}` + "\n"),
		rules: `{columns: {id: keep, who: <{json: {"at[*].mail": email}}>}}`},
	{name: "nested JSON field that no rule names", key: "a.jsonl", content: text(`{"id":2,"who":{"plan":"x","mail":"` + mail + `"}}` + "\n"),
		rules: `{columns: {id: keep, who: <{json: {plan: keep}}>}}`},
	{name: "JSON in escapes", key: "a.jsonl", content: text(`{"id":2,"mail":"\u0068anna.bergstrom\u0040posteo.se"}` + "\n"),
		rules: "{columns: {id: keep, mail: <email>}}"},
	{name: "JSON within a string", key: "a.ndjson", content: text(`{"id":2,"body":"{\"mail\": \"` + mail + `\"}"}` + "\n"),
		rules: "{columns: {id: keep, body: <{json: {mail: email}, embedded: true}>}}"},
	{name: "name of a nested JSON member", key: "a.jsonl", content: text(`{"id":2,"by":{"` + mail + `":1}}` + "\n"),
		rules: `{columns: {id: keep, by: <{json: {"*": keep}}>}}`},
	{name: "name of a JSON member that no rule names", key: "a.jsonl", content: text(`{"id":2,"by":{"` + mail + `":1}}` + "\n"),
		rules: `{columns: {id: keep, by: <{json: {}}>}}`},
	{name: "name of a line's own JSON member", key: "a.jsonl", content: text(`{"id":2,"` + mail + `":1}` + "\n"),
		rules: `{columns: {id: keep, "` + mail + `": <"null">}}`, refused: true},
	{name: "base64 in a JSON member", key: "a.jsonl",
		content: text(`{"id":2,"raw":"` + base64.StdEncoding.EncodeToString([]byte("From: "+mail)) + `"}` + "\n"),
		rules:   `{columns: {id: keep, raw: <"null">}}`},
	{name: "gzip", key: "a.csv.gz", content: gzipped("id,mail\n2," + mail + "\n"),
		rules: "{columns: {id: keep, mail: <email>}}"},
	{name: "zstd", key: "a.jsonl.zst", content: zstandard(`{"id":2,"mail":"` + mail + `"}` + "\n"),
		rules: "{columns: {id: keep, mail: <email>}}"},
	{name: "partition", key: "mail=" + mail + "/a.csv", content: text("id\n2\n"),
		rules: "{columns: {id: keep, mail: <email>}}"},
	{name: "partition, escaped", key: "x/mail=hanna.bergstrom%40posteo.se/a.csv", content: text("id\n2\n"),
		rules: "{columns: {id: keep, mail: <email>}}"},
	{name: "partition by name", key: "name=Hanna%20Bergstr%C3%B6m/a.jsonl", content: text(`{"id":2}`),
		rules: "{columns: {id: keep, name: <full_name>}}"},
	{name: "partition by number", key: fmt.Sprintf("phone=%%2B%d/a.csv", phone), content: text("id\n2\n"),
		rules: "{columns: {id: keep, phone: <phone>}}"},
	{name: "file name", key: mail + ".csv", content: text("id\n2\n"), rules: "{columns: {id: keep}}", refused: true},
	{name: "folder", key: mail + "/a.csv", content: text("id\n2\n"), rules: "{columns: {id: keep}}", refused: true},
	{name: "name of a partition", key: mail + "=1/a.csv", content: text("id\n2\n"),
		rules: `{columns: {id: keep, "*": keep}}`, refused: true},
	{name: "object without rows", key: "mail=" + mail + "/a.csv", content: text(""), rules: "{columns: {mail: <email>}}"},
}

type nested struct {
	Mail string `parquet:"mail"`
	Plan string `parquet:"plan"`
}

// columns has each kind of value that can hold her; a test fills one.
type columns struct {
	ID      int64            `parquet:"id"`
	Plain   string           `parquet:"plain,plain"`
	Dict    string           `parquet:"dict,dict"`
	Delta   string           `parquet:"delta,delta"`
	Bytes   []byte           `parquet:"bytes"`
	Doc     string           `parquet:"doc,json"`
	Phone   int64            `parquet:"phone"`
	Token   uuid.UUID        `parquet:"token,uuid"`
	Group   nested           `parquet:"group"`
	List    []string         `parquet:"list,list"`
	Groups  []nested         `parquet:"groups,list"`
	Map     map[string]int64 `parquet:"map"`
	Legacy  []string         `parquet:"legacy"`
	Options *string          `parquet:"options,optional"`
}

const columnRules = `{columns: {id: keep, plain: <email>, dict: <email>, delta: <email>, bytes: <text>, doc: <{json: {mail: email}}>,
  phone: <phone>, token: <uuid>, group: <{json: {mail: email, plan: keep}}>, list: <{array: email}>,
  groups: <{array: {json: {mail: email, plan: keep}}}>, map: <"null">, legacy: <{array: text}>, options: <email>}}`

// tableOf is a file of some rows, of which one is she.
func tableOf(fill func(*columns), options ...parquet.WriterOption) func(t testing.TB) []byte {
	return func(t testing.TB) []byte {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[columns](&b, options...)
		rows := make([]columns, 40)
		for i := range rows {
			rows[i].ID, rows[i].Doc = int64(i), "{}"
		}
		fill(&rows[7])
		_, err := w.Write(rows)
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
}

func parquetPlants() (list []plant) {
	add := func(name string, content func(testing.TB) []byte) {
		list = append(list, plant{name: "Parquet " + name, key: "a.parquet", content: content, rules: columnRules})
	}
	text := mail
	for name, fill := range map[string]func(*columns){
		"plain value":    func(c *columns) { c.Plain = mail },
		"dictionary":     func(c *columns) { c.Dict = mail },
		"delta encoding": func(c *columns) { c.Delta = mail },
		"bytes":          func(c *columns) { c.Bytes = []byte("to: " + mail) },
		"document":       func(c *columns) { c.Doc = `{"mail":"` + mail + `"}` },
		"number":         func(c *columns) { c.Phone = phone },
		"UUID":           func(c *columns) { c.Token = uuid.MustParse(token) },
		"group":          func(c *columns) { c.Group.Mail = mail },
		"list":           func(c *columns) { c.List = []string{"x", mail} },
		"list of groups": func(c *columns) { c.Groups = []nested{{}, {Mail: mail}} },
		"key of a map":   func(c *columns) { c.Map = map[string]int64{mail: 1} },
		"repeated field": func(c *columns) { c.Legacy = []string{"at " + mail} },
		"optional value": func(c *columns) { c.Options = &text },
	} {
		add(name, tableOf(fill))
		add(name+", packed", tableOf(fill, parquet.Compression(&parquet.Zstd)))
	}
	return list
}

// unreadPlants are places in a Parquet file beside its rows.
func unreadPlants() (list []plant) {
	none := func(*columns) {}
	for name, content := range map[string]func(testing.TB) []byte{
		"key-value metadata": tableOf(none, parquet.KeyValueMetadata("author", mail)),
		"name of a key":      tableOf(none, parquet.KeyValueMetadata(mail, "1")),
		"creator":            tableOf(none, parquet.CreatedBy(mail, "1", "x")),
		"statistics":         inStatistics,
		"dictionary entry":   inDictionary,
	} {
		list = append(list, plant{name: "Parquet " + name, key: "a.parquet", content: content, unread: true,
			rules: `{columns: {"*": keep}}`})
	}
	return list
}

// inStatistics is a file whose statistics and page index name her, and whose rows have another.
func inStatistics(t testing.TB) []byte {
	other := []byte(strings.Repeat("z", len(mail)))
	b := tableOf(func(c *columns) { c.Plain = string(other) })(t)
	value := append([]byte{byte(len(mail)), 0, 0, 0}, other...) // in PLAIN encoding
	if bytes.Count(b, value) != 1 || bytes.Count(b, other) < 4 {
		t.Fatal("the file is written in another way")
	}
	at := bytes.Index(b, value) + 4
	before := bytes.ReplaceAll(b[:at], other, []byte(mail))
	return append(append(before, other...), bytes.ReplaceAll(b[at+len(other):], other, []byte(mail))...)
}

// inDictionary is a file whose dictionary names her, and no row.
func inDictionary(t testing.TB) []byte {
	var file bytes.Buffer
	err := parquet.Write(&file, []struct {
		Plan string `parquet:"plan,dict"`
	}{{"free"}, {mail}, {"free"}}, parquet.DataPageStatistics(false), parquet.SkipPageBounds("plan"))
	page, now := []byte("\x01\x02\x00\x02\x01\x02\x00"), []byte("\x01\x02\x00\x02\x00\x02\x00") // indexes
	sum := func(page []byte) []byte { return binary.AppendVarint(nil, int64(int32(crc32.ChecksumIEEE(page)))) }
	b := file.Bytes()
	if err != nil || bytes.Count(b, page) != 1 || bytes.Count(b, sum(page)) != 1 || len(sum(page)) != len(sum(now)) {
		t.Fatalf("the file is written in another way: %v", err)
	}
	return bytes.Replace(bytes.Replace(b, page, now, 1), sum(page), sum(now), 1)
}

var marked = regexp.MustCompile(`<([^>]*)>`)

// Wherever she stands in an object, nothing of her is left where a careful author wrote the rules,
// and the run of a careless one, who kept everything, is refused. Either way nothing is published
// that holds her.
func TestPlantedPeopleInObjects(t *testing.T) {
	for _, p := range slices.Concat(textPlants, parquetPlants(), unreadPlants()) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, careful := range []bool{true, false} {
				rules := marked.ReplaceAllString(p.rules, "$1")
				if !careful {
					rules = marked.ReplaceAllString(p.rules, "keep")
				}
				s := newSite(t, "objects: {'**': "+rules+"}")
				s.person = planted()
				s.put(p.key, p.content(t))
				_, err := s.run("20261121T030000Z-7f3a")
				var refusal *fault.Refusal
				clean := p.unread || careful && !p.refused
				switch {
				case clean && err != nil:
					t.Fatalf("careful %v: %v", careful, err)
				case clean:
					s.clean()
					continue
				case !errors.As(err, &refusal) || refusal.Gate != "survivors" && refusal.Gate != "detectors":
					t.Errorf("careful %v: not refused: %v", careful, err)
				case holds([]byte(err.Error())) != "":
					t.Errorf("the refusal tells her: %v", err)
				}
				s.untouched("copies")
			}
			if p.unread && len(found(t, p)) == 0 {
				t.Error("a copy that had it would pass")
			}
		})
	}
}

// found is what verification finds in a copy that is as its source.
func found(t testing.TB, p plant) []verify.Finding {
	t.Helper()
	b := p.content(t)
	v := verify.New(verify.Options{Run: "20261121T030000Z-7f3a", Set: fingerprintsOf(t, planted()), Workers: 1})
	results, err := v.File(t.Context(), verify.Input{Name: "objects/" + p.key, R: bytes.NewReader(b), At: bytes.NewReader(b), Size: int64(len(b))})
	if err != nil {
		t.Fatal(err)
	}
	var all []verify.Finding
	for _, r := range results {
		all = append(all, r.Findings...)
	}
	if _, err := verify.Judge("20261121T030000Z-7f3a", "copies", results...); err == nil {
		return nil
	}
	return all
}

// clean looks through all copies, and what is packed in them.
func (s *site) clean() {
	s.t.Helper()
	for key, b := range s.copies("copies") {
		s.gone("the key "+key, []byte(key))
		s.gone(key, b)
		switch {
		case strings.HasSuffix(key, ".gz"):
			z, err := gzip.NewReader(bytes.NewReader(b))
			s.must(err)
			s.gone("the header of "+key, []byte(z.Name+z.Comment+string(z.Extra)))
			b, err = io.ReadAll(z)
			s.must(err)
		case strings.HasSuffix(key, ".zst"):
			z, err := zstd.NewReader(nil)
			s.must(err)
			b, err = z.DecodeAll(b, nil)
			s.must(err)
		case strings.HasSuffix(key, ".parquet"):
			b = everything(s.t, b)
		}
		s.gone(key+", unpacked", b)
	}
}

func (s *site) gone(where string, b []byte) {
	s.t.Helper()
	if trace := holds(b); trace != "" {
		s.t.Errorf("%q is left in %s", trace, where)
	}
}

func holds(b []byte) string {
	low := strings.ToLower(string(b))
	for _, trace := range traces {
		raw, _ := hex.DecodeString(trace)
		if strings.Contains(low, trace) || len(raw) == 16 && bytes.Contains(b, raw) {
			return trace
		}
	}
	return ""
}

// everything is what a Parquet file says anywhere: values, dictionaries, metadata and statistics.
func everything(t testing.TB, b []byte) []byte {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Appendf(nil, "%s\n%s\n%v\n", f.Schema(), f.Metadata().CreatedBy, f.Metadata().KeyValueMetadata)
	for i, g := range f.RowGroups() {
		for j, c := range g.ColumnChunks() {
			pages := c.Pages()
			for {
				page, err := pages.ReadPage()
				if err != nil {
					break
				}
				if d := page.Dictionary(); d != nil {
					for k := range d.Len() {
						out = fmt.Appendf(out, "%s\n", d.Index(int32(k)))
					}
				}
				values := make([]parquet.Value, page.NumValues())
				_, _ = page.Values().ReadValues(values)
				for _, v := range values {
					out = fmt.Appendf(out, "%s\n", v)
				}
			}
			s := f.Metadata().RowGroups[i].Columns[j].MetaData.Statistics
			for _, stat := range [][]byte{s.Min, s.Max, s.MinValue, s.MaxValue} {
				out = append(append(out, stat...), '\n')
			}
		}
	}
	return out
}
