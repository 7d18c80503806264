package shop

import "strconv"

func (g *generator) experiment(b []byte, i int64) []byte {
	e, r := g.experiments[i-1], g.rng(forExperiment, -i)
	area, change := *pick(&r, areas), pick(&r, changes)
	b = tab(appendInt(b, i))
	b = append(append(append(b, area...), '-'), change.key...)
	b = tab(appendInt(append(b, '-'), i))
	b = append(append(append(b, change.name...), " on the "...), area...)
	b = tab(append(b, " page"...))
	if r.one(5) {
		b = tab(null(b))
	} else {
		b = tab(append(append(append(b, "If we "...), change.why...),
			", more visitors will finish what they came for"...))
	}
	status := "running"
	switch {
	case e.startDay < 0:
		status = "draft"
	case e.concluded:
		status = "concluded"
	case r.one(6):
		status = "paused"
	}
	b = tab(append(b, status...))
	b = tab(append(append(append(b, '{'), *pick(&r, platforms)...), '}'))
	b = tab(append(b, *pick(&r, shares)...))
	b = tab(appendInt(b, 1+int64(r.n(int(g.employees)))))
	switch {
	case e.startDay < 0:
		b = tab(null(tab(null(b))))
	case e.concluded:
		b = tab(g.appendTime(b, &r, e.startDay))
		b = tab(g.appendTime(b, &r, e.startDay+metricDays))
	default:
		b = tab(g.appendTime(b, &r, e.startDay))
		b = tab(null(b))
	}
	return g.appendTime(b, &r, max(e.startDay, day2025)+1)
}

func (g *generator) variant(b []byte, i int64) []byte {
	e := g.experimentOf(i)
	x, r := g.experiments[e-1], g.rng(forVariant, i)
	n := i - x.firstVariant
	b = tab(appendInt(b, i))
	b = tab(appendInt(b, e))
	b = tab(append(b, variantKeys[n]...))
	b = tab(append(b, "tf"[min(n, 1)]))
	b = tab(append(b, [...]string{"0.5000", "0.3333", "0.2500"}[x.variants-2]...))
	if n == 0 {
		return null(b)
	}
	reviewer := g.employee(1 + int64(r.n(int(g.employees))))
	b = append(append(append(b, `{"copy":  "`...), *pick(&r, copies)...), `", "reviewed_by": "`...)
	b = reviewer.appendEmail(b)
	if r.one(4) { // json, unlike jsonb, keeps a key that is given twice
		again := g.employee(1 + int64(r.n(int(g.employees))))
		b = again.appendEmail(append(b, `", "reviewed_by": "`...))
	}
	return append(b, `" }`...)
}

// experimentOf is the experiment of a variant.
func (g *generator) experimentOf(variant int64) int64 {
	lo, hi := 0, len(g.experiments)-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if g.experiments[mid].firstVariant <= variant {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return int64(lo + 1)
}

// assignment gives each user four different experiments.
func (g *generator) assignment(b []byte, i int64) []byte {
	user, nth := (i-1)/4+1, (i-1)%4
	u := g.rng(forAssignment, -user)
	n := len(g.experiments)
	e := (u.n(n) + int(nth)*(1+u.n((n-1)/4))) % n
	x := g.experiments[e]
	r := g.rng(forAssignment, i)
	b = tab(appendInt(b, int64(e+1)))
	b = tab(appendInt(b, user))
	b = tab(appendInt(b, x.firstVariant+int64(r.n(int(x.variants)))))
	return g.appendTime(b, &r, max(x.startDay, day2025)+r.n(metricDays))
}

func (g *generator) event(b []byte, i int64) []byte {
	r := g.rng(forEvent, i)
	user := g.anyUser(&r)
	p := g.person(forUser, user)
	kind := pick(&r, eventKinds)
	b = tab(appendInt(b, i))
	b = tab(appendInt(b, user))
	b = tab(append(b, kind.name...))
	if r.one(20) {
		b = tab(null(b))
	} else {
		b = tab(appendIP(b, &r))
	}
	b = append(append(b, `{"path": "`...), kind.path...)
	b = appendInt(append(b, `", "ms": `...), int64(20+r.n(4000)))
	if r.one(3) {
		b = appendInt(append(b, `, "value": `...), int64(r.n(500)))
		b = appendPadded(append(b, '.'), r.n(100), 2)
	}
	b = p.appendEmail(append(b, `, "email": "`...))
	b = tab(append(b, `"}`...))
	// Events come in the order of time, six users' worth over half a year.
	return g.appendTime(b, &r, day2025+int((i-1)*180/(6*g.users)))
}

func (g *generator) metric(b []byte, i int64) []byte {
	per := int64(metricDays * len(metricNames))
	variant := (i-1)/per + 1
	rest := (i - 1) % per
	e := g.experimentOf(variant)
	r := g.rng(forMetric, i)
	b = tab(appendInt(b, e))
	b = tab(appendInt(b, variant))
	day := max(g.experiments[e-1].startDay, day2025) + int(rest)/len(metricNames)
	b = tab(append(b, g.days[day]...))
	b = tab(append(b, metricNames[rest%int64(len(metricNames))]...))
	b = tab(strconv.AppendFloat(b, float64(r.n(1e6))/1e6, 'g', -1, 64))
	b = tab(appendInt(b, int64(100+r.n(50000))))
	if !r.one(15) {
		return null(b)
	}
	analyst := g.employee(1 + int64(r.n(int(g.employees))))
	return analyst.appendEmail(b)
}
