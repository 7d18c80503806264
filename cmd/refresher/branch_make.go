package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/report/visible"
	"refresher/internal/restore"
)

// make makes a branch and says where it is.
func (on *branching) make(ctx context.Context, name string, f branchFlags) error {
	began := time.Now()
	ttl, err := config.ParseTTL(cmp.Or(f.ttl, on.config.Branches.TTL))
	if err != nil {
		return err
	}
	b := restore.Branch{Name: name, Of: on.staging.Database, By: on.person(), Created: on.clock().UTC().Truncate(time.Second)}
	b.Expires = b.Created.Add(ttl)
	if b.Database, err = restore.BranchDatabase(b.Of, name); err != nil {
		return err
	}
	if f.from == "dataset" {
		err = on.ofDataset(ctx, &b, f)
	} else {
		err = on.ofStaging(ctx, &b, f)
	}
	if err != nil {
		return err
	}
	all, err := on.server.Branches(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(x restore.Branch) bool { return x.Name == name }); i >= 0 {
		b = all[i]
	}
	if f.format == "json" {
		return on.json(b)
	}
	fmt.Fprintf(on.err, "branch %s is database %s on %s:%d: run %s, from %s, until %s UTC (%s in %s)\n", name,
		b.Database,
		on.staging.Host, on.staging.Port, b.Run, originWords[b.From], b.Expires.UTC().Format("2006-01-02 15:04"),
		visible.Size(b.Bytes), visible.Seconds(time.Since(began).Seconds()))
	return nil
}

var originWords = map[string]string{
	restore.FromCopy: "its verified copy", restore.FromStaging: "staging as it is now", restore.FromDataset: "its dataset",
}

// person is who makes a branch, for those who wonder whose it is.
func (a *app) person() string {
	for _, variable := range []string{"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "SUDO_USER"} {
		if name, ok := a.getenv(variable); ok && name != "" {
			return name
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// claim takes the right to make the branch's database, if its name is free, or a branch's that
// is to be replaced.
func (on *branching) claim(ctx context.Context, b *restore.Branch, replace bool) (*restore.Claim, error) {
	cfg := on.staging.Copy()
	cfg.Database = b.Database
	target, err := restore.ConnectTarget(ctx, cfg)
	if err != nil {
		return nil, err
	}
	claim, err := target.Claim(ctx)
	if err != nil {
		return nil, err
	}
	if err := on.mayTake(ctx, claim, b, replace); err != nil {
		claim.Release(ctx)
		return nil, err
	}
	return claim, nil
}

func (on *branching) mayTake(ctx context.Context, claim *restore.Claim, b *restore.Branch, replace bool) error {
	occupant, err := claim.Occupant(ctx, b.Database)
	if err != nil || !occupant.Exists {
		return err
	}
	all, err := on.server.Branches(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(x restore.Branch) bool { return x.OID == occupant.OID })
	switch {
	case i >= 0 && replace:
		return nil
	case i >= 0:
		return fault.Refuse("branch", "there is a branch %s already, by %s, until %s UTC: say --replace to make "+
			"it anew, or "+
			"refresher branch drop %s", b.Name, all[i].By, all[i].Expires.UTC().Format(time.DateTime), b.Name)
	}
	return fault.Refuse("branch", "database %q is not a branch: give the branch another name, or rename that database",
		b.Database)
}

// ofStaging copies what a run verified on the staging server.
func (on *branching) ofStaging(ctx context.Context, b *restore.Branch, f branchFlags) error {
	var oid uint32
	var err error
	if b.From, b.Run, oid, err = on.server.Copied(ctx); err != nil {
		return err
	}
	if b.Run == "" {
		if b.Run, err = on.verifiedRun(ctx, oid); err != nil {
			return err
		}
	}
	claim, err := on.claim(ctx, b, f.replace)
	if err != nil {
		return err
	}
	defer claim.Release(ctx)
	notes, err := claim.CopyBranch(ctx, on.server, *b, refresh.NewID(on.clock()))
	for _, n := range notes {
		fmt.Fprintln(on.err, "warning: "+n)
	}
	return err
}

// verifiedRun is the run that made the staging database; without one nothing was verified.
func (on *branching) verifiedRun(ctx context.Context, oid uint32) (string, error) {
	unknown := fault.Refuse("branch", "no refresh made database %q on the staging server, so nothing there is "+
		"verified: run "+
		"refresher run first, or say --from dataset", on.staging.Database)
	if oid == 0 {
		return "", unknown
	}
	if exists, err := history.Check(ctx, on.staging); err != nil {
		return "", err
	} else if !exists {
		return "", unknown
	}
	h, err := history.Open(ctx, on.staging)
	if err != nil {
		return "", err
	}
	run, err := h.MadeBy(ctx, oid)
	if errors.Is(err, history.ErrNotFound) || err == nil && run.Outcome != fault.Done {
		return "", unknown
	}
	return run.ID, err
}

// ofDataset loads what a bucket's latest.json names.
func (on *branching) ofDataset(ctx context.Context, b *restore.Branch, f branchFlags) error {
	bucket, err := on.bucketOf(f.bucket)
	if err != nil {
		return err
	}
	sink, err := on.sink(ctx, on.config, bucket.Name, bucket.URL)
	if err != nil {
		return err
	}
	o, err := on.pullOptions(on.config, sink, f.keys)
	if err != nil {
		return err
	}
	claim, err := on.claim(ctx, b, f.replace)
	if err != nil {
		return err
	}
	claim.Release(ctx) // pull takes it again
	o.To, o.Replace = on.staging.Copy(), f.replace
	o.To.Database = b.Database
	o.Mark = func(run string) (string, error) {
		b.Run, b.From = run, restore.FromDataset
		return b.Mark()
	}
	_, err = on.pulled(ctx, o)
	return err
}

// bucketOf is the bucket of that name, or the only one with a dump.
func (on *branching) bucketOf(name string) (*config.Bucket, error) {
	if name != "" {
		if b := on.config.Bucket(name); b != nil {
			return b, nil
		}
		return nil, fault.BadInput("%s has no bucket %q", on.configPath, name)
	}
	var found []config.Bucket
	var names []string
	for _, b := range on.config.Buckets {
		if slices.Contains(b.Formats, "pgdump") {
			found, names = append(found, b), append(names, b.Name)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.BadInput("%s has no bucket with a dump (formats: [pgdump])", on.configPath)
	case 1:
		return &found[0], nil
	}
	return nil, fault.BadInput("several buckets have a dump: say which one by --bucket (%s)", strings.Join(names, ", "))
}
