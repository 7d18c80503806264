package pull

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
)

// Verdicts on the signature of a run's manifest.
const (
	Trusted = "trusted" // by a key that was given, or that signed what was loaded before
	New     = "new"     // by a key of which nothing is known: the first pull takes it
	Foreign = "foreign" // by another key than the trusted ones
	Missing = "missing"
	Broken  = "broken" // it is not what its key signed, or another run's
)

// Listed is a run in a bucket, as its manifest says; a manifest whose verdict is neither Trusted nor
// New may say anything.
type Listed struct {
	Run         string    `json:"run"`
	Started     time.Time `json:"started"`
	Latest      bool      `json:"latest"` // latest.json names it
	Content     string    `json:"content"`
	Tables      int       `json:"tables"`
	Rows        int64     `json:"rows"`
	Bytes       int64     `json:"bytes"` // of all its objects
	Formats     []string  `json:"formats"`
	ServerMajor int       `json:"server_major,omitempty"` // that a server must have to load its dump; 0: not said
	Signature   string    `json:"signature"`              // Trusted, New, Foreign, Missing or Broken
	Key         string    `json:"key,omitempty"`          // that the signature says it is by
}

// List tells which runs a bucket has, newest first. Nothing is noted as trusted.
func List(ctx context.Context, o Options) ([]Listed, error) {
	all, err := o.Known.all()
	if err != nil {
		return nil, err
	}
	trusted, err := o.trusted(all[o.Known.Name])
	if err != nil {
		return nil, err
	}
	runs, current, err := o.Sink.Runs(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Listed, len(runs))
	for i, id := range runs {
		one, err := listed(ctx, o.Sink, id, trusted)
		if err != nil {
			return nil, err
		}
		one.Latest = id == current
		list[len(runs)-1-i] = one
	}
	return list, nil
}

func listed(ctx context.Context, sink *s3sink.Sink, id string, trusted []signature.PublicKey) (one Listed, err error) {
	run, err := sink.Unannounced(ctx, id)
	if err != nil {
		return one, err
	}
	manifest, sig, err := run.Signed(ctx)
	var refused *fault.Refusal
	if err != nil && !errors.As(err, &refused) {
		return one, err
	}
	var m s3sink.Manifest
	broken := json.Unmarshal(manifest, &m) != nil || m.Run != id
	one = Listed{Run: id, Started: startOf(id), Content: m.Content, Tables: len(m.Tables), Formats: formats(m),
		ServerMajor: m.ServerMajor}
	for _, t := range m.Tables {
		one.Rows += t.Rows
	}
	for _, o := range m.Objects {
		one.Bytes += o.Size
	}
	one.Signature, one.Key = verdict(manifest, sig, trusted)
	if broken {
		one.Signature = Broken
	}
	return one, nil
}

// verdict judges a signature as a pull would.
func verdict(manifest, sig []byte, trusted []signature.PublicKey) (verdict, key string) {
	if sig == nil {
		return Missing, ""
	}
	by, err := keyOf(sig)
	if err != nil {
		return Broken, ""
	}
	if _, err := signature.Check(manifest, sig, by); err != nil {
		return Broken, by.String()
	}
	for _, k := range trusted {
		if k.Equal(by) {
			return Trusted, by.String()
		}
	}
	if len(trusted) > 0 {
		return Foreign, by.String()
	}
	return New, by.String()
}
