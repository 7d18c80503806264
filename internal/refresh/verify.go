package refresh

import (
	"context"
	"strings"
	"time"

	"refresher/internal/dataset/parquet"
	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report"
	"refresher/internal/s3sink"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
)

// sameCounts compares what the three ends of the stream counted: what a
// condition on rows left behind doesn't arrive, but counts. The shadow's own
// count(*) is verification's; this is the cheaper and earlier alarm.
func (r *run) sameCounts() error {
	refusal := fault.Refuse("row counts", "rows were lost or doubled between the source and the shadow")
	for _, p := range r.program.Tables() {
		name := p.Table.Name.String()
		c := r.counts[name]
		source, scrubbed, dropped, arrived := c.source.Load(), c.scrubbed.Load(), c.dropped.Load(), c.arrived.Load()
		if source != scrubbed || scrubbed-dropped != arrived {
			refusal.Problems = append(refusal.Problems, name+": "+report.Count(source)+" rows left the source, "+
				report.Count(scrubbed)+" were scrubbed, "+report.Count(dropped)+" left behind by a condition, "+report.Count(arrived)+" arrived")
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
	r.missCanaries()
	r.verifier = verify.New(verify.Options{
		Run: r.Options.Run, Set: r.set, Exceptions: Exceptions(r.Rules), Strict: r.Strict, Workers: r.Workers,
		Risk: r.risk, Canaries: r.report.Canaries, Objects: verify.LargeObjects{Keep: r.Rules.LargeObjects.Keep, Source: r.objectsSent()},
	})
	tables, err := r.tables(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	result, err := r.verifier.Database(ctx, r.shadow.Config(), tables)
	if err != nil {
		return err
	}
	r.report.Risk = result.Risk
	r.pass, err = r.judge(pass.StagingDatabase, began, result)
	return err
}

// judge turns results into a pass or a refusal, and puts both into the report.
func (r *run) judge(subject string, began time.Time, results ...*verify.Result) (pass.Pass, error) {
	verified, err := verify.Judge(r.Options.Run, subject, results...)
	r.report.Verification = append(r.report.Verification, report.Subject{
		Name: subject, Results: results, Seconds: time.Since(began).Seconds(), Passed: err == nil,
	})
	return verified, err
}

// Exceptions are the rules' reviewed exceptions.
func Exceptions(rs *rules.Ruleset) []verify.Exception {
	var out []verify.Exception
	for _, a := range rs.Allow {
		out = append(out, verify.Exception{Table: a.Table, Column: a.Column, Class: a.Class, Values: a.Values, Why: a.Why})
	}
	return out
}

// RuledTables describes the tables as far as the rules alone know them.
func RuledTables(rs *rules.Ruleset) []verify.Table {
	var out []verify.Table
	for name, t := range rs.Tables {
		v := verify.Table{Name: name, RowsNone: t.Rows == rules.NoRows, SourceRows: -1, ByRules: true}
		for _, c := range t.Columns {
			if v.Rest = v.Rest || c.Wildcard; !c.Wildcard {
				v.Columns = append(v.Columns, verify.Column{Name: c.Name, Transform: c.Rule.Transform, Class: pii.None, Keep: c.Rule.Transform == "keep"})
			}
		}
		out = append(out, v)
	}
	return out
}

// TableNamed is the table of that name, bare if none is known.
func TableNamed(tables []verify.Table, name catalog.Name) verify.Table {
	for _, t := range tables {
		if t.Name == name {
			return t
		}
	}
	return verify.Table{Name: name, SourceRows: -1}
}

// VerifyObject scans one object of a dataset as its reader will see it; nil for
// one that holds no rows (the report).
func VerifyObject(ctx context.Context, v *verify.Verifier, tables []verify.Table, run *s3sink.Run, o s3sink.Object) (*verify.Result, error) {
	if name, _, ok := parquet.ParsePath(o.Name); ok {
		at, size, err := run.ReaderAt(ctx, o.Name)
		if err != nil {
			return nil, err
		}
		return v.Parquet(ctx, TableNamed(tables, name), at, size)
	}
	if !strings.HasSuffix(o.Name, ".dump") {
		return nil, nil
	}
	body, err := run.Open(ctx, o.Name)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return v.Dump(ctx, o.Name, body)
}
