package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
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

// hint is what a name says of a column.
type hint struct {
	class pii.Class
	score float64 // from 0 to 1
	need  need    // what the table must be like for it to count
	clean bool    // it says that the column is none, rather than nothing
}

// need is a condition on the table of a column.
type need uint8

const (
	nothing need = iota
	person       // its rows are about persons
	author       // or made by one
	place        // an address, or persons
)

// hintOf reads a column's name; family is its type's.
func hintOf(n *name, family scrub.Family, table *name) hint {
	for _, rules := range [][]nameRule{secretRules, peopleRules, proseRules} {
		if h := firstOf(rules, n, family, table); h.class != "" {
			return h
		}
	}
	switch {
	case n.has("system") && !systemIsHarmless(n) && !answered(n, table) && !keyOf(n, table) && !(table.has("salary") && hasWord("rate", "amount")(n, nil)), len(n.parts) > 1 && slices.Contains(asks, n.parts[0]) && !(family == scrub.FamilyText && (numbered(n.parts) || n.last == "description" || n.last == "note")):
		return hint{class: pii.None, clean: true, score: 0.9}
	}
	if h := firstOf(nameRules, n, family, table); h.class != "" {
		return h
	}
	return hint{class: pii.None}
}

// firstOf is what the first rule that fits says.
func firstOf(rules []nameRule, n *name, family scrub.Family, table *name) hint {
	for _, rule := range rules {
		if slices.Contains(rule.families, family) && rule.fits(n, table) {
			return hint{class: rule.class, score: rule.score, need: rule.need, clean: rule.class == pii.None}
		}
	}
	return hint{}
}

// systemIsHarmless reports whether a word such as status or last doesn't take
// the meaning of the rest away, as in last_login_ip or updated_by_email.
func systemIsHarmless(n *name) bool {
	if n.any("marital", "ethnic", "orientation", "health") && !n.any("product") && hasWord("status", "state", "group", "category", "code", "type", "level", "result", "history", "score", "value", "source")(n, nil) || n.any("salary") && hasWord("hourly", "rate")(n, nil) {
		return true
	}
	if n.parts[len(n.parts)-1] == "by" { // who did it
		return true
	}
	switch n.last {
	case "system", "id", "code", "at", "nhead", "keyword":
		return n.last != "system" && n.any("ssn", "passport", "licence", "bankaccount", "card")
	}
	return true
}

// asks begin the names of columns that say yes or no, or how many.
var asks = []string{"is", "has", "can", "should", "allow", "allows", "show", "shows", "hide", "requires", "enable", "num", "nb", "count", "cnt"}

// numbered reports a name that begins with the word for a number, and not one for how
// many of something, which is plural.
func numbered(parts []string) bool {
	last := parts[len(parts)-1]
	return slices.Contains([]string{"num", "nb"}, parts[0]) && !strings.HasSuffix(last, "s") && last != "children"
}

// nameRule gives a class to names that mean something.
type nameRule struct {
	class    pii.Class
	score    float64
	families []scrub.Family
	need     need
	fits     func(n, table *name) bool
}

var (
	texts    = []scrub.Family{scrub.FamilyText, scrub.FamilyArray, scrub.FamilyOther}
	numerals = []scrub.Family{scrub.FamilyText, scrub.FamilyNumber, scrub.FamilyArray, scrub.FamilyOther}
	days     = []scrub.Family{scrub.FamilyDate, scrub.FamilyTimestamp, scrub.FamilyText}
	measures = []scrub.Family{scrub.FamilyNumber, scrub.FamilyFloat, scrub.FamilyText, scrub.FamilyOther}
	blobs    = []scrub.Family{scrub.FamilyBytea, scrub.FamilyText}
	writings = append([]scrub.Family{scrub.FamilyXML}, texts...)
	nets     = []scrub.Family{scrub.FamilyText, scrub.FamilyInet, scrub.FamilyCIDR, scrub.FamilyArray, scrub.FamilyOther}
	secrets  = []scrub.Family{scrub.FamilyText, scrub.FamilyBytea, scrub.FamilyUUID, scrub.FamilyArray}
	traits   = append([]scrub.Family{scrub.FamilyNumber, scrub.FamilyJSON}, texts...)
	anything = append(append([]scrub.Family{scrub.FamilyJSON, scrub.FamilyXML, scrub.FamilyMAC, scrub.FamilyPoint}, measures...),
		scrub.FamilyDate, scrub.FamilyTimestamp, scrub.FamilyBytea, scrub.FamilyInet, scrub.FamilyCIDR, scrub.FamilyUUID, scrub.FamilyArray)
)

