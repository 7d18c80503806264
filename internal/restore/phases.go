package restore

import (
	"bytes"
	"strings"

	"refresher/internal/catalog"
)

// phase is a stretch of a dump's contents.
type phase struct {
	list  []byte
	alone bool // its entries are restored one by one
}

// maxPhases is how often pg_restore is started at most: contents that would need
// more, which no dump has whose order is by type, are restored by one job.
const maxPhases = 24

// phases cuts the contents of post-data where jobs side by side could deadlock, and
// keeps their order but for the marked indexes.
//
// pg_restore knows which tables an entry locks, but not that an entry on a
// partitioned table locks its partitions too, nor that the entry of an index that
// CLUSTER or the replica identity goes by holds one lock on its table and then wants
// a stronger one, while another index of it is being built.
func phases(contents []byte, cat *catalog.Catalog) []phase {
	touchy, marked := touchyEntries(cat), map[string]bool{}
	tables := map[catalog.Name]int{}
	for _, m := range cat.Marked {
		marked[tocName("INDEX", m.Name)] = true
		tables[m.Table]++
	}
	var c cutter
	for _, n := range tables {
		c.side = c.side || n > 1
	}
	for line := range bytes.Lines(contents) {
		m := tocLine.FindSubmatch(bytes.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		entry := string(m[1])
		switch {
		case strings.HasPrefix(entry, "COMMENT "): // follows what it is about
			c.add(line)
		case prefixIn(marked, entry):
			c.later(line)
		case strings.HasPrefix(entry, "INDEX ATTACH "), prefixIn(touchy, entry):
			c.begin(line, true)
		case strings.HasPrefix(entry, "INDEX "), strings.HasPrefix(entry, "CONSTRAINT "):
			c.begin(line, false)
		default:
			if len(c.marked) > 0 { // which this one could depend on
				c.flush()
			}
			c.begin(line, false)
		}
	}
	c.flush()
	if len(c.done) > maxPhases {
		return []phase{{contents, true}}
	}
	return c.done
}

// cutter gathers entries.
type cutter struct {
	done   []phase
	list   []byte
	alone  bool
	marked []byte // put off until the others of the phase are built
	putOff bool   // the last entry was
	side   bool   // a table has two marked indexes, which must not be built side by side
}

func (c *cutter) begin(line []byte, alone bool) {
	if alone != c.alone {
		c.flush()
	}
	c.alone, c.putOff = alone, false
	c.list = append(c.list, line...)
}

func (c *cutter) later(line []byte) {
	if c.alone {
		c.flush()
	}
	c.alone, c.putOff = false, true
	c.marked = append(c.marked, line...)
}

func (c *cutter) add(line []byte) {
	if c.putOff {
		c.marked = append(c.marked, line...)
	} else {
		c.list = append(c.list, line...)
	}
}

func (c *cutter) flush() {
	if len(c.list) > 0 {
		c.done = append(c.done, phase{c.list, c.alone})
	}
	if len(c.marked) > 0 {
		c.done = append(c.done, phase{c.marked, c.side})
	}
	c.list, c.marked = nil, nil
}

// touchyEntries are the beginnings of entries that lock more than one table of a
// partition tree: foreign keys from or to it, and triggers, which partitions inherit.
func touchyEntries(cat *catalog.Catalog) map[string]bool {
	tree := map[catalog.Name]bool{}
	for _, t := range cat.Tables {
		tree[t.Name] = t.Kind == catalog.Partitioned || t.IsPartition
	}
	touchy := map[string]bool{}
	for _, t := range cat.Tables {
		if tree[t.Name] {
			touchy[tocName("TRIGGER", t.Name)] = true
		}
		for _, f := range t.ForeignKeys {
			if tree[f.Table] || tree[f.RefTable] {
				touchy[tocName("FK CONSTRAINT", f.Table)+" "+oneLine.Replace(f.Name)] = true
			}
		}
	}
	return touchy
}

// oneLine is what pg_restore does to names in its list (src/fe_utils, sanitize_line).
var oneLine = strings.NewReplacer("\n", " ", "\r", " ")

func tocName(kind string, n catalog.Name) string {
	return kind + " " + oneLine.Replace(n.Schema) + " " + oneLine.Replace(n.Name)
}

// prefixIn reports whether an entry begins, up to a space, with one of the set: the
// owner's name follows, with spaces perhaps. So an entry too many can be found.
func prefixIn(set map[string]bool, entry string) bool {
	for i := len(entry); i > 0; i = strings.LastIndexByte(entry[:i], ' ') {
		if set[entry[:i]] {
			return true
		}
	}
	return false
}
