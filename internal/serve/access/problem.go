package access

import (
	"encoding/json"
	"net/http"
)

// Problem answers with an error in the form of RFC 9457.
func Problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(ProblemDocument(status, detail))
}

// ProblemDocument is the body of a Problem.
func ProblemDocument(status int, detail string) []byte {
	doc, _ := json.Marshal(map[string]any{ // of strings and a number: it never fails
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
	return append(doc, '\n')
}

// Routes serves a mux, with problems for paths and methods that it doesn't have.
func Routes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		answer := &statusOnly{ResponseWriter: w}
		h.ServeHTTP(answer, r) // of the standard library: it sets Allow
		if answer.status == http.StatusMethodNotAllowed {
			Problem(w, answer.status, "this path doesn't have the method "+r.Method)
			return
		}
		Problem(w, http.StatusNotFound, "there is no such path")
	})
}

// statusOnly keeps the status and the headers of an answer.
type statusOnly struct {
	http.ResponseWriter
	status int
}

func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
