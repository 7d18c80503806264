package fake

import (
	"testing"

	"github.com/nyaruka/phonenumbers"

	"refresher/internal/pii/ident"
)

// The country codes of spare numbers are nobody's, by our table and by libphonenumber's.
func TestSpareCountryCodesAreNobodys(t *testing.T) {
	assigned := phonenumbers.GetSupportedCallingCodes()
	for n := uint64(0); n < SparePhones; n += 1e12 {
		number := AppendSparePhone(nil, n+123456789012)
		code := int(number[0]-'0')*100 + int(number[1]-'0')*10 + int(number[2]-'0')
		if assigned[code] || ident.CallingCode(number) != 0 {
			t.Errorf("+%d is a country's", code)
		}
		if !Recognise("phone", number) || len(number) != 15 {
			t.Errorf("%s is not recognised", number)
		}
	}
}
