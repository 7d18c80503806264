package detect

import (
	"github.com/nyaruka/phonenumbers"
	"google.golang.org/protobuf/proto"

	"refresher/internal/ident"
)

// plan answers whether the numbering plan of a country has a number, by the
// metadata of libphonenumber. An answer costs some microseconds, so the last ones
// are kept, and only numbers are asked about that ident.Phone lets pass.
type plan struct {
	number phonenumbers.PhoneNumber
	answer []planAnswer
}

type planAnswer struct {
	hash  uint64
	valid bool
}

const planAnswers = 1 << 10 // 16 KiB

// valid takes the digits of a number in international form.
func (p *plan) valid(digits []byte) bool {
	cc := ident.CallingCode(digits)
	if cc == 0 {
		return false
	}
	if cc == 1 && digits[0] == '1' {
		return true // area codes are opened all the time, and the form says enough
	}
	if p.answer == nil {
		p.answer = make([]planAnswer, planAnswers)
	}
	h := uint64(14695981039346656037) // FNV-1a
	for _, c := range digits {
		h = (h ^ uint64(c)) * 1099511628211
	}
	slot := &p.answer[h>>32%planAnswers]
	if slot.hash != h {
		slot.hash, slot.valid = h, p.ask(cc, digits)
	}
	return slot.valid
}

func (p *plan) ask(cc int, digits []byte) bool {
	code, national := uint64(0), uint64(0)
	for _, c := range digits[:cc] {
		code = code*10 + uint64(c-'0')
	}
	rest := digits[cc:]
	zero := rest[0] == '0'
	if zero && code != 39 { // (0), which is written, but not dialled from abroad
		rest, zero = rest[1:], false
	}
	for _, c := range rest {
		national = national*10 + uint64(c-'0')
	}
	p.number.CountryCode, p.number.NationalNumber = proto.Int32(int32(code)), proto.Uint64(national)
	p.number.ItalianLeadingZero = proto.Bool(zero)
	return phonenumbers.IsValidNumber(&p.number)
}
