package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"refresher/internal/catalog"
	"refresher/internal/fault"
	"refresher/internal/pgerr"
	"refresher/internal/scrub"
)

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Rules against the live catalog; reads no rows; for pull-request CI", Args: maxArgs(0),
		Long: `check compiles the rules against the source's catalog and reports every table and
column without a rule, every rule without a column, and every transform on a type
it cannot serve. It reads no row and needs no key.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := a.load()
			if err != nil {
				return err
			}
			cat, err := a.sourceCatalog(cmd.Context(), in)
			if err != nil {
				return err
			}
			program, err := scrub.Compile(in.rules, cat, make([]byte, 32)) // compiling draws nothing from the key
			if err != nil {
				return err
			}
			printDecisions(a.err, cat, program)
			for _, w := range program.Warnings() {
				fmt.Fprintf(a.err, "warning: %s\n", w)
			}
			return nil
		},
	}
}

// sourceCatalog reads the source's catalog in a read-only session.
func (a *app) sourceCatalog(ctx context.Context, in *inputs) (*catalog.Catalog, error) {
	cfg, err := in.config.SourceConfig()
	if err != nil {
		return nil, fault.BadInput("source.url is not a PostgreSQL connection URL")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cfg.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.RuntimeParams["application_name"] = "refresher/check"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, pgerr.Wrap(err, "connecting to the source")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return catalog.Load(ctx, conn)
}

func printDecisions(w io.Writer, cat *catalog.Catalog, p *scrub.Program) {
	tables, columns, masked, wild := 0, 0, 0, 0
	for _, d := range p.Decisions() {
		tables++
		for _, c := range d.Columns {
			columns++
			if !c.Keep {
				masked++
			}
			if c.Wildcard {
				wild++
			}
		}
	}
	fmt.Fprintf(w, "%s: every column has a rule: %d tables, %d columns, %d masked, %d kept", cat.Database, tables, columns, masked, columns-masked)
	if wild > 0 {
		fmt.Fprintf(w, " (%d by a wildcard)", wild)
	}
	fmt.Fprintln(w)
}
