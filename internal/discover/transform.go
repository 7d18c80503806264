package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// choice is a rule to try, in YAML, and what a person should look at with it.
type choice struct {
	rule   string
	review string
}

const (
	mask = "mask"
	keep = "keep"
	// unseen begins what is said of a document without values to look at.
	unseen = "what is in it was not seen, so all of it is redacted: list the "
)

// choices are the rules that a column could have, the best first; the last serves
// any column. Which of them the table's indexes, widths and constraints let pass
// is for the compiler to say.
func (c *column) choices() []choice {
	if c.class == pii.None {
		return c.kept()
	}
	if c.fields != "" {
		return []choice{{c.fields, "field by field"}, {`"null"`, "no transform of its class serves this column"}, {keep,
			"it holds " + describe(c.class) + ", and no transform serves it: decide"}}
	}
	var out []choice
	try := func(review string, rules ...string) {
		for _, r := range rules {
			out = append(out, choice{c.wrap(r), review})
		}
	}
	if c.partial(c.class) && (c.family == transform.FamilyText || c.family == transform.FamilyNumber) {
		part := string(c.class) + "_part"
		if c.family == transform.FamilyText {
			try("", "{transform: digits, otherwise: redact, domain: "+part+"}")
		}
		try("", "{transform: digits, domain: "+part+"}")
	}
	c.ofClass(try)
	own, opaque := c.distinct()
	try("", own...)
	c.rest(try, opaque)
	return out
}

// kept are the rules of a column that holds nothing personal.
func (c *column) kept() []choice {
	switch document := c.family == transform.FamilyJSON && !c.array; {
	case document && c.configuration():
		return []choice{{"{json: {}, other: keep}",
			"numbers, true and false stay, and no text: list the paths that may stay"}, {keep, ""}}
	case document:
		return []choice{{"{json: {}}", unseen + "paths that may stay"}, {keep, ""}}
	case c.Type.Underlying().Name == "hstore" && !c.seen.known():
		return []choice{{"{hstore: {}}", unseen + "keys that may stay"}, {keep, ""}}
	}
	return []choice{{keep, ""}}
}

// ofClass tries what the class is for.
func (c *column) ofClass(try func(review string, rules ...string)) {
	switch c.class {
	case pii.BirthDate, pii.Date:
		c.dates(try)
	case pii.FreeText:
		if c.family == transform.FamilySearch &&
			slices.ContainsFunc(c.table.Search, func(s catalog.Search) bool { return s.Column == c.Name }) {
			try("", "tsvector")
		}
		try("", "{transform: text, names: true}", "text")
	case pii.Token:
		if c.name.has("password") && c.family == transform.FamilyText && c.name.has("hash|password") &&
			(c.seen == nil || c.seen.share[pii.Token] > 0.5) {
			try("", "password")
		}
		try("", native(c.class)...)
	case pii.Capability:
		try("staging must not act on others: is it needed there at all?", "inert")
	case Gender:
		try("a trait, kept: names can follow it (gender: "+c.Name+
			" beside first_name); make it null if nobody needs it", keep)
	case Unknown:
		try("it stands in rows about persons, and nothing is known of it: decide", keep)
	case Financial:
		try("", "{transform: number_noise, percent: 10}")
	case Photo:
		if c.family == transform.FamilyBytea {
			try("", "{transform: bytes, as: auto}")
		}
	case Age:
		try("", "age_bucket")
	case Embedding:
		try("", `"null"`, "embedding_zero")
	case pii.Latitude, pii.Longitude, pii.Location:
		switch {
		case c.family == transform.FamilyPoint:
			try("", "{transform: geo_noise, axis: point}")
		case !c.pair():
			try("", native(c.class)...)
		}
	default:
		try("", native(c.class)...)
	}
}

// native are the rules of the transform that makes fakes of a class: it is called like it.
func native(class pii.Class) (rules []string) {
	for _, c := range transform.Native(class) {
		rules = append(rules, c.String())
	}
	return rules
}

