package jsonscrub

import (
	"strconv"
	"strings"
)

// step is one part of a path.
type step struct {
	kind  stepKind
	key   string
	index int
}

type stepKind uint8

const (
	oneKey   stepKind = iota // key
	anyKey                   // *
	oneIndex                 // [index]
	anyIndex                 // [*]
	deep                     // **
)

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

// parseIndex reads [*] or [n].
func parseIndex(s string) (st step, rest, reason string) {
	inner, rest, ok := strings.Cut(s[1:], "]")
	if !ok {
		return st, "", "a bracket is not closed"
	}
	if inner == "*" {
		return step{kind: anyIndex}, rest, ""
	}
	n, err := strconv.ParseUint(inner, 10, 31)
	if err != nil || inner != strconv.FormatUint(n, 10) {
		return st, "", "brackets hold * or the number of an element, from 0"
	}
	return step{kind: oneIndex, index: int(n)}, rest, ""
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
	case anyIndex:
		return (s.kind == anyIndex || s.kind == oneIndex) && covers(general[1:], special[1:])
	}
	return g == s && covers(general[1:], special[1:])
}
