package lake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// Content is what an object holds, of one version.
type Content interface {
	io.Reader // from its start
	io.Closer
	// Range reads len(p) bytes from off, or an error with those that there are, and keeps none for a later call.
	Range(p []byte, off int64) (n int, err error)
	Size() int64
	Version() string // that changes with the bytes: an ETag
}

// Object is an object of the source.
type Object struct {
	Key  string // below the prefix
	Size int64
	Open func(ctx context.Context) (Content, error)
}

// Set is what is scrubbed by one entry of the configuration's objects.
type Set struct {
	Name  string
	Rules *rules.Ruleset
	By    []string // columns by which it is sampled; empty: that of the objects' subject
}

// Item is an object that is to be scrubbed.
type Item struct {
	Object
	Label       string // the key as it may be shown
	Rule        *rules.Object
	Kind        Kind
	Compression string
	Version     string // when it was planned

	values []rules.KeyValue
	table  catalog.Name // of its rows
	keys   catalog.Name // of the values in its key; empty if there are none
	layout *layout
}

// layout is what objects of one table have in common.
type layout struct {
	columns []*catalog.Column
	header  bool    // of CSV: it has a header line
	leaves  []*leaf // of Parquet
}

// Plan is what is known of a set before a row of it is read.
type Plan struct {
	Set        Set
	Items      []*Item // in the order of the keys
	LeftBehind int64   // objects that rules leave behind

	files map[catalog.Name]scrub.File
	sizes map[string]int // tables by their objects' pattern
}

// NewPlan reads the headers and footers of objects, and holds them against the rules. Its
// error has all problems: columns and objects without a rule are a *fault.Refusal of gate
// coverage, all else that is wrong a *fault.Input.
func NewPlan(ctx context.Context, set Set, objects []Object, workers int) (*Plan, error) {
	p := &Plan{Set: set, files: map[catalog.Name]scrub.File{}, sizes: map[string]int{}}
	var missing, wrong []fault.Problem
	for _, o := range objects {
		item := &Item{Object: o, Label: Visible(o.Key)}
		rule, err := set.Rules.ObjectFor(o.Key)
		switch {
		case err != nil:
			wrong = append(wrong, fault.Problem{Text: fmt.Sprintf("object %s: %v", item.Label, err)})
			continue
		case rule == nil:
			missing = append(missing, fault.Problem{Kind: fault.NoTableRule, Table: item.Label,
				Text: fmt.Sprintf("no pattern under objects takes object %s of %s", item.Label, set.Name),
				Fix:  `add one with its columns, or to leave such objects behind:   "PATTERN": {rows: none}`})
			continue
		case rule.Rows == rules.NoRows:
			p.LeftBehind++
			continue
		}
		item.Rule = rule
		item.values, _ = rule.Values(o.Key)
		item.Label = item.label()
		var ok bool
		if item.Kind, item.Compression, ok = KindOf(o.Key); !ok {
			wrong = append(wrong, rule.Pos.Problem("object %s is by its name none of .csv, .tsv, .jsonl, .ndjson "+
				"(or these with .gz or .zst) and .parquet, so its columns can't be told: "+
				"leave it behind with {rows: none}",
				item.Label))
			continue
		}
		p.Items = append(p.Items, item)
	}
	if err := p.inspect(ctx, workers, &missing, &wrong); err != nil {
		return nil, err
	}
	var errs []error
	if wrong != nil {
		errs = append(errs, &fault.Input{Problems: distinct(wrong)})
	}
	if missing != nil {
		errs = append(errs, uncovered(distinct(missing)))
	}
	return p, errors.Join(errs...)
}

func uncovered(missing []fault.Problem) error {
	return &fault.Refusal{Gate: "coverage", Problems: missing,
		Reason: "objects or columns without a rule; what no rule names doesn't leave production"}
}

