package scrub

import "testing"

// What two different values stay different in, as PostgreSQL prints it.
func TestDistinctBy(t *testing.T) {
	for expr, want := range map[string]struct {
		path string
		fold bool
		ok   bool
	}{
		"mail":                        {"", false, true},
		"lower((mail)::text)":         {"", true, true},
		"lower(TRIM(BOTH FROM mail))": {"", true, true},
		"upper(btrim((mail)::text))":  {"", true, true},
		"md5(mail)":                   {"", false, true},
		"md5(lower((mail)::text))":    {"", true, true},
		"encode(sha256(convert_to(mail, 'UTF8'::name)), 'hex'::text)": {"", false, true},
		"digest(mail, 'sha256'::text)":                                {"", false, true},
		"(mail ->> 'email'::text)":                                    {"email", false, true},
		"lower((mail ->> 'email'::text))":                             {"email", true, true},
		"((mail -> 'contact'::text) ->> 'mail'::text)":                {"contact.mail", false, true},
		"(mail #>> '{contact,mail}'::text[])":                         {"contact.mail", false, true},
		"\"left\"(mail, 3)":                                           {"", false, false},
		"(lower(mail) || lower(mail))":                                {"", false, false},
		"COALESCE(mail, ''::text)":                                    {"", false, false},
	} {
		got, ok := distinctBy(expr, "mail")
		if ok != want.ok || ok && (got.path != want.path || got.fold != want.fold) {
			t.Errorf("%s: %+v, %v", expr, got, ok)
		}
	}
}

// What is NULL where its column is.
func TestIsStrict(t *testing.T) {
	for expr, want := range map[string]bool{
		"": true, "lower(TRIM(BOTH FROM mail))": true, "md5(mail)": true, "(doc ->> 'case'::text)": true, "\"left\"(code, 3)": true,
		"((a)::text || (b)::character varying(30))": true, "COALESCE(mail, ''::text)": false, "(mail IS NULL)": false,
		"CASE WHEN (a > 0) THEN b ELSE c END": false, "own_function(mail)": false, "concat(a, b)": false,
	} {
		if got := isStrict(expr); got != want {
			t.Errorf("%s: %v", expr, got)
		}
	}
}