// nameRules: the first that fits counts.
var nameRules = []nameRule{
	{pii.NationalID, 0.95, append([]scrub.Family{scrub.FamilyBytea}, numerals...), nothing, and(has("ssn"), not(has("product|system|date|url|name")), or(hasNoWord("nhs"), ends("ssn", "nhead")))},
	{pii.NationalID, 0.6, texts, nothing, and(has("person|spouse"), hasWord("reference", "registration"), ends("nhead"), not(has("product|org|vendor")))},
	{pii.NationalID, 0.9, numerals, nothing, and(has("social|nationality"), has("ssn|nhead|id|code"), not(has("url|address|org")), not(ends("name")), hasWord("security", "insurance", "national"))},
	{pii.NationalID, 0.9, numerals, nothing, and(has("id|nhead|code"), hasWord("national", "government", "identity", "identification", "fiscal", "tax", "citizen", "voter", "civil", "personal"), not(has("url|system|date|name")), not(hasWord("entity", "exempt")), or(not(has("product")), and(hasWord("tax"), func(_, t *name) bool { return !hasWord("tax", "taxes")(t, nil) })))},
	{pii.NationalID, 0.9, numerals, nothing, and(has("passport"), not(has("country|date")))},
	{pii.NationalID, 0.85, numerals, nothing, and(has("licence"), or(has("person|nhead|vehicle"), and(has("id"), func(_, t *name) bool { return t == nil || t.any("person", "user") })), not(has("date|region|state|country|product|vendor|org|name")))},
	{pii.NationalID, 0.8, numerals, nothing, and(ends("plate", "nhead", "id"), has("plate"))},
	{pii.VIN, 0.7, numerals, nothing, and(ends("vehicle", "nhead", "id"), has("vehicle"))},
	{pii.NationalID, 0.8, numerals, nothing, and(has("patient"), not(has("date|name")))},
	{pii.NationalID, 0.7, texts, person, and(hasWord("insurance"), ends("id", "nhead"))},
	{pii.Token, 0.75, append([]scrub.Family{scrub.FamilyUUID, scrub.FamilyNumber}, texts...), nothing, has("device")},

	{pii.Token, 0.9, secrets, nothing, and(has("password"), not(has("date|at|name|vendor|nhead|id")))},
	{pii.Token, 0.85, append(secrets, scrub.FamilyNumber), nothing, and(ends("cvv"))},
	{pii.Token, 0.85, append([]scrub.Family{scrub.FamilyJSON}, secrets...), nothing, and(has("secret|token"), or(not(has("product")), hasWord("browser")), not(has("date|name|nhead|line|phone|email|street|address|city")), not(ends("id", "code", "vendor")))},
	{pii.Token, 0.85, secrets, nothing, and(has("keyword"), has("private|api|secret|user|account"))},
	{pii.Token, 0.6, secrets, nothing, and(ends("code", "keyword", "hash"), or(has("api"), hasWord("consumer", "signing", "encryption", "hmac", "webhook")))},
	{pii.Token, 0.7, secrets, nothing, keyOf},
	{pii.Token, 0.6, secrets, nothing, and(ends("code"), has("device|user|access|api"), hasNoWord("challenge"), func(_, t *name) bool { return hasWord("oauth", "auth", "grant", "grants")(t, nil) })},
	{pii.Token, 0.55, secrets, nothing, and(only("biometric", "device", "neutral"), hasWord("fingerprint"), func(_, t *name) bool {
		return hasWord("session", "sessions", "device", "devices", "visit", "visits", "visitor", "browser", "login", "logins")(t, nil)
	})},
	{pii.Token, 0.75, secrets, nothing, ends("salt")},
	{pii.Token, 0.6, secrets, nothing, and(hasWord("session"), ends("id", "keyword"), has("id|keyword"))},

	{pii.Email, 0.95, append([]scrub.Family{scrub.FamilyXML}, texts...), nothing, and(has("email"), not(ends("name", "id", "description", "body", "message", "date", "at", "code", "product", "photo", "state", "keyword", "hash", "token", "org", "vendor", "url", "phone", "note", "city", "zip", "region", "country", "street", "line", "job")))},
	{pii.Email, 0.85, texts, nothing, and(has("email", "id"), of("email", "id"))},
	{pii.FullName, 0.6, texts, nothing, and(has("email", "name"), of("email", "name", "first", "last"))},
	{pii.FreeText, 0.6, texts, nothing, and(has("email"), ends("body", "message", "description"))},

	{pii.IP, 0.9, nets, nothing, and(has("ip"), not(ends("country", "city", "region", "id", "name", "hash", "nhead", "code", "product")))},
	{pii.MAC, 0.85, []scrub.Family{scrub.FamilyText, scrub.FamilyMAC}, nothing, and(has("mac"), of("mac", "address", "product", "id", "device", "agent"))},
	{pii.UserAgent, 0.95, texts, nothing, or(has("agent"), and(has("user"), hasWord("agent"), not(has("name|id"))))},

	{pii.Phone, 0.9, numerals, nothing, and(has("phone|mobile|fax"), not(ends("name", "id", "description", "body", "date", "at", "code", "product", "agent", "url", "os", "token", "note", "country", "institution", "vendor")), not(has("body|message|product|device")), not(and(hasWord("cell", "mob", "tel"), has("line"))))},
	{pii.Phone, 0.55, numerals, nothing, and(has("emergency"), of("emergency", "nhead"), ends("nhead"))},
	{pii.Phone, 0.7, numerals, nothing, and(hasWord("contact", "emergency", "helpline"), ends("nhead"), or(of("nhead"), func(n, _ *name) bool {
		k := len(n.parts)
		return k > 2 && n.parts[k-2] == "contact" && !n.any("product", "date", "email")
	}))},
	{pii.Phone, 0.7, numerals, nothing, and(just("number", "no", "value"), func(_, t *name) bool { return t.has("phone|mobile|fax") })},
	{pii.Phone, 0.55, texts, nothing, and(hasWord("contact"), has("contactinfo"), of("contactinfo"))},
	{pii.Phone, 0.6, texts, nothing, and(counterpart, func(_, t *name) bool { return hasWord("sms", "twilio", "whatsapp", "call", "calls")(t, nil) })},
	{pii.Email, 0.55, texts, nothing, and(counterpart, func(_, t *name) bool { return t.has("email|message") })},
	{pii.Email, 0.6, texts, nothing, and(hasWord("old", "new", "original", "replacement", "previous", "before", "after"), only("ship", "neutral", ""), func(n, t *name) bool { return len(n.parts) == 1 && t.has("email") })},

	{pii.IBAN, 0.95, texts, nothing, and(has("iban"), not(ends("name", "country")))},
	{pii.IBAN, 0.85, numerals, nothing, and(has("bankaccount"), not(ends("name", "id", "date")))},
	{pii.IBAN, 0.75, numerals, nothing, and(hasWord("sort"), ends("code", "nhead"), hasWord("code", "number", "bank"))},
	{pii.IBAN, 0.75, numerals, nothing, and(has("account"), ends("account", "nhead"), or(hasWord("bank", "no", "num", "number", "nr")))},
	{pii.BIC, 0.6, texts, nothing, and(ends("bic"), only("bic", "ship", "vendor", "code", "account"))},
	{pii.FullName, 0.85, texts, nothing, and(ends("holder", "name"), has("holder"))},
	{pii.FullName, 0.85, texts, nothing, and(has("card", "name"), only("card", "name", "filler", "neutral", "at", "person", "ship"), hasWord("on", "holder", "owner"))},
	{pii.CreditCard, 0.7, numerals, nothing, and(lastDigits, func(n, t *name) bool { return n.has("card") || t.has("card") })},
	{pii.IBAN, 0.7, numerals, nothing, and(lastDigits, func(n, t *name) bool { return n.any("bankaccount", "account") || t.has("bankaccount") })},
	{pii.CreditCard, 0.85, numerals, nothing, and(has("card"), ends("card", "nhead"), not(has("product|date|id")), not(hasWord("business", "score", "yellow", "red", "report")))},
	{pii.Crypto, 0.6, texts, nothing, and(ends("wallet", "address"), has("wallet"))},

	{pii.BirthDate, 0.95, days, nothing, and(has("birth"), not(has("city|country|region|nhead|id|org|name|street|state|location|weight|place")), not(hasWord("place", "rate", "order")))},
	{pii.BirthDate, 0.7, measures, nothing, and(has("birth"), has("year|day|month|date"), not(has("city|country|region")))},
	{pii.Date, 0.75, days, nothing, and(has("death"), not(has("city|country|region|cause|place")))},
	{pii.City, 0.7, texts, nothing, and(has("birth"), has("city|location"))},
	{pii.Country, 0.5, texts, nothing, and(has("birth"), has("country"))},
	{pii.Date, 0.6, []scrub.Family{scrub.FamilyDate, scrub.FamilyTimestamp}, person, and(has("hire|admission"), not(ends("name", "id")))},

	{pii.LastName, 0.92, texts, nothing, and(has("last", "name"), not(has("product|date|vendor|org")), or(not(has("at")), has("birth")), not(hasWord("index", "log")))},
	{pii.LastName, 0.9, texts, nothing, has("maiden")},
	{pii.FirstName, 0.92, texts, nothing, and(has("first|middle", "name"), not(has("product|date|vendor|org")), or(not(has("at")), has("birth")))},
	{pii.FirstName, 0.55, texts, person, and(ends("middle", "initials"), of("middle", "initials"))},
	{pii.FullName, 0.9, texts, nothing, and(has("full", "name"), func(_, t *name) bool {
		return !t.any("institution", "org", "product") || t.any("person", "user", "spouse") || acts(nil, t)
	}, or(hasWord("fullname", "ansprechpartner", "vollname", "personname", "realname", "contactname", "isim"), and(of("full", "name", "initials"), hasNoWord("display", "preferred", "visible", "displayname", "dispname", "completename", "shown", "legal", "legalname"))))},
	{pii.FullName, 0.7, texts, nothing, and(has("full", "name"), ends("name"), hasWord("full", "fullname"), not(has("product|system|city|location|region|country|org|institution|vendor")), func(_, t *name) bool { return !t.any("institution", "org", "product") })},
	{pii.Username, 0.7, texts, nothing, and(has("user"), hasWord("displayname", "dispname", "display"), has("name"))},
	{pii.FullName, 0.6, texts, person, and(has("full", "name"), of("full", "name"))},
	{pii.FullName, 0.6, texts, nothing, and(hasWord("displayname", "dispname"), of("full", "name"))},

	{pii.Username, 0.85, texts, nothing, and(has("username"), not(ends("date", "at", "id", "nhead", "url", "ip", "agent", "description", "product", "body", "code")), not(hasWord("last")))},
	{pii.Username, 0.85, texts, nothing, and(has("user", "name"), of("user", "name"), not(has("spouse")), hasNoWord("staff", "customer", "person"))},
	{pii.Username, 0.8, texts, nothing, hasWord("nicename")},
	{pii.URL, 0.6, texts, nothing, and(hasWord("profile", "avatar", "user"), hasWord("image", "picture", "photo", "img", "pic"), has("url"))},
	{pii.Username, 0.7, texts, nothing, and(has("nick"), of("nick", "name", "user"))},
	{pii.Username, 0.55, texts, nothing, and(ends("user"), only("user", "filler"))},
	{pii.Username, 0.7, texts, person, and(ends("social"), of("social", "id", "username", "name"))},
	{pii.URL, 0.7, texts, nothing, and(has("social"), ends("url"), has("url"))},
	{pii.URL, 0.55, texts, nothing, and(ends("url"), hasWord("referrer", "referer"))},
	{pii.Username, 0.6, texts, nothing, func(n, t *name) bool {
		return t.any("username", "api") && len(n.parts) == 1 && n.parts[0] == "identity"
	}},

	{pii.FullName, 0.85, texts, nothing, and(has("person|spouse|emergency", "name"), not(has("product|org|vendor|city|street|country|region|username|agent|location|birth|device|photo|message|description")))},
	{pii.FullName, 0.6, texts, nothing, and(has("account", "name"), of("account", "name"), hasWord("bank", "holder", "owner"))},
	{pii.FullName, 0.6, texts, nothing, and(has("name"), of("ship", "name"), hasWord("ship", "shipping", "shipto", "bill", "billing", "delivery", "invoice", "facturacion", "sender", "to", "from", "reply", "pickup", "pick"))},
	{pii.FullName, 0.5, texts, nothing, agent},
	{pii.Company, 0.75, texts, nothing, and(has("org", "name"), of("org", "name"))},
	{pii.Company, 0.65, texts, person, and(has("org"), of("org"), ends("org"))},
	{pii.Company, 0.55, texts, nothing, and(has("vendor", "name"), of("vendor", "name"))},

	{pii.Street, 0.9, texts, nothing, and(has("street"), not(ends("city", "id", "date", "country", "region", "zip", "code", "product", "note", "state", "url")), not(has("product|device|url|ip|birth")), hasNoWord("timezone", "tz"))},
	{pii.Street, 0.85, texts, nothing, and(has("address"), or(ends("address", "line", "house", "nhead"), and(ends("ship", "neutral", "filler", "keyword", "vendor", "person"))), not(has("product|device|url|ip|mac|wallet|message|hash|city|zip|birth")), not(hasWord("memory", "register", "byte", "bus", "start", "end", "offset")))},
	{pii.Street, 0.7, texts, nothing, func(n, t *name) bool { return t.any("street", "address") && n.only("line") && n.has("line") }},
	{pii.Street, 0.85, texts, nothing, and(has("address", "line"), only("address", "street", "line", "ship", "neutral", "person", "org", ""), hasWord("one", "two", "three", "four"))},
	{pii.FullName, 0.55, texts, place, and(hasWord("care"), hasWord("of"), only("filler", "ship", "neutral", "person", "name", "address", ""))},
	{pii.Street, 0.55, append([]scrub.Family{scrub.FamilyNumber}, texts...), place, and(has("house"), of("house", "nhead", "name"), not(hasWord("building", "complement")))},
	{pii.Postcode, 0.85, numerals, nothing, and(has("zip"), not(has("product|body|date|at|city|name")), hasNoWord("cp", "psc", "cep"))},
	{pii.Postcode, 0.7, numerals, place, and(has("zip"), of("zip", "street", "address", "nhead", "code"))},
	{pii.Postcode, 0.85, numerals, nothing, and(has("postal"), has("code|nhead"), of("postal", "street", "address", "code", "nhead", "zip"), or(has("code"), hasNoWord("post")))},
	{pii.City, 0.75, texts, place, and(has("city"), of("city", "street", "address", "name", "full", "code", "id"), not(ends("id", "code")))},
	{pii.Region, 0.6, texts, place, and(has("region|state"), of("region", "street", "address", "state", "name", "code", "full", "country"), not(hasWord("uf2")))},
	{pii.Country, 0.55, texts, place, and(has("country"), of("country", "street", "address", "name", "code", "region", "full"))},
	{pii.Country, 0.6, texts, person, and(has("nationality"), of("nationality", "code", "country"))},
	{pii.City, 0.55, texts, person, and(has("location"), of("location", "name", "full"))},
	{pii.Latitude, 0.75, texts, place, and(has("lat", "lng"))},
	{pii.Latitude, 0.75, append([]scrub.Family{scrub.FamilyPoint}, measures...), place, and(has("lat"), of("lat", "geo", "location", "address", "nhead"))},
	{pii.Longitude, 0.75, append([]scrub.Family{scrub.FamilyPoint}, measures...), place, and(has("lng"), of("lng", "geo", "location", "address", "nhead"))},
	{pii.Latitude, 0.65, append([]scrub.Family{scrub.FamilyPoint, scrub.FamilyBytea}, measures...), place, and(has("geo"), of("geo", "location", "address"))},
	{pii.Latitude, 0.6, []scrub.Family{scrub.FamilyPoint}, place, and(ends("location"), of("location"))},

	{Gender, 0.8, append([]scrub.Family{scrub.FamilyNumber}, texts...), nothing, and(has("gender"), of("gender", "code", "birth", "name", "id"))},
	{Gender, 0.6, append([]scrub.Family{scrub.FamilyNumber}, texts...), nothing, and(has("gender", "person"), ends("gender", "person"))},
	{Gender, 0.7, append([]scrub.Family{scrub.FamilyNumber}, texts...), person, and(ends("gender"))},
	{Age, 0.6, numerals, nothing, and(ends("age"), only("age", "person", "spouse"), has("person|spouse"))},
	{Age, 0.65, append([]scrub.Family{scrub.FamilyFloat}, numerals...), person, and(ends("age"), of("age", "year", "at"))},
	{Special, 0.75, traits, nothing, and(func(_, t *name) bool {
		return !hasWord("pet", "pets", "animal", "animals", "dog", "dogs", "hund", "hunde", "cat", "cats", "horse", "horses", "cattle")(t, nil)
	}, has("ethnic|religion|politic|orientation|marital"), of("ethnic", "religion", "politic", "orientation", "marital", "description", "code", "name", "full", "state", "nhead", "system", "id"))},
	{Special, 0.6, traits, person, and(hasWord("citizen", "citizenship"), not(has("name|service")))},
	{Special, 0.65, traits, person, and(has("ethnic|religion|orientation"), hasNoWord("race", "races"), not(ends("id", "date", "at", "nhead")))},
	{Special, 0.7, traits, person, and(hasWord("health", "medical", "clinical", "mental"), hasWord("insurance", "plan", "capacity", "condition", "conditions", "history", "issues", "status", "note", "notes", "info", "information", "needs", "answers", "questionnaire", "data", "record", "records", "details"))},
	{Special, 0.6, texts, author, func(n, t *name) bool { return t.has("health") && !t.has("product") && n.has("name") && n.only("name") }},
	{Special, 0.7, traits, author, and(has("health"), func(n, _ *name) bool { return !ordinal(n) }, of("health", "code", "name", "description", "note", "nhead"))},
	{Special, 0.55, texts, author, and(has("health"), not(has("product|system|date|at|id|url|vendor|institution|org|person|phone|email|name|code|salary|message|agent|device")), func(n, _ *name) bool { return !ordinal(n) && len(n.parts) < 4 },
		hasNoWord("disabled", "conditions", "treatment", "treatments", "consent", "insurance", "enabled", "signup", "disability", "policy", "provider"))},
	{Financial, 0.7, append([]scrub.Family{scrub.FamilyFloat}, numerals...), nothing, func(n, table *name) bool {
		return table.has("salary") && n.has("salary|system") && hasWord("rate", "amount", "salary", "wage", "gross", "net", "total")(n, nil) && n.only("salary", "system", "neutral")
	}},
	{Financial, 0.7, append([]scrub.Family{scrub.FamilyFloat, scrub.FamilyJSON}, numerals...), person, and(has("salary"), of("salary", "year", "month", "day", "at"))},
	{pii.URL, 0.6, texts, nothing, func(n, t *name) bool { return t.has("social") && n.only("url", "filler") }},
	{Photo, 0.65, blobs, person, and(ends("avatar"), has("avatar"))},
	{Photo, 0.7, blobs, person, and(has("photo|biometric|signature|avatar"), of("photo", "biometric", "signature", "avatar", "body", "url"), not(has("url")))},
	{pii.URL, 0.65, texts, person, and(has("photo|avatar|website|url"), of("photo", "avatar", "website", "url", "full", "name"))},

	{pii.FreeText, 0.6, []scrub.Family{scrub.FamilyXML, scrub.FamilyJSON}, nothing, and(has("person", "contactinfo"))},
	{pii.FreeText, 0.6, writings, nothing, and(has("bio"), of("bio", "body", "description", "nhead"))},
	{pii.FreeText, 0.6, texts, nothing, and(has("note|message"), hasNoWord("error", "failure", "exception", "warning", "success", "debug", "validation", "commit"), not(lastWord("approved", "rejected", "requested", "required", "accepted", "deleted", "edited", "pinned", "locked", "published")), or(ends("note", "message", "body", "description", "filler", "ship", "neutral"), and(ends("name"), hasWord("none"))), not(has("product|date|at|hash|nhead|id|name|code|url")))},
	{pii.FreeText, 0.6, texts, nothing, func(n, t *name) bool {
		return (t.has("note|message|talk") && !t.has("product|contactinfo") || slices.Contains([]string{"note", "message", "talk"}, t.last)) && or(and(has("body|description"), of("body", "description")), and(hasWord("title", "subject", "text", "body"), of("body", "description", "")))(n, t)
	}},
	{pii.FreeText, 0.5, texts, nothing, explains},
	{pii.FreeText, 0.5, texts, author, and(ends("description"), only("body", "description", "neutral", "filler", ""), hasNoWord("subject", "subjects"), or(acts, func(_, t *name) bool { return !t.has("product|org|vendor|institution") }))},
	{pii.FreeText, 0.5, texts, person, and(ends("body", "description"), of("body", "description"), not(has("job|ship")), hasNoWord("title"))},
	{pii.FreeText, 0.55, texts, nothing, answered},
	{pii.FreeText, 0.5, texts, nothing, and(ends("description"), hasWord("other"), not(has("product")))},
	{pii.FreeText, 0.5, texts, nothing, and(has("contactinfo"), only("contactinfo", "neutral", "ship", ""), hasWord("extra", "additional", "other", "further", "more"), func(_, t *name) bool { return !t.has("product") })},

	{pii.FullName, 0.55, texts, nothing, and(ends("person", "user", "emergency", "spouse"), has("person|spouse|emergency"), only("person", "filler", "ship", "neutral", "spouse", "emergency", "user", "note", "message", "institution", "org", "vendor"), not(hasWord("group", "list", "role", "data", "lists", "profile", "profiles")), or(not(has("institution|org|vendor")), role))},
	{pii.FullName, 0.5, texts, nothing, and(ends("person"), only("person", ""), role)},
	{pii.Username, 0.5, texts, nothing, and(hasWord("by"), hasNoWord("locked", "generated"), only("system", "filler", "neutral", "person", "user", "ship"))},
	{pii.Username, 0.5, texts, nothing, and(lastWord("by"), func(n, _ *name) bool { return len(n.parts) == 2 }, func(n, _ *name) bool { return !strings.HasSuffix(n.parts[0], "able") }, hasNoWord("order", "ordered", "group", "grouped", "sort", "sorted", "divided", "powered", "locked", "generated", "partition", "filter", "multiplied"))},

	{pii.None, 0.85, anything, nothing, and(has("product|institution|job", "name"))},
	{pii.None, 0.7, anything, nothing, ends("id", "date", "at", "code", "nhead", "product", "job")},
}

