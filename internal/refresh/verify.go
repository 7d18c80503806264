package refresh

import (
	"context"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/verify"
)

// sameCounts compares what the three ends of the stream counted. The shadow's
// own count(*) is verification's; this is the cheaper and earlier alarm.
func (r *run) sameCounts() error {
	refusal := fault.Refuse("row counts", "rows were lost or doubled between the source and the shadow")
	for _, p := range r.program.Tables() {
		name := p.Table.Name.String()
		c := r.counts[name]
		source, scrubbed, arrived := c.source.Load(), c.scrubbed.Load(), c.arrived.Load()
		if source != scrubbed || scrubbed != arrived {
			refusal.Problems = append(refusal.Problems, name+": "+report.Count(source)+" rows left the source, "+
				report.Count(scrubbed)+" were scrubbed, "+report.Count(arrived)+" arrived")
		}
	}
	r.measure()
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}

// verifyShadow proves the shadow clean, and keeps the pass that promotes it.
func (r *run) verifyShadow(ctx context.Context) error {
	var err error
	if r.set, err = r.store.Build(); err != nil {
		return err
	}
	r.identifiers()
	r.verifier = verify.New(verify.Options{
		Run: r.Options.Run, Set: r.set, Exceptions: r.exceptions(), Strict: r.Strict, Workers: r.Workers,
	})
	began := time.Now()
	result, err := r.verifier.Database(ctx, r.shadow.Config(), r.specs())
	if err != nil {
		return err
	}
	r.pass, err = r.judge(verify.StagingDatabase, began, result)
	return err
}

// judge turns results into a pass or a refusal, and puts both into the report.
func (r *run) judge(subject string, began time.Time, results ...*verify.Result) (verify.Pass, error) {
	pass, err := verify.Judge(r.Options.Run, subject, results...)
	r.report.Verification = append(r.report.Verification, report.Subject{
		Name: subject, Results: results, Seconds: time.Since(began).Seconds(), Passed: err == nil,
	})
	return pass, err
}

func (r *run) exceptions() []verify.Exception {
	var out []verify.Exception
	for _, a := range r.Rules.Allow {
		out = append(out, verify.Exception{Table: a.Table, Column: a.Column, Class: a.Class, Values: a.Values, Why: a.Why})
	}
	return out
}
