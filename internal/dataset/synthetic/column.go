package synthetic

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
)

// column makes the values of a column.
type column struct {
	name    string
	typ     *catalog.Type // that is stored
	mod     int32
	notNull bool
	kind    kind
	measure measure
	class   pii.Class
	max     int // characters; 0: no limit
	domain  domain
	source  source
	parts   []*column // an array's element, a range's subtype, a composite's fields
	nulls   int64     // of whole rows, as released
	whole   int64
	choices []choice
	weight  int64 // of all choices
}

// choice is a value or an interval of ticks; neither: anything.
type choice struct {
	upTo      int64 // sum of the weights until and with this one
	text      string
	low, high int64
	is        byte // 'v' value, 'i' interval, 'a' anything
}

func (o Options) newColumn(table string, c *catalog.Column, stats Column) *column {
	out := o.columnOf(c.Type, c.Mod, stats.Class, table, c.Name)
	out.name, out.notNull = c.Name, c.NotNull
	out.nulls, out.whole = stats.Nulls, stats.Nulls+stats.Filled
	if o.Method.Epsilon > 0 && c.Type.Kind == catalog.DomainType && out.nulls*20 < out.whole {
		out.nulls = 0 // noise, where the domain may be NOT NULL
	}
	return out
}

func (o Options) columnOf(t *catalog.Type, mod int32, class pii.Class, place ...string) *column {
	var checks []catalog.Check // of what is part of a value, these alone narrow it
	for t.Kind == catalog.DomainType {
		checks = append(checks, t.Checks...)
		t, mod = t.Base, t.BaseMod
	}
	c := &column{typ: t, mod: mod, kind: kindOf(t), measure: measureOf(t, mod), class: class,
		domain: newDomain(), source: o.source(place...)}
	c.domain.list = c.kind.labels(t)
	part := func(t *catalog.Type, mod int32) {
		c.parts = append(c.parts, o.columnOf(t, mod, class, append(slices.Clip(place), t.Name)...))
	}
	switch c.kind {
	case array:
		part(t.Elem, mod)
	case ranges:
		part(t.Elem, -1)
	case multirange:
		part(t.Elem.Elem, -1)
	case composite:
		for _, f := range t.Fields {
			part(f.Type, f.Mod)
		}
	}
	switch {
	case t.OID == catalog.NameOID:
		c.max = 63
	case (t.OID == catalog.VarcharOID || t.OID == catalog.BPCharOID) && mod > 4:
		c.max = int(mod) - 4
	}
	for _, k := range checks {
		c.domain.all(parseCheck(k.Expr), c)
	}
	c.settle()
	c.low()
	return c
}

// known makes the choices of what was released, as far as the domain lets them be.
func (c *column) known(stats Column, k int64) {
	c.low()
	add := func(ch choice, weight int64) {
		if weight > 0 {
			c.weight += weight
			ch.upTo = c.weight
			c.choices = append(c.choices, ch)
		}
	}
	var sum int64
	for _, v := range stats.Values {
		sum += v.Rows
		if c.lets(v.Text) {
			add(choice{text: v.Text, is: 'v'}, v.Rows)
		}
	}
	if c.kind == text && c.domain.list == nil && len(c.choices) > 0 {
		// What rounding took from the counts is no value of its own.
		add(choice{is: 'a'}, stats.Filled-sum-k*int64(len(stats.Values)+1))
	}
	for _, b := range stats.Bins {
		if c.domain.list != nil {
			break // its values alone
		}
		low, _, ok := c.measure.ticks(b.From)
		high, exact, fine := c.measure.ticks(b.To)
		if !ok || !fine {
			continue
		}
		if exact {
			high--
		}
		if low, high = max(low, c.domain.least), min(high, c.domain.most); low <= high {
			add(choice{low: low, high: high, is: 'i'}, b.Rows)
		}
	}
}

// low brings the domain of a ticked column within its type.
func (c *column) low() {
	if c.kind.ticked() {
		least, most, _, _ := c.measure.limits(c.mod)
		c.domain.least, c.domain.most = max(c.domain.least, least), min(c.domain.most, most)
		c.domain.impossible = c.domain.impossible || c.domain.least > c.domain.most
	}
}

// lets reports whether a released value is in the domain.
func (c *column) lets(value string) bool {
	if c.domain.list != nil {
		return slices.Contains(c.domain.list, value)
	}
	if c.kind.ticked() {
		n, _, ok := c.measure.ticks(value)
		return ok && n >= c.domain.least && n <= c.domain.most
	}
	return true
}

// usual are the ticks that are drawn where nothing is released.
func (c *column) usual() (low, high int64) {
	_, _, low, high = c.measure.limits(c.mod)
	if c.class == pii.BirthDate {
		low, high = low-70*366*c.day(), low-18*366*c.day()
	}
	d := c.domain
	if low > d.most || high < d.least || d.least > math.MinInt64/2 && c.bounded() {
		low, high = d.least, d.most
		if high-low < 0 || high-low > 1000*max(1, power(c.measure.scale))*c.day() { // one end alone is the constraint's
			if high == d.most && c.openAbove() {
				high = low + 1000*power(c.measure.scale)*c.day()
			} else {
				low = high - 1000*power(c.measure.scale)*c.day()
			}
		}
	}
	return max(low, d.least), min(high, d.most)
}

