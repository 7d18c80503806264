package fake

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"refresher/internal/pii"
)

// Whoever knows the documented password can log in.
func TestPasswordHashes(t *testing.T) {
	if err := bcrypt.CompareHashAndPassword([]byte(PasswordBcrypt), []byte(Password)); err != nil {
		t.Error(err)
	}
	if cost, err := bcrypt.Cost([]byte(PasswordBcrypt)); cost != 10 || err != nil {
		t.Errorf("cost %d, %v", cost, err)
	}
	parts := strings.Split(PasswordArgon2, "$")
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || parts[3] != "m=65536,t=3,p=4" || parts[2] != "v=19" {
		t.Fatalf("%q, %v", parts, err)
	}
	key := argon2.IDKey([]byte(Password), salt, 3, 65536, 4, 32)
	if got := base64.RawStdEncoding.EncodeToString(key); got != parts[5] {
		t.Errorf("%s, not %s", got, parts[5])
	}
}

// Metabase keeps a salt beside the hash and verifies salt ‖ password (jBCrypt, 2a).
func TestSaltedBcrypt(t *testing.T) {
	seen := map[string]bool{}
	for _, salt := range []string{"", "default", "0f1c5a2e-9d1b-4a53-8f0e-1c2d3e4f5a6b"} {
		hash := AppendSaltedBcrypt(nil, salt)
		if err := bcrypt.CompareHashAndPassword(hash, []byte(salt+Password)); err != nil {
			t.Errorf("salt %q: %v", salt, err)
		}
		if cost, err := bcrypt.Cost(hash); cost != 10 || err != nil || !strings.HasPrefix(string(hash), "$2a$") {
			t.Errorf("%s: cost %d, %v", hash, cost, err)
		}
		if bcrypt.CompareHashAndPassword(hash, []byte(salt+"another")) == nil {
			t.Error("every password fits")
		}
		if !Recognise(pii.Token, hash) || seen[string(hash)] || string(AppendSaltedBcrypt(nil, salt)) != string(hash) {
			t.Errorf("%s is not recognised, or not of its salt alone", hash)
		}
		seen[string(hash)] = true
	}
	if string(AppendSaltedBcrypt(nil, "")) != PasswordBcrypt2a {
		t.Error("the hash without a salt is another one")
	}
	real, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost)
	if err != nil || Recognise(pii.Token, real) {
		t.Errorf("a real hash is taken for ours (%v)", err)
	}
}

// Werkzeug takes the salt as it is written, and hex digits behind it.
func TestWerkzeugHashes(t *testing.T) {
	p := strings.Split(PasswordPBKDF2, "$")
	key, err := pbkdf2.Key(sha256.New, Password, []byte(p[1]), 600000, 32)
	if err != nil || p[0] != "pbkdf2:sha256:600000" || hex.EncodeToString(key) != p[2] {
		t.Errorf("%x, %v", key, err)
	}
	p = strings.Split(PasswordScrypt, "$")
	key, err = scrypt.Key([]byte(Password), []byte(p[1]), 32768, 8, 1, 64)
	if err != nil || p[0] != "scrypt:32768:8:1" || hex.EncodeToString(key) != p[2] {
		t.Errorf("%x, %v", key, err)
	}
}
