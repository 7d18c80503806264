// Package postdata runs what pg_restore writes of a dump's section post-data (indexes, constraints, triggers, policies)
// in several sessions.
//
// pg_restore writes the statements, but doesn't run them. Its jobs know neither
// how large a table is, nor that an entry on a partitioned table locks its
// partitions, on which they deadlock; and foreign keys to one table wait for one
// another there. Here they are added NOT VALID, which is a moment's work, and
// validated side by side, for which a weaker lock is enough (ALTER TABLE, Notes).
package postdata
