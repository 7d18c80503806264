package prose

import "refresher/internal/pii"

// Span is a stretch of text to be replaced.
type Span struct {
	Start, End int
	Class      pii.Class
	Fake       []byte // nil: drawn from what the text says
	Silent     bool   // may be an ordinary number: not fingerprinted
}
