package s3sink

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Error is a bucket operation that failed, in words that name the fix.
type Error struct {
	Bucket string
	Op     string // S3 operation, e.g. "PutObject"; of a folder: what was attempted
	Key    string // object or prefix; empty for the bucket itself
	Code   string // S3 error code, empty if the server did not answer
	Reason string // what happened and what to do
	status int    // as HTTP has it; a folder says 404 and 412 likewise
	cause  error  // a cancelled or timed-out context, nothing else
	odd    bool   // the server's answer, not its failure, is what is wrong
	torn   bool   // the object's bytes did not come whole, or don't fit their checksum
}

func (e *Error) Error() string {
	s := fmt.Sprintf("bucket %q: %s", e.Bucket, e.Op)
	if e.Key != "" {
		s += " " + e.Key
	}
	return s + ": " + e.Reason
}

// Unwrap gives the context's error if the operation was cancelled.
func (e *Error) Unwrap() error { return e.cause }

// cancelled takes over the error of a context.
func (e *Error) cancelled(err error) bool {
	for _, c := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, c) {
			e.cause, e.Reason = c, c.Error()
			return true
		}
	}
	return false
}

// fail makes an *Error of what is none yet: of a body that broke off, say.
func (s *Sink) fail(err error, op, key string) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &Error{Bucket: s.bucket, Op: op, Key: key}
	if !e.cancelled(err) {
		e.Reason = err.Error()
	}
	return e
}

// code is the S3 error code of an *Error, empty if it has none.
func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.status
	}
	return 0
}

// notFound: the key does not exist.
func notFound(err error) bool {
	return status(err) == http.StatusNotFound && code(err) != "NoSuchBucket"
}

// conditionFailed: If-Match or If-None-Match did not hold, or another write to the
// key was under way (409). If-Match on a key that is gone is 404 on S3.
func conditionFailed(err error) bool {
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return true
	}
	return notFound(err)
}
