package report

import (
	"encoding/json"
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
)

// The names in an attestation, for the programs that check it.
const (
	AttestationName = "attestation.intoto.jsonl" // beside the report in a bucket
	StatementType   = "https://in-toto.io/Statement/v1"
	PredicateType   = "urn:refresher:report:1" // docs/report.schema.json
	payloadType     = "application/vnd.in-toto+json"
)

// Statement is an in-toto statement (v1): what the predicate, a report, is said of.
type Statement struct {
	Type          string          `json:"_type"`
	Subject       []Descriptor    `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// Descriptor is a subject of a statement, by its digest.
type Descriptor struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"` // "sha256", in hex
}

// Attest makes the attestation of a signed report: an in-toto statement in a DSSE envelope,
// whose subjects are the dataset's objects and the schema of the staging database.
func (r *Report) Attest(s signature.Signer, objects []Object) ([]byte, error) {
	st := Statement{StatementType, nil, PredicateType, r.Signed.Document}
	for _, o := range objects {
		st.Subject = append(st.Subject, Descriptor{o.Key, map[string]string{"sha256": o.SHA256}})
	}
	st.Subject = append(st.Subject, Descriptor{r.schemaSubject(), map[string]string{"sha256": r.SchemaHash}})
	payload, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("writing the attestation: %w", err)
	}
	return s.Seal(payloadType, payload)
}

// schemaSubject is what the schema of the staging database is called among the subjects.
func (r *Report) schemaSubject() string { return "database " + r.Staging.Database + ": schema" }

// Attested reads the objects of a manifest that an attestation is of, and whether the
// manifest names an attestation.
func Attested(manifest []byte) (objects []Object, named bool) {
	var m s3sink.Manifest
	if json.Unmarshal(manifest, &m) != nil {
		return nil, false
	}
	for _, o := range m.Objects {
		if o.Name == AttestationName {
			named = true
			continue
		}
		objects = append(objects, Object{o.Name, o.Size, o.SHA256})
	}
	return objects, named
}

// CheckAttestation proves that a trusted key attests the objects, by their hashes, in the
// run's dataset: that the run was done, and these are what it made. Anything else is a
// *[fault.Refusal].
func CheckAttestation(envelope []byte, run string, objects []Object, trusted ...signature.PublicKey) error {
	payload, err := signature.Open(envelope, payloadType, trusted...)
	if err != nil {
		return err
	}
	var st Statement
	var rep Report
	if json.Unmarshal(payload, &st) != nil || st.Type != StatementType || st.PredicateType != PredicateType ||
		json.Unmarshal(st.Predicate, &rep) != nil {
		return fault.Refuse(signature.Gate,
			"the attestation is signed, but it is no statement about a report of refresher")
	}
	if rep.Run != run || rep.Outcome != fault.Done {
		return fault.Refuse(signature.Gate, "the attestation is of run %s, which was %s, and not of run %s", rep.Run,
			rep.Outcome,
			run)
	}
	refusal := fault.Refuse(signature.Gate, "the attestation is not of this dataset")
	for _, o := range objects {
		if !slices.ContainsFunc(st.Subject, func(d Descriptor) bool {
			return d.Name == o.Key && d.Digest["sha256"] == o.SHA256
		}) {
			refusal.Add("%s: it attests no such object, or another", o.Key)
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}
