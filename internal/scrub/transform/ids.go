package transform

import (
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/ident"
	"refresher/internal/scrub/normal"
)

func nationalIDDef() Definition {
	return Definition{
		Name: "national_id", Suggest: []string{"ssn", "national_id"}, Class: pii.NationalID, Families: []Family{FamilyText, FamilyNumber}, Space: "2 million; unique 10^14",
		Doc:     "A US social security number that is never issued; without hyphens where a column has only nine characters.",
		Params:  []Param{uniqueParam("666 and 15 digits, which no country gives out, for each number of up to 14 digits")},
		ByFlag:  uniqueName,
		Example: Example{Rule: "national_id", Value: "123-45-6789"},
		Unique:  true, ForUnique: withUnique, Strict: strictNumbers,
		Bits: func(d *Domain, f Family) float64 {
			if f != FamilyNumber { // as texts they have letters
				return 0
			}
			return injectiveIfUnique(d, f)
		},
		Build: buildNationalID,
	}
}

func buildNationalID(d *Domain) (Masks, error) {
	hyphens, need := d.chars(fake.MaxSSN) == nil, fake.MaxSSNDigits
	var p *permuter
	if d.Args.Flag(uniqueName) {
		p, need = newPermuter(d, 2), fake.LongID
	}
	m := func(hyphens bool, normal func(dst, text []byte) []byte) Masker {
		return &numberMasker{
			identity: identity{domainPrefix(d.Name), normal, func(dst []byte, h *fake.Digest, _ []byte) []byte { return fake.AppendSSN(dst, h, hyphens) }},
			permuter: p, bits: 47, longest: 14, long: fake.AppendLongSSN,
		}
	}
	if err := d.digits(need); err != nil {
		return nil, err
	}
	return Masks{FamilyText: m(hyphens, normal.Compact), FamilyNumber: m(false, normal.OfNumber(normal.Compact))}, d.chars(need)
}

// numberMasker replaces numbers: one to one by longer ones if it has a permuter.
type numberMasker struct {
	identity
	*permuter
	bits    int  // all strings of so many digits as longest, and of fewer, are below 2^bits
	longest int  // digits
	checked bool // the last digit is a check digit, which says nothing
	long    func(dst []byte, n uint64) []byte
	strict  bool
}

func strictNumbers(m Masker) Masker {
	s := *m.(*numberMasker)
	s.strict = true
	return &s
}

func (m *numberMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	if m.permuter == nil {
		return m.identity.Replace(r, dst, text)
	}
	r.normal = m.normal(r.normal[:0], text)
	digits := r.normal
	if m.checked && len(digits) > 0 {
		digits = digits[:len(digits)-1]
	}
	n, ok := ordinal(digits)
	switch {
	case ok && len(digits) <= m.longest && (!m.checked || ident.Luhn(r.normal)):
		s, err := m.state(r)
		if err != nil {
			return dst, err
		}
		if n, err = s.encryptBits(n, m.bits); err != nil {
			return dst, err
		}
		return m.long(dst, n), nil
	case !m.strict:
		return m.fake(dst, r.PRF.Sum(m.prefix, r.normal), r.normal), nil
	case !ok:
		return dst, Unfit("the value is no number: it has %s", strangeIn(text, "0123456789-. "))
	case len(digits) > m.longest:
		return dst, Unfit("the value has %d digits, of which %d can be kept apart in a unique column", len(r.normal),
			m.longest+len(r.normal)-len(digits))
	}
	return dst, Unfit("the value has a wrong check digit, so it is no card number")
}

func creditCardDef() Definition {
	return Definition{
		Name: "credit_card", CanaryDigits: 16, Suggest: []string{"card"}, Class: pii.CreditCard, Families: []Family{FamilyText, FamilyNumber}, Space: "10^9; unique 10^15",
		Doc:     "A card number of a test range, 16 digits, with a valid check digit.",
		Params:  []Param{uniqueParam("99 and 16 digits without a check digit, a space of no issuer (ISO/IEC 7812), for each valid number of up to 16 digits")},
		ByFlag:  uniqueName,
		Example: Example{Rule: "credit_card", Value: "4539 5787 6362 1486"},
		Unique:  true, ForUnique: withUnique, Bits: injectiveIfUnique, Strict: strictNumbers,
		Distinct: useToken("numbers that differ in punctuation alike"),
		Build: func(d *Domain) (Masks, error) {
			need := fake.MaxCard
			var p *permuter
			if d.Args.Flag(uniqueName) {
				p, need = newPermuter(d, 2), fake.LongID
			}
			m := func(normal func(dst, text []byte) []byte) Masker {
				return &numberMasker{
					identity: identity{domainPrefix(d.Name), normal, func(dst []byte, h *fake.Digest, _ []byte) []byte { return fake.AppendCard(dst, h) }},
					permuter: p, bits: 50, longest: 15, checked: true, long: fake.AppendLongCard,
				}
			}
			if err := d.digits(need); err != nil {
				return nil, err
			}
			return Masks{FamilyText: m(normal.Compact), FamilyNumber: m(normal.OfNumber(normal.Compact))}, d.chars(need)
		},
	}
}

func ibanDef() Definition {
	return Definition{
		Name: "iban", Suggest: []string{"iban"}, Class: pii.IBAN, Families: []Family{FamilyText}, Space: "10^11 to 10^30, by length; unique 2^80 to 2^130",
		Doc:     "An account number of the original's length in a country that is none, with valid check digits.",
		Params:  []Param{uniqueParam("16 to 26 letters and digits behind the country and its check digits, for an original of any length")},
		ByFlag:  uniqueName,
		Example: Example{Rule: "iban", Value: "DE02 1203 0000 0000 2020 51"},
		Unique:  true, ForUnique: withUnique,
		Bits: func(d *Domain, _ Family) float64 {
			if !d.Args.Flag(uniqueName) {
				return 0
			}
			return 5 * float64(ibanHash(d))
		},
		Distinct: useToken("numbers that differ in spacing, punctuation or case alike"),
		Build:    buildIBAN,
	}
}

// ibanHash is how many characters of a hash the narrowest column has room for.
func ibanHash(d *Domain) int {
	if n := d.narrowest(); n > 0 {
		return max(fake.MinHash, min(fake.MaxHash, n-4))
	}
	return fake.MaxHash
}

func buildIBAN(d *Domain) (Masks, error) {
	if d.Args.Flag(uniqueName) {
		n := ibanHash(d)
		return simple(n+4, normal.Compact,
			func(dst []byte, h *fake.Digest) []byte { return fake.AppendUniqueIBAN(dst, h, n) })(d)
	}
	limit := math.MaxInt
	if n := d.narrowest(); n > 0 {
		limit = n
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
