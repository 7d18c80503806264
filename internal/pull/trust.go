package pull

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
)

// Known is what a developer's machine remembers of the datasets that were loaded: a
// JSON file, by the bucket's URL.
type Known struct {
	Path string // of the file; empty: nothing is remembered
	Name string // of the dataset in it: endpoint and URL
}

// known is what is remembered of one dataset.
type known struct {
	PublicKey string `json:"public_key"` // that signed what was loaded first
	Run       string `json:"run"`        // the newest that was loaded
	// Which dataset it is, since one key signs many; empty: not known yet.
	Database string `json:"database,omitempty"`
	Bucket   string `json:"bucket,omitempty"` // its name where datasets are made
}

// same refuses a dataset that is not the one of before, but another of the same key: who can
// write to the bucket may have it from elsewhere.
func (k Known) same(before, now known, url string) error {
	for _, x := range []struct{ what, before, now string }{
		{"database", before.Database, now.Database}, {"bucket", before.Bucket, now.Bucket}} {
		if x.before != "" && x.now != "" && x.before != x.now {
			return fault.Refuse("dataset", "run %s is of the %s %q, and what was loaded from %s before of the %s %q: "+
				"another dataset was put there; if that is meant, remove the entry from %s",
				now.Run, x.what, x.now, url, x.what, x.before, k.Path)
		}
	}
	return nil
}

func (k Known) all() (map[string]known, error) {
	all := map[string]known{}
	if k.Path == "" {
		return all, nil
	}
	text, err := os.ReadFile(k.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading whose datasets are trusted: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fault.BadInput("%s, which says whose datasets are trusted, is no JSON of refresher's: mend it, or "+
			"remove it "+
			"to trust datasets anew", k.Path)
	}
	return all, nil
}

