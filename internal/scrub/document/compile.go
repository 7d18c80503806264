package document

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Paths is a compiled set of paths. It never changes and is safe for concurrent use.
//
// It is a deterministic automaton: a state is the set of all positions in all
// paths that a place in a document can be at, so that a document is matched
// against any number of paths, with any wildcards, by one step a key.
type Paths struct {
	root *state // nil if there are no paths
}

// state is what is known of a place in a document; a nil state is below no path.
type state struct {
	listed bool // a path ends here: rule applies
	rule   Rule
	path   string
	all    bool // kept, and so is everything below

	keys    []edge
	tags    []uint32         // tag of each key
	byKey   map[string]*edge // instead of keys when there are many
	other   edge             // any other key
	indexes []*state         // elements with their own state, by index
	element *state           // any other element
	alias   string           // what replaced keys start with: no key of keys does
}

// edge is where a key leads.
type edge struct {
	key  string
	next *state
	keep bool // the key itself stays
	star bool // only * stands for the key
	last bool // ** stands for it, which ends the path of a rule for prose
}

// pattern is a rule and its path.
type pattern struct {
	path    string
	rule    Rule
	steps   []step // what it matches: a kept value's steps go on to all below it
	written []step // as its author wrote it, which is what makes it more or less specific
}

// position is how far a pattern has matched.
type position struct{ pattern, step int }

// maxStates bounds the automaton: only many ** paths together come near it.
const maxStates = 4096

// manyKeys is from when on a map is faster than a scan.
const manyKeys = 24

// Compile compiles rules by path. Its error lists all bad and conflicting paths
// as *PathError, joined by errors.Join in order of path.
func Compile(rules map[string]Rule) (*Paths, error) {
	c := compiler{states: map[string]*state{}, clashes: map[[2]string]bool{}}
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(rules)) {
		steps, reason := parsePath(path)
		if reason != "" {
			errs = append(errs, &PathError{path, reason})
			continue
		}
		rule := rules[path]
		if twin, ok := c.twin(steps); ok && twin.rule != rule {
			errs = append(errs, &PathError{path, "means the same values as " + display(twin.path)})
		}
		written := steps
		if rule.Action == Keep {
			rule.Whole = false
			if len(steps) == 0 || steps[len(steps)-1].kind != deep {
				steps = append(steps, step{kind: deep})
			}
		}
		c.patterns = append(c.patterns, pattern{path, rule, steps, written})
	}
	errs = append(errs, c.hidden()...)
	start := make([]position, len(c.patterns))
	for i := range start {
		start[i] = position{i, 0}
	}
	root := c.state(start)
	if errs = append(errs, c.conflicts()...); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	c.markAll()
	return &Paths{root: root}, nil
}

type compiler struct {
	patterns []pattern
	states   map[string]*state
	clashes  map[[2]string]bool
	tooMany  bool
}

// twin finds a path that differs only in how it is written.
func (c *compiler) twin(steps []step) (pattern, bool) {
	i := slices.IndexFunc(c.patterns, func(p pattern) bool { return slices.Equal(p.written, steps) })
	if i < 0 {
		return pattern{}, false
	}
	return c.patterns[i], true
}

// hidden finds paths below a value that is replaced as a whole.
func (c *compiler) hidden() (errs []error) {
	for _, p := range c.patterns {
		for _, w := range c.patterns {
			n := len(w.steps)
			if w.rule.Whole && len(p.steps) > n && slices.Equal(p.steps[:n], w.steps) &&
				!(len(p.steps) == n+1 && p.steps[n].kind == deep) {
				errs = append(errs, &PathError{p.path,
					"is within " + display(w.path) + ", which is replaced as a whole"})
			}
		}
	}
	return errs
}

