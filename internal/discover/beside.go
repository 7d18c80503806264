package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/scrub"
)

// beside is what a column is because of what stands beside it, or of what its table
// is for, whatever its name alone would say.
func (c *column) beside() hint {
	for _, f := range []func() hint{c.ofHealth, c.abroad, c.numbered, c.plotted, c.housed, c.listed, c.banked, c.listedName, c.workflow} {
		if h := f(); h.class != "" {
			return h
		}
	}
	return hint{}
}

// surrogate reports whether a column is the key of its own table.
func (c *column) surrogate() bool {
	k := c.table.PrimaryKey
	return len(k) == 1 && k[0] == c.Name
}

// known reports whether a table is called like what an identifier is of.
func (t *table) known(n *name) bool {
	return slices.ContainsFunc(n.parts, func(w string) bool {
		if w == "person" || w == "user" {
			return true
		}
		for called := range t.tables {
			if w != "id" && strings.HasPrefix(called, singular(w)) {
				return true
			}
		}
		return false
	})
}

// roster finds columns that say what the rest of a table is about: jobs and their
// pay, a given name beside a surname, a street beside numbers.
func (t *table) roster() {
	jobs, pay, first, last, user := 0, 0, 0, 0, false
	age, traits, ill := 0, 0, 0
	for _, c := range t.columns {
		n := c.name
		switch {
		case n.has("salary") && n.last != "id":
			pay++
		case n.has("job") && n.last != "id", len(n.parts) == 1 && hasWord("title", "titel", "department", "departments", "dept", "position", "party", "rank", "grade", "departamento", "cargo", "salary", "speciality", "specialty", "specialization", "specialisation")(n, nil):
			jobs++
		}
		switch {
		case n.last == "age" && n.only("age"):
			age++
		case n.any("marital", "ethnic", "religion", "gender"), n.has("job"), n.has("salary"):
			traits++
		case n.has("health") && n.last != "date", n.among(measured):
			ill++
		}
		if c.family == scrub.FamilyText && n.only("first", "filler") && n.has("first") {
			first++
		}
		if c.family == scrub.FamilyText && n.only("last", "filler") && n.has("last") {
			last++
		}
		user = user || c.family == scrub.FamilyText && len(n.parts) == 1 && n.parts[0] == "provider"
		t.roads = t.roads || n.has("street") && c.family == scrub.FamilyText && n.last != "id"
		t.streets = t.streets || n.has("street") && c.family == scrub.FamilyText && n.last != "id" || n.only("full", "address", "neutral", "ship") && n.has("address")
	}
	head := headOf(t.name)
	things := slices.Contains([]string{"product", "job", "org", "institution", "vendor", "city", "location", "system"}, head)
	things = things || t.name.has("job") || hasWord("posting", "postings", "opening", "openings", "vacancy", "vacancies", "position", "positions", "stellen", "vagas", "vacantes", "offres")(t.name, nil)
	t.staff = !things && (jobs+pay >= 2 || head == "salary" && jobs+pay > 0)
	t.named = first > 0 && last > 0
	t.traits = !things && age > 0 && (traits > 0 || ill > 1)
	t.vitals = t.traits && ill > 1
	t.provider = user
}

// listedName: a bare name in a list of employees or officials, and a suffix behind
// a surname.
func (c *column) listedName() hint {
	if c.family != scrub.FamilyText {
		return hint{}
	}
	if c.table.staff && c.name.has("name") && c.name.only("name", "full") {
		return hint{class: pii.FullName, score: 0.7}
	}
	return hint{}
}

// numbered: the identifier of a member, a patient or a policy, which is no key here.
func (c *column) numbered() hint {
	n := c.name
	if c.key != nil || c.surrogate() || !slices.Contains([]scrub.Family{scrub.FamilyText, scrub.FamilyUUID, scrub.FamilyNumber}, c.family) {
		return hint{}
	}
	if counted := n.last == "nhead" || len(n.parts) > 1 && slices.Contains([]string{"num", "nr", "nro", "number"}, n.parts[0]); counted && len(n.parts) <= 3 && len(n.parts) > 1 && c.family == scrub.FamilyText && c.table.persons && !n.any("product", "system", "institution", "org", "vendor", "account", "line", "house", "date", "phone", "mobile", "fax", "emergency", "card", "street", "address", "city", "zip") &&
		hasNoWord("room", "seat", "page", "version", "row", "bed", "contact", "home", "office", "serial", "jersey", "shirt", "unit", "lot", "tracking", "confirmation", "conf", "case", "bond", "ticket", "batch", "invoice", "order", "incident", "report", "file", "docket", "check", "ref")(n, nil) {
		return hint{class: pii.NationalID, score: 0.5}
	}
	if len(n.parts) == 1 && n.parts[0] == "drivers" && c.table.identified {
		return hint{class: pii.NationalID, score: 0.7}
	}
	if c.family == scrub.FamilyNumber && !hasWord("insurance", "policy")(n, nil) {
		return hint{}
	}
	if n.last == "id" && len(n.parts) == 2 && !c.table.known(n) && c.table.placed &&
		slices.Contains([]string{"member", "membership", "insurance", "policy", "student", "pupil", "employee", "staff", "badge", "voter", "subscriber", "enrollment", "learner", "insured", "beneficiary", "alien", "visa", "passenger", "patient", "citizen", "driver", "resident", "inmate"}, n.parts[0]) {
		return hint{class: pii.NationalID, score: 0.6}
	}
	return hint{}
}

