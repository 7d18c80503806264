package discover

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/transform"
)

// Options say how much of the data is looked at.
type Options struct {
	Rows     int                                     // a table, sampled at random; 0: 400
	Timeout  time.Duration                           // of reading a table; 0: 10 s
	Progress func(table catalog.Name, at, total int) // called before each table; nil: nothing
}

// Finding is what a column seems to hold. Its JSON is a contract with scripts.
type Finding struct {
	Table      string    `json:"table"` // schema.table, its parts quoted where rules quote them
	Column     string    `json:"column"`
	Class      pii.Class `json:"class"`      // none where clean
	Confidence float64   `json:"confidence"` // from 0 to 1, that the class is right
	// what the draft does: a transform's name, json, array, …; generated where PostgreSQL computes it
	Transform string `json:"transform"`
	Reason    string `json:"reason"` // names and shares, never a value
}

// Survey is what is known of a database's columns.
type Survey struct {
	cat    *catalog.Catalog
	tables []*table // that decide on columns: not partitions, nor tables without rows
	byName map[catalog.Name]*table
	Notes  []string // tables that could not be sampled, and why
}

// Names classifies by names, types, comments and keys alone; no row is read.
func Names(cat *catalog.Catalog) *Survey {
	s := &Survey{cat: cat, byName: map[catalog.Name]*table{}}
	d := detect.New()
	for _, t := range cat.Tables {
		if !scrub.KeepsConfiguration(t) {
			s.add(newTable(t, nil, d))
		}
	}
	s.judge(d)
	return s
}

// Database classifies by names, types, comments, keys and a sample of the rows of
// each table, read in read-only transactions, one after the other. It needs no
// more than SELECT and works on a hot standby; a table that can't be read is
// classified by its names, with a note.
func Database(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, o Options) (*Survey, error) {
	s := &Survey{cat: cat, byName: map[catalog.Name]*table{}}
	if o.Rows <= 0 {
		o.Rows = sampleRows
	}
	if o.Timeout <= 0 {
		o.Timeout = sampleTimeout
	}
	r := sampler{conn: conn, rows: o.Rows, timeout: o.Timeout}
	d := detect.New()
	for i, t := range cat.Tables {
		if o.Progress != nil {
			o.Progress(t.Name, i, len(cat.Tables))
		}
		if scrub.KeepsConfiguration(t) {
			continue
		}
		var v values
		var why string
		if t.Kind != catalog.Foreign && !t.IsPartition && !(cat.InRecovery && t.Persistence == 'u') {
			var err error
			if v, why, err = r.read(ctx, cat, t); err != nil {
				return nil, err
			}
			if why != "" {
				s.Notes = append(s.Notes, fmt.Sprintf("%s was classified by its names alone: %s", t.Name, why))
			}
		}
		s.add(newTable(t, v, d))
	}
	s.judge(d)
	return s, nil
}

func (s *Survey) add(t *table) {
	s.tables = append(s.tables, t)
	s.byName[t.Name] = t
}

// judge classifies all columns.
func (s *Survey) judge(d *detect.Detector) {
	s.connect()
	s.unbrand()
	bounded := s.bounded()
	called, common, patients, homed := map[string]bool{}, map[string]int{}, false, false
	for _, t := range s.tables {
		for _, c := range t.columns {
			common[c.Name]++
		}
		for _, w := range t.name.parts {
			called[singular(w)] = true
		}
		homed = homed || aboutPersons(headOf(t.name))
		patients = patients || t.holds(columnRules().conditions["of_clinic"])
	}
	for _, t := range s.tables {
		t.bounded, t.tables, t.common = bounded, called, common
		t.homed, t.facts[clinic] = homed, patients
		t.context()
	}
	s.ofPersons()
	for _, t := range s.tables {
		for _, c := range t.columns {
			c.classify()
			if c.docs != nil {
				c.json = readDocuments(c.docs, c.configuration())
				c.json.classify(c, d)
				c.docs = nil
				for _, l := range c.json.leaves {
					l.values = nil
				}
			}
		}
		t.together()
	}
	for _, t := range s.tables {
		for _, c := range t.columns {
			s.follow(c)
		}
	}
}

