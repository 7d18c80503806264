package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/refresh"
	"refresher/internal/report/visible"
	"refresher/internal/s3sink"
	"refresher/internal/s3sink/fingerprints"
)

// openSet opens the fingerprint set that --fingerprints names.
func (p *proof) openSet(ctx context.Context, w verifyFlags) (_ *fingerprint.Set, closeSet func() error, err error) {
	key, err := p.setKey(ctx, w.key)
	if err != nil {
		return nil, nil, err
	}
	url := w.fingerprints
	if b := p.config.Bucket(url); b != nil {
		if url, err = p.setBesideReport(ctx, b); err != nil {
			return nil, nil, err
		}
	}
	place, err := p.app.prints(ctx, p.config, url)
	if err != nil {
		return nil, nil, err
	}
	f, err := place.Fetch(ctx, p.config.TempDir)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	o := refresh.Options{Key: key}
	set, header, err := fingerprint.Open(f, info.Size(), o.FingerprintKey(), key.Fingerprint(),
		int64(p.config.Verify.MemoryMiB)<<20)
	if err != nil {
		var input *fault.Input
		if errors.As(err, &input) {
			err = fault.BadInput("%s: %v", w.fingerprints, err)
		}
		return nil, nil, errors.Join(err, f.Close())
	}
	p.note("fingerprints of run %s, made %s: %s of them", header.Run, header.Made.Format(time.RFC3339),
		visible.Count(header.Fingerprints))
	return set, f.Close, nil
}

// setKey is the key of --key, or else of the configuration.
func (p *proof) setKey(ctx context.Context, ref string) (secret.Key, error) {
	if ref != "" {
		key := secret.Fetcher{Getenv: p.app.getenv, Dir: filepath.Dir(p.config.File), Vault: &p.config.Vault}.Text(ref, fault.Problem{Field: "--key"})
		if problem := key.Check(true); problem != "" {
			return secret.Key{}, key.Bad("%s", problem)
		}
		p.config.Key = key
	}
	return p.app.key(ctx, p.config)
}

// setBesideReport is where the set of a bucket's current run is.
func (p *proof) setBesideReport(ctx context.Context, b *config.Bucket) (string, error) {
	sink, err := p.app.sink(ctx, p.config, b.Name, b.URL)
	if err != nil {
		return "", err
	}
	current, err := sink.Current(ctx)
	if err != nil {
		return "", err
	}
	if current == nil {
		return "", fault.BadInput("nothing was published in bucket %s yet, so there is no fingerprint set", b.Name)
	}
	return current.URL() + refresh.FingerprintsName, nil
}

// prints is the place of fingerprint sets with a URL or path.
func (a *app) prints(ctx context.Context, c *config.Config, url string) (*fingerprints.Place, error) {
	return fingerprints.Open(ctx, url,
		s3sink.Options{Endpoint: c.S3.Endpoint, Region: c.S3.Region, PathStyle: c.S3.PathStyle,
			Checksums: c.S3.Checksums})
}

// runPrints is where a run leaves its set, by the configuration or a flag.
func (a *app) runPrints(ctx context.Context, c *config.Config, flag string) (*refresh.FingerprintsOut, error) {
	url := c.Prints.URL
	bucket := c.Prints.Bucket()
	if flag != "" {
		url, bucket = flag, config.Prints{URL: flag}.Bucket()
	}
	switch {
	case url == "":
		return nil, nil
	case bucket != "" && c.Bucket(bucket) == nil:
		return nil, fault.BadInput("--fingerprints %s: there is no such bucket in the configuration", url)
	case bucket != "":
		return &refresh.FingerprintsOut{Bucket: bucket}, nil
	}
	place, err := a.prints(ctx, c, url)
	return &refresh.FingerprintsOut{Place: place, Keep: c.Prints.Keep}, err
}

// confirm asks the source, if it can be reached, which survivors it holds now.
func (p *proof) confirm(ctx context.Context, w verifyFlags) error {
	survivors := int64(0)
	for _, r := range p.verdict.Results {
		survivors += r.Survivors
	}
	switch {
	case survivors == 0:
		return nil
	case w.offline || p.in == nil:
		p.note(
			"survivors were not looked for in the source; a chance match is less likely than one in a billion a token")
		return nil
	}
	evidence, err := p.app.evidence(ctx, p.in, refresh.NewID(time.Now()), true)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		p.note("survivors could not be confirmed, since the source could not be read: %v", err)
		return nil
	}
	held, of := 0, 0
	for _, r := range p.verdict.Results {
		n, m, cerr := r.Confirm(evidence.Set)
		held, of, err = held+n, of+m, errors.Join(err, cerr)
	}
	err = errors.Join(err, evidence.Explain(p.verdict.Results...))
	p.note("%d of the %d survivors shown are in the source now; the others were when the set was made", held, of)
	if err = errors.Join(err, evidence.Close()); err != nil {
		return fmt.Errorf("confirming survivors: %w", err)
	}
	return nil
}
