package s3sink

import (
	"context"
	"io"
)

// store is where objects are kept, by key: a bucket on an S3 server ([server]) or a
// folder ([folder]). An object appears whole or not at all, and is replaced as a whole.
// Errors are *Error; for one that says that something is missing or that a condition
// does not hold, notFound and conditionFailed are true.
type store interface {
	// url is that of the store itself; with a key behind it, that of an object.
	url() string
	// ready finds out, before the first request, whether there are credentials.
	ready(ctx context.Context) error
	// put stores a small object. ifMatch is the ETag that it must have by now, as get
	// returned it; ifNoneMatch "*" means that it must not be there yet.
	put(ctx context.Context, key string, body []byte, ifMatch, ifNoneMatch string) error
	// upload stores what body holds, while it is read; an error of body's stores nothing.
	upload(ctx context.Context, key string, body io.Reader) error
	// get opens an object from its start.
	get(ctx context.Context, key string) (body io.ReadCloser, etag string, err error)
	// head is the size of an object and the version that read takes; ok is false if it
	// is not there.
	head(ctx context.Context, key string) (size int64, version string, ok bool, err error)

	// headers are a line each of what is kept beside an object's bytes, and given to everyone who
	// reads these.
	headers(ctx context.Context, key string) (string, error)
	// read opens n bytes of that version of an object, or all from there on if n is below 0.
	read(ctx context.Context, key, version string, from, n int64) (io.ReadCloser, error)
	// list calls fn with every object whose key begins with prefix, in the order of the keys.
	list(ctx context.Context, prefix string, fn func(key string, size int64) error) error
	// folders are the names that stand behind prefix and before a slash in keys.
	folders(ctx context.Context, prefix string) ([]string, error)
	// remove removes an object; one that is not there is no error.
	remove(ctx context.Context, key string) error
	// clear removes all objects whose key begins with prefix, which ends with a slash.
	clear(ctx context.Context, prefix string) error
	// asAsked finds out whether an object is kept as [Options] ask.
	asAsked(ctx context.Context, key string) error
	// public is why the public gets at objects, that one for example; empty: it does
	// not, as far as the answers say. unknown is what was not answered.
	public(ctx context.Context, key string) (why string, unknown []string, err error)
	// begin begins an upload and leaves it unfinished; undo ends that one.
	begin(ctx context.Context, key string) (undo func(context.Context), err error)
	// abort ends the unfinished uploads to keys that begin with prefix and that dead
	// accepts, and returns these keys.
	abort(ctx context.Context, prefix string, dead func(key string) bool) ([]string, error)
}
