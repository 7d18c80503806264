package discover

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// Classes that no transform is for, as they have no fakes: what is found is
// coarsened, emptied, or left to a person to decide.
const (
	Gender pii.Class = "gender"
	Age    pii.Class = "age"
	// GDPR Art. 9: health, religion, ethnicity, politics, orientation; marital state, too
	Special   pii.Class = "special_category"
	Financial pii.Class = "financial" // what a person earns, has or owes
	Photo     pii.Class = "photo"     // pictures, signatures, biometrics
	Embedding pii.Class = "embedding" // of a text, a face or a voice, which can be guessed from it
	Unknown   pii.Class = "unknown"   // in rows about persons, under a name that says nothing
)

const (
	found = 0.5 // confidence from which a column counts as holding its class
	sure  = 0.8 // below it a person is asked to look

	shared = 4 // tables that have a column of the same name, from which on it is a key of theirs
)

// classify decides on a column by itself and its table.
func (c *column) classify() {
	if c.ofType() {
		return
	}
	h := c.hint()
	// Brazil's postcode has eight digits; in Turkish it is the mobile phone
	if h.class == pii.Postcode && c.name.word("cep") && c.seen.known() && c.seen.short > 9 {
		h = hint{class: pii.Phone, score: 0.75}
	}
	if c.unfilled(h) {
		c.seen = nil
	}
	if c.answers(h) {
		c.found(pii.None, 0.9, "yes or no")
		return
	}
	best, score, why := c.weigh(h)
	if vc, vs, vw := c.byValues(h); vs > score {
		best, score, why = vc, vs, vw
	} else if vs >= found && vc == best {
		score, why = 1-(1-score)*(1-vs), why+", and "+vw
	}
	if score >= found {
		c.found(best, score, why)
		return
	}
	c.undecided(h, best, score, why)
}

func (c *column) found(class pii.Class, score float64, reason string) {
	c.class, c.score, c.reason = class, score, reason
}

// ofType decides where the type tells enough: yes or no, a composite, an embedding, search terms.
func (c *column) ofType() bool {
	switch {
	case c.isBool() && !c.name.has("gender"):
		c.found(pii.None, 0.95, "yes or no")
		if h := columnRules().first("flags", c.subject()); h.class != "" {
			c.found(h.class, h.score, "its name reads like "+describe(h.class))
		}
	case c.Type.Underlying().Kind == catalog.CompositeType && !c.array:
		c.found(pii.None, 0.6, "nothing in name, type or values speaks of a person")
		c.composite()
	case c.family == transform.FamilyEmbedding && !c.Generated:
		c.found(Embedding, 0.9, "what an embedding was made of can be guessed from it")
	case c.family == transform.FamilySearch && !c.Generated:
		c.found(pii.FreeText, 0.55, "search terms are the words of a text")
		if c.table.is("about") || c.table.is("written") {
			c.score = sure
		}
	default:
		return false
	}
	return true
}

// answers reports a column of yes and no in words, which is nothing that these say of a person.
func (c *column) answers(h hint) bool {
	return c.seen.known() && c.seen.yesNo == 1 && h.class != Gender && h.class != Special &&
		!c.name.any("password", "secret") && c.family == transform.FamilyText
}

// undecided decides where neither name nor values say enough; best, score and why are what they said most.
func (c *column) undecided(h hint, best pii.Class, score float64, why string) {
	s := c.subject()
	s.hint = h
	r := columnRules().find("rest", s)
	switch {
	case r != nil:
		c.found(r.class, r.score, r.reason)
		if n := c.MaxChars(); r.class == pii.FreeText && n > 0 && n < least(r.class) {
			c.class = Unknown
		}
		c.guessed = true
	case best != pii.None && score > 0.25:
		c.found(pii.None, 1-score, why+", but that is not enough")
	case h.clean:
		c.found(pii.None, h.score, "its name speaks of something else")
	case c.long():
		c.found(pii.FreeText, found, "long text, of which nothing is known: somebody may have written it")
		c.guessed = true
	default:
		c.found(pii.None, 0.6, "nothing in name, type or values speaks of a person")
		if c.seen.known() {
			c.score = 0.75
		} else {
			c.silent = true
		}
	}
}

// unfilled reports a column that has its default, 0, in all rows: nothing was filled in
// where its name wants a value.
func (c *column) unfilled(h hint) bool {
	return c.seen.known() && c.seen.zero && c.seen.distinct == 1 && c.family == transform.FamilyText &&
		c.MaxChars() != 1 &&
		h.class != pii.None && h.score >= 0.6 && c.name.any(filledIn...) && (c.name.last == "ship" ||
		slices.Contains(filledIn, c.name.last))
}