// distinct are the rules that keep the values of a unique column apart: those of its class,
// in a domain of the column's own, too, where another column leaves the common one no room,
// then opaque ones.
func (c *column) distinct() (own, opaque []string) {
	for _, rule := range transform.ForUnique(c.class, c.family) {
		switch made := rule.Def.Class; {
		case made == pii.Token:
			opaque = append(opaque, rule.String())
		case made == c.class, made == pii.Date && c.class == pii.BirthDate:
			own = append(own, rule.String(), rule.In(c.table.Name.Name+"_"+c.Name).String())
		}
	}
	return own, opaque
}

// dates moves what can be moved.
func (c *column) dates(try func(string, ...string)) {
	switch c.family {
	case transform.FamilyDate, transform.FamilyTimestamp:
		try("", "{transform: date_shift, max_days: 90}")
	case transform.FamilyText:
		if c.seen.known() && c.seen.isoDates > 0.99 {
			try("a text column: a value that is no date as in 2024-05-17 stops a run",
				"{transform: date_shift, max_days: 90}")
		}
	case transform.FamilyNumber:
		try("a year or a day as a number", "{transform: number_noise, amount: 3}")
	}
}

// rest are the rules for columns that the transforms of their class can't serve.
func (c *column) rest(try func(string, ...string), opaque []string) {
	const last = "no transform of its class serves this column"
	if c.Type.Underlying().Kind == catalog.EnumType {
		try("an enum: one of its labels is all that can stand here", keep)
		return
	}
	switch c.family {
	case transform.FamilyText:
		switch c.class {
		case pii.Phone, pii.NationalID, pii.CreditCard, pii.IBAN, pii.Postcode, pii.VIN, pii.IMEI:
			try("as opaque text, since it must stay unique: "+string(c.class)+" has too few values", opaque[:1]...)
			try("every digit changes, and letters stay",
				"{transform: digits, otherwise: redact, domain: "+string(c.class)+"_digits}",
				"{transform: digits, domain: "+string(c.class)+"_code}")
			try("as opaque signs, since it must stay unique and has no room for more", opaque[1:]...)
			try("every digit changes, and letters stay; a value of fewer than six digits stops a run",
				"{transform: digits, short: fail, domain: "+string(c.class)+"_unique}")
		case Special, Financial, Gender, pii.FreeText, Photo, pii.Date, pii.BirthDate, Age:
		default:
			try("as opaque text, since it must stay unique or has no form of its own", opaque...)
			try("encrypted letter by letter, since it must stay unique and has no room for more; any other sign "+
				"stops a run",
				"{transform: fpe, alphabet: alphanumeric, domain: "+string(c.class)+"_letters}")
		}
		if !c.array {
			try(last, `"null"`)
		}
		try(last, mask)
	case transform.FamilyNumber:
		if c.class != Special && c.class != Age && c.class != Financial {
			try("encrypted digits: unique, and of the same length",
				"{transform: digits, domain: "+string(c.class)+"_code}",
				"{transform: digits, short: fail, domain: "+string(c.class)+"_unique}",
				"{transform: fpe, domain: "+string(c.class)+"_number}")
		}
		try(last, `"null"`)
	case transform.FamilyUUID:
		try(last, "uuid")
	case transform.FamilyBytea:
		try(last, "bytes")
		try(last, opaque...)
		try(last, `"null"`)
	case transform.FamilyJSON:
		try("all of it is redacted: list the paths that may stay", "{json: {}}")
	case transform.FamilyXML:
		try("all of it is redacted: list the elements that may stay", "{xml: {}}")
	default:
		try(last, `"null"`)
	}
	if c.array { // elements can't be NULL, the column can
		try(last, "\x00\"null\"")
	}
	try("it holds "+describe(c.class)+", and no transform serves it: decide", keep)
}

// wrap makes a rule for elements one for the array.
func (c *column) wrap(rule string) string {
	if whole, ok := strings.CutPrefix(rule, "\x00"); ok {
		return whole
	}
	if c.bounds && rule == "{transform: date_shift, max_days: 90}" {
		return "{range: " + rule + "}"
	}
	if !c.array || rule == keep {
		return rule
	}
	return "{array: " + rule + "}"
}

// pair reports whether latitude and longitude stand in one text.
func (c *column) pair() bool {
	return c.family == transform.FamilyText && (c.name.has("lat", "lng") || c.seen.known() &&
		c.seen.could[pii.Longitude] < 0.5)
}
