package faultproxy

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// Action is what becomes of one request.
type Action struct {
	status int    // answered by the proxy, the server never hears of it
	code   string // S3's, with status
	before bool   // cut before the server hears of it
	after  bool   // cut after the server did it: its answer is lost
	cut    bool   // the answer's body breaks off in the middle
	flip   bool   // a bit of the answer's body is another
	upload bool   // a bit of the request's body is another
	slow   time.Duration
}

// The actions.
var (
	Pass         = Action{}
	ResetBefore  = Action{before: true}
	ResetAfter   = Action{after: true}
	Truncate     = Action{cut: true}
	FlipDownload = Action{flip: true}
	FlipUpload   = Action{upload: true}
)

// Answer gives an error in S3's form instead of the server's answer.
func Answer(status int, code string) Action { return Action{status: status, code: code} }

// Slow lets the answer's body through in small pieces, with a pause before each.
func Slow(pause time.Duration) Action { return Action{slow: pause} }

// Web is a proxy in front of an HTTP server.
type Web struct {
	*httptest.Server
	requests atomic.Int64
}

// Requests is how many requests came so far.
func (w *Web) Requests() int { return int(w.requests.Load()) }

// HTTP starts a proxy that asks plan what to do with each request; they count from
// 1. A host that is part of a signature is passed on.
func HTTP(target string, plan func(n int, r *http.Request) Action) (*Web, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("starting a fault proxy: %w", err)
	}
	w := &Web{}
	forward := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:      log.New(io.Discard, "", 0),
		FlushInterval: -1,
	}
	w.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		a := plan(int(w.requests.Add(1)), r)
		switch {
		case a.before:
			panic(http.ErrAbortHandler) // net/http resets the connection
		case a.status != 0:
			_, _ = io.Copy(io.Discard, r.Body)
			rw.Header().Set("Content-Type", "application/xml")
			rw.WriteHeader(a.status)
			fmt.Fprintf(rw, "<Error><Code>%s</Code><Message>injected</Message></Error>", a.code)
			return
		case a.after:
			forward.ServeHTTP(&nowhere{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		if a.upload {
			flipRequest(r)
		}
		forward.ServeHTTP(&spoiled{ResponseWriter: rw, action: a}, r)
	}))
	w.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.Start()
	return w, nil
}

// flipRequest changes a bit in the middle of a request's body.
func flipRequest(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		body[len(body)/2] ^= 1
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
}

// nowhere swallows an answer.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}

// spoiled does to an answer's body what the action says.
type spoiled struct {
	http.ResponseWriter
	action  Action
	length  int64
	written int64
}

func (s *spoiled) WriteHeader(status int) {
	s.length, _ = strconv.ParseInt(s.Header().Get("Content-Length"), 10, 64)
	s.ResponseWriter.WriteHeader(status)
}

func (s *spoiled) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *spoiled) Write(b []byte) (int, error) {
	middle := s.length/2 - s.written
	inside := s.length > 1 && middle >= 0 && middle < int64(len(b))
	switch {
	case s.action.cut && inside:
		_, _ = s.ResponseWriter.Write(b[:middle])
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	case s.action.flip && inside:
		b = bytes.Clone(b)
		b[middle] ^= 1
	case s.action.slow > 0:
		return s.drip(b)
	}
	n, err := s.ResponseWriter.Write(b)
	s.written += int64(n)
	return n, err
}

// drip writes in eight pieces.
func (s *spoiled) drip(b []byte) (n int, err error) {
	for piece := max(1, len(b)/8); len(b) > 0 && err == nil; {
		time.Sleep(s.action.slow)
		var k int
		k, err = s.ResponseWriter.Write(b[:min(piece, len(b))])
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		n, b = n+k, b[k:]
	}
	return n, err
}
