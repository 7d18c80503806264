// Package pull loads a published dataset into a database, for a developer.
//
// In order, so that each step can still be refused without a trace:
//
//	guard      the bucket's manifest, the server, and what stands under the target's name
//	download   the run's pg_dump into a private file, compared with the manifest on the way;
//	           one that was interrupted is gone on with
//	schema     a database beside the target, made of the dump's tables
//	data       its rows, in several sessions; of some tables only, if [Options] say Only
//	post-data  indexes, constraints, triggers
//	analyze    the planner's statistics
//	check      the rows of every table, counted, are those that the manifest names
//	swap       the new database gets the target's name by one transaction
//
// Until the swap the target is what it was, and a pull that fails or is interrupted
// drops what it built. A kill leaves a database and a folder, which the next pull to
// that target removes.
//
// [Folder] downloads files of another format instead, and [List] tells which runs there are.
//
// # What is replaced
//
// A name that is free, a database that is empty, or one that a pull put there,
// which a mark says that no copy inherits (restore.Occupant). Anything else only if
// [Options] say Replace. What is replaced stays as NAME_previous, and the
// NAME_previous before that is dropped, for which the same rule holds. So a
// mistyped target is refused, not replaced.
//
// # Privileges
//
// A dataset's SQL runs as the role of the target's URL if that may do no harm, and
// otherwise as a role of its own (restore.Guest). Statements that pg_dump writes for no
// database are refused, and so are extensions that may do more than compute.
//
// The role needs CREATEDB, and to be a member of the owner of what it replaces. The
// dump's owners and privileges stay behind: those of the database that is replaced
// are carried over, as far as its objects are still there.
package pull
