package layout

import (
	"context"
	"io"
)

// Stream is one file on its way: what is written to it is what a [Put] stores.
type Stream struct {
	*io.PipeWriter
	path string
	done chan error
}

// Start begins the file at path.
func Start(ctx context.Context, put Put, path string) *Stream {
	r, w := io.Pipe()
	p := &Stream{PipeWriter: w, path: path, done: make(chan error, 1)}
	go func() {
		err := put(ctx, path, func(dst io.Writer) error {
			_, err := io.Copy(dst, r)
			return err
		})
		if err != nil {
			r.CloseWithError(err)
		} else {
			_ = r.Close() // a pipe's never fails
		}
		p.done <- err
	}()
	return p
}

// Path is where the file is.
func (p *Stream) Path() string { return p.path }

// Finish ends the stream, with cause if the file is not complete, and waits.
func (p *Stream) Finish(cause error) error {
	p.CloseWithError(cause) // nil means EOF
	err := <-p.done
	if cause != nil {
		return cause
	}
	return err
}
