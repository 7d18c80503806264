// Package fingerprint remembers source identifiers as keyed hashes and finds
// them again in any text.
package fingerprint

import "refresher/internal/pii"

// Store collects the fingerprints of one run. Its memory is flat: collectors
// spill keyed 64-bit hashes (never values) to files under dir.
type Store struct{ todo int }

// NewStore returns an empty store. key is the run's secret (≥16 bytes).
func NewStore(dir string, key []byte) (*Store, error) { panic("TODO") }

// Collector returns a collector for one goroutine.
func (s *Store) Collector() *Collector { panic("TODO") }

// Close removes the store's files.
func (s *Store) Close() error { panic("TODO") }

// Collector adds fingerprints from one goroutine.
type Collector struct{ todo int }

// Add fingerprints one source value (canonical text) of a direct class in all its
// normal forms. Values that a fake could have made (fake.Recognise) and values too
// short or too common to prove anything are counted, not added. It never allocates
// in the steady state.
func (c *Collector) Add(class pii.Class, value []byte) { panic("TODO") }

// Close flushes the collector.
func (c *Collector) Close() error { panic("TODO") }

// Stats counts per class.
type Stats struct{ Added, Fictional, Short int64 }

// Stats of the whole store, after its collectors were closed.
func (s *Store) Stats() map[pii.Class]Stats { panic("TODO") }

// Build makes the searchable set, after all collectors were closed.
func (s *Store) Build() (*Set, error) { panic("TODO") }

// Set is a read-only set of fingerprints, safe for concurrent use.
type Set struct{ todo int }

// Matcher returns a scanner for one goroutine.
func (s *Set) Matcher() *Matcher { panic("TODO") }

// Matcher looks for fingerprinted values in text.
type Matcher struct{ todo int }

// Match is text[Start:End], a survivor of a source value of Class.
type Match struct {
	Class      pii.Class
	Start, End int
}

// Scan appends the survivors in text (a whole cell, or any stretch of a file).
func (m *Matcher) Scan(dst []Match, text []byte) []Match { panic("TODO") }
