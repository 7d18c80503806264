// Package snapshot reads one consistent state of the source database with as
// many sessions as wanted, and cannot write to it.
//
//	src, err := snapshot.Open(ctx, snapshot.Options{Config: cfg, Run: run})   // guard, catalog
//	defer src.Close(ctx)
//	... compile the rules against src.Catalog(), refuse what they don't cover ...
//	err = src.Lock(ctx, tables)                                              // privileges, locks, snapshot
//	err = src.DumpSchema(ctx, path)
//	r, err := src.Reader(ctx)                                                // one a worker
//	rows, err := r.CopyOut(ctx, chunk, columns, pgcopy.Binary, w)            // for each of src.Chunks(table)
//
// # Guard
//
// Every session is read only (default_transaction_read_only, REPEATABLE READ
// READ ONLY), named refresher/RUN in pg_stat_activity, waits for locks no longer
// than a limit, uses no parallel workers and notices when its client is gone.
// row_security is off: the server refuses rather than filters. The source should
// be a hot standby: Open warns if it isn't, or refuses with RequireReplica.
//
// # Why the locks come first
//
// A snapshot protects rows from VACUUM but not from TRUNCATE or a rewrite of
// the table, after which it silently sees an empty table. So Lock takes ACCESS
// SHARE on every table that will be read in one transaction, then the snapshot
// in the same transaction, and only then looks at the catalog again: if a table
// or column differs from what Open saw, Lock fails. From then on a TRUNCATE on
// the primary conflicts with the lock: it waits, or (on a standby) the server ends
// the session that holds the snapshot. That is noticed because every CopyOut ends
// with a look at that session: data read after the locks were lost is never
// reported as good.
//
// # One instance
//
// A snapshot's name means something on one server instance only, yet another
// one could accept the same name. All sessions, pg_dump's too, dial the address
// that the first one reached, and each compares the system identifier, the
// server's start time and address with the first one's.
package snapshot
