package discover

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"refresher/internal/pii/detect"
	"refresher/internal/postgres/catalog"
)

// Every column of testdata/behaviour.txt is found to be what stands there. The file is
// the record of what a change of rules changes: UPDATE_GOLDEN=1 writes it again.
//
// A table stands at the start of a line, its columns below it; tables up to an empty
// line are one database. A column is NAME:TYPE@VALUES>TABLE, where all but the name may be missing,
// and then its class, its confidence and the first rule that a draft would try.
func TestBehaviour(t *testing.T) {
	path := cmp.Or(os.Getenv("BEHAVIOUR"), "testdata/behaviour.txt")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := behaviour(string(old))
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	now, wrong, table := strings.Split(text, "\n"), 0, ""
	for i, was := range strings.Split(string(old), "\n") {
		if !strings.HasPrefix(was, " ") {
			table = was
		}
		if was != now[i] {
			if wrong++; wrong <= 60 {
				t.Errorf("line %d: %s: %s, which was%s", i+1, table, strings.TrimSpace(now[i]), was[strings.LastIndex(was, "  ")+1:])
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d lines differ", wrong, len(now))
	}
}

// behaviour classifies the databases of a file and writes it again with the answers.
func behaviour(text string) string {
	var out strings.Builder
	var lines []string
	sc := bufio.NewScanner(strings.NewReader(text))
	for sc.Scan() {
		if line := sc.Text(); line != "" && line[0] != '#' {
			lines = append(lines, line)
			continue
		}
		answer(&out, lines)
		lines = nil
		fmt.Fprintln(&out, sc.Text())
	}
	answer(&out, lines)
	return out.String()
}

// answer classifies one database.
func answer(out *strings.Builder, lines []string) {
	cat, seen := &catalog.Catalog{}, map[catalog.Name]values{}
	for _, line := range lines {
		if line[0] != ' ' {
			cat.Tables = append(cat.Tables, &catalog.Table{Name: catalog.Name{Schema: "public", Name: line}, Kind: catalog.Ordinary})
			continue
		}
		t := cat.Tables[len(cat.Tables)-1]
		rest, ref, _ := strings.Cut(strings.Fields(line)[0], ">")
		rest, kind, _ := strings.Cut(rest, "@")
		name, typ, _ := strings.Cut(rest, ":")
		c := &catalog.Column{Name: name, Type: columnTypes[typ]}
		if typ == "short" {
			c.Mod = 4 + 4
		}
		if t.Columns = append(t.Columns, c); name == "id" {
			t.PrimaryKey = []string{"id"}
		}
		if ref != "" {
			t.ForeignKeys = append(t.ForeignKeys, catalog.ForeignKey{Columns: []string{name}, RefTable: catalog.Name{Schema: "public", Name: ref}, RefColumns: []string{"id"}})
		}
		if kind != "" {
			if seen[t.Name] == nil {
				seen[t.Name] = values{}
			}
			seen[t.Name][name] = strings.Split(columnValues[kind], "|")
		}
	}
	s, d := &Survey{cat: cat, byName: map[catalog.Name]*table{}}, detect.New()
	for _, t := range cat.Tables {
		s.add(newTable(t, seen[t.Name], d))
	}
	s.judge(d)
	var answers []string
	for _, t := range s.tables {
		answers = append(answers, "")
		for _, c := range t.columns {
			answers = append(answers, fmt.Sprintf("  %s %.2f %s", c.class, round(c.score), c.choices()[0].rule))
		}
	}
	for i, line := range lines {
		if line[0] == ' ' {
			line = "  " + strings.Fields(line)[0]
		}
		fmt.Fprintln(out, line+answers[i])
	}
}

var columnTypes = map[string]*catalog.Type{
	"": {OID: catalog.TextOID, Name: "text"}, "varchar": {OID: catalog.VarcharOID, Name: "varchar"}, "short": {OID: catalog.VarcharOID, Name: "varchar"},
	"number": {OID: catalog.Int8OID, Name: "int8"}, "float": {OID: catalog.Float8OID, Name: "float8"}, "bool": {OID: catalog.BoolOID, Name: "bool"},
	"date": {OID: catalog.DateOID, Name: "date"}, "timestamp": {OID: catalog.TimestamptzOID, Name: "timestamptz"}, "json": {OID: catalog.JSONBOID, Name: "jsonb"},
	"bytea": {OID: catalog.ByteaOID, Name: "bytea"}, "uuid": {OID: catalog.UUIDOID, Name: "uuid"}, "inet": {OID: catalog.InetOID, Name: "inet"},
	"point": {OID: catalog.PointOID, Name: "point"}, "xml": {OID: catalog.XMLOID, Name: "xml"}, "macaddr": {OID: catalog.MacaddrOID, Name: "macaddr"},
	"enum":  {OID: 99999, Name: "mood", Kind: catalog.EnumType, Labels: []string{"a", "b"}},
	"texts": {OID: 1009, Name: "_text", Kind: catalog.ArrayType, Elem: &catalog.Type{OID: catalog.TextOID, Name: "text"}},
}

// columnValues are samples, by what they are.
var columnValues = map[string]string{
	"emails":    "anna@posteo.test|b.jones@mail.test|kim.lee@web.test|o.sandoval@mail.test",
	"names":     "Anna Schmidt|Robert Jones|Maria Garcia|John Smith|Klaus Müller|Priya Patel",
	"firsts":    "Anna|Robert|Maria|John|Klaus|Priya",
	"lasts":     "Schmidt|Jones|Garcia|Smith|Kowalski|Patel",
	"phones":    "+1 212 867 5309|(212) 867-5309|0171/1234567 89|212.867.5309",
	"numbers":   "4021|17|993|20488|5",
	"longs":     "4917012345678|4917098765432|4915112345670|4916055512345",
	"sums":      "12.50|1030.00|7.25|88.10",
	"zero":      "0|0|0|0",
	"dates":     "1984-05-17|1990-11-02|1975-01-30|2001-08-09",
	"prose":     "I called the customer twice and nobody answered the door|We will send a new one to the address next week|He says that it never arrived at all today|The parcel was left with the neighbour on Monday|Please ring the bell at the second entrance",
	"mailprose": "please write to anna@posteo.test about this order today|call me or mail b.jones@mail.test before the weekend|nothing to add here from our side for now",
	"uuids":     "9d188916-8390-482b-9ec2-73fce6e08649|1d188916-8390-482b-9ec2-73fce6e08641|2d188916-8390-482b-9ec2-73fce6e08642|3d188916-8390-482b-9ec2-73fce6e08643",
	"yesno":     "yes|no|yes|no", "words": "open|closed|waiting|draft", "codes": "A10-998|B22-114|C99-007|D41-300|E17-555",
	"hashes": "d41d8cd98f00b204e9800998ecf8427e|0cc175b9c0f1b6a831c399e269772661|92eb5ffee6ae2fec3ad71c777531578f",
	"cities": "Zürich|New York|Hamburg|Sao Paulo", "streets": "1652 Stockton St|Hauptstraße 5|Calle Mayor 10|12, rue de la Paix",
	"urls": "https://app.test/u/1|https://app.test/u/2|https://web.test/x", "ips": "81.2.69.142|81.2.69.160|2a00:1450:4001::8",
	"agents":      "Mozilla/5.0 (X11; Linux x86_64)|Mozilla/5.0 (Macintosh; Intel Mac OS X 14_1)|Mozilla/5.0 (iPhone; CPU iPhone OS 17_1)",
	"webhooks":    "https://hooks.slack.com/services/T0AB1/B0CD2/xYz3|https://hooks.zapier.com/hooks/catch/123456/abcdef|https://shop.acme.io/orders",
	"connections": "postgres://app:s3cr3t@db.acme.io/orders|smtps://mailer:Kx7-9@smtp.acme.io|host=db.acme.io user=app password=hunter2",
	"zips":        "12345-6789|94107-1234|10001-0001", "last4": "4242|1881|0005|1117",
	"json": `{"email": "anna@posteo.test", "state": "open", "n": 1}`,
}
