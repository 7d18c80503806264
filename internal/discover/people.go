package discover

import (
	"slices"

	"refresher/internal/pii"
	"refresher/internal/scrub"
)

var sums = append([]scrub.Family{scrub.FamilyFloat, scrub.FamilyJSON}, numerals...)

// peopleRules are about persons' numbers, money, names and companies. They come
// before the rest: their words are more exact than single meanings.
var peopleRules = []nameRule{
	{pii.FirstName, 0.75, texts, person, and(only("first", "filler"), has("first"))},
	{pii.LastName, 0.75, texts, person, and(only("last", "filler"), has("last"), hasNoWord("family"), func(_, t *name) bool { return !t.any("card", "bankaccount", "iban") })},
	{pii.LastName, 0.75, texts, person, and(only("maiden", "filler"), has("maiden"))},
	{pii.LastName, 0.85, texts, nothing, and(has("family", "name"), of("family", "name"))},

	{pii.NationalID, 0.65, texts, nothing, personNumber},
	{pii.NationalID, 0.6, []scrub.Family{scrub.FamilyNumber}, person, personNumber},
	{pii.NationalID, 0.6, numerals, person, or(just("idnumber", "idno"), func(n, _ *name) bool { return len(n.parts) == 2 && n.parts[0] == "id" && n.last == "nhead" })},
	{pii.FullName, 0.8, texts, nothing, and(hasWord("beneficiary"), has("name"), ends("name"))},
	{pii.NationalID, 0.65, texts, author, and(hasWord("document", "doc", "alien", "registration"), has("nhead"), ends("nhead"), func(_, t *name) bool {
		return t.any("person", "user") || hasWord("kyc", "identity", "identities", "verification", "verifications", "immigration", "visas")(t, nil)
	})},
	{pii.NationalID, 0.6, texts, nothing, and(just("identifier"), func(_, t *name) bool { return t.any("person", "user") })},
	{pii.URL, 0.6, texts, author, and(hasWord("selfie", "cv", "resume", "portrait", "headshot"), has("url"))},
	{pii.NationalID, 0.7, numerals, nothing, and(has("birth", "nhead"), only("birth", "nhead"), ends("nhead"))},
	{pii.NationalID, 0.6, numerals, person, just("npi", "dea")},
	{pii.FullName, 0.7, texts, nothing, and(has("card"), lastWord("owner", "holder"), only("card", "person", "holder"))},
	{pii.IP, 0.75, texts, nothing, hasWord("forwarded")},
	{pii.Latitude, 0.55, measures, nothing, and(has("lat"), visited)},
	{pii.Longitude, 0.55, measures, nothing, and(has("lng"), visited)},
	{pii.City, 0.6, texts, place, and(has("address", "city"), lastWord("city", "name", "town"), hasNoWord("ip"))},
	{pii.Region, 0.6, texts, place, and(has("address", "region|state"), lastWord("state", "province", "county", "region", "name"), hasNoWord("ip"))},
	{Gender, 0.6, append([]scrub.Family{scrub.FamilyNumber}, texts...), person, and(has("gender"), lastWord("code", "cd", "desc", "description", "value"), not(has("product")))},
	{Age, 0.65, append([]scrub.Family{scrub.FamilyFloat}, numerals...), person, and(ends("age"), not(has("system|product|account|token|secret|person|spouse")), hasNoWord("mean", "median", "cache", "cookie", "page"))},
	{pii.Phone, 0.65, numerals, nothing, and(hasWord("calling", "called", "caller", "callee", "dialed", "dialled", "originating", "terminating"), has("nhead"), ends("nhead"))},
	{pii.IP, 0.75, texts, nothing, and(hasWord("remote", "peer"), has("address"), only("address", "neutral"))},
	{Special, 0.7, traits, nothing, and(hasWord("cause", "causa", "manner"), has("death"))},
	{Special, 0.55, texts, person, just("party")},
	{Age, 0.6, texts, person, and(has("age"), hasWord("group", "range", "bracket", "band", "rango", "faixa", "tranche", "cat", "category", "class"), only("age", "system", "person", "user", "neutral", "product", ""))},
	{pii.NationalID, 0.6, texts, nothing, and(hasWord("company", "business", "firm"), hasWord("personal"), ends("id", "nhead"))},

	{Financial, 0.65, sums, nothing, and(wealth, func(_, t *name) bool {
		return t.any("person", "user", "bankaccount", "account", "holder", "spouse") || hasWord("loan", "loans", "mortgage", "mortgages", "wallet", "wallets", "payslip", "payslips")(t, nil)
	})},
	{Financial, 0.6, sums, person, and(hasWord("assets", "liabilities", "wealth", "belongings"), hasNoWord("id", "type", "tag"))},
	{pii.Region, 0.55, texts, person, and(has("birth"), has("region|state"), not(has("date")))},
	{Financial, 0.6, sums, nothing, and(hasWord("gross", "net"), lastWord("pay", "wage", "salary"))},
	{Financial, 0.6, sums, person, and(hasWord("daily", "weekly", "monthly", "hourly"), lastWord("rate", "wage", "pay"))},
	{Special, 0.55, texts, person, and(hasWord("first", "home", "native", "mother"), lastWord("language", "tongue"))},
	{pii.Phone, 0.6, texts, nothing, and(has("nhead"), ends("nhead"), hasWord("home", "office", "work", "mobile", "evening", "daytime"), only("ship", "nhead", "mobile", "spouse", "job"), func(_, t *name) bool { return t.any("emergency", "person", "spouse") })},
	{pii.IBAN, 0.7, numerals, nothing, and(has("account"), func(n, _ *name) bool { return n.parts[0] == "number" && len(n.parts) > 1 && !n.any("user", "person") })},
	{pii.Token, 0.6, secrets, nothing, and(hasWord("hashed", "encrypted"), lastWord("key", "code", "secret", "token"))},
	{Financial, 0.65, sums, author, and(wealth, has("salary"))},
	{Financial, 0.65, sums, person, wealth},
	{Financial, 0.65, sums, nothing, payslip},
	{Financial, 0.6, numerals, nothing, and(hasWord("check", "cheque", "cheques", "scheck", "talao"), ends("nhead"), has("nhead"), hasNoWord("digit", "id"))},

	{pii.Username, 0.6, texts, person, func(n, t *name) bool {
		return n.only("user", "id") && n.has("user", "id") && (headOf(t) == "person" || headOf(t) == "user")
	}},
	{pii.FullName, 0.6, texts, nothing, and(hasWord("by"), has("name"), ends("name"), only("name", "system", "filler", "neutral", "person", "user", "ship"))},
	{pii.FullName, 0.55, texts, person, just("assistant")},
	{pii.Company, 0.6, texts, person, and(has("account", "name"), of("account", "name"))},
	{pii.Username, 0.6, texts, person, and(hasWord("portal", "messenger"), ends("name", "id", "social"))},
	{pii.FullName, 0.6, texts, nothing, and(has("account", "name"), hasWord("cheque", "check", "echeck", "debit", "payout"), ends("name"))},
	{pii.Token, 0.6, texts, person, and(lastWord("hash"), hasWord("user", "pass", "login"))},
	{pii.URL, 0.6, texts, nothing, and(has("person", "url"), of("url", "note", "message"), hasWord("author", "commenter", "reviewer", "user", "member", "contact"), hasNoWord("list", "page", "api", "login", "base"))},
	{pii.FullName, 0.6, texts, nothing, and(hasWord("party"), of("name", ""), ends("name"), func(n, _ *name) bool { return len(n.parts) == 2 })},
	{pii.FullName, 0.55, texts, person, just("aka")},
	{pii.FullName, 0.6, texts, nothing, lastWord("kin")},
	{pii.FullName, 0.7, texts, nothing, and(has("holder"), func(n, _ *name) bool { return slices.Contains(meaningsOf()[n.parts[0]], "holder") }, not(has("product|system|date|phone|email|street|city|zip")))},
	{pii.City, 0.6, texts, place, and(has("city"), has("zip|state|region"), only("city", "zip", "state", "region", "address", "ship"))},
	{pii.IBAN, 0.7, numerals, nothing, or(and(hasWord("bank"), lastWord("sort", "acc", "acct", "account")), and(has("account"), hasWord("corrente", "corriente", "courant", "giro", "debit")))},
	{pii.NationalID, 0.65, numerals, nothing, and(hasWord("car", "vehicle", "veh"), lastWord("reg", "registration", "rego"))},
	{pii.URL, 0.6, texts, person, and(ends("url"), has("photo|avatar|signature|biometric"))},
	{pii.Latitude, 0.6, measures, place, and(ends("lat"), only("lat", "last", "first", "ship", "neutral", "filler", "address", "geo", "location"))},
	{pii.Longitude, 0.6, measures, place, and(ends("lng"), only("lng", "last", "first", "ship", "neutral", "filler", "address", "geo", "location"))},
	{Special, 0.75, traits, nothing, and(hasWord("civil"), has("state|system"), func(n, _ *name) bool { return len(n.parts) == 2 })},
	{Special, 0.6, texts, nothing, and(hasWord("verdict", "plea", "felony", "misdemeanor", "misdemeanour", "indictment", "crime", "statute", "disposition", "sentence", "arrest"), tried, not(has("date|at|id|url|nhead|phone|email|institution|person")))},
	{pii.Phone, 0.6, numerals, nothing, and(just("calling", "called", "caller", "callee", "anumber", "bnumber", "dialed", "dialled"), func(_, t *name) bool { return hasWord("call", "calls", "cdr", "cdrs", "sms", "telephony")(t, nil) })},
	{pii.NationalID, 0.7, texts, nothing, and(hasWord("nic"), func(n, t *name) bool { return n.any("person", "ssn") || t.any("person", "user") })},
	{pii.NationalID, 0.6, texts, person, and(hasWord("document", "identity", "matriculation", "registration"), func(n, _ *name) bool {
		return len(n.parts) > 0 && slices.Contains([]string{"num", "number", "nr", "no"}, n.parts[0])
	})},
	{pii.NationalID, 0.6, texts, person, just("matrikel", "matricula", "matricule", "immatriculation", "cf")},
	{pii.Postcode, 0.6, texts, place, just("cap", "plz", "cp", "psc", "cep")},
	{pii.Token, 0.7, append([]scrub.Family{scrub.FamilyNumber}, secrets...), nothing, and(lastWord("pin"), has("card|bankaccount|account|user|person"))},
	{Photo, 0.6, blobs, nothing, and(hasWord("profile", "user", "avatar", "student", "employee", "customer"), lastWord("pic", "image", "img", "picture"))},
	{Financial, 0.6, append([]scrub.Family{scrub.FamilyFloat}, numerals...), person, and(has("salary"), lastWord("level", "bracket", "range", "band", "group", "category"))},
	{pii.NationalID, 0.65, texts, nothing, and(hasWord("crm", "colegiado", "sip", "rpps"), hasWord("doctor", "physician", "nurse", "dentist", "number"))},
	{Gender, 0.6, texts, person, just("genre", "gendre")},
	{Special, 0.65, traits, author, and(hasWord("family", "civil"), hasWord("situation", "status", "state"))},
	{Special, 0.55, days, author, hasWord("quarantine", "infection", "symptoms", "hospitalization", "hospitalisation", "surgery")},
	{pii.Token, 0.7, numerals, nothing, and(has("card"), lastWord("verification", "cvn", "csc"))},
	{pii.Token, 0.6, numerals, nothing, and(hasWord("security"), ends("nhead"), func(_, t *name) bool { return t.has("card") || hasWord("payment", "payments", "checkout")(t, nil) })},
	{pii.FullName, 0.7, texts, nothing, and(has("card", "name"), hasWord("creditcard", "kreditkarte", "credit", "debit"), of("card", "name", ""))},
	{pii.FullName, 0.6, texts, nothing, and(hasWord("pay", "payable", "paid"), hasWord("to"), lastWord("name"))},
	{pii.Email, 0.5, texts, nothing, and(or(just("contact", "value"), and(hasWord("contact"), lastWord("value"))), func(_, t *name) bool {
		return hasWord("contact", "contacts")(t, nil) && (len(t.parts) > 1) && !t.any("product", "system")
	})},
	{pii.UserAgent, 0.55, texts, nothing, and(just("browser"), func(_, t *name) bool {
		return hasWord("session", "sessions", "login", "logins", "visit", "visits")(t, nil)
	})},
	{pii.Street, 0.6, texts, nothing, and(only("line", ""), has("line"), hasWord("one", "two", "three"), func(_, t *name) bool { return t.any("location") })},
	{pii.Postcode, 0.6, texts, place, and(hasWord("mail", "mailing"), lastWord("code"))},
	{pii.Email, 0.65, texts, nothing, and(hasWord("reply"), lastWord("address"))},
	{pii.FullName, 0.6, texts, nothing, and(hasWord("reply"), hasWord("to"), lastWord("name"))},
	{pii.NationalID, 0.6, texts, person, and(lastWord("registration"), hasWord("medical", "professional", "practice", "council", "tax", "voter"))},
	{pii.NationalID, 0.6, texts, nothing, and(lastWord("key", "number", "value", "no"), only("keyword", "nhead", "product", "system", ""), hasWord("document", "key", "number", "value", "no"), documented)},
	{pii.FullName, 0.6, texts, nothing, and(just("principal", "head", "dean", "rector", "headteacher"), func(_, t *name) bool { return t.has("institution") })},
	{pii.Username, 0.6, texts, nothing, and(just("name", "username", "handle", "account"), func(_, t *name) bool { return hasWord("social")(t, nil) && t.any("account", "contactinfo", "username") })},
	{Photo, 0.6, blobs, nothing, and(just("image", "picture", "img", "pic", "thumbnail"), func(_, t *name) bool { h := headOf(t); return h == "person" || h == "user" })},
	{Special, 0.55, texts, author, and(hasWord("absence", "leave", "sickness", "sick"), lastWord("type", "reason", "kind", "cause"))},
	{pii.None, 0.85, texts, nothing, and(hasWord("host"), of("person", "name"), ends("name"), func(_, t *name) bool {
		return hasWord("worker", "workers", "job", "jobs", "server", "servers", "process", "processes", "node", "nodes", "machine", "machines", "log", "logs", "queue", "instance", "instances")(t, nil)
	})},
	{pii.None, 0.85, texts, nothing, and(hasWord("www", "middleware", "gateway", "proxy", "upstream", "multicast"), ends("address"))},

	{pii.Company, 0.65, texts, place, tradeName},
	{pii.Phone, 0.5, numerals, person, just("extension", "ext", "durchwahl", "ramal")},
	{pii.NationalID, 0.55, texts, place, and(just("license", "licence"), func(_, t *name) bool { return !t.any("product", "system") })},
}

