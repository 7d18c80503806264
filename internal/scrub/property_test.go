package scrub_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub"
	"refresher/internal/scrub/transform"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
)

// refusals are what a transform may say of a value, by transform. Any other error
// fails the test.
var refusals = map[string]string{
	"date_shift":    `no ISO date|out of the type's range`,
	"date_truncate": `no ISO date`,
	"time_shift":    `no ISO timestamp|out of the type's range`,
	"age_bucket":    `no age of 0 to 150 years|no ISO date`,
	"number_noise":  `is no number|too long for the column`,
	"number_bucket": `is no number|too long for the column`,
	"geo_noise":     `no latitude of`,
	"fpe":           `not in the alphabet|fewer than a million|more than 2,048`,
	"digits":        `has no digits|fewer than a million|more than 2,048`,
	"regex_replace": `matches nothing|too long for the column`,
	"json":          `not valid JSON`,
	"xml":           `not well-formed XML`,
}

func rulesOf(d *transform.Definition) []string {
	list := []string{d.Example.Rule}
	if d.Name != d.Example.Rule && d.Name != "json" {
		list = append(list, "{transform: "+d.Name+"}")
	}
	for _, r := range propertyRules {
		if strings.HasPrefix(r, "{transform: "+d.Name+",") {
			list = append(list, r)
		}
	}
	return list
}

// within are the rules by which a transform reaches values inside a type's values.
func within(sql, rule string) string {
	switch {
	case strings.HasSuffix(sql, "[]"):
		return "{array: " + rule + "}"
	case sql == "json" || sql == "jsonb":
		return `{json: {"**": ` + rule + "}}"
	case sql == "xml":
		return `{xml: {"**": ` + rule + `, "**/@b": ` + rule + "}, keys: keep}"
	}
	return rule
}

// Every transform × every type it serves × hostile values, in both forms of COPY:
// a server takes what comes out, it is a fake, is the same the second time and in
// the other form, and never an identifier that went in.
func TestEveryTransformOnEveryType(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector has nothing to find here: all of it is one goroutine")
	}
	url := pgserver.DB(t)
	conn := pgserver.Conn(t, url)
	pgserver.Exec(t, url, `CREATE TYPE mood AS ENUM ('sad', 'ok', 'so, "so"'); CREATE DOMAIN short_text AS varchar(30) CHECK (VALUE IS NOT NULL OR true)`)
	_, err := conn.Exec(t.Context(), "CREATE EXTENSION citext")
	hasCitext := err == nil
	if _, err := conn.Exec(t.Context(), "CREATE EXTENSION vector"); err != nil { // what a value is matters, not what finds its neighbours
		pgserver.Exec(t, url, `CREATE TYPE vector; CREATE FUNCTION vector_in(cstring) RETURNS vector LANGUAGE internal STRICT IMMUTABLE AS 'textin';
			CREATE FUNCTION vector_out(vector) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'textout';
			CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out, LIKE = text)`)
	}
	served := map[string]int{}
	for i, pt := range propertyTypes {
		if pt.sql == "citext" && !hasCitext {
			continue
		}
		b := newPropertyTable(t, conn, i, pt)
		for j, d := range transform.Definitions() {
			if (i+j)%3 != 0 && served[d.Name] > 0 && !longform.Asked() {
				continue // the short form: each transform, on a third of the types
			}
			for _, rule := range rulesOf(&d) {
				if b.try(&d, rule) {
					served[d.Name]++
				}
				if w := within(pt.sql, rule); w != rule && d.Name != "json" && b.try(&d, w) {
					served[d.Name]++
				}
			}
		}
	}
	for _, d := range transform.Definitions() {
		if served[d.Name] == 0 {
			t.Errorf("%s was never tried", d.Name)
		}
	}
}

// propertyTable has the values of one type in two tables, of which one is copied
// as text.
type propertyTable struct {
	t    *testing.T
	conn *pgx.Conn
	propertyType
	cat  *catalog.Catalog
	rows map[string][][][]byte // by table: rows of fields as COPY shows them
	name string
}

