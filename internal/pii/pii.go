// Package pii names the classes of personal data that refresher masks, detects
// and looks for again.
//
// A class is the shared word between a transform (which replaces values of a
// class), a detector (which recognises values of a class), a fingerprint
// (which remembers that a source value of a class existed) and a fake (which is
// a value of a class that cannot belong to anybody). Keeping the list here lets
// those packages agree without importing one another.
package pii

// Class is a kind of personal data. The string is what rules, reports and
// findings print.
type Class string

// The classes, in the order in which reports list them.
const (
	None       Class = "none"
	Email      Class = "email"
	Phone      Class = "phone"
	FullName   Class = "full_name"
	FirstName  Class = "first_name"
	LastName   Class = "last_name"
	Company    Class = "company"
	Street     Class = "street"
	City       Class = "city"
	Postcode   Class = "postcode"
	IP         Class = "ip"
	UserAgent  Class = "user_agent"
	NationalID Class = "national_id"
	CreditCard Class = "credit_card"
	IBAN       Class = "iban"
	Token      Class = "token" // API keys, session tokens, JWTs, password hashes, opaque identifiers
	Username   Class = "username"
	MAC        Class = "mac" // hardware addresses, which name a device
	URL        Class = "url"
	Domain     Class = "domain"
	Region     Class = "region"
	Country    Class = "country"
	Latitude   Class = "latitude"
	Longitude  Class = "longitude"
	Date       Class = "date"
	BirthDate  Class = "birth_date"
	IMEI       Class = "imei" // of a mobile device
	VIN        Class = "vin"  // of a vehicle
	BIC        Class = "bic"  // of a bank, which says where somebody has an account
	Crypto     Class = "crypto_address"
	Location   Class = "location"   // latitude and longitude together
	Capability Class = "capability" // what lets a program act: a webhook, a connection string, a signed URL
	FreeText   Class = "free_text"
)

// Direct reports whether one value of the class singles out a person by itself
// (GDPR Art. 4(1), NIST SP 800-122 §2.2 "linked" data). Source values of direct
// classes are fingerprinted and must not survive anywhere; the other classes
// are quasi-identifiers: common words, whose reappearance proves nothing. A URL
// or a domain counts as one: most are a company's, not a person's, and the
// identifiers within a URL are fingerprinted by themselves.
func (c Class) Direct() bool {
	switch c {
	case Email, Phone, FullName, Street, IP, NationalID, CreditCard, IBAN, Token, Username, MAC, IMEI, VIN, Crypto:
		return true
	}
	return false
}

// Strong reports whether a detector hit of the class is unmistakable (a
// checksum or a shape that nothing else has) and so refuses a run. Weak classes
// are reported, and refuse only under `verify: {strict: true}`.
func (c Class) Strong() bool {
	switch c {
	case Email, CreditCard, IBAN, NationalID, Token, Phone, IP, MAC, IMEI, VIN, Crypto, Capability:
		return true
	}
	return false
}
