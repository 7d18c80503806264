// Package sample picks a part of a database that stands on its own: every foreign
// key of a picked row finds its target among the picked rows.
//
// # What is picked
//
//   - Roots: of each root table the rows that were asked for: a share, a number, those of a condition, or
//     those with listed keys. Shares and numbers go by a keyed hash of the primary key: the same user is in
//     the sample every week, as long as the salt stays, and a larger share holds all rows of a smaller one.
//   - Down: rows that reference a root, rows that reference those, and so on; where
//     [Options.Children] limits them, the first of each referenced row by each key. A
//     root table is never entered by this way: otherwise one cycle through it
//     (users own teams, teams have users) would pull in everybody.
//   - Own: of a table that no chain of down steps followed by up steps leads to
//     from a root table, a share by its own key (or by the text of the
//     whole row if it has no primary key).
//   - Whole: every row of the tables that the options list.
//   - Up: every row that a picked row references, and so on to the end.
//
// Down never starts from a row that was only needed upward, so the sample is the
// smallest that these rules allow. Self-references, cycles of any number of
// tables, several foreign keys between two tables, keys of several columns, keys
// that point at a unique constraint other than the primary key, keys within a primary key, NOT VALID keys,
// references that only the rules know, and partitions on either side are all plain cases of the two steps.
//
// If that is more than a [Budget] allows, all shares are multiplied by the largest 0.95ⁿ with which
// it fits. What is asked for by name (keys, whole tables) and what that needs stays; if it doesn't fit, there
// is no sample but a refusal that says what brings the rows.
//
// # How
//
// [Compute] works on the scrubbed database, in one transaction
// that is rolled back: a temporary table per table holds the (tableoid, ctid) of
// picked rows, numbered in the order of arrival. A step over a foreign key joins
// only what arrived since its last turn (semi-naive evaluation: Abiteboul, Hull,
// Vianu, Foundations of Databases, §13.1), until no step finds anything new. Picked rows are read by their ctid, in
// order; only a step to children without an index scans a table. Keys
// are compared with the operators of the constraint itself (pg_constraint.conpfeqop).
// Then [Sample.Copy] streams the rows, table by table, to another database.
//
// A row is in a share if the first 64 bits of SHA-256(salt ‖ key), read as an
// integer, are below percent/100 × 2⁶⁴. key is the primary key's text; for keys of
// several columns, and for whole rows, the text of the record. A second, read-only session streams the
// keys of roots and the hashes are computed here, so that no statement carries the salt: servers keep
// statements in logs and in pg_stat_statements.
package sample
