// Package restore builds the new staging database beside the live one and swaps
// the two.
//
//	srv, err := restore.Connect(ctx, cfg)                 // cfg.Database is the live one; it need not exist
//	err = restore.Guard(sourceSystemID, srv.SystemID())   // never production
//	err = srv.NotOlder(cat)                               // than the source
//	err = srv.Preflight(ctx, cat)                         // what would fail later is found now
//	dropped, err := srv.Sweep(ctx, lock)                  // remains of runs that died
//	db, err := srv.Create(ctx, srv.ShadowName(run), cat)
//	leftOut, err := db.PreData(ctx, dump)
//	err = db.OpenLedger(ctx)                              // of the chunks that arrived
//	loader, err := db.Loader(ctx)                         // one a worker; loader.CopyChunk
//	booked, err := db.Booked(ctx)                         // after a fault: what is there
//	missing, err := db.CloseLedger(ctx, chunks)
//	err = db.PostData(ctx, dump, jobs)                   // in so many sessions
//	err = db.SetSequences(…); db.RefreshMatViews(…); db.Analyze(…)
//	notes, err := srv.Promote(ctx, pass, run, db)
//
// A whole dump, with rows, is loaded where no run makes staging, and replaces a
// database that such a dump was loaded into before:
//
//	srv, err := restore.ConnectTarget(ctx, cfg)
//	claim, err := srv.Claim(ctx)                          // one at a time; remains of dead ones are dropped
//	occupant, err := claim.Occupant(ctx, name)            // is it one of ours?
//	contents, err := restore.ReadContents(ctx, dump); err = srv.Fits(ctx, contents)
//	guest, err := claim.Guest(ctx)                        // a role for the dump's SQL, if this one may do harm
//	db, err := srv.Create(ctx, srv.PullName(id), contents.Like()); err = guest.Enter(ctx, db, contents)
//	db.PreData(ctx, dump); db.Data(ctx, dump, rows, copied); db.PostData(ctx, dump, jobs)
//	notes, err := claim.Replace(ctx, id, restore.DatasetMark(run), db, true)
//
// # Names
//
// Beside database D of run R there are D_shadow_R (being built), D_sample_R (a
// sample), D_previous (what was live before, for [Server.Rollback]) and, for a
// moment, D_old_R. A dataset is loaded into D_pull_R, and what it displaces is
// D_replaced_R for a moment; R is then an id of that load's own. Only names that
// end in such an id are ever dropped.
//
// # What a kill leaves behind
//
// Everything up to Promote's transaction touches databases of this run only; the
// next run's Sweep drops them. The transaction renames all or nothing. After it,
// D_old_R may be left, which Sweep drops as well.
//
// # The swap and the sessions in the way
//
// ALTER DATABASE … RENAME locks the database, so that new connections wait, then
// gives the sessions in it five seconds to end. A second session ends them in that
// time. Clients that wait for the lock meanwhile are told that the database was
// just renamed, and find the new one when they connect again. Connections are
// never disallowed by a flag, which a kill would leave set.
//
// # Privileges
//
// The role needs CREATEDB, and membership in the roles that own the live
// database and its objects; pg_signal_backend (or membership in the clients'
// roles) to end their sessions. It need not be a superuser.
package restore
