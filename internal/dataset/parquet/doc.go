// Package parquet writes the tables of a database as Parquet files.
//
// [Export] reads a scrubbed database and hands every file to the caller's [layout.Put] as a
// stream; nothing is buffered beyond one row group a worker, and nothing touches
// the disk. Package layout says where the files are and how their rows are ordered. A part
// ends after a fixed number of rows and a row group after a fixed number of bytes, so that the
// same rows make the same bytes.
//
// # Types
//
//	PostgreSQL                          Parquet
//	boolean                             BOOLEAN
//	smallint, integer, bigint           INT32 INT(16), INT32 INT(32), INT64 INT(64)
//	oid                                 INT32 INT(32, unsigned)
//	real, double precision              FLOAT, DOUBLE
//	numeric(p,s), p ≤ 38, 0 ≤ s ≤ p     DECIMAL(p,s) on INT32, INT64 or FIXED_LEN_BYTE_ARRAY(16)
//	numeric (any other)                 STRING
//	text, varchar, char(n), name, "char" STRING (char(n) without its padding, as ::text prints it)
//	uuid                                FIXED_LEN_BYTE_ARRAY(16) UUID
//	json, jsonb                         JSON
//	date                                INT32 DATE
//	timestamp, timestamptz              INT64 TIMESTAMP(MICROS), adjusted to UTC for timestamptz only
//	time                                INT64 TIME(MICROS), not adjusted to UTC
//	bytea                               BYTE_ARRAY
//	enums, interval, inet, xml, ranges,
//	composites and every other type     STRING: PostgreSQL's own text (IntervalStyle postgres, TimeZone UTC)
//	domain                              as the type it is over
//	array of any of these               LIST of optional elements
//
// A NOT NULL column is required, any other optional.
//
// PostgreSQL knows values that these Parquet types don't: ±infinity in dates and
// timestamps (and years after 294246), NaN in numeric(p,s), 24:00 in time, arrays
// of two dimensions or with a lower bound other than 1. Such a value never
// becomes NULL or another value: before a table is written, one pass in the same
// snapshot asks whether a column holds any, and if so the whole column is STRING
// with PostgreSQL's own text, in all parts of the table, and [layout.Column.AsText] says
// why. Text must be UTF-8; a SQL_ASCII database that holds other bytes is an error.
package parquet
