package discover

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
)

// Classes that no transform is for, as they have no fakes: what is found is
// coarsened, emptied, or left to a person to decide.
const (
	Gender    pii.Class = "gender"
	Age       pii.Class = "age"
	Special   pii.Class = "special_category" // GDPR Art. 9: health, religion, ethnicity, politics, orientation; marital state, too
	Financial pii.Class = "financial"        // what a person earns, has or owes
	Photo     pii.Class = "photo"            // pictures, signatures, biometrics
)

const (
	found = 0.5 // confidence from which a column counts as holding its class
	sure  = 0.8 // below it a person is asked to look
)

// classify decides on a column by itself and its table.
func (c *column) classify() {
	c.class, c.score, c.reason = pii.None, 0.6, "nothing in name, type or values speaks of a person"
	if c.isBool() && !c.name.has("gender") {
		if h := columnRules().first("flags", c.subject()); h.class != "" {
			c.class, c.score, c.reason = h.class, h.score, "its name reads like "+describe(h.class)
			return
		}
		c.score, c.reason = 0.95, "yes or no"
		return
	}
	if c.Type.Underlying().Kind == catalog.CompositeType && !c.array {
		c.composite()
		return
	}
	h := c.hint()
	if h.class == pii.Postcode && c.name.word("cep") && c.seen.known() && c.seen.short > 9 { // Brazil's postcode has eight digits; in Turkish it is the mobile phone
		h = hint{class: pii.Phone, score: 0.75}
	}
	if c.unfilled(h) {
		c.seen = nil
	}
	if c.seen.known() && c.seen.yesNo == 1 && h.class != Gender && h.class != Special && c.family == scrub.FamilyText {
		c.score, c.reason = 0.9, "yes or no"
		return
	}
	if c.Type.Underlying().Name == "tsvector" && !c.Generated {
		c.class, c.score, c.reason = pii.FreeText, 0.55, "search terms are the words of a text"
		if c.table.is("about") || c.table.is("written") {
			c.score = sure
		}
		return
	}
	best, score, why := c.weigh(h)
	if vc, vs, vw := c.byValues(h); vs > score {
		best, score, why = vc, vs, vw
	} else if vs >= found && vc == best {
		score, why = 1-(1-score)*(1-vs), why+", and "+vw
	}
	if score >= found {
		c.class, c.score, c.reason = best, score, why
		return
	}
	switch {
	case best != pii.None && score > 0.25:
		c.score, c.reason = 1-score, why+", but that is not enough"
	case h.clean:
		c.score, c.reason = h.score, "its name speaks of something else"
	case c.long():
		c.class, c.score, c.reason, c.guessed = pii.FreeText, found, "long text, of which nothing is known: somebody may have written it", true
	case c.seen.known():
		c.score = 0.75
	}
}

// unfilled reports a column that has its default, 0, in all rows: nothing was filled in
// where its name wants a value.
func (c *column) unfilled(h hint) bool {
	return c.seen.known() && c.seen.zero && c.seen.distinct == 1 && c.family == scrub.FamilyText && c.MaxChars() != 1 &&
		h.class != pii.None && h.score >= 0.6 && c.name.any(filledIn...) && (c.name.last == "ship" || slices.Contains(filledIn, c.name.last))
}

// filledIn is what the name of a column says last whose default is no state of affairs.
var filledIn = []string{"email", "phone", "mobile", "fax", "name", "street", "address", "city", "zip", "line", "note", "website", "url", "nhead", "body", "description", "message"}

// long reports a column for texts without a bound in a database that bounds its
// words, and of which no value was seen.
func (c *column) long() bool {
	head := headOf(c.table.name)
	if things := head == "product" || head == "institution" || head == "location" || c.table.name.has("system"); things && !c.table.is("written") && !c.table.is("about") &&
		(c.name.last == "description" || c.name.only("body", "name", "filler")) && !c.fits("acts") { // what is told of a thing, by whoever sells it
		return false
	}
	return c.table.bounded && c.Type.Underlying().OID == catalog.TextOID && !c.array && !c.Generated && !c.seen.known()
}

