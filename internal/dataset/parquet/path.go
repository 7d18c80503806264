package parquet

import (
	"fmt"
	"strconv"
	"strings"

	"refresher/internal/postgres/catalog"
)

const (
	folder = "tables/"
	suffix = ".parquet"
)

// Path is where a part of a table lives below a run's prefix:
// `tables/<schema>.<table>/part-00000.parquet`. Every byte of a name other than
// A–Z, a–z, 0–9, _ and - is written %XX, dots too, so no two tables share a path
// and [ParsePath] reads it back.
func Path(t catalog.Name, part int) string {
	return fmt.Sprintf("%s%s.%s/part-%05d%s", folder, escape(t.Schema), escape(t.Name), part, suffix)
}

// ParsePath is the inverse of [Path]; ok is false for any other string.
func ParsePath(path string) (t catalog.Name, part int, ok bool) {
	rest, ok1 := strings.CutPrefix(path, folder)
	dir, file, ok2 := strings.Cut(rest, "/")
	schema, table, ok3 := strings.Cut(dir, ".")
	num, ok4 := strings.CutPrefix(file, "part-")
	num, ok5 := strings.CutSuffix(num, suffix)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return catalog.Name{}, 0, false
	}
	var err error
	if t.Schema, err = unescape(schema); err != nil {
		return catalog.Name{}, 0, false
	}
	if t.Name, err = unescape(table); err != nil {
		return catalog.Name{}, 0, false
	}
	n, err := strconv.ParseUint(num, 10, 31)
	if err != nil || Path(t, int(n)) != path {
		return catalog.Name{}, 0, false
	}
	return t, int(n), true
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