// agent: a name of whoever does what a word says, as in debtor_name or nominee.name.
func agent(n, _ *name) bool {
	if len(n.parts) != 2 || n.last != "name" || !n.only("name", "") {
		return false
	}
	w := n.parts[0]
	if len(w) < 5 || meaningsOf()[w] != nil {
		return false
	}
	for _, end := range []string{"er", "or", "ee", "ant", "ist", "ent"} {
		if strings.HasSuffix(w, end) {
			return true
		}
	}
	return false
}

// keyOf: the value of a key, in a table of keys.
func keyOf(n, table *name) bool {
	if !table.has("api|secret|private", "keyword") && !table.has("token|secret|password") && !(table.has("code") && (table.any("username", "api") || hasWord("backup", "otp", "pin", "factor")(table, nil))) {
		return false
	}
	for _, w := range n.parts {
		if !slices.Contains([]string{"value", "key", "digest", "hash", "code"}, w) {
			return false
		}
	}
	return len(n.parts) > 0
}

// counterpart: whom a message comes from or goes to.
func counterpart(n, _ *name) bool {
	return len(n.parts) == 1 && hasWord("to", "from", "cc", "bcc", "recipients", "recipient", "sender")(n, nil)
}

// lastDigits: the end of a number, as in card_last4; digits are no part of a name's words.
func lastDigits(n, _ *name) bool {
	return hasWord("lastfour")(n, nil) || hasWord("last")(n, nil) && slices.Contains([]string{"last", "four", "digits"}, n.parts[len(n.parts)-1])
}

