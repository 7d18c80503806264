package detect

import (
	"github.com/nyaruka/phonenumbers"
	"google.golang.org/protobuf/proto"

	"refresher/internal/pii/ident"
)

// plan answers whether the numbering plan of a country has a number, by the
// metadata of libphonenumber. An answer costs some ten microseconds, so it is asked
// only about numbers that ident.Phone lets pass, and about blocks rather than
// lines: the first digits and the length of the national number tell which block
// it is of, the other digits don't matter. What was asked is kept.
type plan struct {
	number phonenumbers.PhoneNumber
	answer []planAnswer
}

type planAnswer struct {
	block uint64
	valid bool
}

const (
	planAnswers = 1 << 12 // 64 KiB
	blockDigits = 5       // of the national number
	minNational = 4
)

// valid takes the digits of a number in international form.
func (p *plan) valid(digits []byte) bool {
	cc := ident.CallingCode(digits)
	switch {
	case cc == 0 || len(digits) < cc+minNational:
		return false
	case cc == 1 && digits[0] == '1':
		return true // area codes are opened all the time, and the form says enough
	}
	code, rest := value(digits[:cc]), digits[cc:]
	if rest[0] == '0' && p.has(code, rest[1:], false) { // (0), which is written, but not dialled from abroad
		return true
	}
	return p.has(code, rest, rest[0] == '0')
}

func (p *plan) has(code uint64, rest []byte, zero bool) bool {
	if len(rest) < minNational {
		return false
	}
	block := (code*1e5+value(rest[:min(blockDigits, len(rest))]))*16 + uint64(len(rest))
	if zero {
		block |= 1 << 63
	}
	slot := &p.answers()[block*0x9E3779B97F4A7C15>>32%planAnswers]
	if slot.block != block {
		slot.block, slot.valid = block, p.ask(code, rest, zero)
	}
	return slot.valid
}

func (p *plan) answers() []planAnswer {
	if p.answer == nil {
		p.answer = make([]planAnswer, planAnswers)
	}
	return p.answer
}

// ask asks about the block of a national number.
func (p *plan) ask(code uint64, national []byte, zero bool) bool {
	known := min(blockDigits, len(national))
	n := value(national[:known])
	for i := range len(national) - known {
		n = n*10 + uint64(2+i%7)
	}
	p.number.CountryCode, p.number.NationalNumber = proto.Int32(int32(code)), proto.Uint64(n)
	p.number.ItalianLeadingZero = proto.Bool(zero)
	return phonenumbers.IsValidNumber(&p.number)
}

// value is the number that digits are.
func value(digits []byte) (n uint64) {
	for _, c := range digits {
		n = n*10 + uint64(c-'0')
	}
	return n
}