// filledIn is what the name of a column says last whose default is no state of affairs.
var filledIn = []string{"email", "phone", "mobile", "fax", "name", "street", "address", "city", "zip", "line",
	"note", "website", "url", "nhead", "body", "description", "message"}

// unbounded reports a column for texts without a bound in a database that bounds its words, of
// which no value was seen.
func (c *column) unbounded() bool {
	return c.table.bounded && c.Type.Underlying().OID == catalog.TextOID && !c.array && !c.Generated && !c.seen.known()
}

// long reports an unbounded text in rows of persons or of what they do: what is told of a thing
// is written for all, and only looked at (see silent).
func (c *column) long() bool {
	t := c.table
	return c.unbounded() && (c.fits("asked") || !c.fits("thing") && (t.is("about") || !c.fits("described") &&
		(t.is("written") || t.is("signed") || t.is("health"))))
}

// composite classifies the fields of a composite, by their names.
func (c *column) composite() {
	fields := make([]string, 0, len(c.Type.Underlying().Fields))
	t := *c.table
	t.facts = maps.Clone(t.facts)
	t.facts["placed"] = true
	for _, f := range c.Type.Underlying().Fields {
		col := &column{Column: &catalog.Column{Name: f.Name, Type: f.Type, Mod: f.Mod}, table: &t,
			family: transform.FamilyOf(f.Type), name: understand(f.Name)}
		col.classify()
		if col.class != pii.None && (c.class == pii.None || col.score > c.score) {
			c.class, c.score, c.reason = col.class, col.score, "in "+f.Name+": "+col.reason
		}
		fields = append(fields, scalar(f.Name)+": "+col.choices()[0].rule)
	}
	if c.class != pii.None {
		c.fields = "{composite: {" + strings.Join(fields, ", ") + "}}"
	}
}

// weigh holds what the name says against the table and the values.
func (c *column) weigh(h hint) (pii.Class, float64, string) {
	if h.class == pii.None || h.class == "" {
		return pii.None, 0, ""
	}
	why := "its name reads like " + describe(h.class)
	if c.listed(h.class) {
		return h.class, 0.2, why + ", in a list of what there is"
	}
	score, amiss := h.score, true
	switch {
	case c.misplaced(h):
		score *= 0.5
		why += ", in a table that is not about persons"
	case h.need != nothing && h.need != author && c.table.is("lists") && !c.table.is("about"):
		score *= 0.6
	case h.class == pii.Region && !c.name.has("region") && !c.table.is("postal") && !c.seen.known():
		// a state of affairs, as likely
		score *= 0.6
	default:
		amiss = false
	}
	if !c.seen.known() || c.family == transform.FamilyPoint { // whose values are of one form
		return h.class, score, why
	}
	score, said := c.held(h, score, amiss)
	return h.class, score, why + said
}

// listed reports a trait in a list of all that there are.
func (c *column) listed(class pii.Class) bool {
	t := c.table
	return (class == Special || class == Gender) && !t.is("about") && !t.is("written") && !t.is("health") &&
		t.name.any("ethnic", "religion", "marital", "orientation", "gender") && !t.name.any("person", "user")
}

// misplaced reports that a name needs another table than the one it stands in.
func (c *column) misplaced(h hint) bool {
	t := c.table
	switch h.need {
	case person:
		return !t.is("about") && !(t.is("written") && c.name.has("body"))
	case author:
		return !t.is("about") && !t.is("written") && !t.is("signed") && !(t.is("treats") && c.name.has("health")) &&
			!(c.fits("acts") && h.class == Special)
	case place:
		return !t.is("placed")
	}
	return false
}

// held is the score of a class that the name says, held against the values, and what these say; amiss: the
// table speaks against it already.
func (c *column) held(h hint, score float64, amiss bool) (float64, string) {
	if (h.class == pii.Region || h.class == pii.Country) && c.seen.values >= 20 && c.seen.distinct == c.seen.values {
		return score * 0.5, ", and no two rows have the same, as in a list of places"
	}
	share, fits := c.seen.share[h.class], c.seen.fit(h.class)
	switch against := c.contradicts(h.class); {
	case c.partial(h.class):
		return score, ", and its values could be its last digits"
	case against && h.score >= 0.85 && (h.class == pii.Phone || h.class == pii.Email) &&
		c.seen.distinct < 8 && !amiss && c.seen.yesNo < 0.5 && c.seen.decimals < 0.5 && c.seen.uuids == 0:
		// a few values are no proof
		return 0.5, ", though its few values do not"
	case against:
		return min(score*0.3, 0.2), ", but its values do not"
	case amiss: // that the values are places says nothing of whose they are
		return score, ""
	case decisive(h.class) && share >= 0.5 || share >= 0.3:
		return 1 - (1-score)*(1-0.8*share), fmt.Sprintf(", and %.0f %% of %d values too", 100*share, c.seen.distinct)
	case fits >= 0.9 && c.seen.values >= enough:
		return score, ", and its values could be"
	}
	return score * (0.6 + 0.4*fits), ""
}