// composite classifies the fields of a composite, by their names.
func (c *column) composite() {
	fields := make([]string, 0, len(c.Type.Underlying().Fields))
	t := *c.table
	t.facts = maps.Clone(t.facts)
	t.facts["placed"] = true
	for _, f := range c.Type.Underlying().Fields {
		col := &column{Column: &catalog.Column{Name: f.Name, Type: f.Type, Mod: f.Mod}, table: &t, family: scrub.FamilyOf(f.Type), name: understand(f.Name)}
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
	t, score, why := c.table, h.score, "its name reads like "+describe(h.class)
	amiss := true
	if (h.class == Special || h.class == Gender) && !t.is("about") && !t.is("written") && !t.is("health") && t.name.any("ethnic", "religion", "marital", "orientation", "gender") && !t.name.any("person", "user") {
		return h.class, 0.2, why + ", in a list of what there is"
	}
	switch {
	case h.need == person && !c.table.is("about") && !(t.is("written") && c.name.has("body")), h.need == author && !c.table.is("about") && !c.table.is("written") && !c.table.is("signed") && !(c.fits("acts") && h.class == Special), h.need == place && !c.table.is("placed"):
		score *= 0.5
		why += ", in a table that is not about persons"
	case h.need != nothing && h.need != author && c.table.is("lists") && !c.table.is("about"):
		score *= 0.6
	case h.class == pii.Region && !c.name.has("region") && !t.is("postal") && !c.seen.known(): // a state of affairs, as likely
		score *= 0.6
	default:
		amiss = false
	}
	if !c.seen.known() || c.family == scrub.FamilyPoint { // whose values are of one form
		return h.class, score, why
	}
	fits := c.seen.fit(h.class)
	if (h.class == pii.Region || h.class == pii.Country) && c.seen.values >= 20 && c.seen.distinct == c.seen.values {
		return h.class, score * 0.5, why + ", and no two rows have the same, as in a list of places"
	}
	switch share := c.seen.share[h.class]; {
	case c.partial(h.class):
		return h.class, score, why + ", and its values could be its last digits"
	case c.contradicts(h.class) && h.score >= 0.85 && (h.class == pii.Phone || h.class == pii.Email) && c.seen.distinct < 8 && !amiss && c.seen.yesNo < 0.5 && c.seen.decimals < 0.5 && c.seen.uuids == 0: // a few values are no proof
		return h.class, 0.5, why + ", though its few values do not"
	case c.contradicts(h.class):
		return h.class, min(score*0.3, 0.2), why + ", but its values do not"
	case amiss: // that the values are places says nothing of whose they are
		return h.class, score, why
	case decisive(h.class) && share >= 0.5 || share >= 0.3:
		return h.class, 1 - (1-score)*(1-0.8*share), fmt.Sprintf("%s, and %.0f %% of %d values too", why, 100*share, c.seen.distinct)
	case fits >= 0.9 && c.seen.values >= enough:
		return h.class, score, why + ", and its values could be"
	default:
		return h.class, score * (0.6 + 0.4*fits), why
	}
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
		said := c.fits("part_said") || c.name.word("last", "first") && (c.name.word("four") || strings.ContainsAny(c.Name, "3456"))
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

// byValues is what the values say whatever the name is.
func (c *column) byValues(h hint) (pii.Class, float64, string) {
	e := c.seen
	if !e.known() || c.family != scrub.FamilyText && c.family != scrub.FamilyOther {
		return c.byType()
	}
	const few = 2
	say := func(class pii.Class, score float64) (pii.Class, float64, string) {
		if e.distinct < enough && !decisive(class) {
			score *= 0.6
		}
		return class, score, fmt.Sprintf("%.0f %% of %d values read like %s", 100*e.share[class], e.distinct, describe(class))
	}
	for _, class := range []pii.Class{pii.Email, pii.UserAgent, pii.MAC, pii.IP, pii.IBAN, pii.CreditCard, pii.NationalID, pii.VIN, pii.IMEI, pii.Crypto} {
		if s := e.share[class]; s >= 0.5 && (class == h.class || s-e.bare[class] >= 0.5 || class == pii.CreditCard && s >= 0.9 && e.distinct >= 10) {
			return say(class, 0.6+0.35*s)
		}
	}
	if s := e.share[pii.Email]; s >= 0.2 && !(e.prose > 0.3) {
		return say(pii.Email, 0.6)
	}
	if s := e.share[pii.Phone]; s >= 0.6 && !h.clean {
		return say(pii.Phone, 0.5+0.4*s)
	}
	if s := e.share[pii.Token]; s >= 0.8 && !h.clean && e.distinct > few && (c.name.any("keyword", "hash", "secret", "token") || c.name.any("")) && e.short > 44 {
		return say(pii.Token, 0.5)
	}
	if s := e.share[pii.Street]; s >= 0.5 && !h.clean && e.prose < 0.6 {
		return say(pii.Street, 0.4+0.4*s)
	}
	if s := e.share[pii.FullName]; s >= 0.5 && e.distinct >= enough && e.could[pii.FullName] > 0.8 {
		score := 0.25 + 0.45*s
		if c.table.is("about") || c.table.is("placed") {
			score += 0.15
		}
		if h.clean || c.table.is("lists") {
			score -= 0.25
		}
		return say(pii.FullName, score)
	}
	if h.class == pii.Username && e.could[pii.Username] < 0.5 && e.could[pii.FullName] >= 0.8 {
		return say(pii.FullName, 0.7)
	}
	if h.class == pii.Email && c.contradicts(pii.Email) && e.could[pii.Username] >= 0.9 && e.yesNo == 0 && e.digits < 0.5 {
		return pii.Username, 0.55, "its name reads like an e-mail address, and its values could be names of mailboxes"
	}
	if len(c.name.parts) == 1 && c.name.last == "nhead" && c.table.is("persons") && !c.surrogate() && e.digits+e.share[pii.Phone] >= 0.9 && e.could[pii.Phone] >= 0.9 && e.least >= 8 && 2*e.distinct > e.values {
		return pii.Phone, 0.55, "a number, in a table of persons, and its values are as long as phones"
	}
	if c.name.last == "person" && e.digits+e.share[pii.Phone] >= 0.8 && !h.clean && e.could[pii.Phone] >= 0.9 && e.short >= 7 {
		return pii.Phone, 0.6, "its name reads like a person’s, and its values are numbers as long as phones"
	}
	by := len(c.name.parts) > 1 && c.name.parts[len(c.name.parts)-1] == "by"
	if s := e.share[pii.FullName]; s >= 0.3 && (c.name.last == "person" || by) {
		return say(pii.FullName, 0.6)
	}
	if s := e.share[pii.Postcode]; s >= 0.8 && c.table.is("placed") && !h.clean && e.distinct >= enough {
		return say(pii.Postcode, 0.5)
	}
	if c.name.only("name") && c.name.has("name") && (!c.table.is("lists") || c.table.is("written")) && e.distinct >= enough && e.could[pii.FullName] > 0.9 && e.share[pii.City] < 0.3 {
		switch first, last := e.share[pii.FirstName], e.share[pii.LastName]; {
		case first >= 0.7 && first >= last:
			return say(pii.FirstName, 0.6)
		case last >= 0.7:
			return say(pii.LastName, 0.6)
		}
	}
	if c.given(h) {
		return pii.NationalID, 0.5, "another code for each person"
	}
	if (c.name.has("note") || c.name.has("message")) && e.prose >= 0.5 && !h.clean && !c.table.name.any("system") {
		return pii.FreeText, 0.6, "prose, and its name reads like it"
	}
	if c.table.is("about") && !h.clean && h.class == pii.None && e.distinct >= 5 && e.could[pii.FullName] > 0.9 {
		first, last := e.share[pii.FirstName], e.share[pii.LastName]
		switch {
		case first >= 0.6 && first >= last:
			return say(pii.FirstName, 0.2+0.5*first)
		case last >= 0.6:
			return say(pii.LastName, 0.2+0.45*last)
		case e.share[pii.City] >= 0.5:
			return say(pii.City, 0.2+0.5*e.share[pii.City])
		}
	}
	if e.prose >= 0.3 && e.hits >= 0.02 {
		return pii.FreeText, 0.6 + 0.3*math.Min(1, 3*e.hits), fmt.Sprintf("prose, and detectors find something in %.0f %% of %d values", math.Max(1, 100*e.hits), e.distinct)
	}
	if e.prose >= 0.5 && e.distinct >= 5 && 2*e.distinct >= e.values && !h.clean && h.class == pii.None && (c.table.is("about") || c.table.is("written")) && !c.table.name.any("product", "system", "location") {
		return pii.FreeText, 0.55, fmt.Sprintf("prose of its own in most of %d rows, which are somebody’s", e.values)
	}
	if e.hits >= 0.3 && !h.clean && !c.array && e.share[pii.URL] < 0.5 && e.digits < 0.5 {
		return pii.FreeText, 0.3 + 0.4*e.hits, fmt.Sprintf("detectors find something in %.0f %% of %d values", 100*e.hits, e.distinct)
	}
	return pii.None, 0, ""
}

// given reports a code that each person in a table has another one of, under a name
// that says nothing.
func (c *column) given(h hint) bool {
	e := c.seen
	return c.table.is("persons") && h.class == pii.None && !h.clean && c.key == nil && !c.surrogate() && !c.leads() &&
		e.values >= enough && e.distinct == e.values && e.could[pii.NationalID] >= 0.9 && e.short <= 20 && e.least >= 6 && e.share[pii.Date] < 0.1 && e.share[pii.URL] < 0.1 && e.share[pii.Postcode] < 0.5 && e.uuids == 0 && e.prose == 0 && e.decimals < 0.1 &&
		len(c.name.parts) <= 2 && !c.name.any("id", "code", "at", "date", "product", "nhead", "system", "keyword", "hash", "account", "url", "photo", "card", "salary", "geo", "lat", "lng")
}

// byType: types that hold one thing only.
func (c *column) byType() (pii.Class, float64, string) {
	switch c.family {
	case scrub.FamilyMAC:
		return pii.MAC, 0.8, "its type is for hardware addresses"
	case scrub.FamilyInet:
		return pii.IP, 0.75, "its type is for IP addresses"
	}
	return pii.None, 0, ""
}

// describe names a class in a sentence.
func describe(c pii.Class) string {
	switch c {
	case pii.Email:
		return "an e-mail address"
	case pii.FullName:
		return "a person’s name"
	case pii.FirstName:
		return "a given name"
	case pii.LastName:
		return "a surname"
	case pii.IP:
		return "an IP address"
	case pii.NationalID:
		return "a personal identifier"
	case pii.IBAN:
		return "a bank account"
	case pii.BirthDate:
		return "a date of birth"
	case pii.Date:
		return "a date in somebody’s life"
	case pii.FreeText:
		return "text that somebody wrote"
	case Special:
		return "a special category (GDPR Art. 9)"
	case Financial:
		return "somebody’s money"
	case Age, pii.URL:
		return "an " + strings.ReplaceAll(string(c), "_", " ")
	}
	return "a " + strings.ReplaceAll(string(c), "_", " ")
}
