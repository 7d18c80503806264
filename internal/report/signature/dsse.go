package signature

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"

	"refresher/internal/fault"
)

// Envelope is a DSSE envelope (Dead Simple Signing Envelope, protocol 1.0.2), in which a
// payload and its signatures stand together.
type Envelope struct {
	PayloadType string              `json:"payloadType"` // a media type
	Payload     []byte              `json:"payload"`     // in base64
	Signatures  []EnvelopeSignature `json:"signatures"`
}

// EnvelopeSignature is one signature of an envelope.
type EnvelopeSignature struct {
	KeyID string `json:"keyid"` // empty: programs differ in how they name keys, and try all they trust
	Sig   []byte `json:"sig"`   // in base64
}

// Seal makes the envelope of a payload, as one line of JSON.
func (s Signer) Seal(payloadType string, payload []byte) ([]byte, error) {
	text, err := json.Marshal(Envelope{payloadType, payload, []EnvelopeSignature{
		{"", ed25519.Sign(s.private, preAuthentication(payloadType, payload))},
	}})
	if err != nil {
		return nil, fmt.Errorf("writing an envelope: %w", err)
	}
	return append(text, '\n'), nil
}

// Open returns the payload of an envelope that a trusted key signed. Anything else is a
// *[fault.Refusal].
func Open(envelope []byte, payloadType string, trusted ...PublicKey) ([]byte, error) {
	var e Envelope
	if json.Unmarshal(envelope, &e) != nil || e.PayloadType != payloadType {
		return nil, fault.Refuse(Gate, "this is no DSSE envelope of type %s", payloadType)
	}
	signed := preAuthentication(e.PayloadType, e.Payload)
	for _, s := range e.Signatures {
		if slices.ContainsFunc(trusted, func(k PublicKey) bool { return ed25519.Verify(k.value, signed, s.Sig) }) {
			return e.Payload, nil
		}
	}
	return nil, fault.Refuse(Gate, "no trusted key signed the envelope, or it was changed since")
}

// preAuthentication is what is signed of a payload (DSSE's PAE): its type and length are, too.
func preAuthentication(payloadType string, payload []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload)), payload...)
}
