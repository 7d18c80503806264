package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"refresher"
	"refresher/internal/fault"
	"refresher/internal/scrub/rules"
)

func (a *app) packsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "packs [NAME]", Short: "Rulesets that come with refresher, for libraries and products", Args: maxArgs(1),
		Long: `packs lists the rulesets that come with refresher for the tables of libraries and
products. Rules include one as builtin:NAME, and say what else the application has;
with a NAME its rules are printed. discover and init include those whose tables they see.`,
		Example: `  refresher packs
  refresher packs devise`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return packNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
				for _, p := range rules.Packs() {
					fmt.Fprintf(w, "%s%s\t%s\n", rules.Builtin, p.Name, p.Doc)
				}
				return w.Flush()
			}
			text, err := refresher.Rules.ReadFile("rules/" + args[0] + ".yaml")
			if err != nil {
				return fault.BadInput("there is no pack %q%s; `refresher packs` lists them", args[0],
					fault.DidYouMean(args[0], packNames()))
			}
			_, err = a.out.Write(text)
			return err
		},
	}
}

func packNames() (names []string) {
	for _, p := range rules.Packs() {
		names = append(names, p.Name)
	}
	return names
}
