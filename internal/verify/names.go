package verify

import (
	"slices"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
)

// names weighs survivors that are names of two words against chance: a public list of many
// persons holds words of the source's names, side by side by accident.
type names struct {
	words fingerprint.WordCounts
	hits  map[uint64]*nameHit // by fingerprint
}

// nameHit is one name that survives in a column.
type nameHit struct {
	first, last uint64
	n           int64 // how often it stands there
	found       int64 // of which are findings
}

// maxNames bounds the names of a column that are weighed; more of them are no chance.
const maxNames = 1 << 12

func (c *names) hit(m *fingerprint.Match) *nameHit {
	h := c.hits[m.Print]
	if h == nil {
		if c.hits == nil {
			c.hits = map[uint64]*nameHit{}
		}
		h = &nameHit{first: m.First, last: m.Last}
		if len(c.hits) < maxNames {
			c.hits[m.Print] = h
		}
	}
	h.n++
	return h
}

func (c *names) merge(d *names) {
	c.words.Merge(&d.words)
	for print, h := range d.hits {
		if mine := c.hits[print]; mine != nil {
			mine.n += h.n
			mine.found += h.found
		} else if len(c.hits) < maxNames {
			if c.hits == nil {
				c.hits = map[uint64]*nameHit{}
			}
			c.hits[print] = h
		}
	}
}

// expected is how often a name would come about by chance: as often as its two words, where
// they stand apart from it, would meet in either order if all words of the column were shuffled.
func (c *names) expected(h *nameHit) float64 {
	first, last := c.words.Of(h.first)-h.n, c.words.Of(h.last)-h.n
	if first <= 0 || last <= 0 || c.words.N == 0 {
		return 0
	}
	return 2 * float64(first) * float64(last) / float64(c.words.N)
}

// byChance reports whether chance explains the names that survive: as many different ones
// would come about once in a hundred such columns, or more often. Those of which a word
// stands nowhere else in the column are not among them.
func (c *names) byChance() bool {
	n, expected := int64(0), 0.0
	for _, h := range c.hits {
		if e := c.expected(h); h.found > 0 && e > 0 {
			n++
			expected += e
		}
	}
	return n > 0 && len(c.hits) < maxNames && byChance(n, expected) >= 1e-2
}

// split makes sure survivors of the names that no chance explains.
func (t *tally) split() {
	from, to := &t.found[nameSurvivor], &t.found[sureSurvivor]
	for print, h := range t.names.hits {
		if h.found == 0 || t.names.expected(h) > 0 {
			continue
		}
		from.n -= h.found
		to.n += h.found
		t.count(nameSurvivor, pii.FullName, -h.found)
		t.count(sureSurvivor, pii.FullName, h.found)
		from.kept = slices.DeleteFunc(from.kept, func(f Finding) bool {
			if f.print != print {
				return false
			}
			if len(to.kept) < maxKept {
				to.kept = append(to.kept, f)
			}
			return true
		})
	}
}
