package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// faultCounts is the table that the suite prints.
type faultCounts struct {
	mu    sync.Mutex
	kinds []string
	rows  map[string]*faultRow
}

type faultRow struct {
	injected, absorbed, resumed, restarted, failed, refused, interrupted, killed, lost int
}

func (c *faultCounts) note(kind string, code int, said string, lost bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rows[kind]
	if r == nil {
		if c.rows == nil {
			c.rows = map[string]*faultRow{}
		}
		r = &faultRow{}
		c.rows[kind] = r
		c.kinds = append(c.kinds, kind)
	}
	r.injected++
	switch code {
	case exitClean:
		r.absorbed++
	case exitRefused:
		r.refused++
	case exitInterrupted:
		r.interrupted++
	case killed:
		r.killed++
	default:
		r.failed++
	}
	if code == exitClean && strings.Contains(said, "warning: resumed") {
		r.resumed++
	}
	if code == exitClean && strings.Contains(said, "warning: starts over") {
		r.restarted++
	}
	if lost {
		r.lost++
	}
}

// print writes the table; the sums are in its last line.
func (c *faultCounts) print() (sum faultRow) {
	var b strings.Builder
	line := func(kind string, r faultRow) {
		fmt.Fprintf(&b, "%-44s %8d %8d %8d %8d %8d %8d %8d %8d %8d\n", kind, r.injected, r.absorbed, r.resumed,
			r.restarted, r.failed, r.refused, r.interrupted, r.killed, r.lost)
	}
	fmt.Fprintf(&b, "%-44s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "fault", "injected", "absorbed", "resumed",
		"new snap", "failed", "refused", "stopped", "killed", "LOST")
	for _, k := range c.kinds {
		r := *c.rows[k]
		line(k, r)
		sum.injected += r.injected
		sum.absorbed += r.absorbed
		sum.resumed += r.resumed
		sum.restarted += r.restarted
		sum.failed += r.failed
		sum.refused += r.refused
		sum.interrupted += r.interrupted
		sum.killed += r.killed
		sum.lost += r.lost
	}
	line("all", sum)
	fmt.Fprint(
		os.Stdout,
		"\n",
		b.String(),
		"\nabsorbed: exit 0 in spite of it, of which by going on in the same snapshot (resumed) or from a new one (new snap); failed: exit 3;\n"+
			"after each, staging and the dataset are whole, nothing is left over, and the next run succeeds; LOST: where that was not so.\n\n",
	)
	return sum
}
