package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"refresher/internal/fault"
	"refresher/internal/scrub/transform"
)

func (a *app) transformsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "transforms [NAME]", Short: "What the rules can do to a value, with examples", Args: maxArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return transform.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			list := transform.Definitions()
			if len(args) == 1 {
				d := transform.Named(args[0])
				if d == nil {
					return fault.BadInput("there is no transform %q%s; `refresher transforms` lists them",
						args[0], fault.DidYouMean(args[0], transform.Names()))
				}
				list = []transform.Definition{*d}
			}
			switch format {
			case "json":
				return a.json(describeTransforms(list))
			case "text":
				if len(args) == 1 {
					describeTransform(a.out, &list[0])
					return nil
				}
				return listTransforms(a.out, list)
			}
			return fault.BadInput("--format must be text or json")
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, or json for machines")
	return cmd
}

// transformDoc is a transform as --format json shows it.
type transformDoc struct {
	Name       string             `json:"name"`
	Doc        string             `json:"doc"`
	Class      string             `json:"class,omitempty"`
	Types      []transform.Family `json:"types,omitempty"` // absent: all
	Unique     bool               `json:"unique"`
	Parameters []parameterDoc     `json:"parameters"`
	Example    string             `json:"example"`
}

type parameterDoc struct {
	Name     string   `json:"name"`
	Doc      string   `json:"doc"`
	Choices  []string `json:"choices,omitempty"`
	Default  string   `json:"default,omitempty"`
	Required bool     `json:"required"`
}

func describeTransforms(list []transform.Definition) []transformDoc {
	docs := []transformDoc{}
	for _, d := range list {
		doc := transformDoc{Name: d.Name, Doc: d.Doc, Class: string(d.Class), Types: d.Families, Unique: d.Unique,
			Parameters: []parameterDoc{}, Example: d.Example.Rule}
		for _, p := range d.Params {
			doc.Parameters = append(doc.Parameters, parameterDoc{p.Name, p.Doc, p.Choices, p.Default, p.Required})
		}
		docs = append(docs, doc)
	}
	return docs
}

func listTransforms(out io.Writer, list []transform.Definition) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, d := range list {
		first, _, _ := strings.Cut(d.Doc, ". ")
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.Name, typesOf(&d), strings.TrimSuffix(first, "."))
	}
	return w.Flush()
}

// describeTransform prints what a rule's author needs of one transform.
func describeTransform(out io.Writer, d *transform.Definition) {
	fmt.Fprintf(out, "%s: %s\n\n", d.Name, d.Doc)
	fmt.Fprintf(out, "  types    %s\n", typesOf(d))
	if d.Class != "" {
		fmt.Fprintf(out, "  class    %s\n", d.Class)
	}
	if d.Space != "" {
		fmt.Fprintf(out, "  values   %s\n", d.Space)
	}
	if d.Unique {
		fmt.Fprintln(out, "  unique   yes: it may serve a unique column")
	}
	fmt.Fprintf(out, "\nExample, for a value such as %q:\n\n  column_name: %s\n", d.Example.Value, d.Example.Rule)
	if len(d.Params) == 0 {
		return
	}
	fmt.Fprintf(out, "\nParameters, as in {transform: %s, NAME: VALUE}:\n\n", d.Name)
	for _, p := range d.Params {
		takes := p.Default
		switch {
		case p.Required:
			takes = "required"
		case takes == "":
			takes = "optional"
		default:
			takes = "default " + takes
		}
		if len(p.Choices) > 0 {
			takes = strings.Join(p.Choices, ", ") + "; " + takes
		}
		fmt.Fprintf(out, "  %s (%s)\n      %s\n", p.Name, takes, p.Doc)
	}
}

func typesOf(d *transform.Definition) string {
	if d.Families == nil {
		return "all"
	}
	names := make([]string, len(d.Families))
	for i, f := range d.Families {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}
