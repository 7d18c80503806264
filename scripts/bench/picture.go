package main

import (
	"fmt"
	"html"
	"strings"
)

// picture draws a bar for each contestant's median, refresher's in two parts: what a copy without
// proof has too, and the rest. It follows the reader's colour scheme.
func (r *result) picture() string {
	const left, width, step = 130, 520, 30
	longest, rows := 0.0, 0
	for _, c := range contestants() {
		if s := r.median(c.name, seconds); s > 0 {
			longest, rows = max(longest, s), rows+1
		}
	}
	var b strings.Builder
	fmt.Fprintf(
		&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="Seconds of each contestant, %s, %g GB">
<style>text{font:13px system-ui,sans-serif;fill:#222}.a{fill:#8a94a6}.b{fill:#2f6fde}.c{fill:#79a7f2}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>
`,
		left+width+110,
		rows*step+36,
		r.Data,
		r.GB,
	)
	y := 8
	bar := func(class string, from, s float64) {
		fmt.Fprintf(
			&b,
			`<rect class="%s" x="%.1f" y="%d" width="%.1f" height="20" rx="2"/>`+"\n",
			class,
			left+from/longest*width,
			y,
			s/longest*width,
		)
	}
	for _, c := range contestants() {
		s := r.median(c.name, seconds)
		if s == 0 {
			continue
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, y+15, html.EscapeString(c.name))
		if plain := r.median(c.name, unproved); plain > 0 {
			bar("b", 0, plain)
			bar("c", plain, s-plain)
		} else {
			bar("a", 0, s)
		}
		fmt.Fprintf(
			&b,
			`<text x="%.1f" y="%d">%.1f s, %.2f ×</text>`+"\n",
			left+s/longest*width+6,
			y+15,
			s,
			r.times(c.name, seconds, floor),
		)
		y += step
	}
	fmt.Fprintf(
		&b,
		`<rect class="b" x="%d" y="%d" width="12" height="12"/><text x="%d" y="%d">moved and masked</text>`+"\n",
		left,
		y+2,
		left+18,
		y+13,
	)
	fmt.Fprintf(
		&b,
		`<rect class="c" x="%d" y="%d" width="12" height="12"/><text x="%d" y="%d">checked, verified, published</text>`+"\n</svg>\n",
		left+160,
		y+2,
		left+178,
		y+13,
	)
	return b.String()
}
