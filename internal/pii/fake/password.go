package fake

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"golang.org/x/crypto/blowfish" //nolint:staticcheck // bcrypt with a salt that is given can be had by it alone
)

// Password is the word behind the hashes that stand for every password.
const Password = "staging-password"

// Hashes of Password, each in a form that programs verify.
const (
	// PasswordBcrypt is bcrypt of cost 10 in OpenBSD's form 2b.
	PasswordBcrypt = "$2b$10$w.VFD3bY1TYlCjoKuydBSuhFvxmGLX2TajSMZPiJeOli6wvwlJbuK"
	// PasswordBcrypt2a is the same in the form 2a: AppendSaltedBcrypt without a salt.
	PasswordBcrypt2a = "$2a$10$staging.password25BCOeGZNuk1eswoyoF7t6M0C9Nb44fbhqHZO"
	// PasswordArgon2 is Argon2id (RFC 9106) with 64 MiB, 3 passes and 4 lanes.
	PasswordArgon2 = "$argon2id$v=19$m=65536,t=3,p=4$3DHPfeGYnDhgSVOz3oxTrA$SOzk8ZQvmbmpphAX5L0if+zNgJgm3DTKe7QKOdU4cH4"
	// PasswordPBKDF2 is PBKDF2 (RFC 8018) in the form of Werkzeug: method$salt$hex.
	PasswordPBKDF2 = "pbkdf2:sha256:600000$staging.password$" +
		"e44d981a40f6d46271a1bb409725558ca50af17a5ec44509eb8a4563283ebf40"
	// PasswordScrypt is scrypt (RFC 7914) in the form of Werkzeug.
	PasswordScrypt = "scrypt:32768:8:1$staging.password$" +
		"fbc583c25c39160c2d60de25020a3e5480b4367253c2d2af3c807a099c085c7c" +
		"cc65912d074b8fe4d91d67ebe6cfba8cc09f0c169c57d40352018e5a7b071761"
)

// bcryptMark is how the salt within a bcrypt hash made here begins: 96 bits that no random salt has.
const bcryptMark = "$2a$10$staging.password"

// bcryptLen is the length of every bcrypt hash in characters.
const bcryptLen = 60

// bcryptBase64 is the encoding of bcrypt's salts and hashes.
var bcryptBase64 = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZ" +
	"abcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

// AppendSaltedBcrypt appends the bcrypt hash of salt ‖ [Password] in the form 2a and of cost 10, for
// programs that keep a salt of their own beside the hash. The salt within the hash is a mark and a
// digest of salt, so equal salts give equal hashes, and [Recognise] knows them. It takes some 50 ms.
func AppendSaltedBcrypt(dst []byte, salt string) []byte {
	digest := sha256.Sum256([]byte(salt))
	mark, _ := bcryptBase64.DecodeString(strings.TrimPrefix(bcryptMark, "$2a$10$"))
	inner := slices.Concat(mark, digest[:4])
	key := append([]byte(salt+Password), 0)
	cipher, err := blowfish.NewSaltedCipher(key, inner)
	if err != nil { // of an empty key only
		panic(err)
	}
	for range 1 << 10 {
		blowfish.ExpandKey(key, cipher)
		blowfish.ExpandKey(inner, cipher)
	}
	text := []byte("OrpheanBeholderScryDoubt")
	for at := 0; at < len(text); at += blowfish.BlockSize {
		for range 64 {
			cipher.Encrypt(text[at:], text[at:])
		}
	}
	dst = bcryptBase64.AppendEncode(append(dst, "$2a$10$"...), inner)
	return bcryptBase64.AppendEncode(dst, text[:len(text)-1])
}

// isPasswordHash reports a hash of [Password].
func isPasswordHash(text []byte) bool {
	switch string(text) {
	case PasswordBcrypt, PasswordArgon2, PasswordPBKDF2, PasswordScrypt:
		return true
	}
	return len(text) == bcryptLen && string(text[:len(bcryptMark)]) == bcryptMark
}
