// Package sample picks a part of a database that stands on its own: every foreign
// key of a picked row finds its target among the picked rows.
//
// # What is picked
//
//   - Roots: of each root table, the rows whose primary key hashes below a
//     threshold. The same user is in the sample every week, as long as salt and
//     percent stay; a higher percent keeps all rows of a lower one.
//   - Down: rows that reference a root, rows that reference those, and so on. A
//     root table is never entered by this way: otherwise one cycle through it
//     (users own teams, teams have users) would pull in everybody.
//   - Own: of a table that no chain of down steps followed by up steps leads to
//     from a root table, the same percent by its own key (or by the text of the
//     whole row if it has no primary key).
//   - Whole: every row of the tables that the options list.
//   - Up: every row that a picked row references, and so on to the end.
//
// Down never starts from a row that was only needed upward, so the sample is the
// smallest that these rules allow. Self-references, cycles of any number of
// tables, several foreign keys between two tables, keys of several columns, keys
// that point at a unique constraint other than the primary key, NOT VALID keys and
// partitions on either side are all plain cases of the two steps.
//
// # How
//
// [Compute] works on the scrubbed database, in one session and one transaction
// that is rolled back: a temporary table per table holds the (tableoid, ctid) of
// picked rows, numbered in the order of arrival. A step over a foreign key joins
// only what arrived since its last turn (semi-naive evaluation: Abiteboul, Hull,
// Vianu, Foundations of Databases, §13.1), until no step finds anything new. Keys
// are compared with the operators of the constraint itself (pg_constraint.conpfeqop).
// Then [Sample.Copy] streams the rows, table by table, to another database.
//
// A row is a root (or own) if the first 64 bits of SHA-256(salt ‖ key), read as an
// integer, are below percent/100 × 2⁶⁴. key is the primary key's text; for keys of
// several columns, and for whole rows, the text of the record.
package sample
