package transform

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func streetDef() Definition {
	return Definition{
		Name: "street", Suggest: []string{"street", "address_line"}, Class: pii.Street, Families: []Family{FamilyText}, Space: "some 270 million; 30,000 to 1.6 million by locale",
		Doc:     "A house number and an invented street.",
		Example: Example{Rule: "street", Value: "1 Main Street"},
		Params:  []Param{localeParam()},
		ByParam: LocaleName, Build: localBuilder((*fake.Locale).MaxStreet, normal.Folded, (*fake.Locale).AppendStreet, fake.MinStreet, fake.AppendStreetWithin),
	}
}

func cityDef() Definition {
	return Definition{
		Name: "city", Suggest: []string{"city"}, Class: pii.City, Families: []Family{FamilyText}, Space: "1,024; 190 to 270 by locale",
		Doc:     "An invented town.",
		Example: Example{Rule: "city", Value: "Springfield"},
		Params:  []Param{localeParam()},
		ByParam: LocaleName, Build: localBuilder((*fake.Locale).MaxCity, normal.Folded, (*fake.Locale).AppendCity, fake.MinCity, fake.AppendCityWithin),
	}
}

func postcodeDef() Definition {
	return Definition{
		Name: "postcode", Suggest: []string{"postcode", "postal", "zip"}, Class: pii.Postcode, Families: []Family{FamilyText}, Space: "some 6,000; 1,000 to 10,000 by locale",
		Doc:     "A postcode of the country's form that no place has: five digits, in Poland 79-123, in Japan 000-1234.",
		Example: Example{Rule: "postcode", Value: "12345"},
		Params:  []Param{localeParam()},
		ByParam: LocaleName, Build: localBuilder((*fake.Locale).MaxPostcode, normal.Compact, (*fake.Locale).AppendPostcode, 0, nil),
	}
}

// localBuilder is fitting for fakes that have a locale, but where they are short; simple
// if there are no shorter ones.
func localBuilder(longest func(*fake.Locale) int, normal func(dst, text []byte) []byte,
	gen func(*fake.Locale, []byte, *fake.Digest) []byte,
	least int, within withinFunc) func(*Domain) (Masks, error) {
	return func(d *Domain) (Masks, error) {
		l := d.Args.locale()
		local := func(dst []byte, h *fake.Digest) []byte { return gen(l, dst, h) }
		if within == nil {
			return simple(longest(l), normal, local)(d)
		}
		return fitting(d, longest(l), least, normal, local, within)
	}
}

func regionDef() Definition {
	return Definition{
		Name: "region", Class: pii.Region, Families: []Family{FamilyText}, Space: "512, and 26 codes",
		Doc:     "An invented region; X and a letter for a code of two capitals, or where a column has no room for a name.",
		Example: Example{Rule: "region", Value: "Yorkshire"},
		Build: func(d *Domain) (Masks, error) {
			short := d.chars(fake.MaxRegion) != nil
			m := &identity{domainPrefix(d.Name), normal.Trimmed, func(dst []byte, h *fake.Digest, normal []byte) []byte {
				if short || isCode(normal, fake.RegionCodeLen) {
					return fake.AppendRegionCode(dst, h)
				}
				return fake.AppendRegion(dst, h)
			}}
			return Masks{FamilyText: m}, d.chars(fake.RegionCodeLen)
		},
	}
}

func isCode(text []byte, n int) bool {
	for _, c := range text {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(text) == n
}

func countryDef() Definition {
	return Definition{
		Name: "country", Class: pii.Country, Families: []Family{FamilyText}, Space: "61",
		Doc: "Another country, of a list of real ones. Its name and its codes map alike.",
		Params: []Param{{Name: "as", Kind: rules.String, Choices: []string{"auto", "name", "alpha2", "alpha3"}, Default: "auto",
			Doc: "an English name or a code of ISO 3166-1; auto: as the value is written, and as a code where a column has no room for names"}},
		Example: Example{Rule: "country", Value: "Germany"},
		Build:   buildCountry,
	}
}

func buildCountry(d *Domain) (Masks, error) {
	as := d.Args.Text("as")
	room, need := d.narrowest(), 2
	switch as {
	case "name":
		need = fake.MaxCountry
	case "alpha3":
		need = 3
	}
	m := &identity{domainPrefix(d.Name), countryNormal, nil}
	form := func(text []byte) fake.CountryForm {
		switch {
		case as == "alpha2", as == "auto" && (len(text) == 2 || room == 2):
			return fake.CountryAlpha2
		case as == "alpha3", as == "auto" && (len(text) == 3 || room > 0 && room < fake.MaxCountry):
			return fake.CountryAlpha3
		}
		return fake.CountryName
	}
	return Masks{FamilyText: &countryMasker{m, form}}, d.chars(need)
}

// countryNormal is the code of a country, however it is written.
func countryNormal(dst, text []byte) []byte {
	if code, ok := fake.Country(bytes.TrimSpace(text)); ok {
		return append(dst, code[:]...)
	}
	return normal.Folded(dst, text)
}

type countryMasker struct {
	*identity
	form func(text []byte) fake.CountryForm
}

func (m *countryMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	r.normal = m.normal(r.normal[:0], text)
	return fake.AppendCountry(dst, r.PRF.Sum(m.prefix, r.normal), m.form(bytes.TrimSpace(text))), nil
}
