package serve

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Progress is how far a run is.
type Progress struct {
	Stage  string          `json:"stage"`  // the one that goes on; "" before the first
	Stages []StageProgress `json:"stages"` // all so far, that one last
	Rows   int64           `json:"rows"`   // copied so far
	Bytes  int64           `json:"bytes"`  // copied so far, as COPY carries them
	// ExpectedRows and ExpectedBytes are the source's estimates; 0 while there are none.
	ExpectedRows  int64 `json:"expected_rows"`
	ExpectedBytes int64 `json:"expected_bytes"`
	// RowsPerSecond and BytesPerSecond are of the copy, from its first row on.
	RowsPerSecond  float64 `json:"rows_per_second"`
	BytesPerSecond float64 `json:"bytes_per_second"`
	// ETASeconds is the time that the copy will still take; null while that can't be told.
	ETASeconds *float64        `json:"eta_seconds"`
	Tables     []TableProgress `json:"tables"` // the largest first; at most MaxTables
	MoreTables int             `json:"more_tables,omitempty"`
}

// StageProgress is a stage of a run that goes on.
type StageProgress struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// TableProgress is what was copied of a table.
type TableProgress struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// MaxTables is how many tables a Progress lists.
const MaxTables = 50

// Watch counts what a run does. It is a refresh.Observer; its methods may be called from any
// goroutine. Changed, if it is set, is called after each change, without the lock held.
type Watch struct {
	Changed func()

	mu                   sync.Mutex
	stages               []stageTime
	expectRows, expected int64
	rows, bytes          int64
	tables               map[string]*TableProgress
	first, latest        time.Time // of the copy
}

type stageTime struct {
	name  string
	began time.Time
}

// Stage notes that a stage begins.
func (w *Watch) Stage(name string) {
	w.change(func(now time.Time) { w.stages = append(w.stages, stageTime{name, now}) })
}

// Expect notes what will be copied. A run that starts its copy anew says it again.
func (w *Watch) Expect(rows, bytes int64) {
	w.change(func(time.Time) { w.expectRows, w.expected = rows, bytes })
}

// Copied counts what went through.
func (w *Watch) Copied(table string, rows, bytes int64) {
	w.change(func(now time.Time) {
		if w.tables == nil {
			w.tables, w.first = map[string]*TableProgress{}, now
		}
		t := w.tables[table]
		if t == nil {
			t = &TableProgress{Table: table}
			w.tables[table] = t
		}
		t.Rows, t.Bytes = t.Rows+rows, t.Bytes+bytes
		w.rows, w.bytes, w.latest = w.rows+rows, w.bytes+bytes, now
	})
}

// Warn is part of refresh.Observer: the report has the warnings.
func (w *Watch) Warn(string) {}

func (w *Watch) change(do func(now time.Time)) {
	w.mu.Lock()
	do(time.Now())
	w.mu.Unlock()
	if w.Changed != nil {
		w.Changed()
	}
}

// Progress is how far the run is now.
func (w *Watch) Progress() Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := Progress{Rows: w.rows, Bytes: w.bytes, ExpectedRows: w.expectRows, ExpectedBytes: w.expected,
		Stages: []StageProgress{}, Tables: []TableProgress{}}
	now := time.Now()
	for i, s := range w.stages {
		end := now
		if i+1 < len(w.stages) {
			end = w.stages[i+1].began
		}
		p.Stage = s.name
		p.Stages = append(p.Stages, StageProgress{s.name, end.Sub(s.began).Seconds()})
	}
	if seconds := w.latest.Sub(w.first).Seconds(); seconds > 0 {
		p.RowsPerSecond, p.BytesPerSecond = float64(w.rows)/seconds, float64(w.bytes)/seconds
		if left := w.expected - w.bytes; left > 0 && p.BytesPerSecond > 0 {
			eta := float64(left) / p.BytesPerSecond
			p.ETASeconds = &eta
		}
	}
	for _, t := range w.tables {
		p.Tables = append(p.Tables, *t)
	}
	slices.SortFunc(p.Tables, func(a, b TableProgress) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Table, b.Table))
	})
	if more := len(p.Tables) - MaxTables; more > 0 {
		p.Tables, p.MoreTables = p.Tables[:MaxTables], more
	}
	return p
}
