// Package faultproxy stands between a program and its servers and breaks what goes
// through, at a byte or a request that the test names. Only tests use it.
//
//	p, err := faultproxy.Listen("127.0.0.1:5432")    // TCP, for PostgreSQL
//	p.At(100_000, p.Cut)                              // after 100,000 bytes from now: reset all connections
//	p.At(0, func() { p.Stall() })                     // or go silent
//
//	h, err := faultproxy.HTTP("http://127.0.0.1:7070", func(n int, r *http.Request) faultproxy.Action {
//		if n == 7 { return faultproxy.Answer(503, "SlowDown") }
//		return faultproxy.Pass
//	})
package faultproxy
