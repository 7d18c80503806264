package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
)

func key(t *testing.T, text string) secret.Key {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return secret.KeyOf(b)
}

const hexKey = "6b6579206f6620746865206669727374207465616d2e2e2e2e2e2e2e2e2e2e31"

// wantDerived is what hexKey derives.
const wantDerived = "sJ+qDevBQ3NbWLHdeXNCnZaK74Da7m35QHv1bzNKd+I="

func derived(t *testing.T) Signer {
	t.Helper()
	s, err := Derive(key(t, hexKey))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The examples of RFC 8785 §3.2.2 and §3.2.3, and what follows from its text.
func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		`{"numbers":[333333333.33333329,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`: `{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`:                                                                                    "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}",
		` [ 1.0 , -0 , 1e2, 0.000001, 0.0000001, 1.5e-10, -12 ] `:                                                                                                        `[1,0,100,0.000001,1e-7,1.5e-10,-12]`,
		`"<&>\u2028\u007f\b\f"`:                    "\"<&>\u2028\u007f\\b\\f\"",
		`{"b":{"d":1,"c":[{"z":1,"a":2}]},"a":{}}`: `{"a":{},"b":{"c":[{"a":2,"z":1}],"d":1}}`,
		`9007199254740991`:                         `9007199254740991`,
		`[]`:                                       `[]`, `{}`: `{}`,
	} {
		got, err := Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "{", "1 2", "{} {}", "\xff", `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `"\ud800"`, `"\ud800x"`, `"\udc00\ud800"`, `"\ud83d\ud83d"`,
		"9007199254740992", "-9007199254740993", "9007199254740992.5", "1e400", "1e21", strings.Repeat("[", maxDepth+2) + strings.Repeat("]", maxDepth+2)} {
		if got, err := Canonical([]byte(in)); err == nil {
			t.Errorf("%q has the canonical form %s", in, got)
		}
	}
	// An escaped backslash before a u is no escape.
	if _, err := Canonical([]byte(`"\\ud800"`)); err != nil {
		t.Error(err)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.5e-9,"x\u00e9\ud83d\ude00\\ud800"],"a":null}`, `{"a":1,"a":2}`, `"\ud800"`, `-0.0`, `[[[[{}]]]]`, `1e-7`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := Canonical(in)
		if err != nil {
			return
		}
		if again, err := Canonical(once); err != nil || !bytes.Equal(once, again) {
			t.Errorf("%q: %q becomes %q, %v", in, once, again, err)
		}
		// It says the same to another reader.
		var a, b any
		if json.Unmarshal(in, &a) != nil || json.Unmarshal(once, &b) != nil {
			t.Fatalf("%q: not JSON any more", in)
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if strings.ReplaceAll(string(x), "-0", "0") != strings.ReplaceAll(string(y), "-0", "0") {
			t.Errorf("%q: %s became %s", in, x, y)
		}
	})
}

func TestDerivedKeysAreStable(t *testing.T) {
	s := derived(t)
	// RFC 5869 with SHA-256, then RFC 8032: computed with `openssl kdf HKDF` and `openssl pkey`.
	if got := s.Public().String(); got != wantDerived {
		t.Errorf("the key derived from a masking key became %s: every report signed before is now another's", got)
	}
	other, err := Derive(key(t, strings.Replace(hexKey, "6b", "6c", 1)))
	if err != nil || other.Public().Equal(s.Public()) || !s.Derived() {
		t.Errorf("two masking keys derive one signing key (%v)", err)
	}
	if strings.Contains(s.String()+s.GoString(), string(s.private)) || s.String() != "signer "+s.Public().String() {
		t.Error("a signer prints more than its public key")
	}
}

