package describe

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// dictionary is the form of dictionary.json.
type dictionary struct {
	Version  int         `json:"version"` // 1
	Run      string      `json:"run"`
	Database string      `json:"database"`
	Content  string      `json:"content"`
	Tables   []dictTable `json:"tables"`
}

type dictTable struct {
	Name        string       `json:"name"` // schema.table, as rules write it
	Rows        int64        `json:"rows"`
	LeftBehind  bool         `json:"rows_left_behind,omitempty"` // by a rule, so that the table is empty
	Comment     string       `json:"comment,omitempty"`
	PrimaryKey  []string     `json:"primary_key,omitempty"`
	Unique      [][]string   `json:"unique,omitempty"` // beside the primary key
	ForeignKeys []dictKey    `json:"foreign_keys,omitempty"`
	Columns     []dictColumn `json:"columns"`
}

type dictKey struct {
	Columns    []string `json:"columns"`
	References string   `json:"references"` // schema.table
	To         []string `json:"referenced_columns"`
}

type dictColumn struct {
	Name      string   `json:"name"`
	Type      string   `json:"type"` // PostgreSQL's
	Nullable  bool     `json:"nullable"`
	Labels    []string `json:"labels,omitempty"` // of an enum
	Comment   string   `json:"comment,omitempty"`
	Rule      Rule     `json:"rule"`
	Transform string   `json:"transform,omitempty"`
}

func (t Table) unique() (all [][]string) {
	for _, u := range t.Unique {
		if !u.Primary && !u.Expression && u.Predicate == "" {
			all = append(all, u.Columns)
		}
	}
	return all
}

// Dictionary writes the data dictionary as JSON.
func (d Dataset) Dictionary(w io.Writer) error {
	out := dictionary{Version: 1, Run: d.Run, Database: d.Database, Content: d.Content, Tables: []dictTable{}}
	for _, t := range d.Tables {
		said := dictTable{Name: t.Name.String(), Rows: t.Rows, LeftBehind: t.Empty, Comment: t.Comment,
			PrimaryKey: t.PrimaryKey, Unique: t.unique(), Columns: []dictColumn{}}
		for _, k := range t.ForeignKeys {
			said.ForeignKeys = append(said.ForeignKeys, dictKey{k.Columns, k.RefTable.String(), k.RefColumns})
		}
		for _, c := range t.Columns {
			said.Columns = append(said.Columns, dictColumn{Name: c.Name, Type: c.Type, Nullable: !c.NotNull,
				Labels: c.Column.Type.Underlying().Labels, Comment: c.Comment, Rule: c.Rule, Transform: c.Transform})
		}
		out.Tables = append(out.Tables, said)
	}
	return encode(w, out)
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// DictionaryMarkdown writes the data dictionary for people.
func (d Dataset) DictionaryMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Data dictionary of %s\n\nRun %s, %s. A column is *kept* (as in production), *scrubbed* "+
		"(its values were replaced by the transform named; *in part*: but where a condition keeps them), "+
		"*computed* (of other columns), *made up* (of released statistics) or *own* (of no production at all).\n",
		mark(d.Database), d.Run, d.Content)
	for _, t := range d.Tables {
		fmt.Fprintf(&b, "\n## %s\n\n%s", mark(t.Name.String()), plural(t.Rows))
		if t.Empty {
			b.WriteString("; a rule left its rows behind")
		}
		b.WriteString(".")
		if t.Comment != "" {
			b.WriteString(" " + mark(t.Comment))
		}
		b.WriteString("\n\n| column | type | null | rule | comment |\n|---|---|---|---|---|\n")
		for _, c := range t.Columns {
			null, rule := "yes", string(c.Rule)
			if c.NotNull {
				null = "no"
			}
			if c.Transform != "" {
				rule += ": " + c.Transform
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", mark(c.Name), mark(c.Type), null, mark(rule),
				mark(c.Comment))
		}
		t.keys(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// keys lists what holds the table's rows together.
func (t Table) keys(b *strings.Builder) {
	var lines []string
	if len(t.PrimaryKey) > 0 {
		lines = append(lines, "primary key: "+mark(joined(t.PrimaryKey)))
	}
	for _, u := range t.unique() {
		lines = append(lines, "unique: "+mark(joined(u)))
	}
	for _, k := range t.ForeignKeys {
		lines = append(lines, fmt.Sprintf("%s refers to %s (%s)", mark(joined(k.Columns)), mark(k.RefTable.String()),
			mark(joined(k.RefColumns))))
	}
	if len(lines) > 0 {
		b.WriteString("\n- " + strings.Join(lines, "\n- ") + "\n")
	}
}

func plural(rows int64) string {
	if rows == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", rows)
}

// mark writes a name or a comment so that Markdown shows it as it is, on one line.
func mark(text string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(text), " ") {
		if strings.ContainsRune("\\`*[]<>|#~&!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
