package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

func (a *app) versionCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "version", Short: "The version, and the PostgreSQL versions it works with", Args: maxArgs(0),
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version  string `json:"version"`
				Go       string `json:"go"`
				Platform string `json:"platform"`
				Oldest   int    `json:"postgresql_oldest"`
				Newest   int    `json:"postgresql_newest"`
			}{version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, client.Oldest, client.Newest}
			switch format {
			case "json":
				return a.json(v)
			case "text":
				_, err := fmt.Fprintf(a.out, "refresher %s\n%s %s, PostgreSQL %d to %d\n", v.Version, v.Go, v.Platform,
					v.Oldest, v.Newest)
				return err
			}
			return fault.BadInput("--format must be text or json")
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}
