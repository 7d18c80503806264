package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"

	"refresher/internal/fault"
)

// syntax reports a parser error without the excerpt of the file that the YAML
// library adds, which can quote a secret.
func (d *decoder) syntax(err error) {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		d.problem(e.GetToken().Position, "not valid YAML: %s", e.GetMessage())
		return
	}
	d.problem(nil, "not valid YAML")
}

func (d *decoder) problem(p *token.Position, format string, args ...any) {
	pr := fault.Problem{File: d.file, Text: fmt.Sprintf(format, args...)}
	if p != nil {
		pr.Line, pr.Col = p.Line, p.Column
	}
	d.problems = append(d.problems, pr)
}

// at reports a problem of a field by its dotted name.
func (d *decoder) at(field, format string, args ...any) {
	place := d.places[field]
	for f := field; place == nil && strings.Contains(f, "."); place = d.places[f] {
		f = f[:strings.LastIndexByte(f, '.')]
	}
	if first, _, _ := strings.Cut(field, "."); d.own[strings.SplitN(first, "[", 2)[0]] {
		field = join(d.prefix, field)
	}
	d.problem(place, "%s %s", field, fmt.Sprintf(format, args...))
}

// placesOf are the places of fields below some of the top.
func (d *decoder) placesOf(top ...string) map[string]*token.Position {
	out := map[string]*token.Position{}
	for field, at := range d.places {
		if first, _, below := strings.Cut(field, "."); below && slices.Contains(top, first) {
			out[field] = at
		}
	}
	return out
}

// put takes over what is wrong with single fields, from an *fault.Input or nil.
func (d *decoder) put(err error) {
	var input *fault.Input
	if !errors.As(err, &input) {
		return
	}
	for _, p := range input.Problems {
		d.at(p.Field, "%s", p.Text)
	}
}

func indexed(list string, i int, field string) string {
	return fmt.Sprintf("%s[%d].%s", list, i, field)
}
