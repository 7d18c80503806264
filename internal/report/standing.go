package report

import (
	"fmt"
	"strings"
)

// Standing says what the data are in law, and what they would have to be to be
// more than that.
type Standing struct {
	Status      string   `json:"status"` // pseudonymised
	Basis       string   `json:"basis"`
	Why         string   `json:"why"`
	ToAnonymise []string `json:"to_anonymise"` // what would have to be done before the data could be called anonymous
}

// standing is the same for every run in its status, since a run needs a key; what
// is missing is the run's own.
func (r *Report) standing() Standing {
	s := Standing{
		Status: "pseudonymised", Basis: "GDPR Art. 4(5) and Recital 26",
		Why: "The masking key is kept. Whoever holds it can decrypt what rules encrypt one to one, and test whether " +
			"a guessed " +
			"value maps to one in these data; equal values map alike from run to run. So the data are still " +
			"personal data, " +
			"of persons who can be identified with additional information.",
	}
	s.ToAnonymise = append(
		s.ToAnonymise,
		"Destroy the masking key ("+r.KeyFingerprint+
			"), every copy of it, and every fingerprint set made with it: then "+
			"nothing can be decrypted, no guess can be tested, and later runs map to other values.",
	)
	if all, kept := r.kept(); kept > 0 {
		s.ToAnonymise = append(
			s.ToAnonymise,
			fmt.Sprintf(
				"Judge the columns that are kept as they are (%d of %d): mask, coarsen or drop those whose "+
					"combination singles out a person, or that point to one in other data.",
				kept,
				all,
			),
		)
	}
	if some := r.KeptByCondition(); len(some) > 0 {
		s.ToAnonymise = append(s.ToAnonymise, "Mask what conditions keep: "+strings.Join(some, ", ")+".")
	}
	switch below := r.riskBelow(); {
	case len(r.Risk) == 0:
		s.ToAnonymise = append(
			s.ToAnonymise,
			"Declare the quasi-identifiers (risk: in the rules) and hold them to a min_k: nothing says yet how well "+
				"a person hides among others.",
		)
	case len(below) > 0:
		s.ToAnonymise = append(s.ToAnonymise,
			"Bring the declared quasi-identifiers to their thresholds: "+strings.Join(below, "; ")+".")
	}
	if h := r.SafeHarbor; h != nil && h.Declared && len(h.Gaps) > 0 {
		s.ToAnonymise = append(s.ToAnonymise, fmt.Sprintf("Close the %d gaps of the Safe Harbor matrix.", len(h.Gaps)))
	}
	if text := r.freeText(); len(text) > 0 {
		s.ToAnonymise = append(
			s.ToAnonymise,
			"Drop free text, or have it read: what a person wrote of another has no shape that a detector "+
				"could know ("+strings.Join(
				text, ", ")+").",
		)
	}
	if o := r.LargeObjects; o != nil && o.Kept {
		s.ToAnonymise = append(
			s.ToAnonymise,
			"Drop the large objects, or have them read: they are what they are in production, pictures and "+
				"documents too.",
		)
	}
	s.ToAnonymise = append(
		s.ToAnonymise,
		"Then assess, in writing, whether anybody can still be singled out, linked or inferred by means reasonably "+
			"likely to be used (Article 29 Working Party, Opinion 05/2014). No program can decide that.",
	)
	return s
}

// kept counts the columns that rows arrive in, and those of them that are kept.
func (r *Report) kept() (all, kept int) {
	for _, t := range r.Tables {
		if t.Mode == "none" {
			continue
		}
		all += len(t.Columns)
		kept += len(t.Columns) - t.Masked()
	}
	return all, kept
}

func (r *Report) riskBelow() []string {
	var out []string
	for _, x := range r.Risk {
		out = append(out, x.Problems()...)
	}
	return out
}

// freeText are the columns in which only known values and what has a shape was replaced.
func (r *Report) freeText() []string {
	var out []string
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			if c.Transform == "text" && t.Mode != "none" {
				out = append(out, t.Name+"."+c.Name)
			}
		}
	}
	if len(out) > 6 {
		out = append(out[:6:6], fmt.Sprintf("and %d more", len(out)-6))
	}
	return out
}
