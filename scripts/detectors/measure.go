package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
)

// report prints measurements.
type report struct {
	w           io.Writer
	wrong       bool
	named, bare scores // of the values of all files
	agreed      scores // named, without the disputed ones
}

// score counts what was labelled, found and right.
type score struct{ labelled, found, right, caught int }

// scores are by class, with a total.
type scores map[string]*score

func (s scores) of(class string) *score {
	if s[class] == nil {
		s[class] = &score{}
	}
	return s[class]
}

func ratio(a, b int) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", float64(a)/float64(b))
}

// print writes a table: recall is caught of labelled, precision right of found.
func (r *report) print(what string, s scores) {
	fmt.Fprintf(r.w, "\n| %s | labelled | found | recall | precision |\n|---|---|---|---|---|\n", what)
	var names []string
	for n := range s {
		names = append(names, n)
	}
	slices.Sort(names)
	total := score{}
	for _, n := range names {
		x := s[n]
		fmt.Fprintf(r.w, "| %s | %d | %d | %s | %s |\n", n, x.labelled, x.found, ratio(x.caught, x.labelled),
			ratio(x.right, x.found))
		total.labelled, total.found = total.labelled+x.labelled, total.found+x.found
		total.right, total.caught = total.right+x.right, total.caught+x.caught
	}
	fmt.Fprintf(r.w, "| **all** | %d | %d | **%s** | **%s** |\n", total.labelled, total.found,
		ratio(total.caught, total.labelled), ratio(total.right, total.found))
}

// texts looks for labelled spans.
func (r *report) texts(records []record) {
	d := detect.New()
	all, strong := scores{}, scores{}
	classes := map[pii.Class]bool{}
	for _, t := range records {
		for _, s := range t.Spans {
			classes[s.Class] = true
		}
	}
	var hits []detect.Hit
	for _, t := range records {
		text := []byte(t.Text)
		hits = d.Scan(hits[:0], text)
		spans := bytesOf(t)
		for _, x := range spans {
			all.of(string(x.Class)).labelled++
			strong.of(string(x.Class)).labelled++
			found := slices.IndexFunc(hits, func(h detect.Hit) bool { return h.Class == x.Class && overlap(h, x) })
			if found >= 0 {
				all.of(string(x.Class)).caught++
				if hits[found].Strong {
					strong.of(string(x.Class)).caught++
				}
			} else if r.wrong && looked(x.Class) {
				fmt.Fprintf(r.w, "missed %s: %q\n", x.Class, text[x.Start:x.End])
			}
		}
		for _, h := range hits {
			if !classes[h.Class] || t.Labels != "" && t.Labels != h.Class {
				continue // the corpus doesn't label it
			}
			right := slices.ContainsFunc(spans, func(x span) bool { return h.Class == x.Class && overlap(h, x) })
			for _, s := range []scores{all, strong} {
				if s := s.of(string(h.Class)); h.Strong || s == all[string(h.Class)] {
					s.found++
					if right {
						s.right++
					}
				}
			}
			if r.wrong && !right {
				fmt.Fprintf(r.w, "wrong %s %s strong=%v: %q in %.80q\n", h.Class, h.Kind, h.Strong, text[h.Start:h.End],
					text[max(0, h.Start-30):])
			}
		}
	}
	for _, s := range []scores{all, strong} {
		for c := range s {
			if !looked(pii.Class(c)) {
				delete(s, c)
			}
		}
	}
	r.print(fmt.Sprintf("%d texts: hits, strong and weak", len(records)), all)
	r.print("strong hits alone", strong)
}

// looked reports classes that are looked for in text without a column's name.
func looked(c pii.Class) bool {
	switch c {
	case pii.Email,
		pii.Phone,
		pii.CreditCard,
		pii.IBAN,
		pii.NationalID,
		pii.IP,
		pii.MAC,
		pii.IMEI,
		pii.VIN,
		pii.Crypto,
		pii.Token,
		pii.BIC,
		pii.Location,
		pii.BirthDate:
		return true
	}
	return false
}

