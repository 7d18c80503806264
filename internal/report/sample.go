package report

import (
	"fmt"
	"strings"

	"refresher/internal/report/visible"
)

// Sample is what a dataset holds that is a part of the database, and why.
type Sample struct {
	Roots    []SampleRoot  `json:"roots"`
	Tables   []SampleTable `json:"tables"`                 // those of which it holds rows
	Lowered  float64       `json:"lowered_to,omitempty"`   // part of their shares that roots had to be content with, to keep max_rows and max_bytes; absent: the whole
	MaxRows  int64         `json:"max_rows,omitempty"`     // what was asked for
	MaxBytes int64         `json:"max_bytes,omitempty"`    // what was asked for
	Before   string        `json:"compared_to,omitempty"`  // the run whose sample joined and left count from; absent: none is known
	Why      string        `json:"not_compared,omitempty"` // why joined and left aren't there
	Rekeyed  *Rekeyed      `json:"rekeyed,omitempty"`      // absent: its fakes are those of staging
}

// Rekeyed is what a second key did to a sample, so that its rows can't be joined with staging's.
type Rekeyed struct {
	KeyFingerprint string          `json:"key_fingerprint"`
	Values         int64           `json:"values"`            // that the key draws
	Same           int64           `json:"same"`              // of those drawn as they were: by chance, where few values are possible
	Columns        []RekeyedColumn `json:"columns,omitempty"` // those with such values
	// Joinable are the primary and unique keys that the rules keep: by these rows can be joined with staging's.
	Joinable []string `json:"joinable_by,omitempty"`
}

// RekeyedColumn counts the values of a column that a second key drew.
type RekeyedColumn struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Values int64  `json:"values"`
	Same   int64  `json:"same"`
}

// SampleRoot is where a sample started, and what changed there since the sample before.
type SampleRoot struct {
	Table    string  `json:"table"`
	Takes    string  `json:"takes"`             // what the configuration asks for, in words and without values
	Percent  float64 `json:"percent,omitempty"` // the share that was taken, which a budget can have lowered
	Rows     int64   `json:"rows"`
	NotFound int64   `json:"keys_not_found,omitempty"` // listed keys that no row has
	// Change is absent if nothing is known of the sample before.
	Change *SampleChange `json:"change,omitempty"`
}

// SampleChange counts what a root takes beside what it took before.
type SampleChange struct {
	Stayed        int64 `json:"stayed"`
	Joined        int64 `json:"joined"`              // the key is new, or a condition or list has come to name it
	JoinedByShare int64 `json:"joined_by_share"`     // the share is larger than before
	Left          int64 `json:"left"`                // the key is gone, or a condition or list names it no more
	LeftByShare   int64 `json:"left_by_share"`       // the share is smaller than before
	Estimated     bool  `json:"estimated,omitempty"` // from a million rows of them
}

// SampleTable is what a sample holds of one table.
type SampleTable struct {
	Table string       `json:"table"`
	Rows  int64        `json:"rows"`
	Bytes int64        `json:"bytes"`              // as PostgreSQL stores the rows, without indexes
	Roots int64        `json:"roots,omitempty"`    // rows that a root took
	Down  int64        `json:"children,omitempty"` // that reference rows of the sample
	Own   int64        `json:"own,omitempty"`      // by their own key, since no root leads to the table
	Whole int64        `json:"whole,omitempty"`    // since the table is taken whole
	Up    int64        `json:"parents,omitempty"`  // that rows of the sample reference
	Edges []SampleEdge `json:"keys,omitempty"`     // of children and parents: which foreign key brought them first
}

// SampleEdge is a foreign key, or a reference that the rules declare, by which rows came.
type SampleEdge struct {
	Key  string `json:"key"`
	Down bool   `json:"down"` // it brought rows that reference; else rows that are referenced
	Rows int64  `json:"rows"`
}

// String is the root in a few words.
func (r SampleRoot) String() string {
	text := fmt.Sprintf("%s: %s, rows: %s", r.Table, r.Takes, visible.Count(r.Rows))
	if r.NotFound > 0 {
		text += fmt.Sprintf(", keys not found: %s", visible.Count(r.NotFound))
	}
	c := r.Change
	if c == nil {
		return text
	}
	about := ""
	if c.Estimated {
		about = "about "
	}
	parts := []string{about + visible.Count(c.Stayed) + " stayed"}
	for _, p := range []struct {
		n    int64
		text string
	}{
		{c.Joined, "joined"}, {c.JoinedByShare, "joined by a larger share"},
		{c.Left, "left"}, {c.LeftByShare, "left by a smaller share"},
	} {
		if p.n > 0 {
			parts = append(parts, visible.Count(p.n)+" "+p.text)
		}
	}
	return text + "; " + strings.Join(parts, ", ")
}

// Notes are what a reader should know of the sample, a sentence each.
func (s *Sample) Notes() (notes []string) {
	if s.Lowered > 0 {
		var limits []string
		if s.MaxRows > 0 {
			limits = append(limits, visible.Count(s.MaxRows)+" rows")
		}
		if s.MaxBytes > 0 {
			limits = append(limits, visible.Size(s.MaxBytes))
		}
		notes = append(notes, fmt.Sprintf("Shares were lowered to %.3g %% of what was asked for, to stay within %s.",
			100*s.Lowered, strings.Join(limits, " and ")))
	}
	if r := s.Rekeyed; r != nil {
		notes = append(notes, fmt.Sprintf("Scrubbed a second time with key %s: of %s values that it draws, %s "+
			"are as in "+
			"staging, by chance.", r.KeyFingerprint, visible.Count(r.Values), visible.Count(r.Same)))
		if len(r.Joinable) > 0 {
			notes = append(notes, "Kept keys, by which its rows can still be joined with staging's: "+
				strings.Join(r.Joinable, ", ")+".")
		}
	}
	if s.Why != "" {
		notes = append(notes, "What joined and left isn't known: "+s.Why+".")
	}
	return notes
}

// SamplePlan is what a dry run expects a bucket's sample to hold, by the planner's statistics of the source.
type SamplePlan struct {
	Bucket string            `json:"bucket"`
	Rows   int64             `json:"rows"`
	Bytes  int64             `json:"bytes"`                // of the tables' files, as they are in the source
	Fits   bool              `json:"fits"`                 // max_rows and max_bytes can be kept, by lowered shares if need be
	Shares float64           `json:"lowered_to,omitempty"` // part of what was asked for, if less than all
	Tables []SamplePlanTable `json:"tables"`
}

// SamplePlanTable is what a dry run expects a sample to hold of one table.
type SamplePlanTable struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
	By    string `json:"by"` // what brings most of the rows: a foreign key, or root, own share or whole
}
