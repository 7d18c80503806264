// Package document rewrites JSON documents where they lie: chosen values are
// replaced, what no path names is redacted, and all other bytes (white
// space, key order, escapes, digits of big numbers, duplicate keys) stay as
// they are. Nothing is decoded into values and encoded again.
//
// # Paths
//
//	plan             the key plan of the root object
//	contact.email    a key of an object within
//	"odd.key".x      a key that holds . [ ] " * or white space is quoted as in SQL, " doubled
//	tags[*]          every element of an array; tags[0] one of them
//	tags[1:3]        elements 1 and 2; tags[:3] the first three, tags[3:] all others
//	*.email          * is any one key
//	**.email         ** is any number of steps, keys or elements, also none
//	(empty)          the document itself
//
// Where several paths match one value the most specific decides. Where neither is
// more specific, one that replaces beats one that keeps, and two that replace
// differently are a conflict, unless a third path settles it.
//
// # What happens to a value
//
//   - [Keep]: it stays byte for byte, with everything in it, except what another
//     path names (unless the kept path is the more specific of the two).
//   - an action of a [Rule]: a string, number, boolean or null is handed to the
//     caller's function, which writes what replaces it. An object or array at
//     such a path is not what the rule expected: what is in it counts as
//     unlisted, unless the rule is Whole, when it is handed over as it is.
//   - unlisted: a string, number, boolean or null is handed over with the
//     action [Unlisted]; [AppendRedacted] is the usual answer, [ErrDrop] another.
//     Objects and arrays keep their shape.
//
// # Keys
//
// A key can be personal data too (a map keyed by e-mail address). A key stays
// only if a path names it or if it is within a kept value. Where * stands for it,
// it becomes what [Keys].Alias says, which is the same for the same key, unless
// [Keys].Keep. So does one for which the ** stands that ends the path of a Prose
// rule, unless [Keys].Keep or [Keys].Plain. Every other key becomes key1, key2, …
// by its place among those of its object.
// Equal keys are told apart by nothing: each is treated by itself. Keys are
// compared unescaped: "\u0065mail" is email.
package document

import "strconv"

// Actions that are not the caller's own.
const (
	Unlisted = -1 // no path names the value
	Keep     = -2 // the value stays, and all within it
)

// Rule is what a path asks for.
type Rule struct {
	Action int  // the caller's own number ≥ 0, or Keep
	Whole  bool // objects and arrays too are handed over, as one value
	Prose  bool // it changes texts alone, so the keys of a program stay below it
}

// Keys says what becomes of keys, elements and attributes that no path names.
type Keys struct {
	Keep  bool                                               // those that a * stands for stay
	Plain func(key []byte) bool                              // reports a word of the program; nil: none is
	Alias func(dst []byte, prefix string, key []byte) []byte // appends what stands for one; nil: they are numbered
	Drop  func(key []byte)                                   // is shown those that are numbered; may be nil
}

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds of value. Objects and arrays are handed over only for Whole rules.
const (
	String Kind = iota
	Number
	Bool
	Null
	Object
	Array
)

// Leaf is one value as it stands in the document. It is valid until the function
// that received it returns.
type Leaf struct {
	Path string // the rule's path as its author wrote it, "" when unlisted: never a key of the document
	Kind Kind
	Raw  []byte // the token as in the document
	Text []byte // a string unescaped, anything else as in Raw
}

// Apply appends the JSON value that replaces a leaf.
type Apply func(dst []byte, action int, leaf *Leaf) ([]byte, error)

// MaxDepth is how deep arrays and objects may be nested; PostgreSQL's own stack
// limit lies below it.
const MaxDepth = 10000

// SyntaxError is a document that is not JSON. It holds no content.
type SyntaxError struct {
	Offset int // where, in bytes from the start
	Reason string
}

func (e *SyntaxError) Error() string {
	return "not valid JSON: " + e.Reason + " at byte " + strconv.Itoa(e.Offset)
}

// PathError is a path that can't be used.
type PathError struct {
	Path   string // as its author wrote it
	Reason string
}

func (e *PathError) Error() string {
	if e.Path == "" {
		return "the empty path: " + e.Reason
	}
	return "path " + e.Path + ": " + e.Reason
}
