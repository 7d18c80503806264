package refresh

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/verify"
)

// hooked notes in the report which tables and columns steps before the promote made, changed and
// dropped. Nothing in them comes from the source but by way of the scrubbed shadow, so they need no
// rule; they are looked through like all others.
func (r *recorder) hooked(h *hooked) {
	for _, t := range h.before.Tables {
		if h.after.Table(t.Name) == nil {
			r.report.Tables = slices.DeleteFunc(r.report.Tables, func(x report.Table) bool {
				return x.Name == t.Name.String()
			})
			r.warn("a hook dropped or renamed the table %s", t.Name)
		}
	}
	for _, t := range h.after.Tables {
		if t.Extension != "" {
			continue
		}
		was := h.before.Table(t.Name)
		i := slices.IndexFunc(r.report.Tables, func(x report.Table) bool { return x.Name == t.Name.String() })
		switch {
		case was != nil && i < 0:
			continue // a partition, which its root's rules are for, or staging's own
		case was == nil && t.Root != t.Name && h.before.Table(t.Root) != nil:
			continue // a new partition of a table that has rules
		case was == nil && i < 0:
			r.report.Tables = append(r.report.Tables, report.Table{
				Name: t.Name.String(), Mode: report.HookMode, Rows: h.rows[t.Name],
			})
			i = len(r.report.Tables) - 1
			r.warn("a hook made the table %s: no rule is for it, and it is verified like the others", t.Name)
		}
		changeTable(&r.report.Tables[i], was, t)
	}
	sortTables(r.report)
}

// changeTable brings what the report says of a table to what it is now.
func changeTable(said *report.Table, was, is *catalog.Table) {
	if was == nil {
		was = &catalog.Table{}
	}
	said.Columns = slices.DeleteFunc(said.Columns, func(c report.Column) bool {
		return was.Column(c.Name) != nil && is.Column(c.Name) == nil
	})
	for _, c := range is.Columns {
		if was.Column(c.Name) == nil {
			said.Columns = append(said.Columns, report.Column{
				Name: c.Name, Type: c.Type.SQL, Transform: "keep", Keep: true, Origin: report.ByHook,
			})
		}
	}
	for _, k := range is.NotValid {
		if !slices.Contains(was.NotValid, k) {
			said.NotValid = append(said.NotValid, k)
		}
	}
}

// Built brings what the rules say of tables to what hooks before the promote have made of them, by
// the report of the run.
func Built(tables []verify.Table, rep *report.Report) []verify.Table {
	said := map[string]report.Table{}
	for _, t := range rep.Tables {
		said[t.Name] = t
	}
	var out []verify.Table
	for _, t := range tables {
		is, ok := said[t.Name.String()]
		if !ok {
			continue // dropped
		}
		t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c verify.Column) bool {
			return !slices.ContainsFunc(is.Columns, func(x report.Column) bool { return x.Name == c.Name })
		})
		out = append(out, withHooks(t, is))
		delete(said, t.Name.String())
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if n, err := catalog.ParseName(name); err == nil && said[name].Mode == report.HookMode {
			out = append(out, withHooks(verify.Table{Name: n, SourceRows: -1}, said[name]))
		}
	}
	return out
}

func withHooks(t verify.Table, said report.Table) verify.Table {
	t.NotValid = append(slices.Clip(t.NotValid), said.NotValid...)
	for _, c := range said.Columns {
		known := slices.ContainsFunc(t.Columns, func(x verify.Column) bool { return x.Name == c.Name })
		if c.Origin == report.ByHook && !known {
			t.Columns = append(t.Columns, verify.Column{Name: c.Name, Transform: c.Transform, Keep: true})
		}
	}
	return t
}

// HooksMade reports whether a hook of the run made, changed or dropped a table.
func HooksMade(rep *report.Report) bool {
	return slices.ContainsFunc(rep.Hooks, func(h report.Hook) bool { return h.When == report.BeforePromote })
}

// described is what the shadow must hold. counts may be nil, see [specs].
func (d *filled) described(ctx context.Context, o *Options, rec *recorder, counts counters) ([]verify.Table, error) {
	tables := specs(d.catalog, d.program, counts)
	if d.hooked != nil {
		tables = Built(tables, rec.report)
	}
	return Preserved(ctx, d.shadow.Config(), o.Preserve, tables)
}

// asBuilt is what datasets are made of: the shadow with the schema that hooks left it with.
func (d *filled) asBuilt(ctx context.Context, o *Options) (*filled, error) {
	if d.hooked == nil {
		return d, nil
	}
	plan, built := *d.plan, *d
	plan.catalog, built.plan = d.hooked.after, &plan
	if !slices.ContainsFunc(o.Buckets, func(b Bucket) bool { return b.Sample != nil || b.Synthetic != nil }) {
		return &built, nil
	}
	built.schema = filepath.Join(filepath.Dir(d.schema), "built.dump")
	cfg := d.shadow.Config()
	err := client.Run(ctx, client.Command{
		Tool: client.Dump, MinMajor: client.Major(d.server.Version()), Doing: "dumping the schema that hooks left",
		Server: cfg, Settings: map[string]string{"client_encoding": d.catalog.Encoding},
		Args: client.SchemaOnly(built.schema),
	})
	if err != nil {
		return nil, err
	}
	if err := noCredentials(ctx, o, built.schema); err != nil {
		return nil, err
	}
	conn, err := client.Open(ctx, cfg, client.Session{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer client.Close(ctx, conn)
	built.sequences, err = catalog.SequenceValues(ctx, conn, d.hooked.after.Sequences)
	return &built, err
}
