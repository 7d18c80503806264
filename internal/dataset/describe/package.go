package describe

import (
	"io"
	"slices"
	"strings"
	"time"

	"refresher/internal/dataset/layout"
	"refresher/internal/postgres/catalog"
)

// profile is what says which standard the descriptor follows.
const profile = "https://datapackage.org/profiles/2.0/datapackage.json"

// dataPackage is a descriptor of Data Package 2 (datapackage.org/standard/data-package).
type dataPackage struct {
	Schema      string     `json:"$schema"`
	Name        string     `json:"name"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Version     string     `json:"version"`
	Created     string     `json:"created,omitempty"`
	Resources   []resource `json:"resources"`
}

// resource is one file. A table of several parts is several resources: each CSV file has a header of
// its own, so that they can't be one file in pieces.
type resource struct {
	Name        string       `json:"name"`
	Path        string       `json:"path"`
	Description string       `json:"description,omitempty"`
	Type        string       `json:"type,omitempty"` // table
	Format      string       `json:"format"`
	MediaType   string       `json:"mediatype"`
	Encoding    string       `json:"encoding,omitempty"`
	Compression string       `json:"compression,omitempty"`
	Bytes       int64        `json:"bytes"`
	Hash        string       `json:"hash"`
	Schema      *tableSchema `json:"schema,omitempty"`
}

type tableSchema struct {
	Fields      []field      `json:"fields"`
	PrimaryKey  []string     `json:"primaryKey,omitempty"`
	ForeignKeys []foreignKey `json:"foreignKeys,omitempty"`
}

type field struct {
	Name        string       `json:"name"`
	Type        string       `json:"type"`
	Format      string       `json:"format,omitempty"`
	Description string       `json:"description,omitempty"`
	TrueValues  []string     `json:"trueValues,omitempty"`
	FalseValues []string     `json:"falseValues,omitempty"`
	Constraints *constraints `json:"constraints,omitempty"`
}

type constraints struct {
	Required bool     `json:"required,omitempty"`
	Enum     []string `json:"enum,omitempty"`
}

type foreignKey struct {
	Fields    []string  `json:"fields"`
	Reference reference `json:"reference"`
}

type reference struct {
	Resource string   `json:"resource"`
	Fields   []string `json:"fields"`
}

// kinds are how formats are called in the descriptor.
var kinds = map[layout.Format]resource{
	layout.Parquet: {Format: "parquet", MediaType: "application/vnd.apache.parquet"},
	layout.CSV:     {Format: "csv", MediaType: "text/csv", Encoding: "utf-8", Compression: "gz"},
	layout.JSONL:   {Format: "jsonl", MediaType: "application/jsonl", Encoding: "utf-8", Compression: "gz"},
}

// Package writes the Data Package descriptor. It names every file but itself.
func (d Dataset) Package(w io.Writer) error {
	p := dataPackage{
		Schema: profile, Name: slug(d.Database), Title: d.Database + ", scrubbed", Version: d.Run,
		Resources:   []resource{},
		Description: "Run " + d.Run + " (" + d.Content + "), scrubbed by refresher; README.md says how to open it.",
	}
	if at, err := time.Parse("20060102T150405Z", strings.SplitN(d.Run, "-", 2)[0]); err == nil {
		p.Created = at.Format(time.RFC3339)
	}
	for _, f := range d.Files {
		p.Resources = append(p.Resources, d.resource(f))
	}
	return encode(w, p)
}

func (d Dataset) resource(f File) resource {
	r := resource{Format: "text", MediaType: "text/plain", Encoding: "utf-8"}
	part, ofTable := layout.Parse(f.Name)
	switch end := f.Name[strings.LastIndexByte(f.Name, '.')+1:]; {
	case ofTable:
		r = kinds[part.Format]
	case f.Name == d.Dump:
		r = resource{Format: "pgdump", MediaType: "application/octet-stream",
			Description: "pg_dump's custom format, for pg_restore"}
	case end == "json":
		r.Format, r.MediaType = end, "application/json"
	case end == "md":
		r.Format, r.MediaType = end, "text/markdown"
	case end == "sql":
		r.Format, r.MediaType = end, "application/sql"
	}
	r.Name, r.Path, r.Bytes, r.Hash = slug(f.Name), f.Name, f.Bytes, "sha256:"+f.SHA256
	i := slices.IndexFunc(d.Tables, func(t Table) bool { return ofTable && t.Name == part.Table })
	if i >= 0 {
		r.Type, r.Description, r.Schema = "table", d.Tables[i].Comment, d.schema(d.Tables[i], part.Format)
	}
	return r
}

// schema is a Table Schema (datapackage.org/standard/table-schema).
func (d Dataset) schema(t Table, format layout.Format) *tableSchema {
	s := &tableSchema{PrimaryKey: t.PrimaryKey}
	for i, c := range t.Columns {
		f := fieldOf(c, format, t.Files[format].Columns[i].AsText != "")
		f.Name, f.Description = c.Name, c.Comment
		s.Fields = append(s.Fields, f)
	}
	for _, k := range t.ForeignKeys {
		i := slices.IndexFunc(d.Tables, func(other Table) bool { return other.Name == k.RefTable })
		if i < 0 || len(d.Tables[i].Files[format].Parts) != 1 {
			continue // not one resource, in which every row could be looked up
		}
		s.ForeignKeys = append(s.ForeignKeys, foreignKey{k.Columns,
			reference{slug(d.Tables[i].Files[format].Parts[0].Path), k.RefColumns}})
	}
	return s
}

// fieldOf says what a column's values are in a format.
func fieldOf(c Column, format layout.Format, asText bool) field {
	t := c.Column.Type.Underlying()
	f := field{Type: "string"}
	switch {
	case asText:
	case t.Kind == catalog.EnumType:
		f.Constraints = &constraints{Enum: t.Labels}
	case t.Kind == catalog.ArrayType && format != layout.CSV:
		f.Type = "array"
	case t.Kind == catalog.CompositeType && format == layout.JSONL, t.OID == catalog.JSONOID,
		t.OID == catalog.JSONBOID:
		f.Type = "any" // a document of any shape
	default:
		f.Type, f.Format = scalar(t.OID)
	}
	if f.Type == "boolean" && format == layout.CSV {
		f.TrueValues, f.FalseValues = []string{"t"}, []string{"f"}
	}
	// In CSV, a reader takes an empty string for a missing value.
	if c.NotNull && (format != layout.CSV || f.Type != "string" && f.Type != "any") {
		if f.Constraints == nil {
			f.Constraints = &constraints{}
		}
		f.Constraints.Required = true
	}
	return f
}

// scalar is the type of a field, and its format.
func scalar(oid uint32) (typ, format string) {
	switch oid {
	case catalog.BoolOID:
		return "boolean", ""
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.OIDOID:
		return "integer", ""
	case catalog.Float4OID, catalog.Float8OID, catalog.NumericOID:
		return "number", ""
	case catalog.DateOID:
		return "date", ""
	case catalog.TimestampOID, catalog.TimestamptzOID:
		return "datetime", "any"
	case catalog.TimeOID:
		return "time", "any"
	case catalog.UUIDOID:
		return "string", "uuid"
	}
	return "string", ""
}

// slug writes a name as the standard recommends: small letters, digits, points, hyphens, underscores. What
// it replaces is written as its code, so that no two names become one.
func slug(name string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_':
			b.WriteByte(c)
		case c == '/':
			b.WriteByte('.')
		default:
			b.WriteString("_" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}
