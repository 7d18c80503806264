package transform

import (
	"fmt"
	"sync/atomic"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func usernameDef() Definition {
	return Definition{
		Name: "username", Suggest: []string{"username", "user_name", "login", "nickname"}, Distinct: useToken(caseAlike), Class: pii.Username, Families: []Family{FamilyText}, Unique: true, ForUnique: plainly, Bits: hashBits, Space: "2^20 to 2^130, by hash",
		Doc: "A login name: a given name, an invented surname and a hash; without the names where a column is narrow. Names that differ only in case or surrounding space map alike, for one subject if the table has one.",
		Params: []Param{{Name: "hash", Kind: rules.Number, Min: fake.MinUserHash, Max: fake.MaxHash, Default: "16",
			Doc: "characters of the hash that keeps names distinct, 5 bits each; short ones read well, and fit no unique column"}, localeParam(), subjectParam(true)},
		Follow:  followUsername,
		Example: Example{Rule: "username", Value: "jdoe84"},
		Build:   buildUsername,
	}
}

func buildUsername(d *Domain) (Masks, error) {
	form := fake.UsernameForm{First: true, Surname: true, Hash: d.Args.number("hash"), Locale: d.Args.locale()}
	if d.chars(form.MaxLen()) != nil {
		form.First = false
	}
	if d.chars(form.MaxLen()) != nil && form.Hash >= fake.MinHash {
		form.Surname = false
	}
	m := &usernameMasker{form: form, identity: identity{domainPrefix(d.Name), normal.Folded, func(dst []byte, h *fake.Digest, _ []byte) []byte {
		return fake.AppendUsername(dst, h, form)
	}}}
	return Masks{FamilyText: m}, d.chars(form.MaxLen())
}

// useToken is said where a unique column tells apart what a transform maps alike.
func useToken(alike string) func(Args) string {
	return func(Args) string { return "maps " + alike + ", and the index tells them apart: use token" }
}

const caseAlike = "values that differ only in case or surrounding space alike"

// usernameMasker replaces login names.
type usernameMasker struct {
	identity
	form    fake.UsernameForm
	subject bool // shows the name of the row's subject
}

func followUsername(m Masker) Masker {
	u := *m.(*usernameMasker)
	u.subject = true
	return &u
}

func (m *usernameMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	if m.subject {
		if who := r.subjectFace(); who != nil {
			return fake.AppendUsernameOf(dst, who, r.subjectGender(), m.Digest(r, text), m.form), nil
		}
	}
	return m.identity.Replace(r, dst, text)
}

func passwordDef() Definition {
	return Definition{
		Name: "password", Suggest: []string{"password", "passwd"}, Class: pii.Token, Families: []Family{FamilyText}, Plain: true,
		Doc: "The hash of one known password, \"" + fake.Password + "\", so that everybody can log in to staging and nobody's own password is there.",
		Params: []Param{{Name: "hash", Kind: rules.String, Default: "bcrypt",
			Choices: []string{"bcrypt", bcrypt2a, "argon2id", "pbkdf2-werkzeug", "scrypt-werkzeug"},
			Doc: "what the application verifies: bcrypt is $2b$ of cost 10, 60 characters, bcrypt-2a the " +
				"same as $2a$; " +
				"argon2id has 64 MiB, 3 passes, 4 lanes, 97 characters; " +
				"pbkdf2-werkzeug and scrypt-werkzeug are method$salt$hex as Werkzeug writes it, 102 and 162 characters"}, SaltParam},
		Example: Example{Rule: "password", Value: "$2a$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234"},
		Check: func(a Args, _ Place) error {
			if a.Text(SaltParam.Name) != "" && a.Text("hash") != bcrypt2a {
				return fmt.Errorf("takes a salt with hash: %s only: other hashes hold theirs", bcrypt2a)
			}
			return nil
		},
		Build: func(d *Domain) (Masks, error) {
			hash := []byte(fake.PasswordBcrypt)
			switch d.Args.Text("hash") {
			case bcrypt2a:
				hash = []byte(fake.PasswordBcrypt2a)
			case "argon2id":
				hash = []byte(fake.PasswordArgon2)
			case "pbkdf2-werkzeug":
				hash = []byte(fake.PasswordPBKDF2)
			case "scrypt-werkzeug":
				hash = []byte(fake.PasswordScrypt)
			}
			return Masks{FamilyText: Fixed{hash}}, d.chars(len(hash))
		},
	}
}

const bcrypt2a = "bcrypt-2a"

// SaltParam names the column whose new value goes before the password.
var SaltParam = Param{Name: "salt", Kind: rules.String, Optional: true,
	Doc: "with bcrypt-2a: the column whose value, as staging gets it, the application puts before the password (Metabase)"}

// Salted is the template of a hash of one password, salted by another column of the row.
func Salted(salt *catalog.Column) *Template {
	var last atomic.Pointer[[2]string] // most rows have the salt of the row before
	return &Template{Format: "{" + salt.Name + "}", Class: pii.Token, Parts: []TemplatePart{{Column: salt}},
		Finish: func(dst []byte, start int) []byte {
			made := last.Load()
			if made == nil || made[0] != string(dst[start:]) {
				text := string(dst[start:])
				made = &[2]string{text, string(fake.AppendSaltedBcrypt(nil, text))}
				last.Store(made)
			}
			return append(dst[:start], made[1]...)
		}}
}