func (c *column) day() int64 {
	if c.kind == moment {
		return 86400
	}
	return 1
}

// bounded reports whether a constraint limits the column below.
func (c *column) bounded() bool {
	least, _, _, _ := c.measure.limits(c.mod)
	return c.domain.least > least
}

func (c *column) openAbove() bool {
	_, most, _, _ := c.measure.limits(c.mod)
	return c.domain.most >= most
}

// draw draws a value of a column.
func (c *column) draw(d *fake.Digest) (dst []byte) {
	r := rolled(d)
	if c.weight > 0 {
		at := int64(r.below(uint64(c.weight)))
		i, _ := slices.BinarySearchFunc(c.choices, at+1, func(ch choice, n int64) int { return int(ch.upTo - n) })
		switch ch := c.choices[i]; ch.is {
		case 'v':
			return append(dst, ch.text...)
		case 'i':
			return c.measure.append(dst, ch.low+int64(r.below(uint64(ch.high-ch.low)+1)))
		}
	}
	if c.domain.list != nil {
		if len(c.domain.list) == 0 {
			return dst
		}
		return append(dst, c.domain.list[r.below(uint64(len(c.domain.list)))]...)
	}
	if c.kind.ticked() {
		low, high := c.usual()
		return c.measure.append(dst, low+int64(r.below(uint64(max(high-low, 0))+1)))
	}
	switch c.kind {
	case text:
		return c.appendText(dst, d, &r)
	case array:
		var list []string
		for range r.below(4) {
			e := c.parts[0].sub(&r)
			list = append(list, quotedElement(string(c.parts[0].draw(&e))))
		}
		return append(append(append(dst, '{'), strings.Join(list, ",")...), '}')
	case composite:
		return c.appendFields(dst, func(i int, f *column) []byte { e := f.sub(&r); return f.draw(&e) })
	}
	return c.appendSpecial(dst, r.below(1<<20), d)
}

// sub is a digest for a part of a value.
func (c *column) sub(r *dice) fake.Digest { return c.source.digest(r.next(), 0) }

func (c *column) appendFields(dst []byte, field func(int, *column) []byte) []byte {
	dst = append(dst, '(')
	for i, f := range c.parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, strings.NewReplacer(`"`, `""`, `\`, `\\`).Replace(string(field(i, f)))...)
		dst = append(dst, '"')
	}
	return append(dst, ')')
}

func quotedElement(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// capacity is how many values nth has.
func (c *column) capacity() uint64 {
	switch {
	case c.domain.list != nil:
		return uint64(len(c.domain.list))
	case c.domain.impossible:
		return 0
	case c.kind.ticked():
		low, high := c.counted()
		return uint64(high-low) + 1
	case c.kind == text && c.domain.pattern != nil:
		product := uint64(1)
		appendPattern(nil, c.domain.pattern, func(n uint64) uint64 {
			product = capped(product, n)
			return 0
		})
		return product
	case c.kind == text:
		return c.texts()
	case c.kind == composite || c.kind == array:
		if len(c.parts) == 0 {
			return 1
		}
		return c.parts[0].capacity()
	case c.kind == ranges || c.kind == multirange:
		return 1 << 30
	}
	return c.specials()
}

func capped(a, b uint64) uint64 {
	const most = 1 << 62
	if b > 0 && a > most/b {
		return most
	}
	return a * b
}

// counted are the ticks that nth counts through.
func (c *column) counted() (low, high int64) {
	low, _ = c.usual()
	d := c.domain
	if low == 0 {
		low = max(d.least, 1)
	}
	return max(low, d.least), max(d.most, low)
}

// nth is a value that no other number has.
func (c *column) nth(n uint64) (dst []byte) {
	d := c.source.digest(n, -2)
	switch {
	case c.domain.list != nil:
		return append(dst, c.domain.list[n]...)
	case c.kind.ticked():
		low, high := c.counted()
		step := int64(1)
		if c.kind == moment && uint64(high-low) > 1<<31 {
			step = 60
		}
		return c.measure.append(dst, low+int64(n)*step)
	case c.kind == text && c.domain.pattern != nil:
		return appendPattern(dst, c.domain.pattern, func(of uint64) uint64 {
			digit := n % of
			n /= of
			return digit
		})
	case c.kind == text:
		return c.nthText(dst, n, &d)
	case c.kind == array && len(c.parts) > 0:
		return append(append(append(dst, '{'), quotedElement(string(c.parts[0].nth(n)))...), '}')
	case c.kind == composite && len(c.parts) > 0:
		return c.appendFields(dst, func(i int, f *column) []byte {
			if i == 0 {
				return f.nth(n)
			}
			return f.draw(&d)
		})
	}
	return c.appendSpecial(dst, n, &d)
}

// settle decides, once all constraints are read, whether texts come from the pattern or from the class, whose fakes
// may match it.
func (c *column) settle() {
	if c.domain.pattern == nil {
		return
	}
	re, err := regexp.Compile(c.domain.pattern.String())
	d := c.source.digest(0, -3)
	if s := c.fake(&d, false, 0); err == nil && s != nil && re.Match(c.fitted(s)) {
		c.domain.pattern = nil
	}
}
