package transform

import (
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func phoneDef() Definition {
	return Definition{
		Name:  "phone",
		Doc:   "A number that no line has. Numbers that differ only in punctuation, 00 or a leading +1 map alike, and numbers of up to 13 digits that differ otherwise never become the same (FF1), unless a column has less than 15 characters or another range is chosen; in a unique column what is longer, or no number, stops the run.",
		Class: pii.Phone, CanaryDigits: 10, Suggest: []string{"phone", "mobile", "fax"},
		Params: []Param{{Name: "range", Kind: rules.String, Choices: []string{"wide", "narrow", "uk", "de", "fr", "world"}, Default: "wide",
			Doc: "wide, and world: twelve digits in one of the country codes 280 to 289 and 830 to 837, which no country has (ITU-T E.164); narrow: 555-01XX in real area codes, which validators accept; uk, de, fr: the numbers that their regulators keep for drama"},
			{Name: "locale", Kind: rules.String, Choices: fake.LocaleNames(), Default: "en",
				Doc: "stands for the range that the country keeps for drama (de, fr), or for wide where it keeps none"}},
		Families: []Family{FamilyText, FamilyNumber},
		Space:    "wide 18·10^12, narrow 28,000, uk 1,000, de 5,000, fr 60,000",
		Unique:   true, ForUnique: plainly,
		Bits: func(d *Domain, _ Family) float64 {
			if phoneForm(d) == fake.PhoneWide {
				return math.Inf(1)
			}
			return 0
		},
		Strict:   func(m Masker) Masker { p := *m.(*phoneMasker); p.strict = true; return &p },
		Distinct: useToken("numbers that differ in punctuation, 00 or a leading 1 alike"),
		Example:  Example{Rule: "phone", Value: "(212) 867-5309"},
		Build:    buildPhone,
	}
}

// phoneForm is the form of a domain's numbers: that of its range, or of a shorter one
// where a column has no room.
func phoneForm(d *Domain) fake.PhoneForm {
	form := fake.PhoneWide
	switch d.Args.Text("range") {
	case "narrow":
		form = fake.PhoneNarrow
	case "uk":
		form = fake.PhoneUK
	case "de":
		form = fake.PhoneDE
	case "fr":
		form = fake.PhoneFR
	case "wide":
		form = d.Args.locale().Phone()
	}
	if d.has(FamilyNumber) { // which have no plus
		form = fake.PhoneWide
	}
	need := form.MaxLen()
	if form == fake.PhoneWide {
		need-- // without a plus
	}
	switch {
	case d.chars(need) == nil && d.digits(need) == nil:
		return form
	case !d.has(FamilyNumber) && d.chars(fake.PhoneNarrow.MaxLen()) == nil:
		return fake.PhoneNarrow
	case d.chars(fake.PhoneNational.MaxLen()) == nil && d.digits(fake.PhoneNational.MaxLen()) == nil:
		return fake.PhoneNational
	}
	return fake.PhoneLocal
}

func buildPhone(d *Domain) (Masks, error) {
	form := phoneForm(d)
	text := &phoneMasker{identity: identity{prefix: domainPrefix(d.Name), normal: normal.Dialled}, form: form}
	bare := form == fake.PhoneNational || form == fake.PhoneLocal // are recognised without a plus
	if form == fake.PhoneWide {
		bare, text.form = true, fake.PhoneOther
		text.permuter = newPermuter(d, 2)
		text.plus = d.chars(form.MaxLen()) == nil
	}
	number := &phoneMasker{identity: text.identity, permuter: text.permuter, form: text.form, number: bare}
	number.normal = normal.OfNumber(normal.Dialled)
	if err := d.digits(fake.PhoneLocal.MaxLen()); err != nil {
		return nil, err
	}
	return Masks{FamilyText: text, FamilyNumber: number}, d.chars(fake.PhoneLocal.MaxLen())
}

// phoneMasker replaces numbers by those of spare country codes, one to one, and what is
// none, or too long for that, by others.
type phoneMasker struct {
	identity
	*permuter // nil: all are drawn from form
	form      fake.PhoneForm
	plus      bool // there is room for one before a spare country code
	number    bool // the digits alone are recognised
	strict    bool
}

func (m *phoneMasker) MakesNumbers() bool { return m.number }

// maxPhone is the longest number that is encrypted: all strings of so many digits and
// fewer are below 2^phoneBits, which is below [fake.SparePhones].
const (
	maxPhone  = 13
	phoneBits = 44
)

func (m *phoneMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	r.normal = m.normal(r.normal[:0], text)
	n, digits := ordinal(r.normal)
	switch {
	case m.permuter != nil && digits && len(r.normal) <= maxPhone:
		s, err := m.state(r)
		if err != nil {
			return dst, err
		}
		if n, err = s.encryptBits(n, phoneBits); err != nil {
			return dst, err
		}
		if m.plus {
			dst = append(dst, '+')
		}
		return fake.AppendSparePhone(dst, n), nil
	case m.strict && digits:
		return dst, Unfit("the value has %d digits, of which %d can be kept apart in a unique column", len(r.normal),
			maxPhone)
	case m.strict:
		return dst, Unfit("the value is no phone number: it has %s", strangeIn(text, "0123456789+-./() "))
	}
	at := len(dst)
	dst = fake.AppendPhone(dst, r.PRF.Sum(m.prefix, r.normal), m.form)
	if !m.plus && m.form == fake.PhoneOther {
		dst = append(dst[:at], dst[at+1:]...)
	}
	return dst, nil
}
