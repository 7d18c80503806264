// Package lake scrubs objects that stand beside a database in a bucket: CSV, JSON
// lines, also compressed, and Parquet, by the rules, domains and key of the database, so that a person
// is the same fake in both.
//
// # From an object to its copy
//
// [NewPlan] holds objects against rules before a row is read: which pattern takes each, which
// columns its header or footer names, and what its key holds. Objects whose columns are alike
// share a table, which [Plan.Files] hands to [scrub.Compile] with the tables of the database.
// Then an [Engine] makes the key of each copy ([Engine.Name]) and streams rows through the
// scrubber of that table ([Engine.Scrub]) to one or several outputs. An output that is sampled
// gets the rows whose key the database's sample holds.
//
// # What stays
//
// Of CSV and JSON lines, every byte that no rule changes: quotes, line breaks, white space,
// the order and spelling of members. Nothing but values is taken from compressed files.
//
// A Parquet file is written anew. Rows keep their shape: each value is replaced where it
// stands, also in lists and groups.
//
// # What is refused
//
// A column, a member on a line's own level, or a value in a key without a rule; bytes that
// are no UTF-8; CSV that readers take apart in different ways (RFC 4180 decides); lines that
// are no JSON objects; records above 32 MiB. An error names the object, with what looks
// personal in its key left out, row and column, and never a value.
//
// # Memory
//
// Some batches of 256 KiB for each goroutine, and the longest record. A row group of a Parquet
// file is scrubbed in pieces of some 8 MiB, of which [Engine.Pieces] are in memory at a time:
// the values of the columns that a rule changes, and the row group that is written. Columns that
// are kept pass page by page. Of a file, at most 16 MiB are read ahead of the columns, or 64 KiB of each where it
// has very many.
package lake