func distinct(problems []fault.Problem) (out []fault.Problem) {
	for _, p := range problems {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// inspect looks into the objects' headers, several at a time.
func (p *Plan) inspect(ctx context.Context, workers int, missing, wrong *[]fault.Problem) error {
	layouts, failed := make([]*layout, len(p.Items)), make([]error, len(p.Items))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(4 * max(workers, 1)) // they wait for the server more than they work
	var mu sync.Mutex
	for i, item := range p.Items {
		group.Go(func() error {
			l, err := item.look(gctx)
			if err != nil && !fault.Decided(err) {
				return fmt.Errorf("object %s: %w", item.Label, err)
			}
			mu.Lock()
			defer mu.Unlock()
			layouts[i], failed[i] = l, err
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, item := range p.Items {
		if failed[i] != nil {
			*wrong = append(*wrong, fault.Problem{Text: fmt.Sprintf("object %s: %v", item.Label, failed[i])})
			continue
		}
		item.layout = layouts[i]
		before := len(*missing) + len(*wrong)
		p.cover(item, missing, wrong)
		if len(*missing)+len(*wrong) == before {
			*wrong = append(*wrong, p.assign(item)...)
		}
	}
	return nil
}

// look reads what an object says of its columns.
func (it *Item) look(ctx context.Context) (_ *layout, err error) {
	c, err := it.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	it.Version = c.Version()
	switch it.Kind {
	case JSONL:
		return &layout{}, nil
	case Parquet:
		return parquetLayout(c)
	}
	l := &layout{header: len(it.Rule.Header) == 0}
	var names []string
	for _, ref := range it.Rule.Header {
		names = append(names, ref.Name)
	}
	if l.header {
		in, err := unpack(c, it.Compression)
		if err != nil {
			return nil, fault.BadInput("it can't be unpacked: %v", err)
		}
		defer func() { _ = in.Close() }() // it was only read
		if _, names, err = csvHeader(bufio.NewReaderSize(in, maxHeader), it.delimiter()); err != nil {
			return nil, err
		}
	}
	for i, name := range names {
		l.columns = append(l.columns, textColumn(i, name))
	}
	return l, nil
}

// maxHeader is how many bytes a header line may have.
const maxHeader = 1 << 20

const bom = "\xEF\xBB\xBF"

// csvHeader reads the header of a CSV file: its bytes, with a byte order mark if there is
// one, and the names in it. An empty file has none.
func csvHeader(r *bufio.Reader, delimiter byte) (raw []byte, names []string, err error) {
	head, err := r.Peek(maxHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fault.BadInput("it can't be read: %v", err)
	}
	if len(head) == 0 {
		return nil, nil, nil
	}
	skip := len(head) - len(bytes.TrimPrefix(head, []byte(bom)))
	n, fields, err := csvRecord(head[skip:], delimiter, nil)
	if err == nil && skip+n == maxHeader {
		err = errors.New("its header line is longer than 1 MiB")
	}
	if err != nil {
		return nil, nil, fault.BadInput("it is no CSV file with the delimiter %q: %v", delimiter, err)
	}
	for _, f := range fields {
		name, _ := f.value(head[skip:], nil)
		names = append(names, string(name))
	}
	raw = bytes.Clone(head[:skip+n])
	_, err = r.Discard(skip + n)
	return raw, names, err
}

func (it *Item) delimiter() byte {
	switch {
	case it.Rule.Delimiter != 0:
		return it.Rule.Delimiter
	case strings.Contains(strings.ToLower(it.Key), ".tsv"):
		return '\t'
	}
	return ','
}

// cover finds columns without a rule, in the object and in its key.
func (p *Plan) cover(it *Item, missing, wrong *[]fault.Problem) {
	have := map[string]bool{}
	for _, v := range it.values {
		if have[v.Column] {
			continue
		}
		have[v.Column] = true
		if it.Rule.Column(v.Column) == nil {
			*missing = append(*missing, it.Rule.MissingColumn(it.Label, Visible(v.Column)))
		}
	}
	seen, unruled := map[string]bool{}, 0
	var gaps []fault.Problem
	for _, name := range it.names() {
		if have[name] = true; seen[name] {
			*wrong = append(*wrong, fault.Problem{Text: fmt.Sprintf("object %s has two columns %q: columns are "+
				"told apart by their names", it.Label, Visible(name))})
		}
		seen[name] = true
		if it.Rule.Column(name) == nil {
			unruled++
			gaps = append(gaps, it.Rule.MissingColumn(it.Label, Visible(name)))
		}
	}
	if it.Kind == CSV && it.layout.header && unruled > 0 && unruled == len(it.layout.columns) {
		// The first line may be data, which is not shown.
		gaps = []fault.Problem{{Kind: fault.NoColumnRule, Table: it.Label,
			Text: fmt.Sprintf("object %s: the rules of %q (%s) name none of the columns in its first line", it.Label,
				it.Rule.Pattern, it.Rule.Pos),
			Fix: "name them under columns, or if it has no header, write header: [COLUMN, …]"}}
	}
	if it.Kind == Parquet {
		nested, keys := it.coverLeaves()
		gaps, *wrong = append(gaps, nested...), append(*wrong, keys...)
	}
	*missing = append(*missing, gaps...)
	if it.Kind != JSONL && len(have) == 0 {
		return
	}
	for _, by := range p.Set.By {
		if by == "" && it.Rule.Subject == nil {
			*wrong = append(*wrong, it.Rule.Pos.Problem("%s is sampled, and the objects %s have no subject: write "+
				"subject: COLUMN beside their columns, or by: COLUMN at the target", p.Set.Name, it.Rule.Pattern))
			continue
		}
		by = it.sampledBy(by)
		if it.Kind == JSONL {
			continue // lines without that member are not taken
		}
		flat := it.Kind != Parquet || it.inKey(by) || slices.ContainsFunc(it.layout.leaves, func(l *leaf) bool {
			return l.name == by && !l.repeated
		})
		if !have[by] || !flat {
			text := fmt.Sprintf("object %s has no column %q, by which %s is sampled", it.Label, by, p.Set.Name)
			*wrong = append(*wrong, fault.Problem{Text: text})
		}
	}
}

// names are the columns of an object that rules name.
func (it *Item) names() (names []string) {
	if it.Kind == JSONL {
		return nil
	}
	if it.Kind == Parquet {
		return topNames(it.layout.leaves)
	}
	for _, c := range it.layout.columns {
		names = append(names, c.Name)
	}
	return names
}

// assign gives an object the table of all that are alike, and its key that of keys.
func (p *Plan) assign(it *Item) (problems []fault.Problem) {
	t := &rules.Table{Pos: it.Rule.Pos, Subject: it.Rule.Subject}
	if s := t.Subject; s != nil && it.inKey(s.Column) {
		t.Subject = nil // no row has it
	}
	switch it.Kind {
	case JSONL:
		var rule *rules.Rule
		rule, problems = lineRule(it.Rule)
		it.layout.columns, t.Columns = lineColumns(it.Rule, rule)
	case Parquet:
		t.Columns = it.layout.plan(it.Rule, p.Set.By)
	default:
		for _, c := range it.layout.columns {
			t.Columns = append(t.Columns, named(it.Rule, c.Name))
		}
	}
	it.table = p.add(it.Rule.Pattern, it.layout.columns, t)
	if len(it.values) > 0 {
		keys := &rules.Table{Pos: it.Rule.Pos}
		var columns []*catalog.Column
		for _, v := range it.values {
			if !slices.ContainsFunc(columns, func(c *catalog.Column) bool { return c.Name == v.Column }) {
				columns = append(columns, textColumn(len(columns), v.Column))
				keys.Columns = append(keys.Columns, named(it.Rule, v.Column))
			}
		}
		it.keys = p.add("keys of "+it.Rule.Pattern, columns, keys)
	}
	return problems
}

// named is the rule of one column, which a wildcard may have given.
func named(o *rules.Object, column string) *rules.Column {
	c := *o.Column(column)
	c.Name, c.Wildcard = column, false
	return &c
}

// add names the table of columns with their rules, which objects share that are alike.
func (p *Plan) add(pattern string, columns []*catalog.Column, t *rules.Table) catalog.Name {
	for n := 1; ; n++ {
		name := catalog.Name{Schema: "objects " + p.Set.Name, Name: pattern}
		if n > 1 {
			name.Name = fmt.Sprintf("%s (%d)", pattern, n)
		}
		if have, ok := p.files[name]; ok {
			if slices.EqualFunc(have.Table.Columns, columns, func(a, b *catalog.Column) bool {
				return a.Name == b.Name && a.Type.OID == b.Type.OID && a.Mod == b.Mod
			}) {
				return name
			}
			continue
		}
		t.Name = name
		p.files[name] = scrub.File{Rules: t, Table: &catalog.Table{
			Name: name, Root: name, Kind: catalog.Ordinary, Persistence: 'p', Columns: columns,
		}}
		return name
	}
}

// Files are what the plan's objects look like, for [scrub.Compile].
func (p *Plan) Files() (files []scrub.File) {
	for _, f := range p.files {
		if len(f.Table.Columns) > 0 {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b scrub.File) int { return a.Table.Name.Compare(b.Table.Name) })
	return files
}
