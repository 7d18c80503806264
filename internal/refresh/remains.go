package refresh

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/dataset/lake"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/restore"
	"refresher/internal/s3sink"
	"refresher/internal/verify"
	"refresher/internal/verify/target"
)

// remains judges, by this run's rules and fingerprints, what stays reachable beside what
// the run made, and decides what is dropped of it.
type remains struct {
	o        *Options
	rec      *recorder
	mine     *claim
	data     *filled
	verifier *verify.Verifier
	drops    []func(context.Context) (note string, err error) // of the report's entries
}

// judgeRemains looks at the database that becomes the previous one, and at the runs that
// stay in the buckets.
func judgeRemains(ctx context.Context, o *Options, rec *recorder, mine *claim, data *filled,
	clean *proof) (*remains, error) {
	r := &remains{o: o, rec: rec, mine: mine, data: data, verifier: verify.New(verify.Options{
		Run: o.Run, Set: clean.set, Exceptions: o.exceptions(), Strict: o.Strict, Workers: o.Workers,
		Objects: verify.LargeObjects{Keep: o.Rules.LargeObjects.Keep},
	})}
	rec.report.Remains = nil
	if err := r.database(ctx); err != nil {
		return nil, err
	}
	if err := r.branches(ctx); err != nil {
		return nil, err
	}
	for _, b := range o.places() {
		older, err := b.Sink.Staying(ctx, b.Keep)
		if err != nil {
			return nil, fmt.Errorf("bucket %s: %w", b.Name, err)
		}
		for _, id := range older {
			if err := r.older(ctx, b, id); err != nil {
				return nil, fmt.Errorf("bucket %s: %w", b.Name, err)
			}
		}
	}
	return r, nil
}

// add notes an entry. What is to be dropped is dropped by [remains.drop], by calling drop.
func (r *remains) add(x report.Remain, drop func(context.Context) (note string, err error)) {
	if r.o.PurgePrevious {
		x.Dropped = true
	}
	if x.Verdict != report.Passed && !x.Dropped {
		r.rec.warn("stays reachable: %s; refresher run --purge-previous drops it", x)
	}
	r.rec.report.Remains = append(r.rec.report.Remains, x)
	r.drops = append(r.drops, drop)
}

// database judges the staging database, which becomes the previous one; without one, what
// is the previous one already.
func (r *remains) database(ctx context.Context) error {
	live, previous, err := r.data.server.Occupants(ctx)
	if err != nil {
		return err
	}
	name, is := r.o.Staging.Database, live
	if !live.Exists {
		name, is = restore.PreviousName(name), previous
	}
	if !is.Exists || is.Empty {
		return nil
	}
	x := report.Remain{Name: "database " + restore.PreviousName(r.o.Staging.Database), OID: int64(is.OID)}
	if err := r.lookInto(ctx, &x, name, false); err != nil {
		return err
	}
	r.add(x, func(ctx context.Context) (string, error) {
		note, err := r.data.server.DropPrevious(ctx, is.OID)
		if note != "" || err != nil || r.o.PurgePrevious {
			return note, err
		}
		if err := r.standIn(ctx); err != nil {
			r.rec.warn("no empty database stands for the previous one that was dropped: %v", err)
		}
		return "", nil
	})
	return nil
}

// standIn leaves a database with production's schema and no row under the name of the previous
// one, which was dropped: programs that look into it go on, and show nothing.
func (r *remains) standIn(ctx context.Context) error {
	server := r.data.server
	db, err := server.Create(ctx, restore.ScratchName(r.o.Staging.Database, "old", r.o.Run), r.data.catalog)
	if err != nil {
		return err
	}
	db.CloseAs(r.data.public)
	db.Without(r.data.bound)
	if _, err = db.PreData(ctx, r.data.schema); err == nil {
		err = server.StandIn(ctx, db, r.o.Run)
	}
	if err != nil {
		return errors.Join(err, db.Drop(context.WithoutCancel(ctx)))
	}
	return nil
}

