package synthetic

import "math"

// spread deals the rows of a table out to so many choices: parents of a foreign key, or values. Rows behind a
// permutation are cut into runs, of which each choice, behind another permutation, has one. All is computed from
// a number alone, in both directions.
type spread struct {
	rows    permutation
	choices permutation
	filled  uint64 // rows that choose; the others are NULL
	runs    []runs
}

// runs are choices that have about as many rows each.
type runs struct {
	choices, rows            uint64
	choicesBefore, rowsSoFar uint64 // sums of the runs before
}

// newSpread deals so many rows, of which some are NULL, out to so many choices (at least one), as fans say, of
// which the choices are a part. most is the longest run that there may be.
func newSpread(s source, rows, filled, choices uint64, fans []Fan, most uint64) *spread {
	sp := &spread{rows: s.permutation(rows, 0), choices: s.permutation(choices, 1), filled: filled}
	sp.runs = dealt(filled, choices, fans)
	if sp.longest() > most {
		sp.runs = dealt(filled, choices, nil)
	}
	return sp
}

func dealt(filled, choices uint64, fans []Fan) (out []runs) {
	var parents, children float64
	for _, f := range fans {
		parents += float64(f.Rows)
		children += float64(f.Rows) * f.mean()
	}
	even := []runs{{choices: choices, rows: filled}}
	if children == 0 || filled == 0 {
		return even
	}
	// As many choices have rows as in the statistics, in proportion; the rest have none.
	used := min(float64(choices), math.Ceil(float64(filled)*parents/children))
	var p, c float64
	var choicesSoFar, rowsSoFar uint64
	for i, f := range fans {
		p, c = p+float64(f.Rows), c+float64(f.Rows)*f.mean()
		toChoices, toRows := uint64(math.Round(used*p/parents)), uint64(math.Round(float64(filled)*c/children))
		if i == len(fans)-1 {
			toChoices, toRows = max(uint64(used), 1), filled
		}
		if toChoices == choicesSoFar {
			continue // its rows go to the next
		}
		out = append(out, runs{toChoices - choicesSoFar, toRows - rowsSoFar, choicesSoFar, rowsSoFar})
		choicesSoFar, rowsSoFar = toChoices, toRows
	}
	if rowsSoFar < filled {
		if len(out) == 0 {
			return even
		}
		out[len(out)-1].rows += filled - rowsSoFar
	}
	return out
}

func (f Fan) mean() float64 { return math.Sqrt(float64(f.Least) * float64(f.Most)) }

// longest is the longest run.
func (s *spread) longest() (n uint64) {
	for _, r := range s.runs {
		if r.choices > 0 {
			n = max(n, (r.rows+r.choices-1)/r.choices)
		}
	}
	return n
}

// of is the choice of a row, and its place within the choice's run.
func (s *spread) of(row uint64) (choice, place uint64, null bool) {
	at := s.rows.of(row)
	if at >= s.filled {
		return 0, 0, true
	}
	for _, r := range s.runs {
		if at -= r.rowsSoFar; at < r.rows {
			choice = scaled(at, r.choices, r.rows)
			return s.choices.of(r.choicesBefore + choice), at - scaledUp(choice, r.rows, r.choices), false
		}
		at += r.rowsSoFar
	}
	return 0, 0, true
}

// run is how many rows have a choice.
func (s *spread) run(choice uint64) (rows uint64) {
	_, rows = s.find(choice)
	return rows
}

// row is the row at a place of a choice's run.
func (s *spread) row(choice, place uint64) uint64 {
	from, _ := s.find(choice)
	return s.rows.back(from + place)
}

func (s *spread) find(choice uint64) (from, rows uint64) {
	at := s.choices.back(choice)
	for _, r := range s.runs {
		if at < r.choicesBefore+r.choices {
			at -= r.choicesBefore
			begin, end := scaledUp(at, r.rows, r.choices), scaledUp(at+1, r.rows, r.choices)
			return r.rowsSoFar + begin, end - begin
		}
	}
	return 0, 0
}
