package refresh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/scrub"
	"refresher/internal/scrub/condition"
	"refresher/internal/verify"
)

// recorder writes the report of a run and tells its observer.
type recorder struct {
	report *report.Report
	watch  Observer
	before *report.Report      // of the last run that was done; nil if there is none
	redact func(string) string // of texts in the report; nil until the source's values are known

	entered   func(stage string) // notes the stage in the history; nil while the run is not in it
	traceable bool               // the staging server is not production's, so a history may be made there
}

func newRecorder(o *Options, watch Observer) *recorder {
	return &recorder{watch: watch, report: &report.Report{
		Run: o.Run, Version: o.Version, Started: time.Now().UTC(), Outcome: fault.Running,
		KeyFingerprint: o.Key.Fingerprint(), RulesetHash: o.Rules.Hash(),
	}}
}

// stage runs one stage, times it and names it in an error.
func (r *recorder) stage(ctx context.Context, name string, do func(context.Context) error) error {
	_, err := stage(ctx, r, name, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

// stage is [recorder.stage] of one that makes something.
func stage[T any](ctx context.Context, r *recorder, name string,
	do func(context.Context) (T, error)) (made T, err error) {
	if err := ctx.Err(); err != nil {
		return made, err
	}
	r.watch.Stage(name)
	r.report.Stage = name
	if r.entered != nil {
		r.entered(name)
	}
	began := time.Now()
	made, err = do(ctx)
	r.timed(name, time.Since(began))
	if err != nil {
		err = &stageError{name, err}
	}
	return made, err
}

// timed notes how long a stage took, in all if it was done more than once.
func (r *recorder) timed(name string, took time.Duration) {
	i := slices.IndexFunc(r.report.Stages, func(s report.Stage) bool { return s.Name == name })
	if i < 0 {
		i = len(r.report.Stages)
		r.report.Stages = append(r.report.Stages, report.Stage{Name: name})
	}
	r.report.Stages[i].Seconds += took.Seconds()
	r.report.Stages[i].PeakRSS = peakRSS()
}

// peakRSS is the most memory the process has had resident, in bytes
// (getrusage(2): ru_maxrss is in kB, on macOS in bytes).
func peakRSS() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return u.Maxrss
	}
	return u.Maxrss * 1024
}

// stageError says in which stage a run failed. A refusal names its gate instead.
type stageError struct {
	stage string
	err   error
}

func (e *stageError) Error() string {
	if fault.Decided(e.err) {
		return e.err.Error()
	}
	return "in stage " + e.stage + ": " + e.err.Error()
}

func (e *stageError) Unwrap() error { return e.err }

func (r *recorder) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if slices.Contains(r.report.Warnings, text) {
		return // said before the run started over
	}
	r.report.Warnings = append(r.report.Warnings, text)
	r.watch.Warn(text)
}

// ended notes how the stages ended.
func (r *recorder) ended(ctx context.Context, err error) {
	r.report.Outcome = fault.OutcomeOf(ctx, err)
	if err == nil {
		r.report.Stage = ""
		return
	}
	r.report.Error = strings.TrimPrefix(err.Error(), "in stage "+r.report.Stage+": ") // which is beside it
}

// close signs the report, puts it into the history and gives the claim back.
func (r *recorder) close(ctx context.Context, o *Options, mine *claim) error {
	r.report.Finished = time.Now().UTC()
	err := r.sign(o, r.report)
	run := history.Run{
		ID: o.Run, Database: o.Staging.Database, Pipeline: o.Pipeline, By: o.By, Host: history.Hostname(), Started: r.report.Started,
		Finished: r.report.Finished, Outcome: r.report.Outcome, Stage: r.report.Stage, Error: r.report.Error,
	}
	if s := r.report.Signed; s != nil {
		run.ReportJSON, run.Signature = s.Document, string(s.Signature)
	}
	if mine != nil {
		if mine.lock != nil {
			defer mine.lock.Release()
		}
		return errors.Join(err, mine.history.Finish(ctx, run))
	}
	if !o.DryRun && r.report.Outcome != fault.Done {
		r.trace(ctx, o, run)
	}
	return err
}

// trace puts a run that never began into the history, if it may: only where it is
// sure that the staging server is not production's is a history made. What stopped
// the run says more than a failure to note it, which is not reported.
func (r *recorder) trace(ctx context.Context, o *Options, run history.Run) {
	exists, err := history.Check(ctx, o.Staging)
	if err != nil || !exists && !r.traceable {
		return
	}
	if runs, err := history.Open(ctx, o.Staging); err == nil {
		_ = runs.Finish(ctx, run)
	}
}

// sign notes what changed since the last run, and signs.
func (r *recorder) sign(o *Options, rep *report.Report) error {
	if r.before != nil {
		rep.Drift = report.Compare(r.before, rep)
	}
	if r.redact != nil {
		rep.Redact(r.redact)
	}
	signer, err := o.signer()
	if err != nil {
		return err
	}
	return rep.Sign(signer)
}

