package risk

import (
	"fmt"
	"slices"

	"refresher/internal/pii"
)

// SafeHarbor is the matrix of 45 CFR 164.514(b)(2)(i): where each of the 18
// identifiers is, and what becomes of it.
type SafeHarbor struct {
	Declared    bool           `json:"declared"` // the rules have a hipaa section
	Identifiers []HIPAA        `json:"identifiers"`
	FreeText    []HarborColumn `json:"free_text"` // prose, which may hold any of them
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

// HarborColumn is a column, or a place in one, that holds an identifier.
type HarborColumn struct {
	Table     string `json:"table"`
	Column    string `json:"column"`
	Place     string `json:"place,omitempty"` // within the value: a path, a field, a key
	Transform string `json:"transform"`
	Class     string `json:"class,omitempty"`
	Declared  bool   `json:"declared"` // by the rules' hipaa section, rather than by the transform's class
	Removed   bool   `json:"removed"`  // nothing of the value is left, as far as the transform promises
	Note      string `json:"note,omitempty"`
}

func (c *HarborColumn) String() string {
	s := c.Table + "." + c.Column
	if c.Place != "" {
		s += " (" + c.Place + ")"
	}
	return s
}

// identifiers are the 18, in the order of the rule, with their names there,
// shortened, and the classes that are one of them.
var identifiers = []struct {
	key, name string
	classes   []pii.Class
}{
	{"names", "Names", []pii.Class{pii.FullName, pii.FirstName, pii.LastName, pii.Company}},
	{"geography", "Geographic subdivisions smaller than a state, with ZIP codes", []pii.Class{
		pii.Street, pii.City, pii.Postcode, pii.Region, pii.Latitude, pii.Longitude, "location"}},
	{"dates", "Dates but for the year, and ages over 89", []pii.Class{pii.Date, "birth_date"}},
	{"phone", "Telephone numbers", []pii.Class{pii.Phone}},
	{"fax", "Fax numbers", nil},
	{"email", "E-mail addresses", []pii.Class{pii.Email}},
	{"ssn", "Social security numbers", []pii.Class{pii.NationalID}},
	{"medical_record", "Medical record numbers", nil},
	{"health_plan", "Health plan beneficiary numbers", nil},
	{"account", "Account numbers", []pii.Class{pii.CreditCard, pii.IBAN, "bic", "crypto_address"}},
	{"license", "Certificate and license numbers", nil},
	{"vehicle", "Vehicle identifiers, serial and license plate numbers", []pii.Class{"vin"}},
	{"device_id", "Device identifiers and serial numbers", []pii.Class{pii.MAC, "imei"}},
	{"url", "Web addresses (URLs)", []pii.Class{pii.URL, pii.Domain}},
	{"ip", "IP addresses", []pii.Class{pii.IP}},
	{"biometric", "Biometric identifiers, such as finger and voice prints", nil},
	{"photo", "Full-face photographs and comparable images", nil},
	{"other", "Any other unique identifying number, characteristic or code", []pii.Class{pii.Username, pii.Token,
		pii.UserAgent, pii.Capability}},
}

// Identifier is the key of the identifier that values of a class are, "" if they
// are none.
func Identifier(class pii.Class) string {
	for _, i := range identifiers {
		if slices.Contains(i.classes, class) {
			return i.key
		}
	}
	return ""
}

// Claim says that a place holds identifiers: by the class of its transform, or
// because the rules declare so.
type Claim struct {
	HarborColumn
	Keys []string // of the identifiers; empty: prose, which may hold any
}

// Matrix puts claims and declared absences into the order of the rule.
func Matrix(declared bool, claims []Claim, absent map[string]string) *SafeHarbor {
	m := &SafeHarbor{Declared: declared, FreeText: []HarborColumn{}, Unmapped: []string{}, Gaps: []string{}}
	for _, c := range claims {
		if len(c.Keys) == 0 {
			m.FreeText = append(m.FreeText, c.HarborColumn)
		}
	}
	for i, id := range identifiers {
		h := HIPAA{Letter: string(rune('A' + i)), Key: id.key, Name: id.name, Status: Unmapped}
		for _, c := range claims {
			if !slices.Contains(c.Keys, id.key) {
				continue
			}
			h.Status = Mapped
			h.Columns = append(h.Columns, c.HarborColumn)
			if !c.Removed {
				m.Gaps = append(m.Gaps, fmt.Sprintf("%s (%s): %s is not removed: %s", id.key, h.Letter, &c.HarborColumn,
					c.Note))
			}
		}
		if why, ok := absent[id.key]; ok && h.Status == Unmapped {
			h.Status, h.Why = Absent, why
		}
		if h.Status == Unmapped {
			m.Unmapped = append(m.Unmapped, id.key)
			m.Gaps = append(m.Gaps, fmt.Sprintf("%s (%s): neither mapped to a column nor declared absent", id.key,
				h.Letter))
		}
		m.Identifiers = append(m.Identifiers, h)
	}
	return m
}