func TestCheck(t *testing.T) {
	s := derived(t)
	doc := []byte(`{"run":"r1","rows":12,"ok":true,"tables":[{"table":"a"},{"table":"b"}]}`)
	canonical, err := Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	sig := s.Sign(canonical)
	checked, err := Check(doc, sig, s.Public())
	if err != nil || checked.SHA256 != Hash(canonical) || !checked.Key.Equal(s.Public()) {
		t.Fatalf("%+v, %v", checked, err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, doc, "", "\t"); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(indented.Bytes(), sig, s.Public()); err != nil {
		t.Errorf("indenting breaks the signature: %v", err)
	}
	stranger, err := ParseSigner([]byte(randomHex()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(doc, sig, stranger.Public(), s.Public()); err != nil {
		t.Errorf("one of two trusted keys is not enough: %v", err)
	}
	changed := bytes.Replace(canonical, []byte("12"), []byte("13"), 1)
	relabelled := bytes.Replace(stranger.Sign(canonical), []byte(stranger.Public().String()),
		[]byte(s.Public().String()), 1)
	rehashed := bytes.Replace(sig, []byte(Hash(canonical)), []byte(Hash(changed)), 1)
	for name, c := range map[string]struct {
		doc, sig []byte
		want     string
	}{
		"changed":               {changed, sig, "changed after it was signed"},
		"changed, new hash":     {changed, rehashed, "the report or its signature was changed"},
		"another key":           {canonical, stranger.Sign(canonical), "signed by another key (" + stranger.Public().String() + ") than the trusted one (" + s.Public().String() + ")"},
		"another key's, hidden": {canonical, relabelled, "the report or its signature was changed"},
		"twice":                 {[]byte(`{"rows":12,"rows":13}`), sig, "one key twice"},
		"no JSON":               {[]byte("<html>"), sig, "no report"},
		"no signature":          {canonical, []byte("{}"), "none of refresher's"},
		"empty":                 {canonical, nil, "none of refresher's"},
		"cut":                   {canonical, bytes.Replace(sig, []byte(`"signature": "`), []byte(`"signature": "AAAA`), 1), "no Ed25519 signature"},
	} {
		_, err := Check(c.doc, c.sig, s.Public())
		var refusal *fault.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var input *fault.Input
	if _, err := Check(doc, sig); !errors.As(err, &input) {
		t.Errorf("without a trusted key: %v", err)
	}
	// Every single bit counts.
	for i := range canonical {
		flipped := bytes.Clone(canonical)
		flipped[i] ^= 1
		if _, err := Check(flipped, sig, s.Public()); err == nil {
			t.Errorf("byte %d can be changed", i)
		}
	}
}

func TestKeysAsText(t *testing.T) {
	s := derived(t)
	pemKey, err := s.Public().PEM()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{s.Public().String(), " " + s.Public().String() + "\n", strings.TrimRight(s.Public().String(), "="), string(pemKey)} {
		p, err := ParsePublicKey([]byte(text))
		if err != nil || !p.Equal(s.Public()) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "abc", hexKey[:62], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "-----BEGIN nothing"} {
		if _, err := ParsePublicKey([]byte(text)); err == nil {
			t.Errorf("%q is a public key", text)
		}
	}
	for _, text := range []string{"", "hunter2", strings.Repeat("00", 32), hexKey[:60], "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "-----BEGIN EC PRIVATE KEY-----", string(pemKey)} {
		if _, err := ParseSigner([]byte(text)); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What is documented for those who trust no program of ours: openssl makes the
// key, checks the signature, and derives the same key.
func TestOpenSSLAgrees(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl")
	}
	dir := t.TempDir()
	in := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) string {
		out, err := exec.Command(openssl, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	s, err := ParseSigner([]byte(run("genpkey", "-algorithm", "ed25519")))
	if err != nil {
		t.Fatal(err)
	}
	doc := []byte(`{"rows":12}`)
	var sig Signature
	if err := json.Unmarshal(s.Sign(doc), &sig); err != nil {
		t.Fatal(err)
	}
	raw := decode(t, sig.Signature)
	pemKey, err := s.Public().PEM()
	if err != nil {
		t.Fatal(err)
	}
	run("pkeyutl", "-verify", "-pubin", "-inkey", in("key.pem", pemKey), "-rawin", "-in", in("report.json", doc),
		"-sigfile", in("sig", raw))

	seed := strings.ToLower(
		strings.NewReplacer(":", "", "\n", "").Replace(run("kdf", "-keylen", "32", "-kdfopt", "digest:SHA256", "-kdfopt", "hexkey:"+hexKey, "-kdfopt", "info:"+info, "HKDF")),
	)
	if other, err := ParseSigner([]byte(seed)); err != nil || !other.Public().Equal(derived(t).Public()) {
		t.Errorf("openssl derives another key (%v)", err)
	}
}

var b64 = base64.StdEncoding.Strict()

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b := make([]byte, 64)
	if n, err := b64.Decode(b, []byte(text)); err != nil || n != 64 {
		t.Fatal(n, err)
	}
	return b
}

// Under a key of small order, anybody's signature of any report is good.
func TestKeysOfSmallOrderAreRefused(t *testing.T) {
	var all [][]byte
	for _, y := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			b := bytes.Clone(y[:])
			b[31] |= sign
			all = append(all, b)
		}
	}
	for _, b := range all {
		forged := false
		for n := range 64 { // of the forger's tries one in eight succeeds
			for _, r := range all {
				sig := append(bytes.Clone(r), make([]byte, 32)...)
				forged = forged || ed25519.Verify(b, fmt.Appendf(nil, `{"run":"forged","try":%d}`, n), sig)
			}
		}
		if !forged {
			t.Errorf("%x is not of small order", b)
		}
		for _, text := range []string{hex.EncodeToString(b), base64.StdEncoding.EncodeToString(b)} {
			if _, err := ParsePublicKey([]byte(text)); err == nil || !strings.Contains(err.Error(), "small order") {
				t.Errorf("%s is taken as a key: %v", text, err)
			}
		}
		pem, err := PublicKey{b}.PEM()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePublicKey(pem); err == nil || !strings.Contains(err.Error(), "small order") {
			t.Errorf("%x in PEM is taken as a key: %v", b, err)
		}
	}
}

// randomHex are 32 random bytes: a key that stands in a test is refused, as everybody has it.
func randomHex() string {
	b := make([]byte, 32)
	rand.Read(b)
	return hex.EncodeToString(b)
}