// signer is the key that signs: the one given, else one that is derived from the run's key.
func (o *Options) signer() (signature.Signer, error) {
	if o.Signer.IsZero() {
		return signature.Derive(o.Key)
	}
	return o.Signer, nil
}

// signDocument makes the signature file of a JSON document.
func (o *Options) signDocument(doc []byte) ([]byte, error) {
	signer, err := o.signer()
	if err != nil {
		return nil, err
	}
	canonical, err := signature.Canonical(doc)
	if err != nil {
		return nil, err
	}
	return signer.Sign(canonical), nil
}

// signed reports whether a document is signed by the key that signs this run's.
func (o *Options) signed(doc, sig []byte) bool {
	signer, err := o.signer()
	if err != nil {
		return false
	}
	_, err = signature.Check(doc, sig, signer.Public())
	return err == nil
}

// describe notes both servers in the report.
func (r *recorder) describe(o *Options, p *plan) {
	r.report.Source = report.Server{
		Address: fmt.Sprintf("%s:%d", o.Source.Host, o.Source.Port), Database: p.catalog.Database,
		Version: p.catalog.ServerVersion, SystemID: fmt.Sprint(p.catalog.SystemID), Replica: p.catalog.InRecovery,
		Lag: p.catalog.Lag,
	}
	r.report.Staging = report.Server{
		Address: fmt.Sprintf("%s:%d", o.Staging.Host, o.Staging.Port), Database: o.Staging.Database,
		Version: p.server.Version(), SystemID: fmt.Sprint(p.server.SystemID()),
	}
	r.report.SchemaHash = schemaHash(p.catalog)
}

// schemaHash names the shape of the source: every table, column and type.
func schemaHash(c *catalog.Catalog) string {
	h := sha256.New()
	for _, t := range c.Tables {
		fmt.Fprintf(h, "%s %c\n", t.Name, t.Kind)
		for _, col := range t.Columns {
			fmt.Fprintf(h, "  %q %s %d %t\n", col.Name, col.Type.SQL, col.Mod, col.NotNull)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// decisions notes which rule decided every column.
func (r *recorder) decisions(p *scrub.Program) {
	r.report.Tables = nil
	for _, d := range p.Decisions() {
		t := report.Table{Name: d.Table.String(), Mode: "all"}
		if d.RowsNone {
			t.Mode = "none"
		}
		if d.RowsWhen != "" {
			t.Mode, t.When = "when", condition.Outline(d.RowsWhen)
		}
		for _, c := range d.Columns {
			t.Columns = append(t.Columns, report.Column{
				Name: c.Name, Type: c.Type, Transform: c.Transform, Class: string(c.Class), Domain: c.Domain,
				Keep: c.Keep, Wildcard: c.Wildcard, Origin: c.Origin, Pattern: c.Pattern, Detail: withoutValues(c.Detail),
				From:     c.From,
				KeepSome: c.KeepSome,
			})
		}
		r.report.Tables = append(r.report.Tables, t)
	}
	sortTables(r.report)
	r.report.Patterns = nil
	for _, m := range p.Expansion().Matches {
		pattern := report.Pattern{
			Pattern: m.Pattern, Origin: fmt.Sprintf("%s:%d", m.Pos.File, m.Pos.Line), Columns: m.Columns,
		}
		for _, t := range m.Tables {
			pattern.Tables = append(pattern.Tables, t.String())
		}
		r.report.Patterns = append(r.report.Patterns, pattern)
	}
}

func sortTables(rep *report.Report) {
	slices.SortFunc(rep.Tables, func(a, b report.Table) int { return strings.Compare(a.Name, b.Name) })
}

// withoutValues is a rule as a report shows it: a condition may quote a person's address.
func withoutValues(rule string) string {
	text, done := []byte(rule), 0
	var b strings.Builder
	for _, h := range detect.New().Scan(nil, text) {
		b.Write(text[done:h.Start])
		b.WriteString(verify.Shape(h.Class, text[h.Start:h.End]))
		done = h.End
	}
	b.Write(text[done:])
	return b.String()
}

// measure notes rows, bytes and time of every table.
func (r *recorder) measure(counts counters, p *scrub.Program) {
	for i := range r.report.Tables {
		t := &r.report.Tables[i]
		if c := counts[t.Name]; c != nil {
			t.Rows, t.Bytes, t.Seconds, t.Dropped = c.arrived, c.bytes, float64(c.nanos)/1e9, c.dropped
			for j := range t.Columns {
				t.Columns[j].KeptRows = c.kept[t.Columns[j].Name]
			}
		}
	}
	for _, plan := range p.Tables() {
		i := slices.IndexFunc(r.report.Tables, func(t report.Table) bool { return t.Name == plan.Table.Name.String() })
		if i >= 0 {
			r.report.Tables[i].Format = plan.Format.String()
		}
	}
}
