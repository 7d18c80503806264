package document

import (
	"strconv"
	"strings"
)

// step is one part of a path.
type step struct {
	kind   stepKind
	key    string
	lo, hi int // of elements: lo up to, not including, hi; hi -1 is the end
}

type stepKind uint8

const (
	oneKey   stepKind = iota // key
	anyKey                   // *
	elements                 // [lo], [lo:hi], [*]
	deep                     // **
)

// anyElement is [*].
var anyElement = step{kind: elements, lo: 0, hi: -1}

// maxIndex bounds the elements that paths tell apart: each takes a state.
const maxIndex = 1000

// parsePath reads a path; reason says what is wrong with it.
func parsePath(s string) (steps []step, reason string) {
	for rest := s; rest != ""; {
		var st step
		if rest[0] == '[' {
			st, rest, reason = parseIndex(rest)
		} else {
			if len(steps) > 0 {
				if rest[0] != '.' {
					return nil, "there must be a dot or [ after a closing quote or ]"
				}
				rest = rest[1:]
			}
			st, rest, reason = parseKey(rest)
		}
		if reason != "" {
			return nil, reason
		}
		if n := len(steps); st.kind == deep && n > 0 && steps[n-1].kind == deep {
			return nil, "** after ** means no more than one"
		}
		steps = append(steps, st)
	}
	return steps, ""
}

// parseKey reads a bare or quoted key, * or **.
func parseKey(s string) (st step, rest, reason string) {
	if strings.HasPrefix(s, `"`) {
		return parseQuoted(s)
	}
	end := strings.IndexAny(s, ".[")
	if end < 0 {
		end = len(s)
	}
	key, rest := s[:end], s[end:]
	switch {
	case key == "":
		return st, "", `a key is empty: write an empty key as ""`
	case key == "*":
		return step{kind: anyKey}, rest, ""
	case key == "**":
		return step{kind: deep}, rest, ""
	case strings.ContainsAny(key, "]\"* \t\r\n"):
		return st, "", `a key with a dot, bracket, quote, star or space must be quoted, like "odd.key"`
	}
	return step{kind: oneKey, key: key}, rest, ""
}

func parseQuoted(s string) (st step, rest, reason string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == '"' {
			if i+1 == len(s) || s[i+1] != '"' {
				return step{kind: oneKey, key: b.String()}, s[i+1:], ""
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return st, "", "a quote is not closed"
}

// parseIndex reads [*], [n], [from:to], [from:] or [:to].
func parseIndex(s string) (st step, rest, reason string) {
	const form = "brackets hold * or the number of an element, from 0, or a slice like 1:3, whose end is not included"
	inner, rest, ok := strings.Cut(s[1:], "]")
	if !ok {
		return st, "", "a bracket is not closed"
	}
	if inner == "*" {
		return anyElement, rest, ""
	}
	number := func(s string, missing int) (n int, ok bool) {
		if s == "" {
			return missing, missing >= -1
		}
		u, err := strconv.ParseUint(s, 10, 31)
		return int(u), err == nil && s == strconv.FormatUint(u, 10)
	}
	st = step{kind: elements}
	from, to, slice := strings.Cut(inner, ":")
	if !slice {
		if st.lo, ok = number(inner, -2); !ok {
			return st, "", form
		}
		st.hi = st.lo + 1
	} else {
		var okTo bool
		st.lo, ok = number(from, 0)
		st.hi, okTo = number(to, -1)
		switch {
		case !ok || !okTo:
			return st, "", form
		case st.hi >= 0 && st.hi <= st.lo:
			return st, "", "the slice is empty: its end is not included"
		}
	}
	if max(st.lo, st.hi) > maxIndex {
		return st, "", "elements beyond " + strconv.Itoa(maxIndex) + " can't be told apart: use [*]"
	}
	return st, rest, ""
}

// covers reports whether general matches every value that special matches.
func covers(general, special []step) bool {
	if len(general) == 0 {
		return len(special) == 0
	}
	g := general[0]
	if g.kind == deep {
		return covers(general[1:], special) || len(special) > 0 && covers(general, special[1:])
	}
	if len(special) == 0 {
		return false
	}
	s := special[0]
	switch g.kind {
	case anyKey:
		return (s.kind == anyKey || s.kind == oneKey) && covers(general[1:], special[1:])
	case elements:
		within := s.kind == elements && g.lo <= s.lo && (g.hi < 0 || s.hi >= 0 && s.hi <= g.hi)
		return within && covers(general[1:], special[1:])
	}
	return g == s && covers(general[1:], special[1:])
}
