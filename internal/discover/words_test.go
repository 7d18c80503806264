package discover

import (
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fold"
	"refresher/internal/scrub/transform"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]pii.Class{
		"email": pii.Email, "E-Mail": pii.Email, "UserEmail": pii.Email, "correo_electronico": pii.Email, "email_verified_at": pii.None, "email_template_name": pii.None,
		"first_name": pii.FirstName, "FirstName": pii.FirstName, "firstname": pii.FirstName, "f_name": pii.FirstName, "Vorname": pii.FirstName, "prénom": pii.FirstName, "imię": pii.FirstName,
		"lname": pii.LastName, "apellidos": pii.LastName, "sobrenome": pii.LastName, "фамилия": pii.LastName, "mother_maiden_name": pii.LastName,
		"customer_name": pii.FullName, "nombre_cliente": pii.FullName, "card_holder": pii.FullName, "姓名": pii.FullName, "product_name": pii.None, "file_name": pii.None,
		"phone": pii.Phone, "tel": pii.Phone, "telefonnummer": pii.Phone, "MobileNo": pii.Phone, "phone_type": pii.None, "cell_line": pii.None,
		"dob": pii.BirthDate, "DoB": pii.BirthDate, "dateofbirth": pii.BirthDate, "fecha_nacimiento": pii.BirthDate, "Geburtsdatum": pii.BirthDate, "place_of_birth": pii.City,
		"ssn": pii.NationalID, "codice_fiscale": pii.NationalID, "national_id": pii.NationalID, "tax_id": pii.NationalID, "tax_rate": pii.None, "passport_no": pii.NationalID, "vehicle_plate": pii.NationalID,
		"addressline1": pii.Street, "billing_address": pii.Street, "calle": pii.Street, "address_type": pii.None, "ip_address": pii.IP, "email_address": pii.Email,
		"postalcode": pii.Postcode, "PLZ": pii.Postcode, "codigo_postal": pii.Postcode, "last_login_ip": pii.IP, "user_agent": pii.UserAgent,
		"encrypted_password": pii.Token, "api_key": pii.Token, "reset_password_token": pii.Token, "password_changed_at": pii.None, "keyword": pii.None,
		"iban": pii.IBAN, "bank_account_number": pii.IBAN, "credit_card_number": pii.CreditCard, "cc_number": pii.CreditCard,
		"username": pii.Username, "user_login": pii.Username, "nickname": pii.Username, "gender": Gender, "Geschlecht": Gender, "religion": Special, "marital_status": Special,
		"notes": pii.FreeText, "comment": pii.FreeText, "status": pii.None, "id": pii.None, "customer_id": pii.None, "price": pii.None, "is_email": pii.None, "num_children": pii.None,
		"": pii.None, "___": pii.None, "1": pii.None,
	} {
		if got := hintOf(understand(name), transform.FamilyText, understand("")).class; got != want {
			t.Errorf("%q is %s, want %s (%v)", name, got, want, understand(name).parts)
		}
	}
}

func TestSegments(t *testing.T) {
	for word, want := range map[string]string{
		"daysuntilbirthday": "daysuntilbirthday", "customerfirstname": "customer firstname", "businessentityid": "business entity id", "billingpostalcode": "billing postalcode", "contactname": "contactname",
		"information": "information", "xyzemail": "xyz email", "format": "format", "payload": "payload", "framework": "framework", "ambulancedriver": "ambulance driver", "kreditkartennummer": "kreditkartennummer", "versicherungsnummer": "versicherungs nummer", "qwertyuiop": "qwertyuiop",
	} {
		if got := strings.Join(segments(word), " "); got != want {
			t.Errorf("%s is %q, want %q", word, got, want)
		}
	}
}

func TestVocabularyIsPlain(t *testing.T) {
	for w := range meaningsOf() {
		if w != strings.ToLower(fold.Accents(w)) || strings.ContainsAny(w, "_ -") {
			t.Errorf("%q can't be met in a name", w)
		}
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, s := range []string{"", "É\xff_x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ofofofofofofofof", "İstanbul"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := understand(s)
		for _, p := range n.parts {
			if p == "" || utf8.ValidString(s) && !utf8.ValidString(p) {
				t.Errorf("%q has the part %q", s, p)
			}
		}
		for _, f := range []transform.Family{transform.FamilyText, transform.FamilyNumber, transform.FamilyDate} {
			if h := hintOf(n, f, n); h.score < 0 || h.score > 1 {
				t.Errorf("%q scores %f", s, h.score)
			}
		}
	})
}