// bytesOf are a text's spans in bytes.
func bytesOf(t record) []span {
	var at []int
	for i := range t.Text {
		at = append(at, i)
	}
	at = append(at, len(t.Text))
	n := utf8.RuneCountInString(t.Text)
	out := make([]span, 0, len(t.Spans))
	for _, s := range t.Spans {
		if s.Start >= 0 && s.Start < s.End && s.End <= n {
			out = append(out, span{at[s.Start], at[s.End], s.Class})
		}
	}
	return out
}

// overlap wants most of the shorter one in the other.
func overlap(h detect.Hit, x span) bool {
	common := min(h.End, x.End) - max(h.Start, x.Start)
	return common*2 > min(h.End-h.Start, x.End-x.Start)
}

// values tries single values, in a column that is called what they are, and by
// themselves.
func (r *report) values(records []record) {
	d := detect.New()
	var hits []detect.Hit
	total := [5]score{}
	disputed := map[string]int{}
	for _, v := range records {
		if v.Class == pii.None {
			continue
		}
		if v.Disputed != "" {
			disputed[label(v)+": "+v.Disputed]++
		}
		for i, c := range []detect.Context{detect.ContextOf(nameOf(v)), {}} {
			// A valid number may be one of another kind as well; an invalid one is found
			// wrongly only if it is taken for one of its own.
			hits = d.ScanIn(hits[:0], []byte(v.Value), c)
			got := slices.ContainsFunc(hits, func(h detect.Hit) bool {
				return h.Class == v.Class && 2*(h.End-h.Start) > len(v.Value) &&
					(*v.Valid || (v.Kind == "" || h.Kind == v.Kind) && h.End-h.Start == len(v.Value))
			})
			all := []*score{[]scores{r.named, r.bare}[i].of(label(v)), &total[i]}
			if checked(v.Class) {
				all = append(all, &total[2+i])
				if i == 0 && v.Disputed == "" {
					all = append(all, &total[4], r.agreed.of(label(v)))
				}
			}
			for _, s := range all {
				if *v.Valid {
					s.labelled++
				}
				if got {
					s.found++
				}
				if got && *v.Valid {
					s.caught++
					s.right++
				}
			}
			if r.wrong && i == 0 && got != *v.Valid {
				fmt.Fprintf(r.w, "%s: %q valid=%v found %v\n", label(v), v.Value, *v.Valid, hits)
			}
		}
	}
	if r.noise(records); total[0].labelled == 0 {
		return
	}
	fmt.Fprintf(r.w, "\n| %d values, %d of them valid | recall | precision |\n|---|---|---|\n", len(records),
		total[0].labelled)
	for i, what := range []string{"in a column of their name", "without a name", "those with a checksum, in a column of their name", "without a name",
		"in a column of their name, without those that their authority refuses"} {
		fmt.Fprintf(r.w, "| %s | %s | %s |\n", what, ratio(total[i].caught, total[i].labelled),
			ratio(total[i].right, total[i].found))
	}
	for _, why := range slices.Sorted(maps.Keys(disputed)) {
		fmt.Fprintf(r.w, "\nrefused: %d of %s", disputed[why], why)
	}
	fmt.Fprintln(r.w)
}

// noise counts what is found in values that are nothing, in a column whose name
// says nothing.
func (r *report) noise(records []record) {
	d := detect.New()
	all, strong, weak := 0, 0, 0
	for _, v := range records {
		if v.Class != pii.None {
			continue
		}
		all++
		for _, h := range d.Scan(nil, []byte(v.Value)) {
			switch {
			case !checked(h.Class):
			case h.Strong:
				strong++
				if r.wrong {
					fmt.Fprintf(r.w, "noise: %q found %v\n", v.Value, h)
				}
			default:
				weak++
			}
		}
	}
	if all > 0 {
		fmt.Fprintf(r.w, "\n%d values that are nothing: %d strong hits of what has a checksum, %d weak\n", all, strong,
			weak)
	}
}

// checked reports classes whose values nearly all have a checksum.
func checked(c pii.Class) bool {
	return c == pii.NationalID || c == pii.CreditCard || c == pii.IBAN || c == pii.IMEI
}

func label(v record) string {
	if v.Kind != "" {
		return v.Kind
	}
	return string(v.Class)
}

// nameOf is what a column of such values would be called.
func nameOf(v record) string {
	if _, name, ok := strings.Cut(v.Kind, "_"); ok && name != "id" {
		return name
	} else if ok {
		return "national_id"
	}
	return string(v.Class)
}
