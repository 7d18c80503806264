package verify

import (
	"bytes"
	"encoding/hex"
	"io"
	"regexp"
	"strconv"
	"sync"

	"refresher/internal/fault"
)

// What pg_dump and pg_restore write for a large object: it is opened, then come
// its bytes in several lines, then it is closed.
var (
	objectOpen  = regexp.MustCompile(`^SELECT (?:pg_catalog\.)?lo_open\('(\d+)', *\d+\);`)
	objectWrite = regexp.MustCompile(`^SELECT (?:pg_catalog\.)?lo_?write\(0, *E?'\\{1,2}x([0-9a-fA-F]*)'\);`)
	objectClose = regexp.MustCompile(`^SELECT (?:pg_catalog\.)?lo_close\(0\);`)
)

// valueCall is a call that has values of rows: what a person may write for a large object
// instead, and pg_dump --statistics from PostgreSQL 18 on (most frequent values, and bounds of
// histograms).
var valueCall = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:lo_from_bytea|lo_put|lo_?write|pg_restore_[a-z]+_stats)\s*\(`)
})

// dumpedObject is a large object within a dump: what is written into it is looked
// through while it comes.
type dumpedObject struct {
	w    *io.PipeWriter
	done chan error
}

// abandon ends one whose end never came, for why the dump ended: whichever goroutine
// is first to fail then says the same.
func (o *dumpedObject) abandon(why error) {
	if o != nil {
		o.w.CloseWithError(why)
	}
}

// objectLine takes a line that belongs to a large object, and of others false.
func (d *dump) objectLine(line []byte) (bool, error) {
	if !bytes.HasPrefix(line, []byte("SELECT ")) {
		return false, nil
	}
	if m := objectOpen.FindSubmatch(line); m != nil {
		oid, err := strconv.ParseUint(string(m[1]), 10, 32)
		if err != nil || d.object != nil {
			return false, fault.BadInput("%s: not looked through, since it opens a large object within another one, "+
				"or one without an OID", d.name)
		}
		d.openObject(uint32(oid))
		return true, nil
	}
	if d.object == nil {
		return false, nil
	}
	if m := objectWrite.FindSubmatch(line); m != nil {
		data := make([]byte, hex.DecodedLen(len(m[1])))
		if _, err := hex.Decode(data, m[1]); err != nil {
			return false, fault.BadInput("%s: not looked through, since the bytes of a large object can't be read",
				d.name)
		}
		_, err := d.object.w.Write(data)
		return true, err
	}
	if objectClose.Match(line) {
		o := d.object
		d.object = nil
		_ = o.w.Close()
		return true, <-o.done
	}
	return false, nil
}

// openObject begins with a large object, in a goroutine of its own.
func (d *dump) openObject(oid uint32) {
	r, w := io.Pipe()
	d.object = &dumpedObject{w, make(chan error, 1)}
	done := d.object.done
	if d.scanner == nil {
		d.scanner = d.v.scanner() // there is one object at a time
	}
	d.group.Go(func() error {
		_, err := d.scanner.object(d.ctx, d.v, d.ledger, oid, r, nil, 0)
		if problem, own := unpackable(oid, err); own {
			err = fault.BadInput("%s: %s", d.name, problem)
		}
		if err == nil {
			_, err = io.Copy(io.Discard, r) // what nobody had to read
		}
		r.CloseWithError(err)
		done <- err
		return err
	})
}
