// Package detect finds personal data in text by shape, checksum and context.
package detect

import "refresher/internal/pii"

// Hit is one detected value: text[Start:End].
type Hit struct {
	Class      pii.Class
	Start, End int
	Strong     bool // a checksum or unmistakable shape; a weak hit is only reported
}

// Detector scans text. It has scratch space, so one goroutine uses it at a time.
type Detector struct{}

// New returns a detector of all classes.
func New() *Detector { panic("TODO") }

// Scan appends the hits in text to dst, in order and without overlap. Its time
// is linear in len(text) for every input.
func (d *Detector) Scan(dst []Hit, text []byte) []Hit { panic("TODO") }

// Whole returns the class of text taken as one value (a whole cell), pii.None if none.
func (d *Detector) Whole(text []byte) pii.Class { panic("TODO") }
