package document

import (
	"errors"
	"strconv"
)

// Rewriter rewrites documents. It has scratch space: one goroutine uses it at a time.
type Rewriter struct {
	paths *Paths
	stack []frame
	text  []byte // an unescaped key or string
	leaf  Leaf

	doc   []byte
	dst   []byte
	pos   int // read up to here
	done  int // written up to here
	apply Apply
	keys  Keys

	dropping bool
}

// frame is an open object or array.
type frame struct {
	state  *state
	n      int // elements before, or keys replaced
	start  int // where a value that is replaced as a whole starts, else -1
	object bool
	parent *state // of a value that is replaced as a whole: the state that says how

	// Of a rewriter that drops:
	mark    int  // the length of dst before the present member and what separates it
	stayed  int  // members before it that were not dropped
	dropped bool // the present member was
}

// kept is the state of everything that needs no decision.
var kept = &state{all: true}

// nowhere is where keys lead below no path.
var nowhere edge

// Rewriter returns a new rewriter.
func (p *Paths) Rewriter(keys Keys) *Rewriter { return &Rewriter{paths: p, keys: keys} }

// ErrDrop is what an [Apply] of a [Paths.Dropper] returns as its error to leave a
// value out: with its key if it is the member of an object. A document that is
// dropped is null.
var ErrDrop = errors.New("the value is dropped")

// Dropper returns a new rewriter whose values may be dropped. It hands over
// unlisted objects and arrays that no path leads into as one value.
func (p *Paths) Dropper(keys Keys) *Rewriter { return &Rewriter{paths: p, keys: keys, dropping: true} }

// Rewrite appends doc, scrubbed, to dst. dst must not overlap doc. An error of
// apply is returned as it is; a document that is not JSON is a *SyntaxError. On
// an error dst is returned as it was.
func (r *Rewriter) Rewrite(dst, doc []byte, apply Apply) ([]byte, error) {
	r.dst, r.doc, r.apply, r.pos, r.done, r.stack = dst, doc, apply, 0, 0, r.stack[:0]
	err := r.run()
	out := r.dst
	r.dst, r.doc, r.apply, r.leaf = nil, nil, nil, Leaf{}
	if err != nil {
		return dst, err
	}
	return append(out, doc[r.done:]...), nil
}

func (r *Rewriter) fail(reason string) error { return &SyntaxError{r.pos, reason} }

