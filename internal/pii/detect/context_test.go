package detect

import (
	"testing"

	"refresher/internal/pii"
)

func TestContextOf(t *testing.T) {
	for name, want := range map[string]pii.Class{
		"email": pii.Email, "customerEmail": pii.Email, "E-Mail": pii.Email, "EMAIL_ADDRESS": pii.Email,
		"phone2": pii.Phone, "mobile_number": pii.Phone, "Telefon": pii.Phone, "téléphone": pii.Phone,
		"date_of_birth": pii.BirthDate, "dateOfBirth": pii.BirthDate, "DOB": pii.BirthDate, "d.o.b.": pii.BirthDate, "Geburtsdatum": pii.BirthDate, "data_de_nascimento": pii.BirthDate,
		"national_id": pii.NationalID, "taxId": pii.NationalID, "device_imei": pii.IMEI, "vin": pii.VIN, "swift_code": pii.BIC,
		"wallet_address": pii.Crypto, "api_key": pii.Token, "client_secret": pii.Token, "card_number": pii.CreditCard, "iban": pii.IBAN, "mac_addr": pii.MAC,
		"full_name": pii.FullName, "street": pii.Street, "lat": pii.Location,
	} {
		if !ContextOf(name).Says(want) {
			t.Errorf("%s does not say %s", name, want)
		}
	}
	for _, name := range []string{"", "id", "created_at", "amount", "sinus", "x7f3", "status", "panel", "vinyl"} {
		if c := ContextOf(name); c != (Context{}) {
			t.Errorf("%q says %+v", name, c)
		}
	}
	if ContextOf("users", "pesel") != ContextOf("pesel") {
		t.Error("names don't add up")
	}
}

// What is weak or nothing becomes strong by its column or a word beside it.
func TestScanInContextOfWords(t *testing.T) {
	for _, c := range []struct{ column, text, want string }{
		{"", "130 692 544", ""}, {"sin", "130 692 544", "national_id!:130 692 544"}, {"", "130 692 544 (SIN)", "national_id!:130 692 544"},
		{"", "130692544", "national_id:130692544"}, {"", `{"sin": "130692544"}`, "national_id!:130692544"},
		{"", "NHS no. 943 476 5919", "national_id!:943 476 5919"}, {"", "943 476 5919", "phone:943 476 5919"},
		{"pesel", "44051401359", "national_id!:44051401359"}, {"", "44051401359", "national_id:44051401359"},
		{"amount", "44051401359", "national_id:44051401359"},
		{"ssn", "219099998", "national_id!:219099998"}, {"", "219099998", ""},
		{"imei", "490154203237518", "imei!:490154203237518"}, {"", "490154203237518", "imei:490154203237518"}, {"", "IMEI 49-015420-323751-8", "imei!:49-015420-323751-8"},
		{"", "vin 1M8GDM9AXKP042788", "vin!:1M8GDM9AXKP042788"}, {"", "WVWZZZ1JZXW000001", ""}, {"vin", "WVWZZZ1JZXW000001", "vin!:WVWZZZ1JZXW000001"},
		{"", "DEUTDEFF500", ""}, {"bic", "DEUTDEFF", "bic:DEUTDEFF"}, {"", "BIC: DEUTDEFF500", "bic:DEUTDEFF500"},
		{"", "1987-03-21", ""}, {"dob", "1987-03-21", "birth_date:1987-03-21"}, {"", "born 21.3.1987 in Rome", "birth_date:21.3.1987"}, {"", "born 1987-03-21 10:00:00", ""},
		{"mobile", "0301234567", "phone!:0301234567"}, {"", "Phone:\n467 3395", "phone:467 3395"}, {"", "Tel. 0301234567", "phone!:0301234567"}, {"", "4155552671", "phone:4155552671"},
		{"", "call 4155552671 now", "phone!:4155552671"}, {"", "(11) 4706-6184", "phone:(11) 4706-6184"}, {"", "212-867-5309 x12, 212 867 5309 office", "phone!:212-867-5309 x12 | phone!:212 867 5309"},
		{"", "from 00:1b:44:11:3a:b7 and 00-1B-44-11-3A-B8, 001b.4411.3ab9", "mac!:00:1b:44:11:3a:b7 | mac!:00-1B-44-11-3A-B8 | mac!:001b.4411.3ab9"},
		{"", "00:11:22:33:44:55 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:fb 10:11:12:13:14:15:16", ""},
		{"", "to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT now", "crypto_address!:1BoatSLRHtKNngkdXEeobR76b53LETtpyT"},
		{"", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "crypto_address!:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
		{"", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "crypto_address!:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
		{"", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", ""}, {"wallet", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "crypto_address!:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
		{"", "at 40.712776, -74.005974.", "location:40.712776, -74.005974"}, {"", "[2.352222,48.856613]", "location:2.352222,48.856613"}, {"", "1.2345, 2.3456, 3.4567", ""},
		{"", "password: kR9mX2vLq8TzW4nB7yJc", "token!:kR9mX2vLq8TzW4nB7yJc"}, {"", "ref kR9mX2vLq8TzW4nB7yJcP3sD", "token:kR9mX2vLq8TzW4nB7yJcP3sD"},
		{"", "api_key=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "token!:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"}, {"", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", ""},
		{"", "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "token!:$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"},
		{"", "x pbkdf2:sha256:600000$Zk3vQ9xT1bLm$0a1b2c3d4e5f60710a1b2c3d4e5f60710a1b2c3d4e5f60710a1b2c3d4e5f6071", "token!:pbkdf2:sha256:600000$Zk3vQ9xT1bLm$0a1b2c3d4e5f60710a1b2c3d4e5f60710a1b2c3d4e5f60710a1b2c3d4e5f6071"},
		{"", `"john smith"@gmail.com, a..b@gmail.com`, `email!:"john smith"@gmail.com | email!:b@gmail.com`},
	} {
		if got := show(c.text, New().ScanIn(nil, []byte(c.text), ContextOf(c.column))); got != c.want {
			t.Errorf("%q in %q\n got %s\nwant %s", c.text, c.column, got, c.want)
		}
	}
}
