package verify

import (
	"fmt"
	"math"
	"sync"
	"time"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/report/visible"
)

// maxKept is how many findings of one sort a column keeps.
const maxKept = 20

// Sorts of finding, before the column as a whole says what is strong.
const (
	sureSurvivor  = iota // words, codes, addresses, numbers with +: chance can't make them
	digitSurvivor        // digits alone: weighed against chance
	nameSurvivor         // full names of two words: weighed against chance
	looseSurvivor        // words in several fields: chance may have put them side by side
	sureDetection
	bareDetection // what only a check digit tells from other numbers: weighed against those
	weakDetection
	chanceDetection // a whole cell that a check lets pass which many numbers pass: counts where most of the column does
	credential      // a password or key in a definition
	sorts
)

// tally counts what was found in one column.
type tally struct {
	stats    ColumnStats
	ruled    string // see [Input.Objects]
	schema   bool   // a definition, not rows
	file     bool   // text that no rule names
	own      bool   // text that refresher wrote: its hashes and paths look like tokens
	numeric  bool   // the column's type is a number
	address  bool   // the column's type is an IP address
	masked   bool   // a rule replaces the column's values
	context  detect.Context
	salt     uint64 // of the column in a scanner's memo
	memo     use
	misses   [maxMiss + 1]int64 // cells that fail an identifier's check, by their length
	numbers  int64              // of plain text that are as long as cards'
	lengths  uint32             // of the bareDetections, as bits
	expected float64            // digitSurvivors that chance alone would give
	names    names              // the nameSurvivors, and what chance would give
	strong   [sorts]bool        // what counts, once the column was resolved
	found    [sorts]struct {
		n       int64
		kept    []Finding
		byClass map[pii.Class]int64
	}
}

func (t *tally) add(sort int, class pii.Class, f func() Finding) {
	x := &t.found[sort]
	x.n++
	t.count(sort, class, 1)
	if len(x.kept) < maxKept {
		x.kept = append(x.kept, f())
	}
}

// count counts findings of a class.
func (t *tally) count(sort int, class pii.Class, n int64) {
	x := &t.found[sort]
	if x.byClass == nil {
		x.byClass = map[pii.Class]int64{}
	}
	x.byClass[class] += n
}

// merge adds what another worker found in the same column.
func (t *tally) merge(u *tally) {
	t.stats.Cells += u.stats.Cells
	t.stats.Bytes += u.stats.Bytes
	t.stats.Fictional += u.stats.Fictional
	t.stats.Excepted += u.stats.Excepted
	t.stats.Cut += u.stats.Cut
	for i := range t.misses {
		t.misses[i] += u.misses[i]
	}
	t.numbers += u.numbers
	t.lengths |= u.lengths
	t.expected += u.expected
	t.names.merge(&u.names)
	for i := range t.found {
		t.found[i].n += u.found[i].n
		for class, n := range u.found[i].byClass {
			t.count(i, class, n)
		}
		room := max(0, maxKept-len(t.found[i].kept))
		t.found[i].kept = append(t.found[i].kept, u.found[i].kept[:min(room, len(u.found[i].kept))]...)
	}
}

// fresh is an empty tally for the same column.
func (t *tally) fresh() *tally {
	return &tally{ruled: t.ruled, schema: t.schema, file: t.file, own: t.own, numeric: t.numeric, address: t.address,
		context: t.context, salt: t.salt, stats: ColumnStats{
			Table: t.stats.Table, Column: t.stats.Column, Class: t.stats.Class}}
}

// ruledAs is what exceptions for the column are written for.
func (t *tally) ruledAs() string {
	if t.ruled != "" {
		return objectsOf(t.ruled)
	}
	return t.stats.Table
}

// resolve decides which findings are strong, and sums them up.
func (t *tally) resolve() []Finding {
	t.split()
	strong := [sorts]bool{sureSurvivor: true, sureDetection: true, credential: true}
	if x := t.found[digitSurvivor].n; x > 0 {
		strong[digitSurvivor] = byChance(x, t.expected) < 1e-3
	}
	strong[nameSurvivor] = t.masked || !t.names.byChance() // fakes are no real names
	share := int64(5)
	if t.numeric {
		share = 2
	}
	strong[looseSurvivor] = !t.file && t.found[looseSurvivor].n*looseShare >= t.stats.Cells
	n := t.found[bareDetection].n
	strong[bareDetection] = n*share >= n+t.missed()
	if n := t.found[chanceDetection].n; n < minChance || n < 9*t.missed() {
		t.found[chanceDetection].n, t.found[chanceDetection].kept = 0, nil // nothing but chance
	}
	var all []Finding
	for i := range t.found {
		survivor := i <= looseSurvivor
		isStrong := strong[i] && (survivor || !t.schema || i == credential)
		t.strong[i] = isStrong
		switch {
		case !isStrong:
			t.stats.Weak += t.found[i].n
		case survivor:
			t.stats.Survivors += t.found[i].n
		default:
			t.stats.Detected += t.found[i].n
		}
		for _, f := range t.found[i].kept {
			f.Strong = isStrong
			all = append(all, f)
		}
	}
	return all
}

