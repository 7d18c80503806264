package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"refresher/internal/fault"
	"refresher/internal/preview"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// screen is the terminal that stdout is; none if width is 0.
type screen struct {
	width  int // in characters
	colour bool
}

const (
	maxPreviewRows = 1000
	previewLines   = 12  // of one value on a terminal
	fileWidth      = 160 // of a preview in a file
)

func (a *app) previewCommand() *cobra.Command {
	var rows int
	var output string
	cmd := &cobra.Command{
		Use: "preview TABLE", Short: "Before and after of a few rows, for rule authors with production access",
		Long: `preview reads a few rows of production and shows them beside what a run would put
into staging. It writes to a terminal only, as what it shows is raw: a pipe or a
redirection is refused. --output writes a file that only you can read.`,
		Example: `  refresher preview public.users
  refresher preview public.support_tickets --rows 20
  refresher preview public.runs --pipeline mlflow`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fault.BadInput("preview takes one table, as schema.table; see: %s --help", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if rows < 1 || rows > maxPreviewRows {
				return fault.BadInput("--rows must be from 1 to %d", maxPreviewRows)
			}
			if a.screen.width == 0 && output == "" {
				return fault.BadInput(
					"preview shows raw production values, and stdout is no terminal: run it on one, or give --output " +
						"FILE to write them to a file on purpose",
				)
			}
			page, err := a.preview(cmd.Context(), args[0], rows)
			if err != nil {
				return err
			}
			if output != "" {
				return a.previewFile(page, output)
			}
			return page.Render(a.out,
				preview.Options{Width: a.screen.width, Colour: a.screen.colour, Lines: previewLines})
		},
	}
	cmd.Flags().IntVar(&rows, "rows", 3, "how many rows to show")
	a.pipelineFlag(cmd)
	cmd.Flags().
		StringVar(&output, "output", "", "write raw values and their fakes to this new file, readable by you alone")
	return cmd
}

// preview reads and scrubs the first rows of a table.
func (a *app) preview(ctx context.Context, table string, rows int) (*preview.Page, error) {
	in, err := a.load()
	if err != nil {
		return nil, err
	}
	key, err := a.key(ctx, in.config)
	if err != nil {
		return nil, err
	}
	cfg, err := in.config.SourceConfig(ctx)
	if err != nil {
		return nil, err
	}
	source, err := snapshot.Open(ctx,
		snapshot.Options{Config: cfg, Run: "preview", RequireReplica: in.config.Source.RequireReplica, Workers: 1})
	if err != nil {
		return nil, err
	}
	defer source.Close(ctx)
	name, err := preview.Find(source.Catalog(), table)
	if err != nil {
		return nil, err
	}
	program, err := scrub.Compile(in.rules, source.Catalog(), key.Bytes())
	if err != nil {
		return nil, err
	}
	return preview.Read(ctx, source, program, name, rows)
}

// previewFile writes a page to a file that no other user can read. It never
// follows or overwrites what is there.
func (a *app) previewFile(page *preview.Page, path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.BadInput("%s is there already: remove it, or choose another file", path)
	}
	if err != nil {
		return fmt.Errorf("making the file of the preview: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("writing the preview: %w", cerr)
		}
	}()
	if err := page.Render(f, preview.Options{Width: fileWidth}); err != nil {
		return fmt.Errorf("writing the preview: %w", err)
	}
	fmt.Fprintf(a.err, "%s holds raw values of production now; remove it when you are done\n", path)
	return nil
}
