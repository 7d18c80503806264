package importer

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
)

func looksLikeLabels(text []byte) bool {
	return strings.Contains(strings.ToUpper(string(text)), "SECURITY LABEL")
}

// labels reads SECURITY LABEL FOR anon ON COLUMN … IS '…'.
func (r *Rules) labels(file, text string) error {
	r.Tool = Anon
	statements, err := sqltext.Split(text)
	if err != nil {
		return &fault.Input{Problems: []fault.Problem{{File: file, Text: err.Error()}}}
	}
	for _, s := range statements {
		t := tokens(s.Text)
		if len(t) < 6 || !t.words("SECURITY", "LABEL") {
			continue
		}
		t = t[2:]
		if t.words("FOR") {
			if provider := strings.ToLower(t[1].text); provider != "anon" {
				r.note(s.Line, "labels for %s are not rules of masking", provider)
				continue
			}
			t = t[2:]
		}
		if !t.words("ON") {
			continue
		}
		kind := strings.ToUpper(t[1].text)
		name, rest := t[2:].name()
		if !rest.words("IS") || len(rest) < 2 {
			continue
		}
		r.label(kind, name, rest[1], s.Line)
	}
	return nil
}

// label is one label's text on an object.
func (r *Rules) label(kind string, name []string, text token, line int) {
	if kind != "COLUMN" {
		if kind != "ROLE" && !strings.EqualFold(text.text, "NULL") {
			r.note(line, "the label on %s %s is about no column: %s", strings.ToLower(kind), strings.Join(name, "."),
				forSample)
		}
		return
	}
	if len(name) < 2 {
		r.note(line, "the label on column %s names no table", strings.Join(name, "."))
		return
	}
	c := call{table: catalog.Name{Schema: "public", Name: name[len(name)-2]}, column: name[len(name)-1], line: line}
	if len(name) > 2 {
		c.table.Schema = name[len(name)-3]
	}
	rule := strings.TrimSpace(text.text)
	upper := strings.ToUpper(rule)
	switch {
	case !text.quoted && upper == "NULL", upper == "":
		return // a label that is taken away
	case upper == "NOT MASKED":
		r.Columns = append(r.Columns, Column{Table: c.table, Name: c.column, Rule: "keep", From: rule, Line: line})
	case strings.HasPrefix(upper, "MASKED WITH VALUE"):
		r.Columns = append(r.Columns, Column{Table: c.table, Name: c.column, Rule: constant(rule[17:]), From: "VALUE", Line: line})
	case strings.HasPrefix(upper, "MASKED WITH FUNCTION"):
		c.name, c.args = function(strings.TrimSpace(rule[20:]))
		r.add("anon", c)
	default:
		r.Columns = append(r.Columns, Column{Table: c.table, Name: c.column, From: "label", Line: line,
			Review: "this label is none of PostgreSQL Anonymizer's masking rules: choose a rule"})
	}
}

const forSample = "what limits rows belongs under sample: of a bucket"

// constant is the rule for MASKED WITH VALUE.
func constant(text string) string {
	text = strings.TrimSpace(text)
	if strings.EqualFold(text, "NULL") {
		return `"null"`
	}
	if dollar := strings.Trim(text, "$"); dollar != text {
		text = dollar
	}
	return "{transform: constant, value: " + quote(unquote(text)) + "}"
}

// function cuts anon.partial(name, 2, $$***$$, 2) into its name and arguments.
func function(text string) (name string, args []string) {
	name, rest, ok := strings.Cut(text, "(")
	name = strings.Trim(strings.TrimSpace(name), `"`)
	if end := strings.LastIndexByte(rest, ')'); ok && end >= 0 {
		args = arguments(rest[:end])
	}
	return name, args
}

// labelsQuery reads the labels of a database's columns. It needs no privilege and
// not the extension: only the catalog.
const labelsQuery = `
SELECT n.nspname, c.relname, a.attname, l.label
FROM pg_catalog.pg_seclabel l
JOIN pg_catalog.pg_class c ON l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = l.objoid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = l.objsubid
WHERE l.provider = 'anon' AND l.objsubid > 0
ORDER BY n.nspname, c.relname, a.attnum`

// Database reads the labels of a live database; it reads no rows of tables.
func Database(ctx context.Context, conn *pgx.Conn) (*Rules, error) {
	r := &Rules{Tool: Anon, Source: "the database"}
	rows, err := conn.Query(ctx, labelsQuery)
	if err != nil {
		return nil, client.Wrap(err, "reading the security labels")
	}
	var schema, table, column, label string
	_, err = pgx.ForEachRow(rows, []any{&schema, &table, &column, &label}, func() error {
		r.label("COLUMN", []string{schema, table, column}, token{text: label, quoted: true}, 0)
		return nil
	})
	if err != nil {
		return nil, client.Wrap(err, "reading the security labels")
	}
	if len(r.Columns) == 0 {
		return nil, fault.BadInput("the database has no security labels of the provider anon on columns")
	}
	return r, nil
}
