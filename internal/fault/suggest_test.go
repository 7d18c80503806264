package fault

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"email", "phone", "full_name", "first_name", "last_name", "ip", "iban", "keep", "null"}
	for word, want := range map[string]string{
		"emial": "email", "e-mail": "email", "Email": "email", "fullname": "full_name", "firstname": "first_name", "kep": "keep",
		"telephone": "", "zzz": "", "": "", "ibna": "iban", "ssn": "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
