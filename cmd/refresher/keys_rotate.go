package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
)

func (a *app) keysRotateCommand() *cobra.Command {
	n := &newKey{}
	var retire string
	cmd := &cobra.Command{
		Use: "rotate", Short: "Change the key, and remove what the old one made", Args: maxArgs(0),
		Long: `rotate changes the masking key in two steps.

First it makes a new key beside the old one (--out, --kms), lists what was made with the old
one, and says what to change. Nothing else is changed: point key: at the new one and run.

After that run, --retire FINGERPRINT removes what the old key made: datasets in buckets, copies
of objects, and fingerprint sets. It refuses while the old key is configured or a bucket's current dataset
was made with it, and then nothing is removed.`,
		Example: `  refresher keys rotate --out refresher-2.key
  refresher run
  refresher keys rotate --retire 2f1d6a0b9c3e4d58`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if retire != "" && (n.out != "" || n.kms != "") {
				return fault.BadInput("--retire removes what an old key made; make the new key first, by itself")
			}
			if retire != "" && !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(retire) {
				return fault.BadInput("--retire must be the fingerprint of a key: 16 hexadecimal digits")
			}
			if retire == "" && n.out == "" {
				return fault.BadInput("rotate writes the new key into a file: give --out FILE")
			}
			all, err := a.loadConfigs()
			if err != nil {
				return err
			}
			if retire != "" {
				return a.retire(cmd.Context(), all, retire)
			}
			return a.rotate(cmd.Context(), all, n)
		},
	}
	n.flags(cmd)
	cmd.Flags().StringVar(&retire, "retire", "",
		"remove datasets and fingerprint sets that the key with this fingerprint made")
	return cmd
}

// rotate makes a new key, and says what comes next.
func (a *app) rotate(ctx context.Context, all []*config.Config, n *newKey) error {
	old, err := a.key(ctx, all[0])
	if err != nil {
		return err
	}
	var made []madeBy
	for _, c := range all {
		found, err := a.madeBy(ctx, c, old.Fingerprint())
		if err != nil {
			return err
		}
		made = append(made, found...)
	}
	fingerprint, err := n.write(ctx, a)
	if err != nil {
		return err
	}
	reference := "file:" + n.out
	if n.kms != "" {
		reference, fingerprint = "awskms:"+n.out, "(known after: refresher keys fingerprint awskms:"+n.out+")"
	}
	fmt.Fprintf(a.err, "old key  %s  %s\nnew key  %s  %s\n\n", old.Fingerprint(), all[0].Key.Name(),
		fingerprint, reference)
	fmt.Fprintln(a.err, "made with the old key:")
	for _, m := range made {
		fmt.Fprintf(a.err, "  %s\n", m)
	}
	if len(made) == 0 {
		fmt.Fprintln(a.err, "  nothing in buckets or places of fingerprint sets")
	}
	fmt.Fprintln(a.err, `
with the new key
  every fake is another, and so are samples: ids that testers wrote down, saved links, and joins
  with datasets of the old key no longer fit
  fingerprint sets of the old key can be compared only with it: verify --fingerprints … --key OLD`)
	if all[0].Sign.IsZero() {
		fmt.Fprintln(a.err, "  reports are signed by another key: who verifies and pulls needs its public-key")
	}
	fmt.Fprintf(a.err, `
next
  1. write key: %s into %s (or put the new key where key: points)
  2. refresher run --purge-previous       # the database before was made with the old key
  3. refresher keys rotate --retire %s
  4. destroy the old key and its copies; have developers pull anew and drop their branches
`, reference, all[0].File, old.Fingerprint())
	return nil
}

// madeBy is something that a key made.
type madeBy struct {
	pipeline, bucket string // bucket is "" for a fingerprint set
	run              string
	current          bool
	remove           func(context.Context) error
}

func (m madeBy) String() string {
	if m.bucket == "" {
		return fmt.Sprintf("fingerprint set of run %s (pipeline %s)", m.run, m.pipeline)
	}
	current := ""
	if m.current {
		current = ", the current one"
	}
	return fmt.Sprintf("dataset %s in bucket %s (pipeline %s)%s", m.run, m.bucket, m.pipeline, current)
}

// madeBy finds what a key made for a pipeline: by the manifests of datasets, and by the history for
// fingerprint sets in a place of their own.
func (a *app) madeBy(ctx context.Context, c *config.Config, fingerprint string) (all []madeBy, err error) {
	for _, b := range published(c) {
		sink, err := a.sink(ctx, c, b.Name, b.URL)
		if err != nil {
			return nil, err
		}
		runs, err := sink.Made(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range runs {
			if r.Key == fingerprint {
				remove := func(ctx context.Context) error { return sink.Remove(ctx, r.Run) }
				all = append(all, madeBy{c.Pipeline, b.Name, r.Run, r.Current, remove})
			}
		}
	}
	if c.Prints.URL == "" || c.Prints.Bucket() != "" {
		return all, nil
	}
	place, err := a.prints(ctx, c, c.Prints.URL)
	if err != nil {
		return nil, err
	}
	sets, err := place.Runs(ctx)
	if err != nil {
		return nil, err
	}
	history, err := runsOfPipeline(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, run := range sets {
		rep, err := history.Report(ctx, run)
		if err != nil || rep.KeyFingerprint != fingerprint {
			continue // a run that the history forgot: its set's header names the key, and nothing is removed by guess
		}
		remove := func(ctx context.Context) error { return place.Remove(ctx, run) }
		all = append(all, madeBy{pipeline: c.Pipeline, run: run, remove: remove})
	}
	return all, nil
}

// retire removes what an old key made.
func (a *app) retire(ctx context.Context, all []*config.Config, fingerprint string) error {
	refusal := fault.Refuse("keys", "key %s is in use still; nothing was removed", fingerprint)
	var made []madeBy
	for _, c := range all {
		key, err := a.key(ctx, c)
		if err != nil {
			return err
		}
		if key.Fingerprint() == fingerprint {
			refusal.Add("pipeline %s: key: names it; change it and run first", c.Pipeline)
			continue
		}
		found, err := a.madeBy(ctx, c, fingerprint)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(found, func(m madeBy) bool { return m.current }); i >= 0 {
			refusal.Add("%s: run with the new key first", found[i])
		}
		made = append(made, found...)
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	var errs []error
	for _, m := range made {
		err := m.remove(ctx)
		if err == nil {
			fmt.Fprintf(a.err, "removed: %s\n", m)
		}
		errs = append(errs, err)
	}
	if len(made) == 0 {
		fmt.Fprintf(a.err, "nothing in the buckets was made with key %s\n", fingerprint)
	}
	return errors.Join(errs...)
}