func newPropertyTable(t *testing.T, conn *pgx.Conn, i int, pt propertyType) *propertyTable {
	t.Helper()
	b := &propertyTable{t: t, conn: conn, propertyType: pt, rows: map[string][][][]byte{}, name: fmt.Sprintf("t%d", i)}
	exec := func(sql string) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", pt.sql, err)
		}
	}
	exec(fmt.Sprintf("CREATE TABLE %s_binary (v %s); CREATE TABLE %[1]s_text (v %[2]s, moods mood[])", b.name, pt.sql))
	for _, v := range pt.values {
		lit := "E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
		exec(fmt.Sprintf("INSERT INTO %s_binary VALUES (%s::%s); INSERT INTO %[1]s_text VALUES (%[2]s::%[3]s, '{sad}')", b.name, lit, pt.sql))
	}
	exec(fmt.Sprintf("INSERT INTO %s_binary VALUES (NULL); INSERT INTO %[1]s_text VALUES (NULL, NULL)", b.name))
	for _, form := range []string{"binary", "text"} {
		exec(fmt.Sprintf("CREATE TABLE %s_%s_out (LIKE %[1]s_%[2]s)", b.name, form))
	}
	all, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	b.cat = &catalog.Catalog{Database: all.Database, Encoding: all.Encoding, ServerVersion: all.ServerVersion}
	for _, table := range all.Tables {
		if n := table.Name.Name; n == b.name+"_binary" || n == b.name+"_text" {
			b.cat.Tables = append(b.cat.Tables, table)
		}
	}
	return b
}

// load reads a table's rows once in the form that its plans have.
func (b *propertyTable) load(tp *scrub.TablePlan) [][][]byte {
	b.t.Helper()
	name := tp.Table.Name.Name
	if rows := b.rows[name]; rows != nil {
		return rows
	}
	var rows [][][]byte
	parser := copyfmt.NewParser(tp.Format, len(tp.Columns), func(fields [][]byte) error {
		row := make([][]byte, len(fields))
		for i, f := range fields {
			row[i] = bytes.Clone(f)
		}
		rows = append(rows, row)
		return nil
	})
	if _, err := b.conn.PgConn().CopyTo(b.t.Context(), parser, fmt.Sprintf("COPY %s TO STDOUT (FORMAT %s)", name, tp.Format)); err != nil {
		b.t.Fatal(err)
	}
	b.rows[name] = rows
	return rows
}

// try reports whether the rule compiles for the type; if it does, it must hold.
func (b *propertyTable) try(d *transform.Definition, rule string) bool {
	t := b.t
	t.Helper()
	what := b.sql + ": " + rule
	text := head + fmt.Sprintf("  public.%s_binary: {columns: {v: %s}}\n  public.%[1]s_text: {columns: {v: %[2]s, moods: keep}}\n", b.name, rule)
	p, err := scrub.Compile(mustParse(t, text), b.cat, testKey)
	if err != nil {
		var in *fault.Input
		if !errors.As(err, &in) {
			t.Errorf("%s: %v", what, err)
		}
		return false
	}
	var canonical [2][]string
	for i, form := range []string{"binary", "text"} {
		tp := plan(t, p, "public."+b.name+"_"+form)
		canonical[i] = b.rule(d, p, tp, what, rule)
	}
	if !slices.Equal(canonical[0], canonical[1]) {
		for i, v := range canonical[0] {
			if v != canonical[1][i] {
				t.Errorf("%s: value %d is %.60q in binary and %.60q as text", what, i, v, canonical[1][i])
			}
		}
	}
	for i, v := range canonical[0] {
		if i < len(b.values) && rule == strings.TrimSpace(rule) && !strings.HasPrefix(rule, "{json:") && !strings.HasPrefix(rule, "{array:") && !strings.HasPrefix(rule, "{xml:") {
			b.judge(d, what, b.original(i), v)
		}
	}
	return true
}

// rule runs all rows through a rule, and a server; it returns the values that
// come out, as canonical text.
func (b *propertyTable) rule(d *transform.Definition, p *scrub.Program, tp *scrub.TablePlan, what, rule string) []string {
	b.t.Helper()
	rows := b.load(tp)
	accepted, texts := rows, make([]string, len(rows))
	out, good, err := b.scrub(p, tp, rows)
	if err != nil { // which of them?
		accepted = nil
		for i, row := range rows {
			_, one, err := b.scrub(p, tp, [][][]byte{row})
			if err != nil {
				texts[i] = "refused"
				b.refused(d, what, rule, row[0], err)
				continue
			}
			texts[i] = one[0]
			accepted = append(accepted, row)
		}
		if out, good, err = b.scrub(p, tp, accepted); err != nil {
			b.t.Errorf("%s: %v, by itself it was taken", what, err)
		}
	}
	again, _, _ := b.scrub(p, tp, accepted)
	if !bytes.Equal(out, again) {
		b.t.Errorf("%s: differs the second time", what)
	}
	for i := range texts {
		if texts[i] == "refused" {
			continue
		}
		if texts[i] != "" && texts[i] != good[0] {
			b.t.Errorf("%s: value %d depends on those before it", what, i)
		}
		texts[i], good = good[0], good[1:]
	}
	sql := fmt.Sprintf("COPY %s_out FROM STDIN (FORMAT %s)", tp.Table.Name.Name, tp.Format)
	tag, err := b.conn.PgConn().CopyFrom(b.t.Context(), bytes.NewReader(out), sql)
	if err != nil || tag.RowsAffected() != int64(len(accepted)) {
		b.t.Errorf("%s, as %s: a server took %d of %d rows: %v", what, tp.Format, tag.RowsAffected(), len(accepted), err)
	}
	return texts
}

