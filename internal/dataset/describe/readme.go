package describe

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"refresher/internal/dataset/layout"
	"refresher/internal/report/visible"
)

// Readme writes what the dataset is, and how to open it.
func (d Dataset) Readme(w io.Writer) error {
	var b strings.Builder
	what, did := "A full copy", "replaced personal data while it copied the rows"
	if d.Content != "full" {
		what = "A " + d.Content
	}
	if d.MadeUp {
		what, did = "Rows for the schema ("+d.Content+")", "made the rows up from the statistics in statistics.json"
	}
	schema := ""
	if d.Schema {
		schema = "| schema.sql | tables, types, views and functions, without rows, owners and privileges |\n"
	}
	fmt.Fprintf(&b, `# %s, scrubbed: run %s

%s of the database %s, PostgreSQL %d. refresher %s, searched every
file here for what could have survived, and published them when there was nothing. Its verdict is in report.html;
manifest.json has the SHA-256 of every file, and manifest.json.sig signs it.

| file | what it is |
|---|---|
%s| dictionary.md, dictionary.json | every table and column: type, keys, comment; which values were scrubbed or kept |
| datapackage.json | the same for tools that know Data Packages (datapackage.org) |
| report.html, report.json | what the run read, decided and verified |
`, mark(d.Database), d.Run, what, mark(d.Database), d.Server, did, schema)
	if d.Dump != "" {
		fmt.Fprintf(&b, "| %s | the database in pg_dump's custom format |\n", mark(d.Dump))
	}
	for _, f := range d.formats() {
		fmt.Fprintf(&b, "| tables/SCHEMA.TABLE/part-00000%s | the rows of a table as %s |\n", f, formatNames[f])
	}
	d.commands(&b)
	b.WriteString("\n## Tables\n\n| table | rows |\n|---|---|\n")
	for _, t := range d.Tables {
		fmt.Fprintf(&b, "| %s | %d |\n", mark(t.Name.String()), t.Rows)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var formatNames = map[layout.Format]string{
	layout.Parquet: "Parquet", layout.CSV: "CSV, packed with gzip", layout.JSONL: "JSON lines, packed with gzip",
}

// formats are those that the tables have files of.
func (d Dataset) formats() (all []layout.Format) {
	for _, f := range []layout.Format{layout.Parquet, layout.CSV, layout.JSONL} {
		if t := d.largest(anyTable); t != nil && len(t.Files[f].Parts) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// largest is the table with the most rows among those that have columns and are wanted; nil if there is none.
func (d Dataset) largest(wanted func(Table) bool) (best *Table) {
	for i, t := range d.Tables {
		if len(t.Columns) > 0 && wanted(t) && (best == nil || t.Rows > best.Rows) {
			best = &d.Tables[i]
		}
	}
	return best
}

func anyTable(Table) bool { return true }

// alone reports whether rows can be copied into a table by itself, all columns of them, by a command of one line: a
// line break in a name would begin another.
func alone(t Table) bool {
	name := t.Name.String()
	return visible.Line(name) == name && !strings.Contains(name, "`") && len(t.ForeignKeys) == 0 &&
		!slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Generated })
}

// commands says how to open each format, in the folder that holds this file.
func (d Dataset) commands(b *strings.Builder) {
	b.WriteString("\n## Opening it\n\n")
	if d.Dump != "" {
		fmt.Fprintf(b, "- into a database, with signature and checksums verified: "+
			"`refresher pull %s --to postgres://localhost/NAME`\n", d.URL)
		fmt.Fprintf(b, "- into a database, from this folder: `pg_restore --no-owner -d NAME %s`\n", shell(d.Dump))
	}
	if d.Schema {
		b.WriteString("- the schema alone: `psql -d NAME -f schema.sql`\n")
	}
	t := d.largest(anyTable)
	if t == nil {
		return
	}
	for _, f := range d.formats() {
		path := t.Files[f].Parts[0].Path
		path = path[:strings.LastIndexByte(path, '/')] + "/*" + string(f)
		fmt.Fprintf(b, "- %s, with DuckDB: `duckdb -c \"SELECT * FROM '%s'\"`\n", formatNames[f], path)
	}
	if t = d.largest(alone); t == nil {
		return
	}
	if parts := t.Files[layout.CSV].Parts; len(parts) > 0 {
		fmt.Fprintf(b, "- CSV, with psql, into a table that is there (tables that others refer to come first): "+
			"`\\copy %s from program 'gzip -dc %s' csv header`\n", t.Name.SQL(), parts[0].Path)
	}
}

// shell writes a file's name as a shell takes it.
func shell(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == "" && name[0] != '-' {
		return name
	}
	return "'./" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