// looseShare is the part of a column's cells, one in so many, that must hold words of a
// source value side by side in fields of their own, to be no chance.
const looseShare = 20

// minChance is how many cells it takes to show by their number what one can't. If
// nine in ten pass a check that at most half of all numbers do, it is no chance.
const minChance = 20

// maxMiss is the length of the longest value that is weighed, in bytes.
const maxMiss = 31

// weigh notes the length of a value that is told from others by a check alone.
func (t *tally) weigh(value []byte) { t.lengths |= 1 << min(len(value), maxMiss) }

// missed is how many cells are as long as a bareDetection, and fail the check.
func (t *tally) missed() int64 {
	n := t.numbers
	for i, m := range t.misses {
		if t.lengths>>i&1 == 1 {
			n += m
		}
	}
	return n
}

// follow notes what a rule makes of the column. What a transform without a class
// writes (random digits, say) can look like anything: the column's name then says
// nothing about it.
func (t *tally) follow(rule Column) {
	t.masked = true
	t.stats.Class = rule.Class
	if rule.Class == pii.None || rule.Class == "" {
		t.context = detect.Context{}
	}
}

// byChance is the probability of n or more hits where the given number is
// expected (Poisson).
func byChance(n int64, expected float64) float64 {
	if expected <= 0 {
		return 0
	}
	if float64(n) <= expected {
		return 1
	}
	// The sum of the terms from n on; each is the one before times expected/k < 1.
	lg, _ := math.Lgamma(float64(n) + 1)
	term := math.Exp(float64(n)*math.Log(expected) - expected - lg)
	sum := 0.0
	for k := n; term > 0 && k < n+1000; k++ {
		sum += term
		term *= expected / float64(k+1)
	}
	return min(1, sum)
}

// ledger gathers the tallies of all columns.
type ledger struct {
	mu      sync.Mutex
	ruled   string // see [Input.Objects]
	columns []*tally
	index   map[[2]string]*tally
	rows    int64

	// Of archives that large objects are: what became of them is in results of
	// their own.
	findings []Finding
	leaks    []Leak
	problems []string
}

// column returns the tally of a column. A new one is prepared by init before
// anybody else sees it.
func (l *ledger) column(table, column string, init func(*tally)) *tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.index[[2]string{table, column}]; t != nil {
		return t
	}
	t := &tally{ruled: l.ruled, stats: ColumnStats{Table: table, Column: column, Class: pii.None, Scanned: true},
		context: detect.ContextOf(column), salt: uint64(len(l.columns)+1) * 0x9E3779B97F4A7C15}
	init(t)
	if l.index == nil {
		l.index = map[[2]string]*tally{}
	}
	l.index[[2]string{table, column}] = t
	l.columns = append(l.columns, t)
	return t
}

// merge adds what a worker found in columns of this ledger.
func (l *ledger) merge(rows int64, found []*tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows += rows
	for _, t := range found {
		if into := l.index[[2]string{t.stats.Table, t.stats.Column}]; into != nil {
			into.merge(t)
		}
	}
}

// result closes the ledger.
func (v *Verifier) result(subject string, began time.Time, l *ledger, checks ...Check) *Result {
	r := &Result{Subject: subject, Checks: checks, Rows: l.rows, run: v.opts.Run, done: true}
	r.Findings = l.findings
	r.Leaks = l.leaks
	problems := l.problems
	cells, cut := int64(0), int64(0)
	for _, t := range l.columns {
		for _, a := range v.allowed.limits(t) {
			if within := t.accept(a); !within {
				problems = append(problems, a.String())
			}
			r.Accepted = append(r.Accepted, *a)
		}
		found := t.resolve()
		r.Findings = append(r.Findings, found...)
		if leak := t.leak(found, v.opts.Strict); leak != nil {
			r.Leaks = append(r.Leaks, *leak)
		}
		s := t.stats
		r.Columns = append(r.Columns, s)
		r.Bytes += s.Bytes
		r.Survivors += s.Survivors
		r.Detected += s.Detected
		r.Weak += s.Weak
		r.Excepted += s.Excepted
		cells += s.Cells
		cut += s.Cut
	}
	first := Check{Name: "survivors", OK: r.Survivors == 0, problems: fault.Problems(problems),
		Detail: "not looked for: there are no fingerprints of the source"}
	if v.opts.Set != nil {
		first.Detail = fmt.Sprintf("%s found; %s fingerprints looked for in %s cells", visible.Count(r.Survivors),
			visible.Count(v.opts.Set.Len()), visible.Count(cells))
	}
	second := Check{Name: "detectors", OK: r.Detected == 0 && (r.Weak == 0 || !v.opts.Strict),
		Detail: fmt.Sprintf("%s strong, %s weak findings in %s cells", visible.Count(r.Detected), visible.Count(r.Weak), visible.Count(cells))}
	if r.Excepted > 0 {
		second.Detail += fmt.Sprintf("; %d allowed by the rules", r.Excepted)
	}
	if cut > 0 {
		second.Detail += fmt.Sprintf("; %d texts not looked through to the end, since they unfold to too much", cut)
	}
	if first.OK {
		first.problems, second.problems = nil, first.problems
	}
	r.Checks = append(r.Checks, first, second)
	r.Duration = time.Since(began)
	return r
}
