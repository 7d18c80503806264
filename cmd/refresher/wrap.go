package main

import (
	"strings"

	"github.com/rivo/uniseg"
)

// wrapped is a line of text in lines of at most so many columns, broken between words; lines after the first begin
// with an indent. A longer word, such as a URL, has a line of its own. With 0 columns nothing is broken.
func wrapped(text string, columns, indent int) string {
	if columns == 0 || uniseg.StringWidth(text) < columns {
		return text
	}
	var b strings.Builder
	at, first := 0, true
	for word := range strings.SplitSeq(text, " ") {
		width := uniseg.StringWidth(word)
		switch {
		case first:
			first = false
		case at > indent && at+1+width >= columns:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += width
	}
	return b.String()
}
