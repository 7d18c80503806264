package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// wholeObject is how long a large object is looked through as one value is, like a
// bytea: with all that is encoded or packed anywhere within. A longer one is looked
// through like a file, by what its first bytes say.
const wholeObject = 4 << 20

// maxPlaces is how many findings within archives a ledger keeps.
const maxPlaces = 200

// objectLabel is how findings call a large object.
func objectLabel(oid uint32) string { return fmt.Sprintf("large object %d", oid) }

// objectTally is the column that all large objects are together.
func (l *ledger) objectTally() *tally {
	return l.column("large objects", "", func(t *tally) { t.stats.Type, t.file = "large object", true })
}

// object looks through one large object, of which at, with its size, is the same at
// random; nil if it only streams. opaque: it holds what can't be unpacked, and was
// searched as bytes.
func (s *scanner) object(ctx context.Context, v *Verifier, l *ledger, oid uint32, r io.Reader, at io.ReaderAt,
	size int64) (opaque bool, err error) {
	head, err := io.ReadAll(io.LimitReader(r, wholeObject+1))
	if err != nil {
		return false, err
	}
	f := &files{v: v, own: objectLabel(oid), bytes: true}
	in := Input{Name: f.own, within: true, R: io.MultiReader(bytes.NewReader(head), r), At: at, Size: size}
	if len(head) <= wholeObject {
		t := l.objectTally().fresh()
		s.cell(t, place{object: oid}, head)
		if err := s.err(); err != nil {
			return false, err
		}
		l.merge(0, []*tally{t})
		if !archive(head) && (t.stats.Cut == 0 || !compressed(head)) {
			return opaqueHead(head) != "", nil
		}
		f.seen = true
		// for what a value doesn't show
		in.R, in.At, in.Size = bytes.NewReader(head), bytes.NewReader(head), int64(len(head))
	}
	err = f.file(ctx, in, 0)
	if _, own := unpackable(oid, err); own && len(head) <= wholeObject {
		return true, nil // it only begins like one
	}
	l.take(in.Name, f.results)
	return f.opaque > 0, err
}

// compressed reports what is unpacked within a value too, as far as a value may unfold.
func compressed(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x1F, 0x8B}) || bytes.HasPrefix(head, []byte{0x28, 0xB5, 0x2F, 0xFD})
}

// archive reports what only a file is taken apart as.
func archive(head []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "PGDMP", "PAR1"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return skippable(head) || len(head) > 262 && string(head[257:262]) == "ustar"
}

// take adds what was found in a large object that was looked through like a file.
func (l *ledger) take(name string, results []*Result) {
	t := l.objectTally()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range results {
		for _, f := range r.Findings {
			if !strings.HasPrefix(f.Table, name) {
				f.Table = name + ": " + f.Table
			}
			if len(l.findings) < maxPlaces {
				l.findings = append(l.findings, f)
			}
		}
		for _, c := range r.Columns {
			t.stats.Cells += c.Cells
			t.stats.Bytes += c.Bytes
			t.stats.Fictional += c.Fictional
			t.stats.Survivors += c.Survivors
			t.stats.Detected += c.Detected
			t.stats.Weak += c.Weak
			t.stats.Excepted += c.Excepted
			t.stats.Cut += c.Cut
		}
		for _, leak := range r.Leaks {
			if !strings.HasPrefix(leak.Table, name) {
				leak.Table = name + ": " + leak.Table
			}
			if leak.Rule, leak.Allow = "", nil; len(l.leaks) < maxPlaces {
				l.leaks = append(l.leaks, leak)
			}
		}
		for _, c := range r.Checks {
			for _, p := range c.problems {
				if !strings.HasPrefix(p.Text, name) {
					p.Text = name + ": " + p.Text
				}
				if len(l.problems) < maxPlaces {
					l.problems = append(l.problems, p.Text)
				}
			}
		}
	}
}

// unpackable tells why a large object could not be looked through, if the fault is
// its own; such a one never passes.
func unpackable(oid uint32, err error) (problem string, ok bool) {
	var input *fault.Input
	if !errors.As(err, &input) {
		return "", false
	}
	return objectLabel(oid) + ": not looked through, since it can't be unpacked", true
}

// digested sums a large object up as it is read; rest reads what was left.
type digested struct {
	io.Reader
	sum *client.LargeObjectDigest
}

func digest(oid uint32, r io.Reader) digested {
	d := client.NewLargeObjectDigest(oid)
	return digested{io.TeeReader(r, d), d}
}

func (d digested) rest() (client.LargeObjectSum, error) {
	_, err := io.Copy(io.Discard, d.Reader)
	return d.sum.Sum(), err
}