// personNumber: a number that somebody has been given by an employer, a school, an
// insurer or a club. Those of rows are for numbered to take away.
func personNumber(n, t *name) bool {
	if n.any("product", "date", "at", "phone", "email", "bankaccount") || hasWord("count", "of")(n, nil) {
		return false
	}
	if hasWord("matrikelnummer", "personalnummer", "mitgliedsnummer", "mitgliedsnr", "versicherungsnummer", "versichertennummer", "patientennummer", "schulernummer", "personalnr", "policennummer", "mitarbeiternummer", "rentenversicherungsnummer")(n, nil) {
		return true
	}
	whose := hasWord("member", "pol", "membership", "policy", "insurance", "student", "pupil", "employee", "staff", "personnel", "emp", "chart", "voter", "badge", "payroll",
		"subscriber", "enrolment", "enrollment", "roll", "learner", "visa", "permit", "teacher", "flyer", "loyalty", "prisoner", "inmate", "donor", "roll", "matricule", "salarie", "passenger", "pension")
	return whose(n, nil) && len(n.parts) > 1 && n.has("nhead") && (n.last == "nhead" || slices.Contains([]string{"number", "num", "no", "nr"}, n.parts[0]))
}

// visited: where somebody is picked up, lives or goes.
var visited = hasWord("pickup", "dropoff", "pick", "drop", "home", "origin", "destination", "checkin")

