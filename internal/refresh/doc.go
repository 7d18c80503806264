// Package refresh is the order of a run, and nothing else.
//
// A run goes through these stages; each needs the one before it, and a failure
// in any of them leaves the previous staging database and the previous datasets
// exactly as they were:
//
//	guard      connect, compare the clusters, read the catalog, compile the rules, take the lock, probe the buckets
//	schema     pg_dump --schema-only under the snapshot; the shadow database's pre-data
//	data       COPY chunks out of the replica, scrub them, COPY them into the shadow
//	post-data  indexes, constraints and triggers
//	analyze    sequences, materialised views, ANALYZE
//	before_promote  files of SQL and programs in the shadow (hooks, staging.after), if there are any
//	objects    objects beside the database are scrubbed into their targets, staged under runs/<run>/, if there are any
//	verify     coverage, row counts, constraints, survivors and detectors over the shadow
//	datasets   the foreign-key-closed sample; dumps and Parquet, staged under runs/<run>/
//	read-back  every object is read from its bucket again, compared and verified
//	promote    the shadow becomes staging in one transaction; then each bucket's latest.json
//	after_promote  SQL, programs, HTTP requests and Redis (hooks), if there are any; what fails is a warning
//
// Up to and including read-back nothing in use has changed.
//
// In schema and data a fault that passes by itself doesn't end the run ([Retry]).
// While the source holds the snapshot, the run goes on in it: what the shadow's ledger
// of chunks doesn't name is copied again, so that every row arrives exactly once
// even if connections, answers or the staging server were lost. If the snapshot is
// lost (a recovery conflict, a migration, a restart of the standby), the run starts
// over from a new one. Both are bounded, and the report says how often and why.
package refresh
