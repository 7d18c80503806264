package sample

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"refresher/internal/fault"
)

// tooMuch says that a sample is larger than its budget.
type tooMuch struct {
	counts []Count // of what was picked until then
}

func (*tooMuch) Error() string { return "the sample is larger than its budget" }

func (s *Sample) withinBudget(ctx context.Context) error {
	b := s.opts.Budget
	if (b.Rows == 0 || s.rows <= b.Rows) && (b.Bytes == 0 || s.bytes <= b.Bytes) {
		return nil
	}
	counts, err := s.Counts(ctx)
	if err != nil {
		return err
	}
	return &tooMuch{counts: counts}
}

// step is by how much shares are lowered at a time. Steps make the shares the same next week, unless the
// database has grown or shrunk by about as much.
const step = 0.95

func lowered(steps int) float64 { return math.Pow(step, float64(steps)) }

// fit picks the sample with the largest shares that fit the budget: those that were asked for, or
// the same part of each of them.
func (s *Sample) fit(ctx context.Context) error {
	var over *tooMuch
	fits := func(factor float64) (bool, error) {
		err := s.compute(ctx, factor)
		var much *tooMuch
		if errors.As(err, &much) {
			over = much
			return false, nil
		}
		return err == nil, err
	}
	if ok, err := fits(1); ok || err != nil {
		return err
	}
	if ok, err := fits(0); !ok || err != nil {
		return errors.Join(err, s.refusal(over, "what has to come is"))
	}
	var found int64
	for _, p := range s.shares {
		found += p.count
	}
	// One share leaves a row in two, none fits: then so does no share at all, which fits.
	no, yes := 0, 1+int(math.Log(2*float64(found+1))/-math.Log(step))
	last := yes
	for at := 0; yes-no > 1; {
		at = (no + yes) / 2
		ok, err := fits(lowered(at))
		if err != nil {
			return err
		}
		if ok {
			yes = at
		} else {
			no = at
		}
		last = at
	}
	if last != yes {
		if _, err := fits(lowered(yes)); err != nil {
			return err
		}
	}
	for _, p := range s.shares {
		if p.lowers() && p.picked > 0 {
			return nil
		}
	}
	return s.refusal(over, "the first row of a root brings")
}

// lowers reports whether a root gives way to the budget.
func (p *picking) lowers() bool { return p.Keys == nil && p.why == byRoot }

// refusal says in one line what brings the rows that are too many.
func (s *Sample) refusal(over *tooMuch, what string) error {
	if over == nil {
		return nil
	}
	type part struct {
		text string
		rows int64
	}
	var parts []part
	add := func(rows int64, format string, args ...any) {
		if rows > 0 {
			parts = append(parts, part{decimal(rows) + " " + fmt.Sprintf(format, args...), rows})
		}
	}
	for _, c := range over.counts {
		add(c.Roots, "of root %s", c.Table)
		add(c.Own, "of %s by their share", c.Table)
		add(c.Whole, "of %s, taken whole", c.Table)
		for _, e := range c.Edges {
			if e.Down {
				add(e.Rows, "children of %s by %s", c.Table, e.Edge)
			} else {
				add(e.Rows, "parents of %s by %s", c.Table, e.Edge)
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.rows, a.rows) })
	var most []string
	for _, p := range parts[:min(len(parts), 3)] {
		most = append(most, p.text)
	}
	var limits []string
	if n := s.opts.Budget.Rows; n > 0 {
		limits = append(limits, fmt.Sprintf("max_rows (%d)", n))
	}
	if n := s.opts.Budget.Bytes; n > 0 {
		limits = append(limits, fmt.Sprintf("max_bytes (%d bytes)", n))
	}
	return fault.Refuse("sample", "%s more than %s: %s, when it was counted no further; raise the limit, "+
		"or take less under whole, keys or children", what, strings.Join(limits, " or "), strings.Join(most, ", "))
}
