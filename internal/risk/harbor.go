package risk

// SafeHarbor is the matrix of 45 CFR 164.514(b)(2)(i): where each of the 18
// identifiers is, and what becomes of it.
type SafeHarbor struct {
	Declared    bool           `json:"declared"` // the rules have a hipaa section
	Identifiers []HIPAA        `json:"identifiers"`
	FreeText    []HarborColumn `json:"free_text"` // columns that may hold any of them
	Unmapped    []string       `json:"unmapped"`  // keys of identifiers of which nothing is said
	Gaps        []string       `json:"gaps"`      // one line each: what is unmapped, and what is mapped but not removed
}

// Status of an identifier.
const (
	Mapped   = "mapped"
	Absent   = "absent"
	Unmapped = "unmapped"
)

// HIPAA is one of the 18 identifiers.
type HIPAA struct {
	Letter  string         `json:"letter"` // A to R, as the rule numbers them
	Key     string         `json:"key"`    // as in the rules: names, geography, …
	Name    string         `json:"name"`
	Status  string         `json:"status"`        // mapped, absent, unmapped
	Why     string         `json:"why,omitempty"` // of absent: the reason given
	Columns []HarborColumn `json:"columns,omitempty"`
}

// HarborColumn is a column that holds an identifier.
type HarborColumn struct {
	Table     string `json:"table"`
	Column    string `json:"column"`
	Transform string `json:"transform"`
	Class     string `json:"class,omitempty"`
	Declared  bool   `json:"declared"` // by the rules' hipaa section, rather than by the transform's class
	Removed   bool   `json:"removed"`  // nothing of the value is left, as far as the transform promises
	Note      string `json:"note,omitempty"`
}
