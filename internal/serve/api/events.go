package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"refresher/internal/serve/access"
)

// Limits of streams of events.
const (
	maxStreams = 200
	// streamTime is how long a stream lasts: then the client connects again, and is asked again who
	// it is.
	streamTime = time.Hour
	// heartbeat is how often a stream without events shows that it is alive; proxies end silent ones.
	heartbeat = 15 * time.Second
	// writeTime is how long a client may take to read an event.
	writeTime = 10 * time.Second
)

// Streams are the streams of events that are open.
type Streams struct {
	mu     sync.Mutex
	open   int
	closed chan struct{}
}

// NewStreams has none yet.
func NewStreams() *Streams { return &Streams{closed: make(chan struct{})} }

// Close ends all of them: a server that shuts down waits for its requests.
func (s *Streams) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
}

func (s *Streams) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= maxStreams {
		return false
	}
	s.open++
	return true
}

func (s *Streams) leave() { s.mu.Lock(); s.open--; s.mu.Unlock() }

// events is a stream of server-sent events: first the state of each pipeline, then each that
// changes.
func (a *api) events(w http.ResponseWriter, r *http.Request) {
	if !a.streams.enter() {
		w.Header().Set("Retry-After", "30")
		access.Problem(w, http.StatusServiceUnavailable, "too many streams are open")
		return
	}
	defer a.streams.leave()
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // of the server's: a stream outlasts it
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	send := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(writeTime))
		_, err := fmt.Fprint(w, text)
		return err == nil && out.Flush() == nil
	}
	state := func(v any) bool {
		doc, err := json.Marshal(v)
		return err == nil && send(fmt.Sprintf("event: pipeline\ndata: %s\n\n", doc))
	}
	changes := a.control.Events(r.Context())
	ok := send("retry: 5000\n\n")
	for _, p := range a.control.Pipelines(r.Context()) {
		ok = ok && state(p)
	}
	end, beat := time.NewTimer(streamTime), time.NewTicker(heartbeat)
	defer end.Stop()
	defer beat.Stop()
	for ok {
		select {
		case <-r.Context().Done():
			return
		case <-a.streams.closed:
			return
		case <-end.C:
			return
		case <-beat.C:
			ok = send(": alive\n\n")
		case p, more := <-changes:
			ok = more && state(p)
		}
	}
}
