package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
)

func (a *app) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "keys", Short: "The masking key: make one, name it, change it", Args: maxArgs(0),
		Long: `keys makes masking keys, names the configured one by its fingerprint, and changes it.
The same key gives a person the same fake each week and in each database; who has it can
test guesses about whom a fake stands for, and sign reports if it signs them.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.keysNewCommand(), a.keysFingerprintCommand(), a.keysRotateCommand())
	return cmd
}

// newKey says where a new key goes, and what protects it.
type newKey struct {
	out     string            // file; empty: stdout
	kms     string            // key of AWS KMS that encrypts it; empty: none
	context map[string]string // of the encryption
}

func (n *newKey) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&n.out, "out", "", "write it into this new file, which only its owner can read")
	cmd.Flags().StringVar(&n.kms, "kms", "",
		"make it by AWS KMS, as an envelope for awskms:FILE: id, ARN or alias/NAME of a KMS key")
	cmd.Flags().StringToStringVar(&n.context, "context", nil,
		"with --kms: encryption context, such as app=experimentation")
}

// make makes a key of 256 bits. The text is what to keep; the fingerprint is "" where only KMS knows
// the key.
func (n *newKey) make(ctx context.Context) (text, fingerprint string, err error) {
	if n.kms != "" {
		e, err := secret.NewEnvelope(ctx, n.kms, n.context)
		if err != nil {
			return "", "", err
		}
		b, err := json.MarshalIndent(e, "", "  ")
		return string(b) + "\n", "", err
	}
	if len(n.context) > 0 {
		return "", "", fault.BadInput("--context is of an envelope; give --kms, too")
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	return hex.EncodeToString(key[:]) + "\n", secret.KeyOf(key[:]).Fingerprint(), nil
}

// write makes a key and puts it where the flags say.
func (n *newKey) write(ctx context.Context, a *app) (fingerprint string, err error) {
	if n.out != "" {
		if _, err := os.Lstat(n.out); err == nil {
			return "", existing(n.out)
		}
	}
	text, fingerprint, err := n.make(ctx)
	if err != nil {
		return "", err
	}
	if n.out == "" {
		_, err := a.out.Write([]byte(text))
		return fingerprint, err
	}
	f, err := os.OpenFile(n.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return "", existing(n.out)
	case err != nil:
		return "", fmt.Errorf("writing the key: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("writing the key: %w", err)
	}
	return fingerprint, nil
}

func existing(path string) error {
	return fault.BadInput("--out: %s exists, and a key is never overwritten: name a file that is not there", path)
}

func (a *app) keysNewCommand() *cobra.Command {
	n := &newKey{}
	cmd := &cobra.Command{
		Use: "new", Short: "Make a key", Args: maxArgs(0),
		Long: `new makes a key of 256 random bits and prints it in hex, or writes it into a new file of mode
0600. With --kms the key is made by AWS KMS and only its envelope is written, which KMS
alone can open. Its fingerprint is told on stderr.`,
		Example: `  refresher keys new --out refresher.key
  refresher keys new --kms alias/refresher --context app=experimentation --out key.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fingerprint, err := n.write(cmd.Context(), a)
			if err == nil && fingerprint != "" && !a.quiet {
				fmt.Fprintf(a.err, "key %s\n", fingerprint)
			}
			return err
		},
	}
	n.flags(cmd)
	return cmd
}

func (a *app) keysFingerprintCommand() *cobra.Command {
	return &cobra.Command{
		Use: "fingerprint [REFERENCE]", Short: "Name the configured key without showing it", Args: maxArgs(1),
		Long: `fingerprint prints the fingerprint of the key that the configuration names, as reports and
manifests have it: of each pipeline where their keys differ. With a secret reference it is the
fingerprint of that key, and no configuration is read.`,
		Example: `  refresher keys fingerprint
  refresher keys fingerprint file:old.key`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				ref := secret.Fetcher{Dir: ".", Getenv: a.getenv}.Text(args[0], fault.Problem{Field: "REFERENCE"})
				if problem := ref.Check(true); problem != "" {
					return ref.Bad("%s", problem)
				}
				key, err := a.key(cmd.Context(), &config.Config{Key: ref})
				if err == nil {
					_, err = fmt.Fprintln(a.out, key.Fingerprint())
				}
				return err
			}
			all, err := a.loadConfigs()
			if err != nil {
				return err
			}
			return a.fingerprints(cmd.Context(), all)
		},
	}
}

// fingerprints prints one fingerprint, or that of each pipeline where they differ.
func (a *app) fingerprints(ctx context.Context, all []*config.Config) error {
	names := make([]string, len(all))
	one := true
	for i, c := range all {
		key, err := a.key(ctx, c)
		if err != nil {
			return err
		}
		names[i] = key.Fingerprint()
		one = one && names[i] == names[0]
	}
	if one {
		_, err := fmt.Fprintln(a.out, names[0])
		return err
	}
	for i, c := range all {
		if _, err := fmt.Fprintf(a.out, "%s\t%s\n", c.Pipeline, names[i]); err != nil {
			return err
		}
	}
	return nil
}