// acts: a row is what somebody did or asked for, though it is called like a thing.
func acts(_, table *name) bool {
	if table == nil || len(table.parts) == 0 {
		return false
	}
	last := strings.TrimSuffix(table.parts[len(table.parts)-1], "s")
	return slices.Contains([]string{"report", "request", "application", "order", "payment", "booking", "reservation", "registration", "donation", "ticket",
		"subscription", "signup", "submission", "claim", "purchase", "pledge", "petition", "rsvp", "nomination", "complaint", "appeal", "problem", "issue", "enquiry", "inquiry", "grievance", "sighting"}, last)
}

// explains: room for an explanation behind a question or a state of affairs, as in
// police_notified_details; and in a table about what has happened or is claimed, at all.
func explains(n, table *name) bool {
	if table == nil || table.any("system", "location", "org", "vendor", "institution") || n.any("product", "social", "bankaccount", "card", "ship") {
		return false
	}
	if n.last != "description" {
		return len(n.parts) > 2 && hasWord("reason", "reasons")(n, nil) && n.parts[1] == "for"
	}
	told := hasWord("details", "explanation", "explain", "circumstances", "justification", "elaborate")(n, nil)
	return (told || len(n.parts) == 1 && hasWord("reason", "reasons")(n, nil)) && (len(n.parts) > 1 || !table.any("product"))
}

// answered: what somebody answered to a question or form.
func answered(n, table *name) bool {
	return hasWord("answer", "answers", "response", "responses", "submission", "submissions")(table, nil) && len(n.parts) == 1 &&
		hasWord("value", "text", "body", "content", "answer", "response")(n, nil)
}

// role: the last word is what somebody does for others, as in case_manager.
func role(n, _ *name) bool {
	return slices.Contains([]string{"manager", "supervisor", "coordinator", "representative", "rep", "teacher", "instructor", "doctor", "physician", "nurse",
		"therapist", "attorney", "lawyer", "judge", "officer", "counselor", "counsellor", "advisor", "adviser", "secretary", "contact", "owner", "caregiver"},
		n.parts[len(n.parts)-1])
}