// branches judges the databases that were made for branches from what earlier runs left.
func (r *remains) branches(ctx context.Context) error {
	all, err := r.data.server.Branches(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		x := report.Remain{Name: "database " + b.Database, OID: int64(b.OID), Run: b.Run}
		if err := r.lookInto(ctx, &x, b.Database, true); err != nil {
			return err
		}
		r.add(x, func(ctx context.Context) (string, error) { return "", r.data.server.DropBranch(ctx, b) })
	}
	return nil
}

// lookInto judges a database of that name. One that was verified by the same rules, key and
// refresher when it was made is not read again if trusted.
func (r *remains) lookInto(ctx context.Context, x *report.Remain, name string, trusted bool) error {
	if r.o.PurgePrevious {
		x.Verdict, x.Why = report.Unknown, "as --purge-previous says"
		return nil
	}
	made, err := r.madeBy(ctx, x)
	if err != nil && !errors.Is(err, history.ErrNotFound) {
		return err
	}
	x.Run = cmp.Or(made.ID, x.Run)
	var before *report.Report
	if len(made.ReportJSON) > 0 {
		before, _ = report.Parse(made.ReportJSON, nil) // one that can't be read says nothing of its rules
	}
	if trusted && r.asToday(before) {
		x.Verdict, x.Why = report.Passed, verifiedThen
		return nil
	}
	cfg := r.o.Staging.Copy()
	cfg.Database = name
	tables, err := Preserved(ctx, cfg, r.o.Preserve, specs(r.data.catalog, r.data.program, nil))
	var found []*verify.Result
	if err == nil {
		var result *verify.Result
		result, err = r.verifier.Database(ctx, cfg, tables)
		found = append(found, result)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.judge(x, before, err, found)
	return nil
}

// madeBy is the run that made what is in a database.
func (r *remains) madeBy(ctx context.Context, x *report.Remain) (history.Run, error) {
	if x.Run != "" {
		return r.mine.history.Get(ctx, x.Run)
	}
	return r.mine.history.MadeBy(ctx, uint32(x.OID))
}

const verifiedThen = "it was verified by the same rules when it was made"

// asToday reports whether a run was verified as this one is: by the same rules, key and refresher.
func (r *remains) asToday(before *report.Report) bool {
	now := r.rec.report
	return before != nil && before.RulesetHash == now.RulesetHash && before.KeyFingerprint == now.KeyFingerprint &&
		before.Version == now.Version
}

// older judges a run that stays in a bucket. One that was made by the same rules, key and
// refresher was verified as this one is; any other is read again.
func (r *remains) older(ctx context.Context, b Bucket, id string) error {
	x := report.Remain{Name: "run " + id, Bucket: b.Name, Run: id}
	drop := func(ctx context.Context) (string, error) { return "", b.Sink.Remove(ctx, id) }
	if r.o.PurgePrevious {
		x.Verdict, x.Why = report.Unknown, "as --purge-previous says"
		r.add(x, drop)
		return nil
	}
	p, err := b.Sink.Published(ctx, id)
	if err == nil && p == nil {
		return nil // retention of another hand took it
	}
	var before *report.Report
	if err == nil {
		before, err = r.reportOf(ctx, p)
	}
	var objects lake.Index
	if err == nil {
		objects, err = target.IndexOf(ctx, p)
	}
	if r.asToday(before) {
		x.Verdict, x.Why = report.Passed, verifiedThen
		r.add(x, drop)
		return nil
	}
	var scan *target.Scan
	if err == nil {
		scan = &target.Scan{Verifier: r.verifier, Tables: specs(r.data.catalog, r.data.program, nil),
			Pattern: lake.PatternOf(objects.Entries)}
		err = p.Verify(ctx, scan.Look)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var found []*verify.Result
	if err == nil {
		found = scan.Results()
	}
	r.judge(&x, before, err, found)
	r.add(x, drop)
	return nil
}

// reportOf is the report beside an older dataset; nil if this refresher did not sign it.
func (r *remains) reportOf(ctx context.Context, p *s3sink.Published) (*report.Report, error) {
	signer, err := r.o.signer()
	if err != nil {
		return nil, err
	}
	files := map[string]*bytes.Buffer{report.JSONName: {}, report.JSONName + signature.Suffix: {}}
	for _, o := range p.Manifest.Objects {
		if b := files[o.Name]; b != nil {
			if err := p.Fetch(ctx, o, b); err != nil {
				return nil, err
			}
		}
	}
	checked, err := signature.Check(files[report.JSONName].Bytes(), files[report.JSONName+signature.Suffix].Bytes(),
		signer.Public())
	if err != nil {
		return nil, nil // signed by another key, or not at all
	}
	return report.Parse(checked.Canonical, nil)
}

// judge gives the verdict: what today's rules mask and the rules of then kept stands in
// it, or was found there. err is why it could not be looked into.
func (r *remains) judge(x *report.Remain, before *report.Report, err error, found []*verify.Result) {
	var unmasked []string
	var drift *report.Drift
	if before != nil {
		drift = report.Compare(before, r.rec.report)
		unmasked = drift.Masked()
	}
	leaks := leaksIn(found)
	switch {
	case len(unmasked) > 0:
		x.Verdict, x.Dropped = report.Leaks, true
		x.Why = "since the rules mask now what they kept then: " + few(unmasked)
	case len(leaks) > 0:
		x.Verdict, x.Why = report.Leaks, few(leaks)
		x.Dropped = drift != nil && foundWhereRulesChanged(drift, found)
	case err != nil:
		x.Verdict, x.Why = report.Unknown, "it could not be looked into: "+err.Error()
	default:
		x.Verdict, x.Why = report.Passed, "looked through by this run's rules and fingerprints"
	}
}

// leaksIn are the checks that failed because of what stands in the rows. What has changed
// in the schema since is no leak.
func leaksIn(found []*verify.Result) (leaks []string) {
	for _, f := range found {
		for _, c := range f.Checks {
			if !c.OK && slices.Contains([]string{"survivors", "detectors", "empty", "large objects", "readable"}, c.Name) {
				leaks = append(leaks, c.Name+" in "+f.Subject+": "+c.Detail)
			}
		}
	}
	return leaks
}

// foundWhereRulesChanged reports whether values of the source were found in a column that
// had another rule then.
func foundWhereRulesChanged(d *report.Drift, found []*verify.Result) bool {
	for _, f := range found {
		for _, c := range f.Columns {
			if c.Survivors > 0 && slices.ContainsFunc(d.Rules, func(r report.RuleDrift) bool {
				return r.Table == c.Table && r.Column == c.Column
			}) {
				return true
			}
		}
	}
	return false
}

// few are the first of many, as one text.
func few(all []string) string {
	if len(all) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:3], ", "), len(all)-3)
	}
	return strings.Join(all, ", ")
}

