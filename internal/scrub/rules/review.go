package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// ReviewFile is where the review of a rules file's patterns is kept: beside it, so
// that both are committed together. A builtin ruleset has none.
func ReviewFile(top string) string {
	if strings.HasPrefix(top, Builtin) {
		return ""
	}
	base, ext := top, ""
	if i := strings.LastIndexByte(top, '.'); i > strings.LastIndexByte(top, '/') {
		base, ext = top[:i], top[i:]
	}
	return base + ".reviewed" + ext
}

// review reads the review beside a rules file, if there is one.
func (rs *Ruleset) review(top string) []fault.Problem {
	path := ReviewFile(top)
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []fault.Problem{{File: path, Text: "can't be read: " + cause(err)}}
	}
	l := &loader{reader: reader{file: path}, rs: rs}
	if root := l.parse(text); root != nil {
		l.mapping(root, "a review", `"version: 1" and "reviewed:"`, []field{
			{"version", true, l.version}, {"reviewed", true, l.reviewed},
		})
	}
	return l.problems
}

func (l *loader) version(e entry) {
	if v, _ := l.scalar(e.value); v.Text != "1" {
		l.fail(e.pos, "this refresher knows version 1 of the rules format: write version: 1")
	}
}

func (l *loader) reviewed(e entry) {
	const shape = "{schema.table: {COLUMN: TYPE}}"
	if l.rs.Reviewed == nil {
		l.rs.Reviewed = map[catalog.Name]map[string]string{}
	}
	tables, _ := l.entries(e.value, "reviewed", shape)
	for _, t := range tables {
		name, err := catalog.ParseName(t.key)
		if err != nil {
			l.fail(t.pos, "%v", err)
			continue
		}
		if l.rs.Reviewed[name] == nil {
			l.rs.Reviewed[name] = map[string]string{}
		}
		columns, _ := l.entries(t.value, "the columns of "+t.key, shape)
		for _, c := range columns {
			column, _ := unquote(c.key)
			l.rs.Reviewed[name][column], _ = l.str(c.value, "the type of "+c.key)
		}
	}
}

// Accept writes the reviews of an expansion: each column that a pattern keeps now,
// with its type. It returns the files that it wrote, in order.
func (x *Expansion) Accept() (files []string, err error) {
	byTop := map[string][]Kept{}
	var tops []string
	for _, k := range x.Kept {
		if byTop[k.Top] == nil {
			tops = append(tops, k.Top)
		}
		byTop[k.Top] = append(byTop[k.Top], k)
	}
	slices.Sort(tops)
	for _, top := range tops {
		path := ReviewFile(top)
		if path == "" {
			return files, fault.BadInput("%s keeps columns by a pattern, and their review needs a file of your own: "+
				"include it from a rules file", top)
		}
		//nolint:gosec // as readable as the rules
		if err := os.WriteFile(path, reviewText(byTop[top]), 0o644); err != nil {
			return files, fmt.Errorf("writing the review: %w", err)
		}
		files = append(files, path)
	}
	return files, nil
}

func reviewText(kept []Kept) []byte {
	var b strings.Builder
	b.WriteString("# Columns that arrive as they are because a pattern of the rules keeps them, as reviewed.\n" +
		"# Written by `refresher check --accept`; to be committed with the rules.\nversion: 1\nreviewed:\n")
	kept = slices.Clone(kept)
	slices.SortStableFunc(kept, func(a, b Kept) int { return a.Table.Compare(b.Table) })
	last := catalog.Name{}
	for _, k := range kept {
		if k.Table != last {
			fmt.Fprintf(&b, "  %s:\n", yamlString(k.Table.String()))
			last = k.Table
		}
		column := k.Column
		if _, quoted := unquote(column); quoted {
			column = catalog.Quote(column)
		}
		fmt.Fprintf(&b, "    %s: %s\n", yamlString(column), yamlString(k.Type))
	}
	return []byte(b.String())
}

// yamlString is a string as YAML, quoted in any case so that none is taken for a number.
func yamlString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
