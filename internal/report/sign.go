package report

import (
	"encoding/json"
	"fmt"
	"reflect"

	"refresher/internal/history"
	"refresher/internal/report/signature"
)

// What a report's files are called in a bucket and a folder. The signature's name
// is the document's and signature.Suffix.
const (
	JSONName = "report.json"
	HTMLName = "report.html"
)

// Signed is a report as it is kept and passed on.
type Signed struct {
	Document  []byte // report.json: the canonical bytes
	Signature []byte // report.json.sig; nil if there is none
}

// SHA256 is the document's, in hex.
func (s *Signed) SHA256() string { return signature.Hash(s.Document) }

// Sign completes the report, and makes and keeps its signed document. A report
// that is changed afterwards must be signed again.
func (r *Report) Sign(s signature.Signer) error {
	r.Signing = Signing{Algorithm: "Ed25519", PublicKey: s.Public().String(), Origin: "configured"}
	if s.Derived() {
		r.Signing.Origin = "derived"
	}
	doc, err := r.Document()
	if err != nil {
		return err
	}
	r.Signed = &Signed{doc, s.Sign(doc)}
	return nil
}

// Document is the report's canonical JSON.
func (r *Report) Document() ([]byte, error) {
	r.Format = Format
	r.Standing = r.standing()
	noNulls(reflect.ValueOf(r))
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	doc, err := signature.Canonical(text)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return doc, nil
}

// Of is the report of a run in the history, or what the history knows of one that left none.
func Of(run history.Run) (*Report, error) {
	if run.ReportJSON == nil {
		return &Report{Run: run.ID, Started: run.Started, Finished: run.Finished, Outcome: run.Outcome, Stage: run.Stage,
			Error: run.Error}, nil
	}
	return Parse(run.ReportJSON, []byte(run.Signature))
}

// Parse reads a report's document and its signature, which may be nil. It checks
// neither: that is signature.Check's.
func Parse(document, sig []byte) (*Report, error) {
	r := &Report{}
	if err := json.Unmarshal(document, r); err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	if canonical, err := signature.Canonical(document); err == nil {
		document = canonical // a database that keeps JSON orders it its own way
	}
	r.Signed = &Signed{document, sig}
	return r, nil
}

// noNulls makes lists that hold nothing empty instead of null, which is one case
// less for every reader.
func noNulls(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			noNulls(v.Elem())
		}
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		if k := v.Type().Elem().Kind(); k == reflect.Struct || k == reflect.Pointer || k == reflect.Slice {
			for i := range v.Len() {
				noNulls(v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				noNulls(v.Field(i))
			}
		}
	}
}
