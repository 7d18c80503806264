package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
)

// ailments are what tables about somebody's health are called; clinical words are
// so only where a row belongs to a patient.
var (
	ailments = set("condition", "allergy", "diagnosis", "medication", "prescription", "immunization", "immunisation", "vaccination", "symptom", "treatment", "disease",
		"illness", "medical", "health", "sickness", "injury", "disorder", "therapy", "therapie", "surgery", "surgerie", "careplan", "pregnancy", "pregnancie", "disability", "disabilitie", "vital", "drug", "allergen", "comorbidity", "dosage", "anamnesis", "diagnostic", "befund", "befunde", "laborwerte", "laborwert", "fitness", "wellness", "operation")
	clinical = set("procedure", "encounter", "observation", "obs", "result", "test", "exam", "examination", "device", "imaging", "study", "studie", "visit", "admission", "appointment", "consultation",
		"referral", "lab", "laboratory", "specimen", "measurement", "sign", "care", "claim", "chartevents", "labevents", "assessment", "screening", "scan", "radiology", "pathology", "microbiology", "intervention", "episode",
		"untersuchung", "untersuchungen", "besuch", "consulta", "exame", "examen", "visite", "konsultation", "aufnahme", "record", "history", "case", "supply", "event", "stay", "transaction", "occurrence", "exposure", "chart", "plan", "goal", "report", "bill", "billing", "charge")
	patients = set("patient", "hadm", "mrn", "encounter", "icustay", "beneficiary", "bene")
)

func singular(w string) string {
	if stem, ok := strings.CutSuffix(w, "ies"); ok && len(stem) > 3 {
		return stem + "y"
	}
	if len(w) > 3 && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "sis") {
		return strings.TrimSuffix(w, "s")
	}
	return w
}

func (n *name) among(words map[string]bool) bool {
	return slices.ContainsFunc(n.parts, func(w string) bool { return words[singular(w)] || words[w] })
}

// ofPatient reports whether a column says whose a row is, and that he is a patient.
func (c *column) ofPatient() bool {
	if c.to != nil && c.to.table != c.table && c.to.table.name.among(patients) {
		return true
	}
	return c.name.among(patients) && (len(c.name.parts) == 1 || c.name.last == "id" || c.name.last == "nhead")
}

// ofSubject reports whether a column is of whom research data is about.
func (c *column) ofSubject() bool {
	return hasWord("person", "subject", "visit")(c.name, nil) && c.name.last == "id"
}

// treats finds out whether a table's rows are somebody's health: its name says so
// and it refers to a person, or it is a clinic's and refers to a patient.
func (t *table) treats(clinic bool) {
	patient := slices.ContainsFunc(t.columns, (*column).ofPatient)
	if hasWord("search", "terms", "kind", "kinds", "type", "types", "catalog", "template")(t.name, nil) {
		return
	}
	refers := t.written || clinic && slices.ContainsFunc(t.columns, (*column).ofSubject)
	t.health = t.name.among(ailments) && (patient || refers) || t.name.among(clinical) && (patient || t.name.among(patients) || clinic && refers && hasWord("observation", "measurement", "occurrence", "exposure", "procedure", "encounter")(t.name, nil))
}

// wears finds out whether rows are what a device measured of somebody's body: several
// measures, and whose they are.
func (t *table) wears() {
	measures, whose := 0, t.written || t.about
	for _, c := range t.columns {
		whose = whose || c.name.any("user", "person") && (c.name.last == "id" || c.name.last == "code" || c.name.last == "nhead")
		if c.name.among(measured) && hasNoWord("product", "package", "shipping")(c.name, nil) && !(c.name.has("system") && len(c.name.parts) == 1) {
			measures++
		}
	}
	t.worn = whose && measures >= 3 && !t.name.any("product")
}

