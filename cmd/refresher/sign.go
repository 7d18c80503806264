package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/report/signature"
)

// signer is the key that signs this configuration's reports.
func (a *app) signer(ctx context.Context, c *config.Config) (signature.Signer, error) {
	if c.Sign.IsZero() {
		key, err := a.key(ctx, c)
		if err != nil {
			return signature.Signer{}, err
		}
		return signature.Derive(key)
	}
	raw, err := c.Sign.FetchBytes(ctx)
	if err != nil {
		return signature.Signer{}, err
	}
	s, err := signature.ParseSigner(raw)
	if err != nil {
		return signature.Signer{}, c.Sign.Bad("%v", err)
	}
	return s, nil
}

func (a *app) publicKeyCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "public-key [PIPELINE]", Short: "The key that checks this configuration's reports", Args: a.onePipeline(),
		Long: `public-key prints the Ed25519 public key that belongs to the key which signs the
reports of this configuration. It is no secret: give it to whoever is to check
reports with refresher verify --report FILE --public-key KEY.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "base64" && format != "pem" {
				return fault.BadInput("--format must be base64 or pem")
			}
			c, err := a.loadSigning()
			if err != nil {
				return err
			}
			s, err := a.signer(cmd.Context(), c)
			if err != nil {
				return err
			}
			text := []byte(s.Public().String() + "\n")
			if format == "pem" {
				if text, err = s.Public().PEM(); err != nil {
					return err
				}
			}
			if _, err := a.out.Write(text); err != nil {
				return fmt.Errorf("writing the public key: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "base64", "base64 or pem")
	return cmd
}
