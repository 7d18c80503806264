package catalog

import (
	"fmt"
	"strings"
)

// Name is a relation's schema-qualified name, taken literally: no case folding.
type Name struct{ Schema, Name string }

// Compare orders by schema, then name, bytewise.
func (n Name) Compare(m Name) int {
	if c := strings.Compare(n.Schema, m.Schema); c != 0 {
		return c
	}
	return strings.Compare(n.Name, m.Name)
}

// SQL is the name as a quoted identifier, safe to place in a statement.
func (n Name) SQL() string { return Quote(n.Schema) + "." + Quote(n.Name) }

// String is the name as rules and reports write it: a part is quoted only when
// it holds a dot, white space or a quote.
func (n Name) String() string { return rulePart(n.Schema) + "." + rulePart(n.Name) }

// Quote is one quoted SQL identifier.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// QuoteAll is a comma-separated list of quoted identifiers.
func QuoteAll(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = Quote(n)
	}
	return strings.Join(q, ", ")
}

// Literal is a quoted SQL string constant (standard_conforming_strings on).
func Literal(s string) string {
	if strings.Contains(s, `\`) {
		return ` E'` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `'`, `''`) + `'`
	}
	return `'` + strings.ReplaceAll(s, `'`, `''`) + `'`
}

func rulePart(s string) string {
	if s == "" || strings.ContainsAny(s, ". \t\r\n\"*") {
		return Quote(s)
	}
	return s
}

// ParseName reads `schema.table` as a rules file writes it; a part that holds a
// dot, white space or a quote is quoted as in SQL.
func ParseName(s string) (Name, error) {
	var parts []string
	for rest := s; ; {
		part, tail, err := namePart(rest)
		if err != nil {
			return Name{}, fmt.Errorf("%q is not a table name: %w", s, err)
		}
		parts = append(parts, part)
		if tail == "" {
			break
		}
		if tail[0] != '.' {
			return Name{}, fmt.Errorf("%q is not a table name: text after the closing quote", s)
		}
		rest = tail[1:]
	}
	if len(parts) != 2 {
		return Name{}, fmt.Errorf("%q is not a table name: write it as schema.table", s)
	}
	return Name{parts[0], parts[1]}, nil
}

func namePart(s string) (part, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		i := strings.IndexByte(s, '.')
		if i < 0 {
			i = len(s)
		}
		if i == 0 {
			return "", "", fmt.Errorf("a part is empty")
		}
		if strings.ContainsAny(s[:i], " \t\r\n\"") {
			return "", "", fmt.Errorf("a part with a space or quote must be quoted as in SQL")
		}
		return s[:i], s[i:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		if b.Len() == 0 {
			return "", "", fmt.Errorf("a part is empty")
		}
		return b.String(), s[i+1:], nil
	}
	return "", "", fmt.Errorf("a quote is not closed")
}
