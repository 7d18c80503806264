package scrub

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/fold"
	"refresher/internal/scrub/rules"
)

func firstNameDef() Definition {
	return Definition{
		Name: "first_name", Suggest: []string{"first_name", "firstname", "given_name"}, Class: pii.FirstName, Families: []Family{FamilyText}, Space: "some 370; 70 to 180 by locale",
		Doc:     "A common given name.",
		Params:  []Param{localeParam, genderParam, subjectParam(true)},
		Example: Example{Rule: "first_name", Value: "Jane"},
		ByParam: localeParam.Name, Build: nameBuilder((*fake.Locale).MaxFirstName, (*fake.Locale).AppendFirstName), Follow: followName,
	}
}

func lastNameDef() Definition {
	return Definition{
		Name: "last_name", Suggest: []string{"last_name", "lastname", "surname", "family_name"}, Class: pii.LastName, Families: []Family{FamilyText}, Space: "2,304; 330 to 530 by locale",
		Doc:     "An invented surname.",
		Params:  []Param{localeParam, subjectParam(true)},
		Example: Example{Rule: "last_name", Value: "Doe"},
		ByParam: localeParam.Name, Follow: followName,
		Build: nameBuilder((*fake.Locale).MaxLastName, func(l *fake.Locale, dst []byte, d *fake.Digest, _ fake.Gender) []byte {
			return l.AppendLastName(dst, d)
		}),
	}
}

func fullNameDef() Definition {
	return Definition{
		Name: "full_name", Suggest: []string{"full_name", "fullname", "holder"}, Class: pii.FullName, Families: []Family{FamilyText}, Space: "some 850,000; 24,000 to 77,000 by locale",
		Doc:     "A common given name and an invented surname, in the order of the language.",
		Params:  []Param{localeParam, genderParam, subjectParam(true)},
		Example: Example{Rule: "full_name", Value: "Jane Doe"},
		ByParam: localeParam.Name, Build: nameBuilder((*fake.Locale).MaxFullName, (*fake.Locale).AppendFullName), Follow: followName,
	}
}

func companyDef() Definition {
	return Definition{
		Name: "company", Suggest: []string{"company"}, Class: pii.Company, Families: []Family{FamilyText}, Space: "some 330,000",
		Doc:     "An invented firm.",
		Example: Example{Rule: "company", Value: "Doe & Sons"},
		Build:   simple(fake.MaxCompany, folded, fake.AppendCompany),
	}
}

// localeParam is taken by transforms whose fakes have a language.
var localeParam = Param{Name: "locale", Kind: rules.String, Choices: fake.LocaleNames(), Default: "en",
	Doc: "the language of what is invented"}

func (a Args) locale() *fake.Locale { return fake.LocaleOf(a.text(localeParam.Name)) }

// genderParam is taken by transforms that make given names.
var genderParam = Param{Name: "gender", Kind: rules.String, Optional: true,
	Doc: "the column that says whether the name is a man's or a woman's: m or f, male or female, Mr or Ms and the like in the locales' languages, 1 or 2 (ISO 5218); any name where it says something else"}

type nameFunc func(*fake.Locale, []byte, *fake.Digest, fake.Gender) []byte

func nameBuilder(longest func(*fake.Locale) int, gen nameFunc) func(*Domain) (Masks, error) {
	return func(d *Domain) (Masks, error) {
		l := d.args.locale()
		m := &nameMasker{gen: func(dst []byte, h *fake.Digest, g fake.Gender) []byte { return gen(l, dst, h, g) }, gender: noField}
		m.identity = identity{domainPrefix(d.name), folded, func(dst []byte, h *fake.Digest, _ []byte) []byte { return m.gen(dst, h, fake.AnyGender) }}
		return Masks{FamilyText: m}, d.chars(longest(l))
	}
}

// nameMasker replaces names: by the value, or by the row's subject.
type nameMasker struct {
	identity
	gen     func(dst []byte, h *fake.Digest, g fake.Gender) []byte
	gender  field
	subject bool
}

func followName(m Masker) Masker {
	n := *m.(*nameMasker)
	n.subject = true
	return &n
}

// byGender is a Masker that looks at another column of the row.
func (m *nameMasker) byGender(f field) Masker {
	n := *m
	n.gender = f
	return &n
}

func (m *nameMasker) replace(r *row, dst, text []byte) ([]byte, error) {
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
	return m.gen(dst, m.digest(r, text), g), nil
}

// genderIn is what a column of the row says.
func (r *row) genderIn(f *field) fake.Gender {
	text := r.read(f)
	if text == nil || len(text) > 16 {
		return fake.AnyGender
	}
	r.normal = fold.AppendWords(r.normal[:0], bytes.TrimRight(text, ". "))
	switch string(r.normal) {
	case "m", "male", "man", "boy", "mr", "1", "herr", "mann", "mannlich", "maennlich", "h", "homme", "masculin", "monsieur", "hombre", "masculino",
		"varon", "sr", "senor", "mezczyzna", "pan", "男", "男性":
		return fake.Male
	case "f", "female", "woman", "girl", "mrs", "ms", "miss", "2", "w", "frau", "weiblich", "femme", "feminin", "mme", "mlle", "madame", "mujer", "femenino",
		"sra", "senora", "k", "kobieta", "pani", "女", "女性":
		return fake.Female
	}
	return fake.AnyGender
}
