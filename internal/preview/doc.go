// Package preview shows a few rows of production beside what staging will get in
// their place, for the people who write rules.
//
//	page, err := preview.Read(ctx, source, program, table, 3)
//	err = page.Render(terminal, preview.Options{Width: 120, Colour: true})
//
// The rows come out of a real snapshot and go through the very [scrub.Writer],
// with the very key, that a run uses: what is shown is what a run makes.
//
// A page holds raw values. It lives in memory only, and whoever renders it
// decides where they go; nothing here writes to a log, and no error holds one.
//
// What a value can hold it could also do to a terminal: control characters,
// escape sequences and marks that turn the direction of text are shown as
// escapes, as in \x1b and \u202e, and never sent.
package preview
