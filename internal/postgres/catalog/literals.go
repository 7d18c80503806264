package catalog

import "strings"

// WithoutLiterals is an expression as the server prints it, for a message: texts
// and long numbers in it, which can be personal, become '***'. Punctuation, as
// patterns are made of, stays.
func WithoutLiterals(sql string) string {
	var b strings.Builder
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c == '"':
			end := closing(sql, i)
			b.WriteString(sql[i:end])
			i = end
		case c == '\'':
			end := closing(sql, i)
			if strings.ContainsFunc(sql[i:end], wordy) {
				b.WriteString("'***'")
			} else {
				b.WriteString(sql[i:end])
			}
			i = end
		case digit(c) && (i == 0 || !nameByte(sql[i-1])):
			end := i
			for end < len(sql) && (digit(sql[end]) || sql[end] == '.') {
				end++
			}
			if end-i >= 6 {
				b.WriteString("***")
			} else {
				b.WriteString(sql[i:end])
			}
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// closing is the index behind the quote that closes the one at i; a quote within
// is written twice, or behind a backslash in a string that begins with E.
func closing(sql string, i int) int {
	quote := sql[i]
	escapes := quote == '\'' && i > 0 && (sql[i-1] == 'E' || sql[i-1] == 'e') && (i == 1 || !nameByte(sql[i-2]))
	for j := i + 1; j < len(sql); j++ {
		switch {
		case escapes && sql[j] == '\\':
			j++
		case sql[j] == quote && j+1 < len(sql) && sql[j+1] == quote:
			j++
		case sql[j] == quote:
			return j + 1
		}
	}
	return len(sql)
}

func wordy(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 0x7f
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func nameByte(c byte) bool { return c == '_' || c == '$' || c > 0x7f || wordy(rune(c)) }
