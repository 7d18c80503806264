// Package signature signs reports, and checks signatures.
//
//	s, err := evidence.Derive(key)                     // or ParseSigner, for a key of its own
//	doc, err := evidence.Canonical(json)               // the bytes that are signed
//	sig := s.Sign(doc)                                 // what stands beside the report
//	checked, err := evidence.Check(doc, sig, trusted)  // err is a *fault.Refusal unless all is well
//
// # Canonical bytes
//
// What is signed is the report in the form of RFC 8785 (JSON Canonicalization
// Scheme): no white space, keys sorted by their UTF-16 code units, numbers as
// ECMAScript prints them, no escapes but the needed ones. A report that was
// indented, passed through jq, or kept in a jsonb column has the same canonical
// bytes, so its signature still holds; a report that says anything else doesn't.
//
// As that RFC asks, and RFC 7493 (I-JSON) with it, no form exists of a document
// that readers could understand differently: one with a key twice in an object,
// with text that is not Unicode, or with a number beyond ±2⁵³, which not every
// reader holds exactly. Such a document is refused.
//
// # Signature
//
// The signature is Ed25519 (RFC 8032, pure) over the canonical bytes and nothing
// else, so that any other tool can check it:
//
//	jq -r .signature report.json.sig | base64 -d > sig
//	openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in report.json -sigfile sig
//
// # Keys
//
// A signing key is 32 bytes. [Derive] makes it from the masking key by HKDF
// (RFC 5869, SHA-256, no salt, info "refresher/report-signature/v1"), so every
// report is signed even where nobody configured a key; the masking key can't be
// computed from it. Whoever can mask can then also sign. A key of its own
// ([ParseSigner]) separates the two.
package signature
