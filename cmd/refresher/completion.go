package main

import (
	"slices"

	"github.com/spf13/cobra"
)

// formats are the values of --format, by command.
var formats = map[string][]string{
	"check": {"text", "json", "junit", "sarif", "github"}, "discover": {"yaml", "json"}, "doctor": {"text", "json"},
	"public-key": {"base64", "pem"}, "runs": {"text", "json", "html"}, "transforms": {"text", "json"},
	"verify": {"text", "json", "junit", "sarif"}, "version": {"text", "json"},
}

// completions gives shells the values of flags and arguments. What stands in the
// configuration and the rules is read from there; no server is asked.
func (a *app) completions(root *cobra.Command) {
	words := func(list ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
	}
	flag := func(c *cobra.Command, name string, values cobra.CompletionFunc) {
		if c.Flags().Lookup(name) != nil || c.PersistentFlags().Lookup(name) != nil {
			_ = c.RegisterFlagCompletionFunc(name, values) // fails for unknown and repeated flags only
		}
	}
	flag(root, "log-format", words("text", "json"))
	for _, c := range root.Commands() {
		if values := formats[c.Name()]; values != nil {
			flag(c, "format", words(values...))
		}
		switch c.Name() {
		case "preview":
			c.ValidArgsFunction = a.tableNames
		case "verify":
			flag(c, "target", a.targets)
			flag(c, "fingerprints", a.bucketNames)
		}
	}
}

// tableNames are the tables of the rules.
func (a *app) tableNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if in, err := a.load(); err == nil && len(args) == 0 {
		for name := range in.rules.Tables {
			names = append(names, name.String())
		}
	}
	slices.Sort(names)
	return names, cobra.ShellCompDirectiveNoFileComp
}

// bucketNames are the buckets of the configuration.
func (a *app) bucketNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if in, err := a.load(); err == nil {
		for _, b := range in.config.Buckets {
			names = append(names, b.Name)
		}
	}
	return names, cobra.ShellCompDirectiveDefault // files, too
}

func (a *app) targets(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	names, directive := a.bucketNames(c, args, word)
	return append([]string{"staging", "previous"}, names...), directive
}
