package report

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"refresher/internal/fault"
	"refresher/internal/report/signature"
)

// newSigner is a key that stands in no file.
func newSigner(t *testing.T) signature.Signer {
	t.Helper()
	seed := make([]byte, 32)
	rand.Read(seed)
	s, err := signature.ParseSigner([]byte(hex.EncodeToString(seed)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// attested is a run's report and its attestation.
func attested(t *testing.T, s signature.Signer, outcome Outcome, objects ...Object) []byte {
	t.Helper()
	r := &Report{Run: "20261121T030000Z-7f3a", Outcome: outcome, SchemaHash: signature.Hash([]byte("schema")),
		Staging: Server{Database: "shop"}}
	if err := r.Sign(s); err != nil {
		t.Fatal(err)
	}
	envelope, err := r.Attest(s, objects)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func TestAnAttestationIsOfItsDataset(t *testing.T) {
	s, other := newSigner(t), newSigner(t)
	dump := Object{"shop.dump", 4, signature.Hash([]byte("rows"))}
	good := attested(t, s, fault.Done, dump)
	check := func(envelope []byte, run string, o Object, by signature.Signer, want string) {
		t.Helper()
		err := CheckAttestation(envelope, run, []Object{o}, by.Public())
		if got := ""; err != nil {
			if got = err.Error(); want == "" || !strings.Contains(got, want) {
				t.Errorf("%v, want %q", err, want)
			}
		} else if want != "" {
			t.Errorf("no error, want %q", want)
		}
	}
	const run = "20261121T030000Z-7f3a"
	check(good, run, dump, s, "")
	check(good, run, dump, other, "no trusted key signed")
	check(good, "20261122T030000Z-7f3a", dump, s, "not of run 20261122T030000Z-7f3a")
	check(good, run, Object{"shop.dump", 4, signature.Hash([]byte("other"))}, s, "shop.dump: it attests no such object")
	check(attested(t, s, fault.Refused, dump), run, dump, s, "which was refused")
	check([]byte("{}"), run, dump, s, "no DSSE envelope")
	var e signature.Envelope
	if err := json.Unmarshal(good, &e); err != nil {
		t.Fatal(err)
	}
	e.Payload = []byte(strings.Replace(string(e.Payload), "shop.dump", "evil.dump", 1))
	forged, _ := json.Marshal(e)
	check(forged, run, Object{"evil.dump", 4, dump.SHA256}, s, "or it was changed")
	plain, err := s.Seal("application/vnd.in-toto+json", []byte(`{"_type":"https://in-toto.io/Statement/v0.1"}`))
	if err != nil {
		t.Fatal(err)
	}
	check(plain, run, dump, s, "no statement about a report")
}

// outsider verifies as go-securesystemslib has it.
type outsider struct{ key ed25519.PublicKey }

func (o outsider) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(o.key, data, sig) {
		return os.ErrInvalid
	}
	return nil
}
func (o outsider) KeyID() (string, error)   { return "", nil }
func (o outsider) Public() crypto.PublicKey { return o.key }

// Another implementation of DSSE takes the envelope with the public key alone, and the
// payload is an in-toto statement.
func TestOutsidersCheckAttestations(t *testing.T) {
	s := newSigner(t)
	envelope := attested(t, s, fault.Done, Object{"shop.dump", 4, signature.Hash([]byte("rows"))})
	key, err := s.Public().PEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(key)
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := dsse.NewEnvelopeVerifier(outsider{public.(ed25519.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	var e dsse.Envelope
	if err := json.Unmarshal(envelope, &e); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), &e); err != nil {
		t.Error(err)
	}
	payload, err := e.DecodeB64Payload()
	if err != nil || e.PayloadType != "application/vnd.in-toto+json" {
		t.Fatal(e.PayloadType, err)
	}
	var st map[string]any
	if err := json.Unmarshal(payload, &st); err != nil || st["_type"] != "https://in-toto.io/Statement/v1" ||
		len(st["subject"].([]any)) != 2 || st["predicate"].(map[string]any)["outcome"] != "done" {
		t.Errorf("%v: %.300s", err, payload)
	}
	e.Payload = e.Payload[:len(e.Payload)-8]
	if _, err := verifier.Verify(t.Context(), &e); err == nil {
		t.Error("a payload that was cut is good")
	}
}
