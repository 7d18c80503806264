package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"refresher/internal/config"
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
		flag(c, "pipeline", a.pipelineNames)
		if values := formats[c.Name()]; values != nil {
			flag(c, "format", words(values...))
		}
		switch c.Name() {
		case "preview":
			c.ValidArgsFunction = a.tableNames
		case "run", "check", "doctor", "discover", "rollback", "public-key":
			c.ValidArgsFunction = a.pipelineNames
		case "verify":
			c.ValidArgsFunction = a.pipelineNames
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

// pipelineNames are the pipelines of the configuration that aren't given yet.
func (a *app) pipelineNames(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	all, err := a.loadConfigs()
	if err != nil || len(args) > 0 && strings.HasSuffix(c.Use, "[PIPELINE]") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.DeleteFunc(config.Names(all), func(n string) bool { return slices.Contains(args, n) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

// bucketNames are the buckets of the configuration.
func (a *app) bucketNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if all, err := a.loadConfigs(); err == nil {
		for _, c := range all {
			for _, b := range c.Buckets {
				if !slices.Contains(names, b.Name) {
					names = append(names, b.Name)
				}
			}
		}
	}
	return names, cobra.ShellCompDirectiveDefault // files, too
}

func (a *app) targets(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	names, directive := a.bucketNames(c, args, word)
	return append([]string{"staging", "previous"}, names...), directive
}