func (k Known) write(now known) error {
	if k.Path == "" {
		return nil
	}
	all, err := k.all()
	if err != nil {
		return err
	}
	all[k.Name] = now
	text, _ := json.MarshalIndent(all, "", "  ") // of strings: cannot fail
	if err := os.MkdirAll(filepath.Dir(k.Path), 0o700); err != nil {
		return fmt.Errorf("noting whose dataset was loaded: %w", err)
	}
	// Renamed into place: a kill leaves the file as it was, or as it is to be.
	file, err := os.CreateTemp(filepath.Dir(k.Path), "datasets-*")
	if err != nil {
		return fmt.Errorf("noting whose dataset was loaded: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), k.Path)
	}
	if err != nil {
		return fmt.Errorf("noting whose dataset was loaded: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

// trust refuses a dataset that the trusted key did not sign, and one that is older than
// it should be. A key is trusted that was given, that signed what was loaded before, or,
// the first time, that signed this one.
func (p *pulling) trust(ctx context.Context) error {
	all, err := p.Known.all()
	if err != nil {
		return err
	}
	before := all[p.Known.Name]
	manifest, sig, err := p.dataset.Signed(ctx)
	if err != nil {
		return err
	}
	if sig == nil {
		return fault.Refuse(signature.Gate,
			"the manifest of run %s is not signed: an older refresher published it, or "+
				"another "+
				"program wrote it; publish it again with refresher run", p.dataset.ID())
	}
	trusted, err := p.trusted(before)
	if err != nil {
		return err
	}
	first := len(trusted) == 0
	if first {
		key, err := keyOf(sig)
		if err != nil {
			return fault.Refuse(signature.Gate, "the signature of run %s's manifest is none of refresher's",
				p.dataset.ID())
		}
		trusted = []signature.PublicKey{key}
	}
	checked, err := signature.Check(manifest, sig, trusted...)
	var refusal *fault.Refusal
	if errors.As(err, &refusal) {
		return fault.Refuse(signature.Gate, "the manifest of run %s is not what the trusted key signed: %s",
			p.dataset.ID(), refusal.Reason)
	}
	if err != nil {
		return err
	}
	var signed s3sink.Manifest
	if err := json.Unmarshal(checked.Canonical, &signed); err != nil || signed.Run != p.dataset.ID() {
		return fault.Refuse(signature.Gate, "the signed manifest is not one of run %s", p.dataset.ID())
	}
	p.dataset.Manifest, p.keys, p.manifest, p.signature = signed, trusted, manifest, sig
	p.seen = known{checked.Key.String(), p.dataset.ID(), signed.Database, cmp.Or(signed.Bucket, before.Bucket)}
	if err := p.Known.same(before, p.seen, p.Sink.URL()); err != nil {
		return err
	}
	if err := p.fresh(ctx, before.Run, trusted); err != nil {
		return err
	}
	if first {
		p.watch.Warn(fmt.Sprintf("the dataset is signed by %s, which is trusted from now on; compare it with what "+
			"refresher "+
			"public-key prints where it is made", checked.Key))
	}
	if fromTheFuture(p.dataset.ID()) {
		p.watch.Warn(fmt.Sprintf("run %s is dated ahead of this machine's clock: one of the clocks is wrong; it is "+
			"not noted as "+
			"the newest", p.dataset.ID()))
		p.seen.Run = ""
	}
	if !fromTheFuture(before.Run) {
		p.seen.Run = max(before.Run, p.seen.Run)
	}
	return nil
}

// trusted are the keys whose datasets are taken; none: that of the first one.
func (o *Options) trusted(before known) ([]signature.PublicKey, error) {
	if len(o.Trusted) > 0 || before.PublicKey == "" {
		return o.Trusted, nil
	}
	key, err := signature.ParsePublicKey([]byte(before.PublicKey))
	if err != nil {
		return nil, fault.BadInput("%s holds no public key for %s: remove it there to trust the dataset anew",
			o.Known.Path, o.Known.Name)
	}
	return []signature.PublicKey{key}, nil
}

// keyOf is the key that a signature says it is by.
func keyOf(sig []byte) (signature.PublicKey, error) {
	var s signature.Signature
	if err := json.Unmarshal(sig, &s); err != nil {
		return signature.PublicKey{}, err
	}
	return signature.ParsePublicKey([]byte(s.PublicKey))
}

// attested checks the attestation that the manifest names: that the run was done, and made the
// objects with rows. Datasets of older versions have none.
func (p *pulling) attested(ctx context.Context) error {
	var made []report.Object
	for _, o := range p.objects {
		if formatOf(o.Name) != "" {
			made = append(made, report.Object{Key: o.Name, Bytes: o.Size, SHA256: o.SHA256})
		}
	}
	for _, o := range p.dataset.Manifest.Objects {
		if o.Name != report.AttestationName {
			continue
		}
		var envelope bytes.Buffer
		if err := p.dataset.Fetch(ctx, o, &envelope); err != nil {
			return err
		}
		return report.CheckAttestation(envelope.Bytes(), p.dataset.ID(), made, p.keys...)
	}
	return nil
}

// maxAhead is how far a run may be dated ahead of this machine's clock.
const maxAhead = 48 * time.Hour

// fromTheFuture reports a run that a wrong clock dated. It does not count as the newest, or
// no later one would ever be the latest again.
func fromTheFuture(run string) bool { return startOf(run).After(time.Now().Add(maxAhead)) }

// startOf is when a run began, as its id says; zero if it says nothing.
func startOf(run string) time.Time {
	const form = "20060102T150405Z"
	at, _ := time.Parse(form, run[:min(len(run), len(form))])
	return at
}

// fresh refuses a latest dataset that is older than one that was loaded, or than
// another that the same key signed: latest.json was set back.
func (p *pulling) fresh(ctx context.Context, loaded string, trusted []signature.PublicKey) error {
	if p.Run != "" {
		return nil // asked for by its name
	}
	if loaded > p.dataset.ID() && !fromTheFuture(loaded) {
		return fault.Refuse("dataset", "latest.json names run %s, and run %s was loaded from there before: it was "+
			"set back; "+
			"to load "+
			"the older one, say --run %s", p.dataset.ID(), loaded, p.dataset.ID())
	}
	newer, err := p.dataset.Newer(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.DeleteFunc(newer, fromTheFuture) {
		other, err := p.Sink.Unannounced(ctx, id)
		if err != nil {
			return err
		}
		manifest, sig, err := other.Signed(ctx)
		if err != nil || sig == nil {
			continue // not signed by the trusted key
		}
		if _, err := signature.Check(manifest, sig, trusted...); err == nil {
			return fault.Refuse("dataset",
				"latest.json names run %s, but run %s is newer and signed as well: latest.json was "+
					"set "+
					"back, or publishing was interrupted, which the next run mends; say "+
					"--run to choose", p.dataset.ID(), id)
		}
	}
	return nil
}
