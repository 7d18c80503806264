package main

import (
	"syscall"
	"time"

	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/pgserver"
)

// faultKinds are all ways to break a run that this suite knows.
func faultKinds() []faultKind {
	kinds := []faultKind{
		{
			"source: connections cut at a random byte",
			0,
			60,
			cutAt(func(f *faultSite) *faultproxy.Proxy { return f.toSource }),
		},
		{
			"staging: connections cut at a random byte",
			0,
			60,
			cutAt(func(f *faultSite) *faultproxy.Proxy { return f.toStaging }),
		},
		{
			"bucket: connections cut at a random byte",
			0,
			30,
			cutAt(func(f *faultSite) *faultproxy.Proxy { return f.toS3 }),
		},
		{"staging: connections cut while copying", 1, 12, cutWhileCopying},
		{"source: silent at a random byte", 0, 12, stallAt(func(f *faultSite) *faultproxy.Proxy { return f.toSource })},
		{"staging: silent while copying", 0, 8, stallWhileCopying},
		{"bucket: silent at a random byte", 0, 8, stallAt(func(f *faultSite) *faultproxy.Proxy { return f.toS3 })},
		{"source: the role's time-outs are tiny", 0, 2, tinyTimeouts("SOURCE")},
		{"staging: the role's time-outs are tiny", 0, 2, tinyTimeouts("STAGING")},
		{"source: recovery conflict in a running COPY", 0, 5, conflictInCopy},
		{"source: the exporter's session is ended", 0, 6, exporterEnded},
		{"source: DDL on a table that is read", 0, 6, ddl},
		{"source: TRUNCATE on the primary", 1, 6, truncate},
		{
			"source: killed and restarted",
			0,
			12,
			restartAt(func(f *faultSite) (*faultproxy.Proxy, *pgserver.Cluster) { return f.toSource, f.standby }),
		},
		{
			"staging: killed and restarted",
			0,
			12,
			restartAt(func(f *faultSite) (*faultproxy.Proxy, *pgserver.Cluster) { return f.toStaging, f.staging }),
		},
		{"staging: killed and restarted while copying", 1, 6, restartWhileCopying},
		{
			"source: sessions ended as a stage begins",
			0,
			18,
			sessionsEnded(func(f *faultSite) *pgserver.Cluster { return f.standby }),
		},
		{
			"staging: sessions ended as a stage begins",
			0,
			18,
			sessionsEnded(func(f *faultSite) *pgserver.Cluster { return f.staging }),
		},
		{"SIGTERM at a random moment", 0, 50, signalled(syscall.SIGTERM)},
		{"SIGKILL at a random moment", 0, 50, signalled(syscall.SIGKILL)},
		{"staging: out of disk", 0, 12, outOfDisk()},
		{"bucket: killed in a multipart upload", 0, 8, inUpload(func(f *faultSite, at int64) (int, string) {
			cmd := f.process("run")
			watch := f.stages(cmd)
			f.toS3.At(at, func() { _ = cmd.Process.Kill() })
			return exitOf(cmd.Wait()), watch.all()
		})},
		{"bucket: SIGTERM in a multipart upload", 0, 8, inUpload(func(f *faultSite, at int64) (int, string) {
			cmd := f.process("run")
			watch := f.stages(cmd)
			f.toS3.At(at, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
			return exitOf(cmd.Wait()), watch.all()
		})},
		{"bucket: cut in a multipart upload", 0, 8, inUpload(func(f *faultSite, at int64) (int, string) {
			f.toS3.At(at, f.toS3.Cut)
			return f.refresh(nil)
		})},
		{"two runs at once", 0, 15, twoAtOnce},
		{"the clock jumps", 0, 8, clockJumps},
	}
	for _, k := range []struct {
		name   string
		few    int
		many   int
		action faultproxy.Action
	}{
		{"bucket: HTTP 500, once", 0, 14, faultproxy.Answer(500, "InternalError")},
		{"bucket: throttled (503 SlowDown), once", 0, 14, faultproxy.Answer(503, "SlowDown")},
		{"bucket: reset before the request, once", 0, 14, faultproxy.ResetBefore},
		{"bucket: the answer is lost, once", 0, 14, faultproxy.ResetAfter},
		{"bucket: the answer breaks off, once", 0, 14, faultproxy.Truncate},
		{"bucket: slow bodies, once", 0, 8, faultproxy.Slow(30 * time.Millisecond)},
		{"bucket: wrong bytes in an answer, once", 0, 14, faultproxy.FlipDownload},
		{"bucket: wrong bytes in an upload, once", 0, 14, faultproxy.FlipUpload},
	} {
		kinds = append(kinds, faultKind{k.name, k.few, k.many, request(k.action, false)})
	}
	for _, k := range []struct {
		name   string
		few    int
		many   int
		action faultproxy.Action
	}{
		{"bucket: HTTP 500 from then on", 0, 8, faultproxy.Answer(500, "InternalError")},
		{"bucket: throttled from then on", 0, 8, faultproxy.Answer(503, "SlowDown")},
		{"bucket: credentials expired from then on", 1, 10, faultproxy.Answer(403, "ExpiredToken")},
		{"bucket: out of space from then on", 0, 4, faultproxy.Answer(507, "InsufficientStorage")},
	} {
		kinds = append(kinds, faultKind{k.name, k.few, k.many, request(k.action, true)})
	}
	return kinds
}
