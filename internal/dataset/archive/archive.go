// Package archive takes owners out of a pg_dump archive in custom format while it is
// written, so that any role can restore it: pg_dump --no-owner has no effect on one.
//
// The archive must have been written into a pipe: then it holds no positions of its own
// data, which would move (src/bin/pg_dump/pg_backup_archiver.c, pg_backup_custom.c).
package archive

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// errNotKnown is of an archive that is no pg_dump's of PostgreSQL 12 to 18.
var errNotKnown = errors.New("reading what pg_dump writes: this is no archive in custom format that refresher knows")

// maxText is how long a text in the table of contents may be, in bytes: the server's own
// limit of a value.
const maxText = 1 << 30

// WithoutOwners copies an archive from r to w. No entry of it has an owner, and comments on
// extensions, which only their owner may make, are empty. w is buffered inside.
func WithoutOwners(w io.Writer, r io.Reader) error {
	c := &copier{in: bufio.NewReaderSize(r, 256<<10), out: bufio.NewWriterSize(w, 256<<10)}
	if err := c.contents(); err != nil {
		return err
	}
	if _, err := c.in.WriteTo(c.out); err != nil {
		return err
	}
	return c.out.Flush()
}

// copier copies the parts of an archive. The first error stays.
type copier struct {
	in      *bufio.Reader
	out     *bufio.Writer
	intSize int
	err     error
}

// contents copies everything before the data.
func (c *copier) contents() error {
	head := c.bytes(11) // magic, version (3), sizes of int and offset, format
	if c.err == nil && (string(head[:5]) != "PGDMP" || head[5] != 1 || head[6] < 14 || head[6] > 16 || head[8] > 8 ||
		head[10] != 1) {
		return errNotKnown
	}
	if c.err != nil {
		return c.err
	}
	minor, offset := int(head[6]), int(head[9])
	c.intSize = int(head[8])
	if minor >= 15 {
		c.bytes(1) // how data are compressed
	} else {
		c.int()
	}
	for range 7 { // when it was made
		c.int()
	}
	for range 3 { // database, versions of server and pg_dump
		c.text()
	}
	for n := c.int(); n > 0 && c.err == nil; n-- {
		c.entry(minor, offset)
	}
	return c.err
}

// entry copies one entry of the table of contents.
func (c *copier) entry(minor, offset int) {
	c.int()  // its number
	c.int()  // whether it has data
	c.text() // OIDs of catalog and object
	c.text()
	tag, _ := c.text()
	kind, _ := c.text()
	c.int() // section
	if kind == "COMMENT" && strings.HasPrefix(tag, "EXTENSION ") {
		c.replace("") // the statement
	} else {
		c.text()
	}
	for range 5 { // statements that drop and copy, schema, tablespace, access method
		c.text()
	}
	if minor >= 16 {
		c.int() // kind of relation
	}
	c.replace("") // owner
	c.text()      // with OIDs
	for c.err == nil {
		if _, is := c.text(); !is { // what it depends on, up to one that is none
			break
		}
	}
	c.bytes(1 + offset)
}

// bytes copies n bytes.
func (c *copier) bytes(n int) []byte {
	b := c.take(n)
	c.put(b)
	return b
}

func (c *copier) take(n int) []byte {
	b := make([]byte, n)
	if c.err == nil {
		if _, err := io.ReadFull(c.in, b); err != nil {
			c.err = fmt.Errorf("reading what pg_dump writes: %w", err)
		}
	}
	return b
}

func (c *copier) put(b []byte) {
	if c.err == nil {
		_, c.err = c.out.Write(b)
	}
}

// int copies a number: a byte that is 1 for negative ones, then its bytes, the lowest first.
func (c *copier) int() int {
	b := c.bytes(1 + c.intSize)
	return number(b)
}

func number(b []byte) (n int) {
	for i := len(b) - 1; i > 0; i-- {
		n = n<<8 | int(b[i])
	}
	if b[0] == 1 {
		return -n
	}
	return n
}

// text copies a text: its length, or -1 for none, then its bytes.
func (c *copier) text() (s string, is bool) {
	n := c.int()
	if n > maxText && c.err == nil {
		c.err = errNotKnown
	}
	if n < 0 || c.err != nil {
		return "", false
	}
	return string(c.bytes(n)), true
}

// replace reads a text and writes another.
func (c *copier) replace(s string) {
	if n := number(c.take(1 + c.intSize)); n > 0 && n <= maxText {
		c.take(n)
	}
	b := make([]byte, 1+c.intSize)
	for i, n := 1, len(s); i < len(b); i, n = i+1, n>>8 {
		b[i] = byte(n)
	}
	c.put(append(b, s...))
}
