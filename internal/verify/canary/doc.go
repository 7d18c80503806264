// Package canary tests the program that scrubs, in the run in which it scrubs.
//
// A canary is the row of somebody who doesn't exist: real-looking values, none of
// them reserved for fiction, in every masked column and in every place within one
// (JSON paths and keys, elements, fields, text). Before the first row of a table,
// canaries go through the very writer that scrubs the table's rows, in its COPY
// format. What comes out is taken away again and searched: nothing of a canary
// may be left. It never reaches a database, a bucket or a file.
//
// So a transform that passes values through, a path that no longer matches or a
// rule that keeps what it says it masks stops the run before anything is
// published, with any data of the day. What it costs is a constant
// a table.
package canary
