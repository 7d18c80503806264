package preview

import (
	"unicode"
	"unicode/utf8"
)

// piece is a stretch of a value that is in the other value too, or isn't.
type piece struct {
	text   string
	common bool
}

const (
	maxTokens   = 1500 // above, a value is compared as a whole: the table of lengths grows with the square
	leastCommon = 0.35 // share of letters and digits that must stay for a word-by-word comparison to help
)

// difference compares two values word by word. Unless always is set, values with
// little in common are one piece each: an e-mail address isn't read by its dots.
func difference(before, after string, always bool) (b, a []piece) {
	x, y := tokens(before), tokens(after)
	if len(x) > maxTokens || len(y) > maxTokens {
		return []piece{{before, false}}, []piece{{after, false}}
	}
	length := common(x, y)
	letters, stay := 0, 0
	for _, t := range y {
		letters += weight(t)
	}
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case x[i] == y[j]:
			b, a = join(b, x[i], true), join(a, y[j], true)
			stay += weight(x[i])
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			b = join(b, x[i], false)
			i++
		default:
			a = join(a, y[j], false)
			j++
		}
	}
	for ; i < len(x); i++ {
		b = join(b, x[i], false)
	}
	for ; j < len(y); j++ {
		a = join(a, y[j], false)
	}
	if !always && float64(stay) < max(1, leastCommon*float64(letters)) {
		return []piece{{before, false}}, []piece{{after, false}}
	}
	return bridge(b), bridge(a)
}

// bridge makes one piece of two changed words and the sign between them.
func bridge(list []piece) []piece {
	out := list[:0]
	for i, p := range list {
		if p.common && i > 0 && i < len(list)-1 && len(p.text) <= 2 && weight(p.text) == 0 && p.text != newline {
			p.common = false
		}
		if n := len(out); n > 0 && !p.common && !out[n-1].common {
			out[n-1].text += p.text
			continue
		}
		out = append(out, p)
	}
	return out
}

// common is the table of lengths of the longest common subsequences of x[i:] and
// y[j:], weighted so that words count more than what stands between them.
func common(x, y []string) [][]int32 {
	cells := make([]int32, (len(x)+1)*(len(y)+1))
	table := make([][]int32, len(x)+1)
	for i := range table {
		table[i] = cells[i*(len(y)+1) : (i+1)*(len(y)+1)]
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				table[i][j] = table[i+1][j+1] + 1 + 4*int32(weight(x[i]))
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	return table
}

// weight is how many letters and digits a token has.
func weight(token string) int {
	if c, _ := utf8.DecodeRuneInString(token); !wordy(c) {
		return 0
	}
	return utf8.RuneCountInString(token)
}

func join(list []piece, text string, common bool) []piece {
	if n := len(list); n > 0 && list[n-1].common == common {
		list[n-1].text += text
		return list
	}
	return append(list, piece{text, common})
}

// tokens cuts a value into words and single other characters.
func tokens(s string) []string {
	var list []string
	start := 0
	for i, c := range s {
		if wordy(c) {
			continue
		}
		if start < i {
			list = append(list, s[start:i])
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		list = append(list, s[i:i+n])
		start = i + n
	}
	if start < len(s) {
		list = append(list, s[start:])
	}
	return list
}

func wordy(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) }
