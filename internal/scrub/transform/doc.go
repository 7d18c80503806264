// Package transform holds what can be put in a value's place: one [Definition] for each
// transform, and what they share.
//
// A Definition says all that is particular to a transform. Its Build makes a [Masker] for
// each family of types that the places of a [Domain] have; a Masker replaces one canonical
// text by another. Most draw a fake by
//
//	PRF(key, domain ‖ 0 ‖ normal form of the value)
//
// so one key, one domain and one value give one output (see identity). A [Row] is what a
// masker knows of the row that the value stands in, and the scratch space of one writer:
// maskers themselves hold no state, and one serves all writers.
//
// A value that a masker can't handle is an error, which holds no value: it never passes
// through, and never becomes NULL.
package transform