// wealth: what somebody has, gets or owes.
func wealth(n, t *name) bool {
	if !n.has("salary") && hasWord("invoice", "invoices", "notes", "note", "order", "orders", "payment", "payments", "refund", "refunds", "subscription", "subscriptions", "plan", "plans", "coupon", "coupons", "gift", "giftcards", "stock", "inventory")(t, nil) {
		return false
	}
	if n.any("date", "at", "id", "url", "description", "note", "name", "product", "phone") || hasWord("type", "status", "currency", "rate", "frequency", "category", "method", "count", "unit", "code", "sheet", "min", "max", "minimum", "maximum", "allowed", "median", "mean", "average", "avg", "fraction", "ratio", "percent", "per")(n, nil) {
		return false
	}
	if n.has("salary") && hasWord("amount", "total", "base", "gross", "net", "annual", "yearly", "monthly", "paid")(n, nil) {
		return true
	}
	if hasWord("salary", "salaries", "wage", "wages", "income", "incomes", "earnings", "pension", "balance", "debt", "debts", "savings", "money", "networth", "creditlimit", "overdraft", "alimony", "bonus", "remuneration", "compensation", "expenses", "expenditure", "kreditlimit", "vermogen", "vermoegen", "dettes", "deudas", "nomina", "remuneracao", "pensao")(n, nil) {
		return true
	}
	for _, pair := range [][2]string{{"credit", "limit"}, {"credit", "score"}, {"credit", "scr"}, {"annual", "inc"}, {"monthly", "inc"}, {"fico", "score"}, {"net", "worth"}, {"loan", "amount"}, {"mortgage", "amount"}, {"amount", "owed"}, {"amount", "due"}, {"rate", "pay"}, {"hourly", "pay"}, {"gross", "pay"}, {"net", "pay"},
		{"healthcare", "coverage"}, {"finance", "amount"}, {"benefit", "amount"}, {"sum", "insured"}, {"coverage", "amount"}, {"rent", "amount"}, {"monthly", "rent"}, {"limite", "credit"}, {"patrimonio", "total"}, {"lifetime", "value"}, {"total", "spent"}} {
		if hasWord(pair[0])(n, nil) && hasWord(pair[1])(n, nil) {
			return true
		}
	}
	return false
}