// plotted: X and Y of an address.
func (c *column) plotted() hint {
	if !c.table.streets && !c.table.placed || !slices.Contains(measures, c.family) {
		return hint{}
	}
	w := strings.Join(c.name.parts, "")
	if p := c.name.parts; len(p) > 1 && len(p[0]) == 1 && strings.HasPrefix(p[1], "coord") {
		w = p[0] + "coord"
	}
	for i, class := range []pii.Class{pii.Longitude, pii.Latitude} {
		if axis := [][]string{{"x", "xcoord", "xcoordinate", "xcoordcd", "coordx", "easting", "pointx", "xkoordinate", "rechtswert", "coordenadax"}, {"y", "ycoord", "ycoordinate", "ycoordcd", "coordy", "northing", "pointy", "ykoordinate", "hochwert", "coordenaday"}}[i]; slices.Contains(axis, w) {
			if len(w) == 1 && !c.table.streets {
				return hint{}
			}
			return hint{class: class, score: 0.6}
		}
	}
	return hint{}
}

// housed: what stands beside a street in an address, and a zone in the place of a region.
func (c *column) housed() hint {
	n := c.name
	switch {
	case c.key != nil || c.family != scrub.FamilyText:
	case c.table.streets && just("building", "landmark", "floor", "unit", "apartment", "complement", "neighborhood")(n, nil) && !c.table.lists:
		return hint{class: pii.Street, score: 0.5}
	case len(n.parts) == 1 && n.last == "nhead" && c.follows("street"):
		return hint{class: pii.Street, score: 0.55}
	case lastWord("zone")(n, nil) && len(n.parts) == 2 && n.has("ship"):
		return hint{class: pii.Region, score: 0.55}
	}
	return hint{}
}

// follows reports whether the column before is called like something.
func (c *column) follows(meaning string) bool {
	i := slices.Index(c.table.columns, c)
	return i > 0 && c.table.columns[i-1].name.last == meaning
}

// listed: what somebody offers or asks, and from where to where.
func (c *column) listed() hint {
	t, n := c.table, c.name
	if c.family != scrub.FamilyText || c.key != nil {
		return hint{}
	}
	if (handedOver(nil, t.name) && t.written || handedOver(nil, n)) && lastWord("title", "headline", "titel")(n, nil) && !n.any("system") && hasNoWord("meta", "seo")(n, nil) {
		return hint{class: pii.FreeText, score: 0.5}
	}
	rides := hasWord("trip", "trips", "ride", "rides", "journey", "journeys", "delivery", "deliveries", "carpool", "fahrten", "viajes", "trajets")(t.name, nil) || handedOver(nil, t.name)
	if rides && t.written && len(n.parts) == 1 && hasWord("origin", "destination", "pickup", "dropoff", "departure", "arrival")(n, nil) {
		return hint{class: pii.Street, score: 0.5}
	}
	return hint{}
}

// banked: sums and texts of a person's account at a bank. Single payments are none.
func (c *column) banked() hint {
	t, n := c.table, c.name
	if !t.bank || c.key != nil || n.any("id", "date", "at", "product") && !n.has("description") {
		return hint{}
	}
	if slices.Contains(sums, c.family) && hasWord("paid", "due", "arrears", "disbursed", "charged", "outstanding", "loan", "owed", "penalty")(n, nil) && hasNoWord("type", "currency", "status", "purpose", "term", "officer", "product")(n, nil) && !n.any("name", "nhead") {
		return hint{class: Financial, score: 0.6}
	}
	if slices.Contains(sums, c.family) && hasWord("amount", "balance", "payments", "valor", "credit", "debit", "withdrawal", "deposit", "principal", "installment")(n, nil) && hasNoWord("type", "currency", "status")(n, nil) {
		return hint{class: Financial, score: 0.6}
	}
	if c.family == scrub.FamilyText && n.last == "account" && n.only("account", "ship") {
		return hint{class: pii.IBAN, score: 0.6}
	}
	if c.family == scrub.FamilyText && len(n.parts) == 1 && hasWord("description", "narrative", "verwendungszweck", "details", "concepto", "libelle", "counterparty", "payee", "memo")(n, nil) {
		return hint{class: pii.FreeText, score: 0.55}
	}
	return hint{}
}

// banks finds out whether a table's rows are movements or loans of an account.
func (t *table) banks() {
	moves := hasWord("transaction", "transactions", "trans", "statements", "movement", "movements", "umsatz", "umsatze", "buchungen", "movimientos", "movimentos", "transfer", "transfers", "remittances", "withdrawals", "deposits", "operations", "transacoes", "transacciones")(t.name, nil)
	bank := hasWord("bank", "banking", "savings", "loan", "loans", "mortgage", "mortgages", "prets")(t.name, nil)
	loan := bank && !moves && hasWord("loan", "loans", "mortgage", "mortgages", "prets")(t.name, nil)
	account, balance := false, false
	for _, c := range t.columns {
		loan = loan || (t.persons || t.about) && hasWord("loan", "mortgage")(c.name, nil)
		account = account || c.name.any("account", "bankaccount") && (c.name.last == "id" || c.name.last == "nhead" || c.name.only("account", "ship"))
		balance = balance || hasWord("balance")(c.name, nil)
	}
	t.bank = moves && account && (balance || bank) || loan && (account || t.written || t.about)
}

// workflow: a state beside when it was changed, or what goes on, is no region.
func (c *column) workflow() hint {
	n, t := c.name, c.table
	if len(n.parts) != 1 || n.parts[0] != "state" || c.seen.known() {
		return hint{}
	}
	for _, o := range t.columns {
		if o.name.any("zip", "city", "postal") && o.name.last != "id" || o.name.has("region|country") && o.name.last != "id" && o != c && !o.name.has("state") {
			return hint{}
		}
	}
	return hint{class: pii.None, clean: true, score: 0.7}
}
