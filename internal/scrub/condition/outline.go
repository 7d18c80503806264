package condition

import "strings"

// Outline is a condition as a report may show it: which columns and operators it has, without
// its values, which are production's (full_name == "…"). Numbers stay up to four digits.
func Outline(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		end := i + 1
		switch {
		case c == '"' || c == '\'' || c == '`':
			for end < len(text) && text[end] != c {
				if text[end] == '\\' && c != '`' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			b.WriteString(`"…"`)
		case digit(c):
			for end < len(text) && (digit(text[end]) || text[end] == '.' || text[end] == '_' || letter(text[end])) {
				end++
			}
			if end-i > 4 {
				b.WriteString("…")
			} else {
				b.WriteString(text[i:end])
			}
		case letter(c):
			for end < len(text) && (letter(text[end]) || digit(text[end])) {
				end++
			}
			b.WriteString(text[i:end])
		default:
			b.WriteByte(c)
		}
		i = end
	}
	return b.String()
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// letter reports a part of a name; bytes of other alphabets count.
func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
