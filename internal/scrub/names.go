package scrub

import (
	"refresher/internal/fake"
	"refresher/internal/pii"
)

func firstNameDef() Definition {
	return Definition{
		Name: "first_name", Class: pii.FirstName, Families: []Family{FamilyText}, Space: "some 370",
		Doc:    "A common given name.",
		Params: []Param{subjectParam(true)}, follow: followFace,
		Example: Example{Rule: "first_name", Value: "Jane"},
		build:   simple(fake.MaxFirstName, folded, fake.AppendFirstName),
	}
}

func lastNameDef() Definition {
	return Definition{
		Name: "last_name", Class: pii.LastName, Families: []Family{FamilyText}, Space: "2,304",
		Doc:    "An invented surname.",
		Params: []Param{subjectParam(true)}, follow: followFace,
		Example: Example{Rule: "last_name", Value: "Doe"},
		build:   simple(fake.MaxLastName, folded, fake.AppendLastName),
	}
}

func fullNameDef() Definition {
	return Definition{
		Name: "full_name", Class: pii.FullName, Families: []Family{FamilyText}, Space: "some 850,000",
		Doc:    "A common given name and an invented surname.",
		Params: []Param{subjectParam(true)}, follow: followFace,
		Example: Example{Rule: "full_name", Value: "Jane Doe"},
		build:   simple(fake.MaxFullName, folded, fake.AppendFullName),
	}
}

func companyDef() Definition {
	return Definition{
		Name: "company", Class: pii.Company, Families: []Family{FamilyText}, Space: "some 330,000",
		Doc:     "An invented firm.",
		Example: Example{Rule: "company", Value: "Doe & Sons"},
		build:   simple(fake.MaxCompany, folded, fake.AppendCompany),
	}
}
