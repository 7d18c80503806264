package transform

import (
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func phoneDef() Definition {
	return Definition{
		Name:  "phone",
		Doc:   "A number that no line has. Numbers that differ only in punctuation, 00 or a leading +1 map alike. A JSON number becomes a string, unless the domain is of the range world, as it is where a column of numbers belongs to it.",
		Class: pii.Phone, CanaryDigits: 10, Suggest: []string{"phone", "mobile", "fax"},
		Params: []Param{{Name: "range", Kind: rules.String, Choices: []string{"wide", "narrow", "uk", "de", "fr", "world"}, Default: "wide",
			Doc: "wide: +1 555 and seven digits; narrow: 555-01XX in real area codes, which validators accept; uk, de, fr: the numbers that their regulators keep for drama; world: +999 and twelve digits"},
			{Name: "locale", Kind: rules.String, Choices: fake.LocaleNames(), Default: "en",
				Doc: "stands for the range that the country keeps for drama (de, fr), or for world where it keeps none (es, pl, ja)"}},
		Families: []Family{FamilyText, FamilyNumber},
		Space:    "wide 8 million, narrow 28,000, uk 1,000, de 5,000, fr 60,000, world 10^12",
		Example:  Example{Rule: "phone", Value: "(212) 867-5309"},
		Build:    buildPhone,
	}
}

// phoneRange is the form of numbers that a range names.
func phoneRange(name string) fake.PhoneForm {
	switch name {
	case "narrow":
		return fake.PhoneNarrow
	case "uk":
		return fake.PhoneUK
	case "de":
		return fake.PhoneDE
	case "fr":
		return fake.PhoneFR
	case "world":
		return fake.PhoneWorld
	}
	return fake.PhoneWide
}

// buildPhone chooses the domain's form: where a column of numbers takes part, the
// world range, which is recognised without its plus; where a column has ten or
// eleven characters, a fictional number without country code.
func buildPhone(d *Domain) (Masks, error) {
	form := phoneRange(d.Args.Text("range"))
	if l := d.Args.locale(); form == fake.PhoneWide {
		form = l.Phone()
	}
	if d.has(FamilyNumber) {
		form = fake.PhoneWorld
		if err := d.digits(fake.PhoneDigits.MaxLen()); err != nil {
			return nil, err
		}
	} else if d.chars(form.MaxLen()) != nil {
		form = fake.PhoneNational
	}
	m := func(f fake.PhoneForm) *identity {
		return &identity{domainPrefix(d.Name), normal.OfNumber(normal.Dialled), func(dst []byte, h *fake.Digest, _ []byte) []byte {
			return fake.AppendPhone(dst, h, f)
		}}
	}
	text := m(form)
	text.normal = normal.Dialled
	return Masks{FamilyText: text, FamilyNumber: phoneNumber{m(fake.PhoneDigits), form == fake.PhoneWorld}}, d.chars(form.MaxLen())
}

// phoneNumber makes numbers that are the text form's digits, if those alone can
// be told from a real line's: only the world range's can.
type phoneNumber struct {
	*identity
	world bool
}

func (m phoneNumber) MakesNumbers() bool { return m.world }