// maxPart is the length of the part of a number that is shown in its place.
const maxPart = 6

// partial reports a name such as ssn_last4: a part of an identifier, which is not
// of its form, and still narrows down whose it is.
func (c *column) partial(class pii.Class) bool {
	switch class {
	case pii.NationalID, pii.CreditCard, pii.IBAN, pii.Phone:
		if c.fits("extension") {
			return !c.seen.known() || c.seen.short <= maxPart+2
		}
		said := c.fits("part_said") || c.name.word("last", "first") && (c.name.word("four") ||
			strings.ContainsAny(c.Name, "3456"))
		return said && (!c.seen.known() || c.seen.short <= maxPart && c.seen.digits >= 0.9)
	}
	return false
}

// contradicts reports whether the values can't be of a class.
func (c *column) contradicts(class pii.Class) bool {
	if !c.seen.known() || c.seen.values < enough {
		return false
	}
	if class == pii.Street && c.seen.digits > 0.9 && !c.name.any("house", "nhead") && !c.table.is("roads") {
		return true
	}
	if class == pii.FullName && c.seen.share[pii.Country] >= 0.5 { // who won is a team
		return true
	}
	if class == Financial && c.fits("bracket") {
		return false
	}
	switch class {
	case pii.Company, pii.FullName, pii.Street, pii.FreeText, Special: // a key of another table, rather
		if c.seen.uuids > 0.9 {
			return true
		}
	}
	return c.seen.fit(class) < 0.25
}

// fit is the share of values that are of a class, or could be.
func (e *evidence) fit(class pii.Class) float64 {
	switch class {
	case pii.Email, pii.MAC:
		return e.share[class]
	case pii.IP:
		return max(e.share[class], e.could[class])
	case pii.BirthDate:
		return max(e.share[pii.Date], e.could[pii.Date])
	case pii.VIN, pii.IMEI, pii.BIC, pii.Crypto:
		return max(e.share[class], e.could[pii.IBAN], e.could[pii.Token])
	}
	return max(e.share[class], e.could[class])
}

// decisive classes have a shape that their values show.
func decisive(class pii.Class) bool {
	switch class {
	case pii.Email, pii.IP, pii.MAC, pii.UserAgent, pii.URL, pii.IBAN, pii.CreditCard, pii.Token:
		return true
	}
	return false
}

// byValues is what the values say under any name; h is what that says.
func (c *column) byValues(h hint) (pii.Class, float64, string) {
	e := c.seen
	if !e.known() || !slices.Contains(columnRules().families["readable"], c.family) {
		return c.byType()
	}
	s := c.subject()
	s.hint = h
	r := columnRules().find("values", s)
	t := c.table
	switch {
	case r != nil && r.reason != "":
		return r.class, r.score, r.reason
	case r != nil:
		score := r.score + r.slope*e.share[r.class]
		if e.distinct < enough && !decisive(r.class) {
			score *= 0.6
		}
		return r.class, score, fmt.Sprintf("%.0f %% of %d values read like %s", 100*e.share[r.class], e.distinct,
			describe(r.class))
	case e.prose >= 0.3 && e.hits >= 0.02:
		return pii.FreeText, 0.6 + 0.3*min(1, 3*e.hits),
			fmt.Sprintf("prose, and detectors find something in %.0f %% of %d values", max(1, 100*e.hits), e.distinct)
	case e.prose >= 0.5 && e.distinct >= 5 && 2*e.distinct >= e.values && !h.clean && h.class == pii.None &&
		(t.is("about") || t.is("written")) && !t.name.any("product", "system", "location"):
		return pii.FreeText, 0.55, fmt.Sprintf("prose of its own in most of %d rows, which are somebody’s", e.values)
	case e.hits >= 0.3 && !h.clean && !c.array && e.share[pii.URL] < 0.5 && e.digits < 0.5:
		return pii.FreeText, 0.3 + 0.4*e.hits, fmt.Sprintf("detectors find something in %.0f %% of %d values",
			100*e.hits, e.distinct)
	}
	return pii.None, 0, ""
}

// byType: types that hold one thing only.
func (c *column) byType() (pii.Class, float64, string) {
	switch c.family {
	case transform.FamilyMAC:
		return pii.MAC, 0.8, "its type is for hardware addresses"
	case transform.FamilyInet:
		return pii.IP, 0.75, "its type is for IP addresses"
	}
	return pii.None, 0, ""
}

// describe names a class in a sentence.
func describe(c pii.Class) string {
	if words := columnRules().sentences[c]; words != "" {
		return words
	}
	return "a " + strings.ReplaceAll(string(c), "_", " ")
}
