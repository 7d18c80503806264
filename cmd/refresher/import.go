package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/discover/importer"
	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// maxImport is more than any file of rules that was seen, and bounds memory.
const maxImport = 64 << 20

func (a *app) importCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "import FILE|postgres://…", Short: "Rules of other tools as a ruleset", Args: maxArgs(1),
		Long: `import reads the masking rules of another tool and writes them as a ruleset:
PostgreSQL Anonymizer's security labels (a file of SQL, or the labels of a database),
greenmask's configuration, pgstream's transformations, or the mappings of a Neosync job.

What has no counterpart stays as a comment "# review:", and its column has no rule until
one is written; check names those columns. Those tools copy the columns that they don't
name; here each needs a rule, and discover prints what is missing as a patch.`,
		Example: `  refresher import greenmask.yml > rules/app.yaml
  refresher import postgres://replica/app --output rules/app.yaml
  refresher discover | patch -p0`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fault.BadInput("import needs a file, - for standard input, or a postgres:// URL; "+
					"see: %s --help", cmd.CommandPath())
			}
			r, err := a.foreignRules(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			a.imported(r)
			return a.emit(output, []byte(r.YAML()))
		},
	}
	cmd.Flags().StringVar(&output, "output", "", "write to this new file instead of stdout")
	return cmd
}

func (a *app) foreignRules(ctx context.Context, from string) (*importer.Rules, error) {
	if strings.HasPrefix(from, "postgres://") || strings.HasPrefix(from, "postgresql://") {
		return a.labelsOf(ctx, from)
	}
	in := a.stdin()
	if from != "-" {
		f, err := os.Open(from)
		if err != nil {
			return nil, fault.BadInput("%s can't be read", from)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	if err != nil {
		return nil, fault.BadInput("%s can't be read", from)
	}
	if len(text) > maxImport {
		return nil, fault.BadInput("%s is larger than %d MiB: it is no file of rules", from, maxImport>>20)
	}
	return importer.Read(from, text)
}

// labelsOf reads the security labels of a database.
func (a *app) labelsOf(ctx context.Context, url string) (*importer.Rules, error) {
	cfg, err := client.ParseFlag("the argument", url)
	if err != nil {
		return nil, err
	}
	if err := config.Secure(cfg); err != nil {
		return nil, err
	}
	conn, err := client.Open(ctx, cfg, client.Session{
		To: "the database", Name: "refresher/import", ReadOnly: true,
	})
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return importer.Database(ctx, conn)
}

// imported says in a line what came out.
func (a *app) imported(r *importer.Rules) {
	left := len(r.Columns) - r.Translated()
	fmt.Fprintf(a.err, "%s: %d rules of %s read; %d have no counterpart and are marked with # review:\n", r.Source,
		len(r.Columns), r.Tool, left)
}
