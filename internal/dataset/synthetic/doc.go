// Package synthetic makes a database of rows that stand for nobody: from a schema, its constraints and released
// statistics of the rows that it stands for, and from nothing else.
//
// # Statistics
//
// [Measure] counts on the scrubbed database, by a statement for each column and each foreign key. What it releases are
// [Statistics], a value that can be written as JSON and read again: numbers of rows, of NULLs, of rows with a value
// or in an interval, and of parents by how many children they have. Counts are released in one of two ways (see
// [Method]): rounded down to multiples of k, so that what has fewer than k rows isn't there, or with noise, so that
// they are differentially private for one row. Values are those of columns for which the caller's [Policy] lets
// them be released; intervals are fixed by the type, not by the data.
//
// # Rows
//
// [New] plans a database from a catalog, of which it looks at the schema alone, and the statistics. Each value is a
// pure function of the seed, its table, its row's number and its column, so nothing is
// remembered while rows are written: a foreign key computes the value of the row that it refers to.
//
//   - A foreign key chooses by a [spread]: rows are cut into runs, one for each parent, as long as the released
//     histogram says; a permutation of the rows and one of the parents hide the order. A row's place within its run
//     is known, too.
//   - A unique key is kept by a column that counts the rows, or by a spread and columns that count within the runs.
//   - A CHECK constraint, of a domain or a partition's bounds too, is read as far as it is understood ([expr]).
//     Lists, limits, lengths and patterns say what is drawn; the rest is evaluated, and the columns that it reads
//     are drawn again until it holds. What is not understood of one column is tried by the server on drawn values
//     ([Ask]); of several columns it is left to the server, which refuses the rows.
//
// A foreign key to the table itself refers to an earlier row, so there is no cycle. One that shares a column with
// another finds its row among those that have the same there ([link]).
//
// [Options.Try] finds most of what can't be made before there are statistics.
package synthetic
