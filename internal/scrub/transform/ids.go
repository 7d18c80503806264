package transform

import (
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
)

func nationalIDDef() Definition {
	return Definition{
		Name: "national_id", Suggest: []string{"ssn", "national_id"}, Class: pii.NationalID, Families: []Family{FamilyText, FamilyNumber}, Space: "2 million",
		Doc:     "A US social security number that is never issued; without hyphens where a column has only nine characters.",
		Example: Example{Rule: "national_id", Value: "123-45-6789"},
		Build:   buildNationalID,
	}
}

func buildNationalID(d *Domain) (Masks, error) {
	hyphens := d.chars(fake.MaxSSN) == nil
	m := func(hyphens bool, normal func(dst, text []byte) []byte) Masker {
		return &identity{domainPrefix(d.Name), normal, func(dst []byte, h *fake.Digest, _ []byte) []byte {
			return fake.AppendSSN(dst, h, hyphens)
		}}
	}
	if err := d.digits(fake.MaxSSNDigits); err != nil {
		return nil, err
	}
	return Masks{FamilyText: m(hyphens, normal.Compact), FamilyNumber: m(false, normal.OfNumber(normal.Compact))}, d.chars(fake.MaxSSNDigits)
}

func creditCardDef() Definition {
	return Definition{
		Name: "credit_card", CanaryDigits: 16, Suggest: []string{"card"}, Class: pii.CreditCard, Families: []Family{FamilyText, FamilyNumber}, Space: "10^9",
		Doc:     "A card number of a test range, 16 digits, with a valid check digit.",
		Example: Example{Rule: "credit_card", Value: "4539 5787 6362 1486"},
		Build: func(d *Domain) (Masks, error) {
			if err := d.digits(fake.MaxCard); err != nil {
				return nil, err
			}
			number, err := simple(fake.MaxCard, normal.OfNumber(normal.Compact), fake.AppendCard)(d)
			if err != nil {
				return nil, err
			}
			m, err := simple(fake.MaxCard, normal.Compact, fake.AppendCard)(d)
			if err == nil {
				m[FamilyNumber] = number[FamilyText]
			}
			return m, err
		},
	}
}

func ibanDef() Definition {
	return Definition{
		Name: "iban", Suggest: []string{"iban"}, Class: pii.IBAN, Families: []Family{FamilyText}, Space: "10^11 to 10^30, by length",
		Doc:     "An account number of the original's length in a country that is none, with valid check digits.",
		Example: Example{Rule: "iban", Value: "DE02 1203 0000 0000 2020 51"},
		Build:   buildIBAN,
	}
}

func buildIBAN(d *Domain) (Masks, error) {
	limit := fake.MaxIBAN
	if n := d.narrowest(); n > 0 {
		limit = min(limit, n)
	}
	m := &identity{domainPrefix(d.Name), normal.Compact, func(dst []byte, h *fake.Digest, normal []byte) []byte {
		n := len(normal)
		if n < fake.MinIBAN || n > fake.MaxIBAN {
			n = 22
		}
		return fake.AppendIBAN(dst, h, min(n, limit))
	}}
	return Masks{FamilyText: m}, d.chars(fake.MinIBAN)
}
