package refresh

import (
	"context"
	"slices"
	"strings"
	"time"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
)

// proof is that the shadow is clean, and what the same is asked of datasets with.
type proof struct {
	verifier *verify.Verifier
	set      *fingerprint.Set
	pass     pass.Pass // for staging
}

// verifyShadow proves the shadow clean.
func verifyShadow(ctx context.Context, o *Options, rec *recorder, data *filled) (*proof, error) {
	set, err := data.store.Build()
	if err != nil {
		return nil, err
	}
	rec.identifiers(data.store, data.canaries)
	data.canaries.missed(set.Matcher(), rec.report.Canaries)
	clean := &proof{set: set, verifier: verify.New(verify.Options{
		Run: o.Run, Replaces: o.Staging.Database, Set: set, Exceptions: o.exceptions(), Strict: o.Strict, Workers: o.Workers,
		Risk: data.risk, Canaries: rec.report.Canaries,
		Objects: verify.LargeObjects{Keep: o.Rules.LargeObjects.Keep, Source: data.objectsSent()},
	})}
	tables, err := expected(ctx, o, rec, data)
	if err != nil {
		return nil, err
	}
	rec.redact = clean.verifier.Redactor()
	rec.report.Redact(rec.redact)
	began := time.Now()
	result, err := clean.verifier.Database(ctx, data.shadow.Config(), tables)
	if err != nil {
		return nil, err
	}
	rec.report.Risk = result.Risk
	clean.pass, err = judge(o, rec, data, pass.StagingDatabase, began, result)
	return clean, err
}

// identifiers notes how many source values will be looked for.
func (r *recorder) identifiers(store *fingerprint.Store, c *canaries) {
	for class, s := range store.Stats() {
		r.report.Identifiers = append(r.report.Identifiers, report.Identifier{
			Class: string(class), Added: s.Added - c.followed(class), Fictional: s.Fictional, Short: s.Short,
		})
	}
	slices.SortFunc(r.report.Identifiers, func(a, b report.Identifier) int { return strings.Compare(a.Class, b.Class) })
}

// judge turns results into a pass or a refusal, and puts both into the report.
func judge(o *Options, rec *recorder, data *filled, subject string, began time.Time,
	results ...*verify.Result) (pass.Pass, error) {
	if err := explain(data.catalog, o.Rules, data.store.Origins, results...); err != nil {
		return pass.Pass{}, err
	}
	verified, err := verify.Judge(o.Run, subject, results...)
	err = withRemedies(data.catalog, o.Rules, err)
	rec.report.Verification = append(rec.report.Verification, report.Subject{
		Name: subject, Results: results, Seconds: time.Since(began).Seconds(), Passed: err == nil,
	})
	return verified, err
}

// specs describes the tables that verification must find, and nothing else.
// counts may be nil, if it isn't known how many rows there must be.
func specs(cat *catalog.Catalog, p *scrub.Program, counts counters) []verify.Table {
	var out []verify.Table
	for _, d := range p.Decisions() {
		t := verify.Table{Name: d.Table, RowsNone: d.RowsNone, SourceRows: -1}
		if c := counts[d.Table.String()]; c != nil {
			t.SourceRows = c.source - c.dropped - c.suppressed
		}
		if table := cat.Table(d.Table); table != nil {
			t.NotValid = table.NotValid
		}
		for _, c := range d.Columns {
			is := verify.Column{Name: c.Name, Transform: c.Transform, Class: c.Class, Keep: c.Keep}
			if table := cat.Table(d.Table); table != nil && table.Column(c.Name) != nil {
				is.Dates = verify.DatesOnly(table.Column(c.Name).Type.Underlying().SQL)
			}
			t.Columns = append(t.Columns, is)
		}
		out = append(out, t)
	}
	return out
}

// Exceptions are the rules' reviewed exceptions.
func Exceptions(rs *rules.Ruleset) []verify.Exception {
	var out []verify.Exception
	for _, a := range rs.Allow {
		out = append(out, verify.Exception{
			Table: a.Table, Objects: a.Objects, Column: a.Column, Class: a.Class, Values: a.Values, UpTo: a.UpTo, Why: a.Why,
		})
	}
	return out
}

// exceptions are those of the database's rules, and those for objects of the objects' own.
func (o *Options) exceptions() []verify.Exception {
	var of []*rules.Ruleset
	for _, s := range o.Objects {
		of = append(of, s.Rules)
	}
	return append(Exceptions(o.Rules), ObjectExceptions(o.Rules, of...)...)
}

// ObjectExceptions are the exceptions for objects in rules of their own, beside those of the database.
func ObjectExceptions(database *rules.Ruleset, of ...*rules.Ruleset) (list []verify.Exception) {
	for i, rs := range of {
		if rs == database || slices.Contains(of[:i], rs) {
			continue
		}
		for _, e := range Exceptions(rs) {
			if e.Objects != "" {
				list = append(list, e)
			}
		}
	}
	return list
}

// RuledTables describes the tables as far as the rules alone know them.
func RuledTables(rs *rules.Ruleset) []verify.Table {
	var out []verify.Table
	for name, t := range rs.Tables {
		v := verify.Table{Name: name, RowsNone: t.Rows == rules.NoRows, SourceRows: -1, ByRules: true}
		for _, c := range t.Columns {
			if v.Rest = v.Rest || c.Wildcard; !c.Wildcard {
				v.Columns = append(v.Columns, verify.Column{
					Name: c.Name, Transform: c.Rule.Transform, Class: pii.None, Keep: c.Rule.Transform == "keep",
				})
			}
		}
		out = append(out, v)
	}
	return out
}