// bounded reports whether words are mostly varchar here, as many frameworks make
// them, so that text is for what is longer.
func (s *Survey) bounded() bool {
	words, texts := 0, 0
	for _, t := range s.tables {
		for _, c := range t.columns {
			switch c.Type.Underlying().OID {
			case catalog.VarcharOID:
				words++
			case catalog.TextOID:
				texts++
			}
		}
	}
	return words > texts
}

// together corrects what only the columns of a table together show: a surname and
// a given name beside a full one, a street beside a town.
func (t *table) together() {
	for _, c := range t.columns {
		if c.class == pii.None {
			continue
		}
		if c.key != nil && c.class != pii.Email && c.family != transform.FamilyText {
			c.class, c.score, c.reason = pii.None, 0.8, "a key of another table"
		}
	}
}

// connect notes which columns refer to which.
func (s *Survey) connect() {
	for _, t := range s.tables {
		for i := range t.ForeignKeys {
			key := &t.ForeignKeys[i]
			to := s.byName[key.RefTable]
			if to == nil || to.Kind == catalog.Foreign {
				continue
			}
			for j, name := range key.Columns {
				c := t.column(name)
				if ref := to.column(key.RefColumns[j]); c != nil && ref != nil && ref != c && (c.to == nil ||
					len(key.Columns) == 1) {
					c.key, c.to = key, ref
				}
			}
		}
	}
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// origin is the column at the end of a chain of references.
func (c *column) origin() *column {
	seen := map[*column]bool{}
	for c.to != nil && !seen[c] {
		seen[c] = true
		c = c.to
	}
	return c
}

// follow gives a column that refers to another the class of that.
func (s *Survey) follow(c *column) {
	if c.to == nil {
		return
	}
	o := c.origin()
	if o == c {
		return
	}
	// a person's code, even if the list of codes is not personal
	if o.class == pii.None && (c.class == Gender || c.class == Special) {
		return
	}
	if o.class == pii.None {
		c.class, c.score, c.reason = pii.None, max(o.score, 0.8), "refers to "+o.where()+
			", which holds nothing personal"
		return
	}
	c.class, c.score, c.reason = o.class, o.score, "refers to "+o.where()
}

func (c *column) where() string { return c.table.Table.Name.String() + "." + ruleKey(c.Name) }

// owner is the column that decides on c: that of the topmost parent that has it.
func (s *Survey) owner(c *column) *column {
	t := c.table
	if root := s.byName[t.Root]; root != nil && root != t {
		if up := root.column(c.Name); up != nil {
			return up
		}
	}
	for _, p := range t.Parents {
		if parent := s.byName[p]; parent != nil && parent != t {
			if up := parent.column(c.Name); up != nil {
				return s.owner(up)
			}
		}
	}
	return c
}

// suspicious are the columns that a person should not keep without looking.
func (c *column) suspicious() bool { return c.class != pii.None && c.score >= found && !c.guessed }

// ruleKey is a column's name as the key of a mapping in rules, before YAML's own quotes.
func ruleKey(name string) string {
	if name == "*" { // without quotes it is the wildcard
		return `"*"`
	}
	return strings.TrimPrefix(catalog.Name{Schema: "x", Name: name}.String(), "x.")
}

// Findings are all columns, by table and position; the draft says what it does
// with them, if there is one.
func (s *Survey) Findings(d *Draft) []Finding {
	out := []Finding{}
	for _, t := range s.tables {
		for _, c := range t.columns {
			o := s.owner(c)
			f := Finding{Table: t.Table.Name.String(), Column: c.Name, Class: o.class, Confidence: round(o.score),
				Reason: o.reason, Transform: keep}
			switch {
			case t.Kind == catalog.Foreign:
				f.Transform = "rows: none"
			case c.Generated:
				f.Transform = "generated"
			case d != nil:
				f.Transform = d.transform(o)
			}
			out = append(out, f)
		}
	}
	return out
}

func round(f float64) float64 { return float64(int(f*100+0.5)) / 100 }

// Suspicious says what a column seems to hold, if it is anything personal.
func (s *Survey) Suspicious(t catalog.Name, name string) (Finding, bool) {
	tab := s.byName[t]
	if tab == nil {
		return Finding{}, false
	}
	c := tab.column(name)
	if c == nil {
		return Finding{}, false
	}
	o := s.owner(c)
	return Finding{Table: t.String(), Column: name, Class: o.class, Confidence: round(o.score), Reason: o.reason},
		o.suspicious()
}
