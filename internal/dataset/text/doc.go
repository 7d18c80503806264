// Package text writes the tables of a database as CSV and as JSON lines.
//
// The server writes the rows (COPY), so that values look as psql and pg_dump show them; this
// package cuts them into parts and packs these with gzip. [Export] reads a scrubbed database and
// hands every file to the caller's [layout.Put] as a stream: memory depends on the longest row
// and the number of workers. Package layout says where the files are and how their rows are
// ordered. A part ends after a fixed number of rows, or of bytes before they are packed, so that
// the same rows make the same bytes. Text must be UTF-8; a SQL_ASCII database that holds other
// bytes is an error.
//
// # CSV
//
// As COPY writes it with FORMAT csv: commas, UTF-8, a line of column names in every part, lines
// that end with a line feed, values quoted with " where they must be. NULL is an empty field and an empty string is "".
// Every value is PostgreSQL's own text (DateStyle ISO, IntervalStyle postgres, TimeZone UTC, bytea_output hex), so that
// COPY … (FORMAT csv, HEADER) into a table of the same columns makes the same rows.
//
// # JSON lines
//
// An object a row, as row_to_json writes it:
//
//	NULL                                null
//	boolean                             true, false
//	numbers                             numbers, with all their digits; NaN and infinity are strings
//	json, jsonb                         as they are; line breaks between their parts become spaces
//	arrays                              arrays; one with a lower bound other than 1 is a string
//	composites                          objects; those that hold an array are strings
//	dates and times                     strings in ISO 8601, with T; infinity and years BC as PostgreSQL writes them
//	all others                          strings of PostgreSQL's own text
//
// json_populate_record makes the same row of it, with two exceptions: a json column's value null
// becomes NULL, and the white space in a json value is another.
package text
