package scrub

import (
	"refresher/internal/fake"
	"refresher/internal/pii"
)

func streetDef() Definition {
	return Definition{
		Name: "street", Class: pii.Street, Families: []Family{FamilyText}, Space: "some 270 million",
		Doc:     "A house number and an invented street.",
		Example: Example{Rule: "street", Value: "1 Main Street"},
		build:   simple(fake.MaxStreet, folded, fake.AppendStreet),
	}
}

func cityDef() Definition {
	return Definition{
		Name: "city", Class: pii.City, Families: []Family{FamilyText}, Space: "1,024",
		Doc:     "An invented town.",
		Example: Example{Rule: "city", Value: "Springfield"},
		build:   simple(fake.MaxCity, folded, fake.AppendCity),
	}
}

func postcodeDef() Definition {
	return Definition{
		Name: "postcode", Class: pii.Postcode, Families: []Family{FamilyText}, Space: "some 6,000",
		Doc:     "Five digits that are no ZIP code in use.",
		Example: Example{Rule: "postcode", Value: "12345"},
		build:   simple(fake.MaxPostcode, compact, fake.AppendPostcode),
	}
}
