// Package verify proves that no personal data survived a run.
//
// A [Verifier] reads a scrubbed database ([Verifier.Database]), a Parquet file
// ([Verifier.Parquet]) or a pg_dump archive ([Verifier.Dump]) the way its users
// will, cell by cell, and looks for two things:
//
//   - survivors: values of the source, known by their keyed fingerprints
//     (package fingerprint), anywhere in a cell, in a JSON key or value, an
//     array, free text;
//   - detections: values that are personal data by shape and checksum (package
//     detect) and that no generator of ours could have made (package fake).
//
// A database is checked for more: each of its tables and columns has a rule and
// each rule its column (coverage), each table has the rows that left the source,
// tables of `rows: none` are empty, constraints and indexes are valid. What is
// not rows can hold personal data too: column defaults, comments, enum labels,
// view and function definitions, names and the like are scanned as schema text.
//
// # Strong and weak
//
// A strong finding refuses the run; a weak one is reported, and refuses only
// with [Options.Strict]. Weak are: detections by shapes that chance can make;
// detections in schema text (a survivor there is as strong as anywhere, unless the
// rules allow its value in some column); and numbers, where the column says they are chance.
// A number of digits alone that equals a source phone or identity number is
// weighed against the hits that so many numbers would produce by chance
// (fingerprint.Matcher.Expected): the column's hits are strong if chance alone
// would give as many less than once in a thousand. Full names of two words are weighed
// by how often those words stand in the column apart from each other. A bare number with a valid
// card check digit is strong if every fifth bare number of its column is one,
// in a column of a numeric type every second; of numbers that begin as cards do,
// chance makes one in ten.
//
// # What is never printed
//
// A finding names table, column, row (ctid or ordinal), class and a redacted
// [Shape] such as "j***@g***.com". The value itself is in no result, error or log.
//
// # The pass
//
// [Judge] turns results into a [pass.Pass], the proof without which nothing is
// promoted or published, or into a [fault.Refusal] that lists the findings.
//
// Reading is parallel and streams: memory depends on the number of workers and
// columns and the largest row, not on the data's size.
package verify
