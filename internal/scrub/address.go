package scrub

import (
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

func streetDef() Definition {
	return Definition{
		Name: "street", Suggest: []string{"street", "address_line"}, Class: pii.Street, Families: []Family{FamilyText}, Space: "some 270 million; 30,000 to 1.6 million by locale",
		Doc:     "A house number and an invented street.",
		Example: Example{Rule: "street", Value: "1 Main Street"},
		Params:  []Param{localeParam},
		ByParam: localeParam.Name, Build: localBuilder((*fake.Locale).MaxStreet, folded, (*fake.Locale).AppendStreet),
	}
}

func cityDef() Definition {
	return Definition{
		Name: "city", Suggest: []string{"city"}, Class: pii.City, Families: []Family{FamilyText}, Space: "1,024; 190 to 270 by locale",
		Doc:     "An invented town.",
		Example: Example{Rule: "city", Value: "Springfield"},
		Params:  []Param{localeParam},
		ByParam: localeParam.Name, Build: localBuilder((*fake.Locale).MaxCity, folded, (*fake.Locale).AppendCity),
	}
}

func postcodeDef() Definition {
	return Definition{
		Name: "postcode", Suggest: []string{"postcode", "postal", "zip"}, Class: pii.Postcode, Families: []Family{FamilyText}, Space: "some 6,000; 1,000 to 10,000 by locale",
		Doc:     "A postcode of the country's form that no place has: five digits, in Poland 79-123, in Japan 000-1234.",
		Example: Example{Rule: "postcode", Value: "12345"},
		Params:  []Param{localeParam},
		ByParam: localeParam.Name, Build: localBuilder((*fake.Locale).MaxPostcode, compact, (*fake.Locale).AppendPostcode),
	}
}

// localBuilder is simple for fakes that have a locale.
func localBuilder(longest func(*fake.Locale) int, normal func(dst, text []byte) []byte, gen func(*fake.Locale, []byte, *fake.Digest) []byte) func(*Domain) (Masks, error) {
	return func(d *Domain) (Masks, error) {
		l := d.args.locale()
		return simple(longest(l), normal, func(dst []byte, h *fake.Digest) []byte { return gen(l, dst, h) })(d)
	}
}
