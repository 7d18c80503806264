package transform

import "sync"

// Definitions lists all transforms in the order of the reference.
func Definitions() []Definition {
	return []Definition{
		keepDef(), nullDef(), constantDef(), choiceDef(),
		emailDef(), usernameDef(), passwordDef(), firstNameDef(), lastNameDef(), fullNameDef(), companyDef(),
		phoneDef(), streetDef(), cityDef(), postcodeDef(), regionDef(), countryDef(), latitudeDef(), longitudeDef(), geoNoiseDef(),
		ipDef(), macDef(), userAgentDef(), urlDef(), domainDef(), inertDef(),
		nationalIDDef(), creditCardDef(), ibanDef(), tokenDef(), uuidDef(),
		dateShiftDef(), timeShiftDef(), truncateDef(), ageDef(), noiseDef(), bucketDef(),
		embeddingZeroDef(), embeddingNoiseDef(),
		digitsDef(), fpeDef(), maskDef(), regexDef(),
		templateDef(), textDef(), tsvectorDef(), loremDef(), bytesDef(), jsonDef(),
	}
}

// definitions are Definitions by their names.
var definitions = sync.OnceValue(func() map[string]*Definition {
	m := map[string]*Definition{}
	for _, d := range Definitions() {
		m[d.Name] = &d
	}
	return m
})

// Names are those of all transforms, in the order of the reference.
func Names() []string {
	all := Definitions()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}

// Named is the transform of a name, nil if there is none.
func Named(name string) *Definition { return definitions()[name] }