// drop drops what was decided, once staging and buckets are replaced. What can't be
// dropped is said, and noted as left.
func (r *remains) drop(ctx context.Context) error {
	for i, x := range r.rec.report.Remains {
		if !x.Dropped {
			continue
		}
		note, err := r.drops[i](ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			note = err.Error()
		}
		if note != "" {
			r.rec.report.Remains[i].Dropped = false
			r.rec.warn("stays reachable: %s; it was to be dropped: %s", r.rec.report.Remains[i], note)
		} else {
			r.rec.warn("%s", x)
		}
	}
	return nil
}

// MayRollBack refuses to bring back a database of which the last run found that it holds
// what its rules mask.
func MayRollBack(ctx context.Context, runs *history.History, previous restore.Occupant) error {
	if previous.Of != "" {
		return fault.Refuse("rollback", "run %s dropped the previous database, since it held what the rules mask now; "+
			"what stands in its place has no rows", previous.Of)
	}
	last, err := runs.LastDone(ctx, "")
	if errors.Is(err, history.ErrNotFound) || err == nil && len(last.ReportJSON) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	rep, err := report.Parse(last.ReportJSON, nil)
	if err != nil {
		return nil // of a version that wrote it otherwise
	}
	for _, x := range rep.Remains {
		if x.Bucket == "" && x.OID == int64(previous.OID) && x.Verdict == report.Leaks {
			return fault.Refuse("rollback", "by run %s, %s: bringing it back would show these values again; say "+
				"--accept-leaks if that is meant, or drop it", last.ID, x)
		}
	}
	return nil
}