// payslip: gross and net in a table of what was paid to employees.
func payslip(n, t *name) bool {
	paid := t.has("salary") || hasWord("payslip", "payslips", "employment", "employments", "compensation", "compensations", "paycheck", "paychecks", "lohnabrechnung", "nomina", "nominas")(t, nil)
	return paid && hasNoWord("invoice", "invoices", "run", "runs", "batch", "batches")(t, nil) && hasWord("gross", "net", "brutto", "netto", "bruto", "neto", "brut", "pay", "wage", "salary", "overtime", "deduction", "deductions", "withholding", "commission", "rate", "bonus", "amount", "total")(n, nil) &&
		!n.any("date", "at", "id", "description", "name", "nhead") && hasNoWord("type", "status", "currency", "unit", "frequency", "period", "method")(n, nil)
}

// tradeName: what a business calls itself, in its register or on its door.
func tradeName(n, t *name) bool {
	called := hasWord("dba", "aka", "trading", "trade", "tradename", "dbaname", "akaname")(n, nil) || hasWord("doing")(n, nil) && hasWord("business")(n, nil)
	bare := hasWord("doing")(n, nil) || len(n.parts) == 1 && slices.Contains([]string{"dba", "tradename", "dbaname", "akaname"}, n.parts[0])
	return called && (bare || n.last == "name" && n.has("name"))
}

// handedOver: rows are what somebody offers or asks of others, in words of his own.
func handedOver(_, table *name) bool {
	return hasWord("listing", "listings", "advert", "adverts", "classified", "classifieds", "conversation", "conversations", "wish", "wishes", "wanted", "petition", "petitions", "annonces", "anzeigen", "anuncios")(table, nil)
}

// documented: a table of what persons prove who they are with.
func documented(_, t *name) bool {
	return t.any("person", "user") && hasWord("identifier", "identifiers", "identification", "identifications", "document", "documents", "identity", "identities", "proof", "proofs")(t, nil)
}

// tried: a table about what somebody was accused of, or sentenced for.
func tried(_, t *name) bool {
	return hasWord("charge", "charges", "offense", "offenses", "offence", "offences", "conviction", "convictions", "arrest", "arrests", "sentence", "sentences", "crime", "crimes", "booking", "bookings",
		"inmate", "inmates", "criminals", "crimes", "convicts", "prisoner", "prisoners", "offender", "offenders", "defendant", "defendants", "court", "courts", "criminal", "case", "cases", "incident", "incidents", "straftaten")(t, nil)
}