func (c *compiler) conflicts() (errs []error) {
	pairs := slices.SortedFunc(maps.Keys(c.clashes), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, p := range pairs {
		errs = append(errs, &PathError{p[0], "matches values that " + display(p[1]) +
			" matches too, and neither is more specific: add a path for what both match"})
	}
	if c.tooMany {
		for _, p := range c.patterns {
			if slices.ContainsFunc(p.steps, func(s step) bool { return s.kind == deep }) && p.rule.Action != Keep {
				return append(errs, &PathError{p.path, "there are too many paths with ** to tell apart"})
			}
		}
		errs = append(errs, &PathError{c.patterns[0].path, "there are too many paths"})
	}
	return errs
}

func display(path string) string {
	if path == "" {
		return "the empty path"
	}
	return path
}

// state returns the state of a set of positions, nil for none, making it and
// all it leads to when it is new.
func (c *compiler) state(set []position) *state {
	if len(set) == 0 || c.tooMany {
		return nil
	}
	set = c.close(set)
	id := make([]byte, 0, 8*len(set))
	for _, p := range set {
		id = binary.BigEndian.AppendUint32(id, uint32(p.pattern))
		id = binary.BigEndian.AppendUint32(id, uint32(p.step))
	}
	if s := c.states[string(id)]; s != nil {
		return s
	}
	if len(c.states) == maxStates {
		c.tooMany = true
		return nil
	}
	s := &state{}
	c.states[string(id)] = s
	c.decide(s, set)
	c.connect(s, set)
	return s
}

// close adds the positions that ** reaches by matching nothing, and sorts.
func (c *compiler) close(set []position) []position {
	for i := 0; i < len(set); i++ {
		p := set[i]
		if steps := c.patterns[p.pattern].steps; p.step < len(steps) && steps[p.step].kind == deep {
			set = append(set, position{p.pattern, p.step + 1})
		}
	}
	slices.SortFunc(set, func(a, b position) int {
		if a.pattern != b.pattern {
			return a.pattern - b.pattern
		}
		return a.step - b.step
	})
	return slices.Compact(set)
}

// decide picks the most specific of the patterns that end here. Where several
// are, one that replaces beats those that keep.
func (c *compiler) decide(s *state, set []position) {
	var ends []pattern
	for _, p := range set {
		if pat := c.patterns[p.pattern]; p.step == len(pat.steps) {
			ends = append(ends, pat)
		}
	}
	best := -1
	for i, p := range ends {
		beaten := slices.ContainsFunc(ends, func(q pattern) bool {
			return covers(p.steps, q.written) && !covers(q.steps, p.written)
		})
		switch {
		case beaten:
		case best < 0 || ends[best].rule.Action == Keep:
			best = i
		case ends[best].rule != p.rule && p.rule.Action != Keep:
			c.clashes[[2]string{ends[best].path, p.path}] = true
		}
	}
	if best >= 0 {
		s.listed, s.rule, s.path = true, ends[best].rule, ends[best].path
	}
}

// connect makes the edges: one for each key and element that a path names, and
// one for all others.
func (c *compiler) connect(s *state, set []position) {
	keys, indexes := map[string]bool{}, 0
	for _, p := range set {
		if steps := c.patterns[p.pattern].steps; p.step < len(steps) {
			switch st := steps[p.step]; st.kind {
			case oneKey:
				keys[st.key] = true
			case elements:
				indexes = max(indexes, st.lo, st.hi)
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		s.keys = append(s.keys, c.follow(set, step{kind: oneKey, key: k}))
		s.tags = append(s.tags, tag([]byte(k)))
	}
	s.other = c.follow(set, step{kind: anyKey})
	for i := range indexes {
		s.indexes = append(s.indexes, c.follow(set, step{kind: elements, lo: i, hi: i + 1}).next)
	}
	s.element = c.follow(set, step{kind: elements, lo: indexes, hi: -1}).next
	s.alias = "key"
	for slices.ContainsFunc(s.keys, func(e edge) bool { return startsNumbered(e.key, s.alias) }) {
		s.alias += "_"
	}
	if len(s.keys) > manyKeys {
		s.byKey = map[string]*edge{}
		for i := range s.keys {
			s.byKey[s.keys[i].key] = &s.keys[i]
		}
	}
}

// startsNumbered reports whether key is prefix and a number.
func startsNumbered(key, prefix string) bool {
	n, ok := strings.CutPrefix(key, prefix)
	_, err := strconv.ParseUint(n, 10, 64)
	return ok && err == nil
}

// follow is where a key or an element leads from a set of positions.
func (c *compiler) follow(set []position, to step) edge {
	e := edge{key: to.key}
	var next []position
	for _, p := range set {
		steps := c.patterns[p.pattern].steps
		if p.step == len(steps) {
			continue
		}
		switch st := steps[p.step]; {
		case st.kind == deep:
			next = append(next, p)
			rule, ends := c.patterns[p.pattern].rule, p.step == len(steps)-1
			e.keep = e.keep || rule.Action == Keep && ends // a key within a kept value stays
			e.last = e.last || rule.Prose && ends
		case covers([]step{st}, []step{to}):
			next = append(next, position{p.pattern, p.step + 1})
			e.keep = e.keep || st.kind == oneKey
			e.star = e.star || st.kind == anyKey
		}
	}
	e.next = c.state(next)
	return e
}

// markAll finds the states that keep everything below them.
func (c *compiler) markAll() {
	for _, s := range c.states {
		s.all = s.listed && s.rule.Action == Keep
	}
	for changed := true; changed; {
		changed = false
		for _, s := range c.states {
			if s.all && !s.keepsAll() {
				s.all, changed = false, true
			}
		}
	}
}

func (s *state) keepsAll() bool {
	kept := func(n *state) bool { return n != nil && n.all }
	for _, e := range s.keys {
		if !kept(e.next) {
			return false
		}
	}
	for _, n := range s.indexes {
		if !kept(n) {
			return false
		}
	}
	return kept(s.other.next) && kept(s.element)
}

// byName is where a key leads.
func (s *state) byName(key []byte) *edge {
	if s.byKey != nil {
		if e := s.byKey[string(key)]; e != nil {
			return e
		}
		return &s.other
	}
	want := tag(key)
	for i, t := range s.tags {
		if t == want && s.keys[i].key == string(key) {
			return &s.keys[i]
		}
	}
	return &s.other
}

// tag tells most keys apart: length, first and last byte.
func tag(key []byte) uint32 {
	n := len(key)
	if n == 0 {
		return 0
	}
	return uint32(n)<<16 | uint32(key[0])<<8 | uint32(key[n-1])
}

// at is where element i leads.
func (s *state) at(i int) *state {
	if i < len(s.indexes) {
		return s.indexes[i]
	}
	return s.element
}