var (
	findings = set("code", "description", "desc", "descr", "value", "result", "severity", "reaction", "finding", "reason", "reasoncode", "reasondescription", "site", "bodysite", "symptom", "substance",
		"allergen", "allergy", "drug", "medication", "medicine", "vaccine", "dose", "dosage", "strength", "outcome", "interpretation", "procedure", "condition", "diagnosis", "concept", "impression", "indication", "complaint",
		"triage", "name", "test", "pulse", "temperature", "respiration", "saturation", "treatment", "therapy", "text", "icd", "snomed", "loinc", "rxnorm", "ndc", "cpt", "drg", "hcpcs", "term", "disease", "disorder", "illness",
		"bezeichnung", "wert", "befund", "wirkstoff", "resultado", "valor", "libelle", "resultat", "valeur", "instruction", "instructions", "injury", "prognosis", "sig", "valuenum", "comment", "flag", "abnormal")
	measured = set("systolic", "diastolic", "bmi", "bp", "pulse", "spo", "glucose", "hemoglobin", "weight", "height", "temperature", "cholesterol", "pressure", "heart", "oxygen", "bloodpressure", "heartrate", "skinthickness", "chol", "trestbps", "fbs", "thalach", "muscle", "waist", "calories", "bodyfat", "sleep", "steps", "hrv", "ecg", "bpm", "vo")
	matters  = set("type", "category", "unit", "uom", "date", "status", "modality", "sop", "uid", "instance", "series", "currency", "language", "version", "schema", "vocabulary", "cost", "price", "amount",
		"fee", "class", "method", "room", "ward", "department", "provider", "doctor", "physician", "payer", "insurance", "phone", "email", "file", "zip", "postal", "country", "location", "user", "first", "last",
		"order", "quantity", "count", "start", "end", "time", "url", "created", "updated", "company", "bank", "hospital", "facility", "patient", "middle", "full", "family", "staff", "nurse", "clinic", "batch", "lot", "ods", "revenue", "ref")
	costs    = set("cost", "costs", "totalcost", "amount", "coverage", "copay", "charge", "charges", "payment", "payments", "adjustments", "transfers", "outstanding", "paid", "balance", "fee", "fees", "reimbursement", "deductible", "allowed", "covered", "kosten", "costo", "custo")
	traitsOf = append([]scrub.Family{scrub.FamilyFloat}, traits...)
)

// ofHealth is what a column of a table about somebody's health holds.
func (c *column) ofHealth() hint {
	if c.table.worn && c.key == nil && slices.Contains(traitsOf, c.family) && !c.surrogate() && (c.name.among(measured) || hasWord("distance", "climbed", "stand", "exercise", "active", "speed", "workout", "rate")(c.name, nil)) && c.name.last != "id" && c.name.last != "at" && c.name.last != "date" {
		return hint{class: Special, score: 0.6}
	}
	if c.table.vitals && c.key == nil && (c.name.among(measured) || hasWord("outcome", "target")(c.name, nil)) && slices.Contains(traitsOf, c.family) {
		return hint{class: Special, score: 0.6}
	}
	if c.table.name.among(patients) && c.table.about && c.family == scrub.FamilyText && (c.name.among(clinical) || c.name.among(ailments)) && lastWord("results", "result", "history", "notes", "summary", "report", "plan", "findings", "record", "records")(c.name, nil) {
		return hint{class: Special, score: 0.6}
	}
	if !c.table.health || c.key != nil || c.surrogate() {
		return hint{}
	}
	n := c.name
	if n.last == "date" && n.has("health") && slices.Contains(days, c.family) {
		return hint{class: pii.Date, score: 0.6}
	}
	if !slices.Contains(traitsOf, c.family) || n.last == "id" && !hasWord("concept")(n, nil) || ordinal(n) || c.isBool() {
		return hint{}
	}
	if n.among(costs) && hasNoWord("base", "unit", "type", "currency", "status", "method", "date")(n, nil) && !n.any("date", "at") && c.family != scrub.FamilyJSON {
		return hint{class: Financial, score: 0.6}
	}
	if (n.among(findings) || n.among(measured) && !n.any("product")) && (!n.among(matters) || n.among(measured)) && n.last != "date" && n.last != "at" && n.last != "person" {
		if c.table.placed && n.only("name") && (c.table.surnames || !c.table.name.among(ailments)) { // a row that is a patient's sheet
			return hint{}
		}
		return hint{class: Special, score: 0.7}
	}
	return hint{}
}

// ordinal: a name of a place in a row, not of what stands there.
func ordinal(n *name) bool {
	return lastWord("ref", "refs", "seq", "sequence", "index", "idx", "rank", "pointer", "position", "order", "ordinal", "line")(n, nil)
}

func (c *column) isBool() bool { return c.Type.Underlying().OID == catalog.BoolOID }

// afflicted reads what says yes or no of somebody's health or creed: is_pregnant,
// smoker, signs_of_mental_illness. That an account is disabled is none of it.
func (c *column) afflicted() hint {
	n := c.name
	if !n.any("health", "ethnic", "religion", "politic", "orientation") || !(c.table.about || c.table.written || c.table.health) || ordinal(n) || n.any("product", "date", "at", "email", "url", "message") {
		return hint{}
	}
	if hasWord("conditions")(n, nil) && hasNoWord("medical", "health", "existing", "chronic", "mental")(n, nil) {
		return hint{}
	}
	if hasWord("disabled", "treatment", "treatments", "prescription", "prescriptions", "orientation", "consent", "insurance", "race", "allowed", "required", "enabled", "agreed", "accepted", "sent", "knows", "understands", "signup")(n, nil) {
		return hint{}
	}
	return hint{class: Special, score: 0.7}
}
