// Package scrub turns a ruleset into a program, and rows of production into rows that
// identify nobody.
//
// # Compiling
//
// [Compile] checks a ruleset against a catalog before a row is read: every table
// and column must have a rule, every rule must name a transform that serves the
// column's type, length, NULLs and unique indexes, and foreign keys must still
// hold afterwards. All problems come at once, with file, line and column. What
// compiles can be run.
//
// # Running
//
// A [Writer] is an io.Writer: it is fed with a table's COPY stream and writes
// the scrubbed stream. Only ruled fields are touched; the bytes between them are
// copied as they are. In the steady state it allocates nothing. An error names
// table, row and column, never a value, and ends the stream: nothing passes
// through because it could not be handled.
//
// # What a transform does to a value
//
// NULL stays NULL, and a text without anything but white space stays as it is:
// both say nothing of anybody. Every other value of an identifying class is
// replaced by a fake (see package fake) drawn by
//
//	PRF(key, domain ‖ 0 ‖ normal form of the value)
//
// (see package prf), so one key, one domain and one value give one output: in every table, every
// run, every week. A domain is by default the transform's own name, and is a
// parameter where, say, staff and customers must not be linked. The normal form
// is part of the domain: e-mails are lower-cased and trimmed, numbers reduced to
// their digits, names folded in case and spacing.
//
// The shape of fakes (with or without names in an e-mail, how long a token) is
// chosen for a domain as a whole, by its narrowest column; never by the size of
// a table, so that growth doesn't reshuffle what last week's staging showed.
//
// # Persons
//
// Where a table names its subject, names and dates are drawn by the subject
// instead: names by the digest of the person's e-mail address, so that they agree
// with it although every address maps by its value alone; dates by the digest of
// the subject's value. The address, and for free text all identifiers of the
// person, are read beside the row ([TablePlan].Join), used, and not written.
//
// # Evidence
//
// While values stream by, their fingerprints are collected, so that package
// verify can prove that none survives.
//
// # Canaries
//
// Before a table's first row its writer gets a rehearsal ([Writer.Rehearse]): rows of
// invented people, made from the plan itself, of which nothing may come out. So every
// run tests the program that it scrubs with.
//
// # From a rule to a value
//
// In the order in which a value meets them:
//
//   - rules.Rule: a rule as it is written.
//   - choice: the rule of one column, its own or that of a column it refers to.
//   - op: that rule, checked against the type of what it is for; rules within arrays,
//     documents and lists of conditions are ops within it.
//   - transform.Masker: what the rule's transform does to one canonical text. A domain
//     has one for each family of types.
//   - columnPlan: the field of a [TablePlan] that the op changes, with the transform.Bind
//     that makes a cell of it.
//   - boundCell: the columnPlan in one [Writer], with its transform.Cell, which takes a
//     field's bytes and appends what stands in their place.
//
// docs/architecture.md follows one value through all rooms.
//
// # Where things are
//
// compile.go, resolve.go: choices and ops. keys.go, indexes.go, unique.go: what must hold
// between rows. plan.go: cells. writer.go, cases.go, output.go: rows at work. canary*.go:
// the rehearsal. Package transform holds the transforms, one constructor of a Definition
// each; docs/adding-a-transform.md says how one is added.
package scrub
