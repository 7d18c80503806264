package layout

import (
	"fmt"
	"strconv"
	"strings"

	"refresher/internal/postgres/catalog"
)

const folder = "tables/"

// Format is what the parts of a table are written as. Its value is the end of their names.
type Format string

// The formats.
const (
	Parquet Format = ".parquet"
	CSV     Format = ".csv.gz"
	JSONL   Format = ".jsonl.gz"
)

// File is one file of a table.
type File struct {
	Table  catalog.Name
	Part   int // from 0
	Format Format
}

// Path is where the file lives below a run's prefix:
// `tables/<schema>.<table>/part-00000.parquet`. Every byte of a name other than
// A–Z, a–z, 0–9, _ and - is written %XX, dots too, so no two tables share a path
// and [Parse] reads it back.
func (f File) Path() string {
	return fmt.Sprintf("%s%s.%s/part-%05d%s", folder, escape(f.Table.Schema), escape(f.Table.Name), f.Part, f.Format)
}

// Parse is the inverse of [File.Path]; ok is false for any other string.
func Parse(path string) (f File, ok bool) {
	rest, ok1 := strings.CutPrefix(path, folder)
	dir, file, ok2 := strings.Cut(rest, "/")
	schema, table, ok3 := strings.Cut(dir, ".")
	file, ok4 := strings.CutPrefix(file, "part-")
	num, end, ok5 := strings.Cut(file, ".")
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return File{}, false
	}
	switch f.Format = Format("." + end); f.Format {
	case Parquet, CSV, JSONL:
	default:
		return File{}, false
	}
	var err error
	if f.Table.Schema, err = unescape(schema); err != nil {
		return File{}, false
	}
	if f.Table.Name, err = unescape(table); err != nil {
		return File{}, false
	}
	n, err := strconv.ParseUint(num, 10, 31)
	if f.Part = int(n); err != nil || f.Path() != path {
		return File{}, false
	}
	return f, true
}

func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if plainByte(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("%%XX is cut short")
		}
		v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%%XX is not hexadecimal")
		}
		b.WriteByte(byte(v))
		i += 2
	}
	return b.String(), nil
}