// run reads the document once. Each turn reads a value, or opens it, and what
// follows up to the next value.
func (r *Rewriter) run() error {
	st := r.paths.root
	r.pos = skipSpace(r.doc, 0)
	for {
		opened, err := r.value(st)
		if err != nil {
			return err
		}
		var more bool
		if st, more, err = r.following(opened); err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if r.pos = skipSpace(r.doc, r.pos); r.pos != len(r.doc) {
		return r.fail("more than one value")
	}
	return nil
}

// value reads a scalar and replaces it if it must be, or opens an object or array.
func (r *Rewriter) value(st *state) (opened bool, err error) {
	if r.pos == len(r.doc) {
		return false, r.fail("it ends too early")
	}
	if c := r.doc[r.pos]; c == '{' || c == '[' {
		return true, r.open(st, c == '{')
	}
	from := r.pos
	end, kind, escaped, ok := scanScalar(r.doc, from)
	r.pos = end
	if !ok {
		return false, r.fail("a bad string, number or word")
	}
	if st != nil && (st.all || st.listed && st.rule.Action == Keep) {
		return false, nil
	}
	raw := r.doc[from:end:end]
	text := raw
	if kind == String {
		if text = raw[1 : len(raw)-1]; escaped {
			r.text = unescape(r.text[:0], text)
			text = r.text
		}
	}
	return false, r.replace(st, kind, raw, text, from)
}

// replace hands a value over and notes that the document is written up to here.
func (r *Rewriter) replace(st *state, kind Kind, raw, text []byte, from int) (err error) {
	action := Unlisted
	r.leaf = Leaf{Kind: kind, Raw: raw, Text: text}
	if st != nil && st.listed {
		action, r.leaf.Path = st.rule.Action, st.path
	}
	r.dst = append(r.dst, r.doc[r.done:from]...)
	r.done = r.pos
	r.dst, err = r.apply(r.dst, action, &r.leaf)
	if r.dropping && errors.Is(err, ErrDrop) {
		r.drop()
		return nil
	}
	return err
}

// drop takes back what was written of the present member.
func (r *Rewriter) drop() {
	if len(r.stack) == 0 {
		r.dst = append(r.dst, "null"...)
		return
	}
	f := &r.stack[len(r.stack)-1]
	r.dst, f.dropped = r.dst[:f.mark], true
}

// member prepares for the next member of f: what stands before it begins at
// from, and after the comma, if there is one, at start. The first that stays
// takes no comma along.
func (r *Rewriter) member(f *frame, from, start int, first bool) {
	if !first && !f.dropped {
		f.stayed++
	}
	r.dst = append(r.dst, r.doc[r.done:from]...)
	f.mark, f.dropped, r.done = len(r.dst), false, from
	if f.stayed == 0 {
		r.done = start
	}
}

func (r *Rewriter) open(st *state, object bool) error {
	if len(r.stack) == MaxDepth {
		return r.fail("nested too deeply")
	}
	f := frame{state: st, start: -1, object: object}
	if st == nil && r.dropping || st != nil && st.listed && st.rule.Whole {
		f.start, f.parent, f.state = r.pos, st, kept
	}
	r.stack = append(r.stack, f)
	r.pos++
	return nil
}

// following reads from the end of a value, or the start of one that was just
// opened, to the next value, and returns its state. more is false at the end.
func (r *Rewriter) following(opened bool) (st *state, more bool, err error) {
	for len(r.stack) > 0 {
		f := &r.stack[len(r.stack)-1]
		from, start := r.pos, r.pos
		r.pos = skipSpace(r.doc, r.pos)
		if r.pos == len(r.doc) {
			return nil, false, r.fail("it ends too early")
		}
		c := r.doc[r.pos]
		if f.object && c == '}' || !f.object && c == ']' {
			r.pos++
			if err := r.shut(f); err != nil {
				return nil, false, err
			}
			opened = false
			continue
		}
		if !opened {
			if c != ',' {
				return nil, false, r.fail("a comma or a closing bracket is missing")
			}
			start = r.pos + 1
			r.pos = skipSpace(r.doc, start)
		}
		if r.dropping && f.state != kept {
			r.member(f, from, start, opened)
		}
		if f.object {
			st, err = r.key(f)
			return st, true, err
		}
		if st = f.state; st != nil && !st.all {
			st = st.at(f.n)
			f.n++
		}
		return st, true, nil
	}
	return nil, false, nil
}

// shut ends the innermost object or array.
func (r *Rewriter) shut(f *frame) error {
	r.stack = r.stack[:len(r.stack)-1]
	if f.start < 0 {
		return nil
	}
	kind := Array
	if f.object {
		kind = Object
	}
	raw := r.doc[f.start:r.pos:r.pos]
	return r.replace(f.parent, kind, raw, raw, f.start)
}

// key reads a key and its colon, and replaces the key unless it stays.
func (r *Rewriter) key(f *frame) (*state, error) {
	from := r.pos
	if from == len(r.doc) || r.doc[from] != '"' {
		return nil, r.fail("a key is missing")
	}
	end, escaped, ok := scanString(r.doc, from+1)
	r.pos = end
	if !ok {
		return nil, r.fail("a bad key")
	}
	if r.pos = skipSpace(r.doc, r.pos); r.pos == len(r.doc) || r.doc[r.pos] != ':' {
		return nil, r.fail("a colon is missing")
	}
	r.pos = skipSpace(r.doc, r.pos+1)
	if f.state != nil && f.state.all {
		return f.state, nil
	}
	key := r.doc[from+1 : end-1]
	if escaped {
		r.text = unescape(r.text[:0], key)
		key = r.text
	}
	e, alias := &nowhere, "key"
	if f.state != nil {
		e, alias = f.state.byName(key), f.state.alias
	}
	if e.keep || (e.star || e.last) && r.keys.Keep || e.last && r.keys.Plain != nil && r.keys.Plain(key) {
		return e.next, nil
	}
	r.dst = append(append(r.dst, r.doc[r.done:from]...), '"')
	if (e.star || e.last) && r.keys.Alias != nil {
		r.dst = r.keys.Alias(r.dst, alias, key)
	} else {
		if r.keys.Drop != nil {
			r.keys.Drop(key)
		}
		f.n++
		r.dst = strconv.AppendInt(append(r.dst, alias...), int64(f.n), 10)
	}
	r.dst, r.done = append(r.dst, '"'), end
	return e.next, nil
}
