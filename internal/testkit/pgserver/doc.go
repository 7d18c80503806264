// Package pgserver runs throw-away PostgreSQL clusters from the binaries that are
// installed: a primary, hot standbys that stream from it for real, and any
// number of separate clusters. Tests and the demo use it.
//
//	primary, err := pgtest.Start(ctx, pgtest.Options{})
//	defer primary.Stop()
//	standby, err := primary.Standby(ctx)     // pg_basebackup, physical slot, streaming
//	staging, err := pgtest.Start(ctx, pgtest.Options{})
//	err = primary.WaitReplay(ctx, standby)   // standby has all that primary committed
//
// In tests, [New] gives a cluster that ends with the test, and [DB] an empty
// database on a cluster that the test binary shares.
//
// # What a cluster is
//
// A real initdb, or a copy of one that [TemplateEnv] keeps, with a system identifier of
// its own either way; UTF-8, locale C,
// superuser "postgres", trust authentication on 127.0.0.1 and on a Unix socket
// inside the cluster's folder, a free port, fsync off. It lives in
// /tmp/refresher-pg-UID/, a short path, because a socket's path is limited to
// about 100 bytes. PostgreSQL refuses to run as root; then its processes run as
// "postgres", or "nobody".
//
// # Cleaning up
//
// Nothing survives the owner, however it dies. Every cluster has a watchdog, a
// shell that waits on a pipe for the owner's end and then stops the server and
// removes the folder; it works after SIGKILL and os.Exit too. Should the
// watchdog be killed as well, the next [Start] on this machine finds the
// folder's lock free and removes the remains.
//
// The package needs a Unix.
package pgserver
