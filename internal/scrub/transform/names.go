package transform

import (
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func firstNameDef() Definition {
	return Definition{
		Name: "first_name", Suggest: []string{"first_name", "firstname", "given_name"}, Class: pii.FirstName, Families: []Family{FamilyText}, Space: "some 370; 70 to 180 by locale",
		Doc:     "A common given name.",
		Params:  []Param{localeParam(), GenderParam, subjectParam(true)},
		Example: Example{Rule: "first_name", Value: "Jane"},
		ByParam: LocaleName, Build: nameBuilder((*fake.Locale).MaxFirstName, (*fake.Locale).AppendFirstName, shortFirstName), Follow: followName,
	}
}

func lastNameDef() Definition {
	return Definition{
		Name: "last_name", Suggest: []string{"last_name", "lastname", "surname", "family_name"}, Class: pii.LastName, Families: []Family{FamilyText}, Space: "2,304; 330 to 530 by locale",
		Doc:     "An invented surname.",
		Params:  []Param{localeParam(), subjectParam(true)},
		Example: Example{Rule: "last_name", Value: "Doe"},
		ByParam: LocaleName, Follow: followName,
		Build: nameBuilder((*fake.Locale).MaxLastName,
			func(l *fake.Locale, dst []byte, d *fake.Digest, _ fake.Gender) []byte {
				return l.AppendLastName(dst, d)
			}, shortLastName),
	}
}

func fullNameDef() Definition {
	return Definition{
		Name: "full_name", Suggest: []string{"full_name", "fullname", "holder"}, Class: pii.FullName, Families: []Family{FamilyText}, Space: "some 850,000; 24,000 to 77,000 by locale",
		Doc:     "A common given name and an invented surname, in the order of the language.",
		Params:  []Param{localeParam(), GenderParam, subjectParam(true)},
		Example: Example{Rule: "full_name", Value: "Jane Doe"},
		ByParam: LocaleName, Build: nameBuilder((*fake.Locale).MaxFullName, (*fake.Locale).AppendFullName, shortFullName), Follow: followName,
	}
}

func companyDef() Definition {
	return Definition{
		Name: "company", Suggest: []string{"company"}, Class: pii.Company, Families: []Family{FamilyText}, Space: "some 330,000",
		Doc:     "An invented firm.",
		Example: Example{Rule: "company", Value: "Doe & Sons"},
		Build: func(d *Domain) (Masks, error) {
			return fitting(d, fake.MaxCompany, fake.MinCompany, normal.Folded, fake.AppendCompany,
				fake.AppendCompanyWithin)
		},
	}
}

// localeParam is taken by transforms whose fakes have a language.
func localeParam() Param {
	return Param{Name: LocaleName, Kind: rules.String, Choices: fake.LocaleNames(), Default: defaultLocale, Doc: "the language of what is invented"}
}

const (
	LocaleName    = "locale"
	defaultLocale = "en"
)

func (a Args) locale() *fake.Locale { return fake.LocaleOf(a.Text(LocaleName)) }

// GenderParam is taken by transforms that make given names.
var GenderParam = Param{Name: "gender", Kind: rules.String, Optional: true,
	Doc: "the column that says whether the name is a man's or a woman's: m or f, male or female, Mr or Ms and the like in the locales' languages, 1 or 2 (ISO 5218); any name where it says something else"}

type nameFunc func(*fake.Locale, []byte, *fake.Digest, fake.Gender) []byte

// nameBuilder makes names by gen, or by what short returns for the room of the narrowest
// column, if it has room for a name at all.
func nameBuilder(longest func(*fake.Locale) int, gen nameFunc,
	short func(l *fake.Locale, room int) (least int, gen nameFunc)) func(*Domain) (Masks, error) {
	return func(d *Domain) (Masks, error) {
		l := d.Args.locale()
		gen := gen
		if d.chars(longest(l)) != nil {
			least, within := short(l, d.narrowest())
			if err := d.chars(least); err != nil {
				return nil, err
			}
			gen = within
		}
		m := &nameMasker{gen: func(dst []byte, h *fake.Digest, g fake.Gender) []byte { return gen(l, dst, h, g) }, gender: NoField}
		m.identity = identity{domainPrefix(d.Name), normal.Folded, func(dst []byte, h *fake.Digest, _ []byte) []byte { return m.gen(dst, h, fake.AnyGender) }}
		return Masks{FamilyText: m}, nil
	}
}

// shortest is the length that some given names of both genders have, in every language.
const shortest = 4

func shortFirstName(l *fake.Locale, room int) (int, nameFunc) {
	if s := l.Within(room); s != nil {
		return 1, func(_ *fake.Locale, dst []byte, h *fake.Digest, g fake.Gender) []byte {
			return s.AppendFirstName(dst, h, g)
		}
	}
	return shortest, nil
}

func shortLastName(_ *fake.Locale, room int) (int, nameFunc) {
	return fake.MinLastName, func(_ *fake.Locale, dst []byte, h *fake.Digest, _ fake.Gender) []byte {
		return fake.AppendLastNameWithin(dst, h, room)
	}
}

func shortFullName(l *fake.Locale, room int) (int, nameFunc) {
	s := l.Within(max(shortest, room-1-fake.MaxLastName))
	return shortest + 1 + fake.MinLastName, func(_ *fake.Locale, dst []byte, h *fake.Digest, g fake.Gender) []byte {
		at := len(dst)
		dst = append(s.AppendFirstName(dst, h, g), ' ')
		return fake.AppendLastNameWithin(dst, h, room-utf8.RuneCount(dst[at:]))
	}
}

// nameMasker replaces names: by the value, or by the row's subject.
type nameMasker struct {
	identity
	gen     func(dst []byte, h *fake.Digest, g fake.Gender) []byte
	gender  Field
	subject bool
}

func followName(m Masker) Masker {
	n := *m.(*nameMasker)
	n.subject = true
	return &n
}

// ByGender is a Masker that looks at another column of the row.
func (m *nameMasker) ByGender(f Field) Masker {
	n := *m
	n.gender = f
	return &n
}

func (m *nameMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	if m.subject {
		if h := r.subjectFace(); h != nil {
			g := r.subjectGender()
			if g == fake.AnyGender {
				g = r.genderIn(&m.gender)
			}
			return m.gen(dst, h, g), nil
		}
	}
	g := r.genderIn(&m.gender)
	return m.gen(dst, m.Digest(r, text), g), nil
}
