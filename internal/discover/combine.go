package discover

import (
	"slices"
)

// What name rules are made of: conditions on a column's name, n, and its table's.

func has(meanings ...string) func(n, table *name) bool {
	return func(n, _ *name) bool { return n.has(meanings...) }
}

// ends wants the last word that says something to mean one of these.
func ends(meanings ...string) func(n, table *name) bool {
	return func(n, _ *name) bool { return slices.Contains(meanings, n.last) }
}

func and(all ...func(n, table *name) bool) func(n, table *name) bool {
	return func(n, table *name) bool {
		for _, f := range all {
			if !f(n, table) {
				return false
			}
		}
		return true
	}
}

func not(f func(n, table *name) bool) func(n, table *name) bool {
	return func(n, table *name) bool { return !f(n, table) }
}

func only(meanings ...string) func(n, table *name) bool {
	return func(n, _ *name) bool { return n.only(meanings...) }
}

// modifiers say whose or which, and nothing of what.
var modifiers = []string{"ship", "person", "user", "account", "emergency", "spouse", "contactinfo", "neutral", "private", "filler", "vendor", "org", "holder", "mobile", "postal"}

func of(meanings ...string) func(n, table *name) bool {
	return only(append(slices.Clone(modifiers), meanings...)...)
}

func or(some ...func(n, table *name) bool) func(n, table *name) bool {
	return func(n, table *name) bool {
		for _, f := range some {
			if f(n, table) {
				return true
			}
		}
		return false
	}
}

func hasWord(list ...string) func(n, table *name) bool {
	return func(n, _ *name) bool {
		return slices.ContainsFunc(n.parts, func(w string) bool { return slices.Contains(list, w) })
	}
}

func hasNoWord(list ...string) func(n, table *name) bool { return not(hasWord(list...)) }

// lastWord and just look at words, not at meanings.
func lastWord(list ...string) func(n, table *name) bool {
	return func(n, _ *name) bool { return len(n.parts) > 0 && slices.Contains(list, n.parts[len(n.parts)-1]) }
}

func just(list ...string) func(n, table *name) bool {
	return func(n, _ *name) bool { return len(n.parts) == 1 && hasWord(list...)(n, nil) }
}
