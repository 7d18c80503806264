// Package layout says how the tables of a database lie in a dataset, in any format: which
// tables have files, where the files are, and in which order their rows stand.
//
// # Files
//
// One table is one folder, `tables/<schema>.<table>/`, of files `part-00000.parquet`,
// `part-00001.parquet`, … ([File]); see [Format] for the other ends of names. A
// partitioned table is one folder: its partitions are read through their root.
// Mere inheritance is not: parent and child have each a folder with their own
// rows, since a child can have columns of its own. Foreign tables are left out.
// An empty table has one file without rows, so its columns can be seen. A table
// without columns has no file.
//
// # The same rows make the same bytes
//
// Rows are ordered by primary key (strings bytewise, COLLATE "C"); a table that
// has none is ordered by the text of all its columns ([OrderBy]). The files hold no
// time, host, version or random number.
//
// # Reading
//
// [Each] reads a database in one REPEATABLE READ transaction, whose snapshot several sessions
// share. A file goes to the caller's [Put] as a [Stream], and nothing of it touches the disk.
package layout
