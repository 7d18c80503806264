package sample

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// MaxMembers is how many hashes [Members] holds at most: 8 MiB of them.
const MaxMembers = 1 << 20

// Members are the rows that a root took, as sorted hashes of their keys: enough to tell which came and went by
// next time. Without the salt nothing can be learnt from them.
type Members struct {
	share  share    // of all hashes that the root took
	rows   int64    // that it took
	cut    uint64   // hashes from it on are left out; 0: none is
	hashes []uint64 // sorted
}

// Change is how what a root takes differs from what it took before.
type Change struct {
	Stayed        int64
	Joined        int64 // by a key that was not there, or that a condition or list left out
	JoinedByShare int64 // because the share is larger
	Left          int64 // the key is gone, or a condition or list leaves it out
	LeftByShare   int64 // because the share is smaller
	Estimated     bool  // from MaxMembers rows of either
}

// Members are the rows that the root of that number in [Options.Roots] took.
func (s *Sample) Members(ctx context.Context, root int) (Members, error) {
	p := s.shares[root]
	m := Members{share: share{all: true}, rows: p.picked}
	rows, err := s.conn.Query(ctx, "SELECT h FROM "+s.chosen(p)+" AS f ORDER BY h LIMIT "+decimal(MaxMembers+1))
	if err != nil {
		return m, client.Wrap(err, "reading the members of %s", p.Table)
	}
	var h int64
	_, err = pgx.ForEachRow(rows, []any{&h}, func() error {
		m.hashes = append(m.hashes, uint64(h)^1<<63)
		return nil
	})
	if err != nil {
		return m, client.Wrap(err, "reading the members of %s", p.Table)
	}
	switch {
	case p.Keys != nil:
	case p.Rows > 0 && p.picked >= int64(math.Floor(float64(p.Rows)*s.factor)):
		m.share = share{}
		err := s.conn.QueryRow(ctx, "SELECT coalesce(max(h), $1) FROM "+s.chosen(p)+" AS f", ordered(0)).Scan(&h)
		if err != nil {
			return m, client.Wrap(err, "reading the members of %s", p.Table)
		}
		m.share.below = uint64(h) ^ 1<<63 + 1
	case p.Rows == 0:
		m.share = shareOf(p.percent(), s.factor)
	}
	if len(m.hashes) > MaxMembers {
		m.cut, m.hashes = m.hashes[MaxMembers], m.hashes[:MaxMembers]
	}
	return m, nil
}

// Since compares members with those of a time before.
func (m Members) Since(before Members) Change {
	var c Change
	cut := min(m.cut-1, before.cut-1) // 0 wraps to the largest
	now, then := m.hashes, before.hashes
	for len(now) > 0 || len(then) > 0 {
		switch {
		case len(then) == 0 || len(now) > 0 && now[0] < then[0]:
			if now[0] <= cut {
				if before.share.holds(now[0]) {
					c.Joined++
				} else {
					c.JoinedByShare++
				}
			}
			now = now[1:]
		case len(now) == 0 || then[0] < now[0]:
			if then[0] <= cut {
				if m.share.holds(then[0]) {
					c.Left++
				} else {
					c.LeftByShare++
				}
			}
			then = then[1:]
		default:
			if now[0] <= cut {
				c.Stayed++
			}
			now, then = now[1:], then[1:]
		}
	}
	if m.cut == 0 && before.cut == 0 {
		return c
	}
	c.Estimated = true
	// Hashes are spread evenly: below the cut lies the same part of what is above it.
	seen := float64(c.Stayed + c.Joined + c.JoinedByShare)
	for _, n := range []*int64{&c.Stayed, &c.Joined, &c.JoinedByShare, &c.Left, &c.LeftByShare} {
		*n = int64(math.Round(float64(*n) * float64(m.rows) / max(seen, 1)))
	}
	return c
}

// membersFormat is the first byte of members that are stored.
const membersFormat = 1

// MarshalBinary is how members are stored.
func (m Members) MarshalBinary() ([]byte, error) {
	all := byte(0)
	if m.share.all {
		all = 1
	}
	b := append(make([]byte, 0, 26+8*len(m.hashes)), membersFormat, all)
	for _, n := range append([]uint64{m.share.below, uint64(m.rows), m.cut}, m.hashes...) {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary made.
func (m *Members) UnmarshalBinary(b []byte) error {
	if len(b) < 26 || (len(b)-26)%8 != 0 || b[0] != membersFormat || len(b) > 26+8*MaxMembers {
		return errors.New("the members of the sample before are of another form")
	}
	*m = Members{share: share{all: b[1] == 1}}
	numbers := make([]uint64, 0, len(b)/8)
	for rest := b[2:]; len(rest) > 0; rest = rest[8:] {
		numbers = append(numbers, binary.BigEndian.Uint64(rest))
	}
	m.share.below, m.rows, m.cut, m.hashes = numbers[0], int64(numbers[1]), numbers[2], numbers[3:]
	if m.rows < int64(len(m.hashes)) || !slices.IsSorted(m.hashes) {
		return errors.New("the members of the sample before contradict themselves")
	}
	return nil
}

// Taken is what became of a root.
type Taken struct {
	Root
	Percent  float64 // the share of the rows that count which was taken; 0: the root asks for none
	Rows     int64   // taken
	NotFound int64   // listed keys that no row has
}

// Taken says of each root what it took, in the order of [Options.Roots].
func (s *Sample) Taken() []Taken {
	var out []Taken
	for _, p := range s.shares[:len(s.opts.Roots)] {
		t := Taken{Root: p.Root, Rows: p.picked}
		switch {
		case p.Keys != nil:
			keys := slices.Clone(p.Keys)
			slices.SortFunc(keys, slices.Compare)
			t.NotFound = max(0, int64(len(slices.CompactFunc(keys, slices.Equal)))-p.count)
		case p.Root.Rows == 0:
			t.Percent = p.percent() * s.factor
		}
		out = append(out, t)
	}
	return out
}

// Lowered is the part of their shares that roots had to be content with; 1: the whole.
func (s *Sample) Lowered() float64 { return s.factor }

// Membership tells of the key of any row whether a root that takes a share has it, so that
// rows outside of the database are sampled with those within. One goroutine uses it at a time.
type Membership struct {
	share share
	hash  hasher
}

// NewMembership is that of a share in percent under a salt; see [Options].
func NewMembership(percent float64, salt []byte) *Membership {
	return &Membership{shareOf(percent, 1), hasher{salt: salt, sha: sha256.New()}}
}

// Holds reports whether the row with a primary key is in the share. The key is that of the
// scrubbed database, as text.
func (m *Membership) Holds(key []byte) bool { return m.share.holds(m.hash.of(key)) }