// original is value i as canonical text.
func (b *propertyTable) original(i int) string {
	for _, tp := range b.cat.Tables {
		if tp.Name.Name == b.name+"_text" {
			col := tp.Columns[0]
			text, err := value.For(col.Type, copyfmt.Text).AppendText(nil, b.rows[b.name+"_text"][i][0])
			if err != nil {
				b.t.Fatal(err)
			}
			return string(text)
		}
	}
	return ""
}

// scrub runs rows and returns what comes out, as it is sent and, the first fields,
// as canonical text.
func (b *propertyTable) scrub(p *scrub.Program, tp *scrub.TablePlan, rows [][][]byte) (out []byte, texts []string, err error) {
	var buf bytes.Buffer
	w := p.NewWriter(tp, &buf, nil)
	stream := copyfmt.AppendHeader(nil, tp.Format)
	for _, row := range rows {
		stream = copyfmt.AppendRow(stream, tp.Format, row)
	}
	if _, err = w.Write(copyfmt.AppendTrailer(stream, tp.Format)); err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, nil, err
	}
	typ := tp.Columns[0].Type
	parser := copyfmt.NewParser(tp.Format, len(tp.Columns), func(fields [][]byte) error {
		if fields[0] == nil {
			texts = append(texts, null)
			return nil
		}
		text, err := value.For(typ, tp.Format).AppendText(nil, fields[0])
		if codec := value.For(typ, copyfmt.Binary); codec != nil && err == nil { // many texts are one value
			wire, werr := codec.AppendWire(nil, text)
			text, err = codec.AppendText(nil, wire)
			err = errors.Join(err, werr)
		}
		texts = append(texts, string(text))
		return err
	})
	if _, err := parser.Write(buf.Bytes()); err != nil {
		b.t.Errorf("%s: what comes out can't be read: %v", tp.Table.Name, err)
	}
	return buf.Bytes(), texts, nil
}

// refused checks that a value was refused for a reason that is known, and isn't
// quoted.
func (b *propertyTable) refused(d *transform.Definition, what, rule string, value []byte, err error) {
	b.t.Helper()
	allowed := refusals[d.Name]
	for _, shape := range []string{"json", "xml"} {
		if strings.HasPrefix(rule, "{"+shape+":") {
			allowed += "|" + refusals[shape]
		}
	}
	if allowed == "" || !regexp.MustCompile(strings.TrimPrefix(allowed, "|")).MatchString(err.Error()) {
		b.t.Errorf("%s: %v", what, err)
	}
	if len(value) > 7 && strings.Contains(err.Error(), string(value)) {
		b.t.Errorf("%s: the error quotes the value", what)
	}
}

// judge compares a value with what came in its place.
func (b *propertyTable) judge(d *transform.Definition, what, was, is string) {
	if strings.TrimSpace(was) == "" {
		if is != was && d.Name != "constant" && d.Name != "null" {
			b.t.Errorf("%s: a blank value became %.60q", what, is)
		}
		return
	}
	switch d.Class {
	case pii.None, pii.Date, pii.Capability: // what inert makes of a text with parts has a test of its own
		return
	case pii.FreeText:
		if d.Name == "text" {
			return
		}
	}
	if is == was && slices.Contains([]string{"NaN", "Infinity", "-Infinity", "0.0.0.0/0", "::/0"}, was) {
		return // nobody's
	}
	if !fake.Recognise(d.Class, []byte(is)) {
		b.t.Errorf("%s: %.60q became %.60q, which no recogniser knows", what, was, is)
	}
	if d.Class.Direct() && is == was {
		b.t.Errorf("%s: %.60q stays", what, was)
	}
}
