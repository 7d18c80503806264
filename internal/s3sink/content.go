package s3sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// An object is downloaded in blocks, of which the last ones used are kept: a Parquet
// reader walks the columns of a row group side by side, one block for each, and the
// row groups that refresher writes are smaller than all of these together.
const (
	blockSize = BlockSize
	blocks    = 24
)

// BlockSize is the length of the blocks that an object is downloaded in, in bytes.
const BlockSize = 1 << 20

// Content is an object that is downloaded once: what is read from its start, what is
// read at random and what its SHA-256 is made of are the same bytes. Blocks are
// downloaded in order and hashed as they come; one that was dropped from memory, or
// that lies far ahead (a file's footer), is fetched by itself, of the same version of
// the object. Memory is bounded by [blocks] mebibytes. It is safe for concurrent use.
type Content struct {
	ctx     context.Context // of the one who opened it: io.Reader has none of its own
	sink    *Sink
	key     string
	version string // that is read
	size    int64

	mu     sync.Mutex
	off    int64 // of Read
	body   io.ReadCloser
	next   int64 // the first block that is not hashed yet
	sum    hash.Hash
	recent []block          // the latest used first
	ahead  map[int64][]byte // blocks that were wanted before their turn
}

type block struct {
	index int64
	data  []byte
}

// errReplaced says that an object is not the one any more that was opened.
var errReplaced = errors.New("it was replaced or removed while it was read")

// open opens an object; nil, without an error, if it is not there.
func (s *Sink) open(ctx context.Context, key string) (*Content, error) {
	size, version, ok, err := s.store.head(ctx, key)
	if err != nil || !ok {
		return nil, err
	}
	return &Content{ctx: ctx, sink: s, key: key, version: version, size: size, sum: sha256.New(),
		ahead: map[int64][]byte{}}, nil
}

// Headers is what the store keeps beside the bytes of an object, in lines: its metadata.
func (c *Content) Headers() (string, error) { return c.sink.store.headers(c.ctx, c.key) }

// Size is the object's length in bytes.
func (c *Content) Size() int64 { return c.size }

// Read reads on from where the last Read ended, at first from the object's start.
func (c *Content) Read(p []byte) (int, error) {
	c.mu.Lock()
	off := c.off
	c.mu.Unlock()
	if off >= c.size {
		return 0, io.EOF
	}
	n, err := c.ReadAt(p[:min(int64(len(p)), blockSize-off%blockSize, c.size-off)], off)
	c.mu.Lock()
	c.off += int64(n)
	c.mu.Unlock()
	return n, err
}

// ReadAt reads anywhere.
func (c *Content) ReadAt(p []byte, off int64) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n < len(p) && off < c.size {
		b, err := c.block(off / blockSize)
		if err != nil {
			return n, err
		}
		k := copy(p[n:], b[off%blockSize:])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// skip takes the first n bytes, all or a multiple of [BlockSize], from have instead of the store.
// It comes before any Read.
func (c *Content) skip(have io.Reader, n int64) error {
	if n == 0 {
		return nil
	}
	if _, err := io.CopyN(c.sum, have, n); err != nil {
		return fmt.Errorf("reading what was downloaded before: %w", err)
	}
	c.next, c.off = (n+blockSize-1)/blockSize, n
	return nil
}

// Close ends the download.
func (c *Content) Close() error {
	if c.body == nil {
		return nil
	}
	return c.body.Close()
}

// SHA256 reads what nobody read, and returns the hash of the whole object in hex.
func (c *Content) SHA256() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.next*blockSize < c.size {
		if err := c.advance(); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(c.sum.Sum(nil)), nil
}

func (c *Content) block(index int64) ([]byte, error) {
	for i, b := range c.recent {
		if b.index == index {
			copy(c.recent[1:i+1], c.recent[:i])
			c.recent[0] = b
			return b.data, nil
		}
	}
	if data := c.ahead[index]; data != nil {
		return data, nil
	}
	if index < c.next || index >= c.next+blocks/2 && len(c.ahead) < blocks/4 {
		data, err := c.fetch(index)
		if err == nil && index >= c.next {
			c.ahead[index] = data
		} else if err == nil {
			c.keep(index, data)
		}
		return data, err
	}
	for c.next <= index {
		if err := c.advance(); err != nil {
			return nil, err
		}
	}
	return c.recent[0].data, nil
}

func (c *Content) keep(index int64, data []byte) {
	if len(c.recent) < blocks {
		c.recent = append(c.recent, block{})
	}
	copy(c.recent[1:], c.recent)
	c.recent[0] = block{index, data}
}

// advance hashes the next block.
func (c *Content) advance() (err error) {
	data := c.ahead[c.next]
	if data != nil { // here already: the download goes on behind it
		delete(c.ahead, c.next)
		err = c.Close()
		c.body = nil
	} else {
		data, err = c.download()
	}
	if err != nil {
		return err
	}
	c.sum.Write(data)
	c.keep(c.next, data)
	c.next++
	return nil
}

// bounds are where a block begins and how long it is.
func (c *Content) bounds(index int64) (from, n int64) {
	from = index * blockSize
	return from, min(blockSize, c.size-from)
}

// download reads the next block of the object in order, and goes on where it broke off.
func (c *Content) download() ([]byte, error) {
	from, n := c.bounds(c.next)
	data := make([]byte, n)
	got := 0
	for try := 1; ; try++ {
		var err error
		if c.body == nil {
			c.body, err = c.get(from+int64(got), -1)
		}
		if err != nil {
			return nil, err
		}
		k, err := io.ReadFull(c.body, data[got:])
		if got += k; err == nil {
			return data, nil
		}
		_ = c.body.Close() // it broke off
		c.body = nil
		if try == reads || c.ctx.Err() != nil {
			return nil, c.sink.fail(err, "GetObject", c.key)
		}
	}
}

// Range reads anywhere, by a request of its own: what it downloads is not kept, and not hashed.
func (c *Content) Range(p []byte, off int64) (n int, err error) {
	if n = int(min(int64(len(p)), max(c.size-off, 0))); n < len(p) {
		err = io.EOF
	}
	if n == 0 {
		return 0, err
	}
	if err := c.fill(p[:n], off); err != nil {
		return 0, err
	}
	return n, err
}

// fetch reads one block by itself.
func (c *Content) fetch(index int64) ([]byte, error) {
	from, n := c.bounds(index)
	data := make([]byte, n)
	return data, c.fill(data, from)
}

func (c *Content) fill(data []byte, from int64) error {
	for try := 1; ; try++ {
		body, err := c.get(from, int64(len(data)))
		if err != nil {
			return err
		}
		_, err = io.ReadFull(body, data)
		_ = body.Close()
		if err == nil {
			return nil
		}
		if try == reads || c.ctx.Err() != nil {
			return c.sink.fail(err, "GetObject", c.key)
		}
	}
}

// get asks for n bytes, or all from there on, of the same version of the object.
func (c *Content) get(from, n int64) (io.ReadCloser, error) {
	body, err := c.sink.store.read(c.ctx, c.key, c.version, from, n)
	if conditionFailed(err) {
		return nil, &Error{Bucket: c.sink.bucket, Op: "GetObject", Key: c.key, Code: code(err), status: status(err),
			Reason: errReplaced.Error(), cause: errReplaced}
	}
	return body, err
}
