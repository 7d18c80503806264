package signature

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"refresher/internal/fault"
)

// Suffix is what the name of a signature has behind that of its report.
const Suffix = ".sig"

// format names the form of a signature file.
const format = "refresher-report-signature/1"

// Gate is the gate of the refusals that Check returns.
const Gate = "report signature"

// Signature is a signature file.
type Signature struct {
	Format    string `json:"format"`    // "refresher-report-signature/1"
	Algorithm string `json:"algorithm"` // "Ed25519"
	PublicKey string `json:"public_key"`
	SHA256    string `json:"sha256"`    // of the canonical bytes, in hex: not signed, for people and manifests
	Signature string `json:"signature"` // 64 bytes in base64
}

// Sign makes the signature file of a canonical document.
func (s Signer) Sign(canonical []byte) []byte {
	text, _ := json.MarshalIndent(Signature{ // of strings: cannot fail
		Format: format, Algorithm: "Ed25519", PublicKey: s.Public().String(), SHA256: Hash(canonical),
		Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, canonical)),
	}, "", "  ")
	return append(text, '\n')
}

// Hash is SHA-256 in hex.
func Hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Checked is what a good signature proves.
type Checked struct {
	Canonical []byte // the report's canonical bytes
	SHA256    string // of them
	Key       PublicKey
}

// Check checks a report's signature file against the keys that are trusted. That
// a report carries a key proves nothing: anybody can sign with a key of his own.
// Every way in which the report is not what a trusted key signed is a
// *[fault.Refusal].
func Check(report, signature []byte, trusted ...PublicKey) (*Checked, error) {
	if len(trusted) == 0 {
		return nil, fault.BadInput("no public key is trusted, so no signature can be checked")
	}
	doc, err := Canonical(report)
	if err != nil {
		return nil, fault.Refuse(Gate, "this is no report as refresher signs it: %v", err)
	}
	var s Signature
	if err := json.Unmarshal(signature, &s); err != nil || s.Format != format || s.Algorithm != "Ed25519" {
		return nil, fault.Refuse(Gate, "the signature file is none of refresher's (format %s)", format)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(s.Signature)
	if err != nil || len(raw) != ed25519.SignatureSize {
		return nil, fault.Refuse(Gate, "the signature file holds no Ed25519 signature")
	}
	for _, key := range trusted {
		if ed25519.Verify(key.value, doc, raw) {
			return &Checked{doc, Hash(doc), key}, nil
		}
	}
	named, err := ParsePublicKey([]byte(s.PublicKey))
	switch {
	case err == nil && ed25519.Verify(named.value, doc, raw):
		return nil, fault.Refuse(
			Gate,
			"the report is signed by another key (%s) than the trusted one (%s): whoever made it does not hold the "+
				"key that you trust",
			named,
			list(trusted),
		)
	case s.SHA256 != Hash(doc):
		return nil, fault.Refuse(
			Gate,
			"the report was changed after it was signed: its SHA-256 (%.16s…) is not the one that the signature "+
				"was made for",
			Hash(doc),
		)
	}
	return nil, fault.Refuse(Gate, "the signature is not one of this report: the report or its signature was changed")
}

func list(keys []PublicKey) string {
	text := keys[0].String()
	if len(keys) > 1 {
		text = fmt.Sprintf("%s and %d more", text, len(keys)-1)
	}
	return text
}
