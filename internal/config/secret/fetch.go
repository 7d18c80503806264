package secret

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"refresher/internal/fault"
)

// Fetcher resolves references.
type Fetcher struct {
	Dir     string                      // what relative file paths are relative to
	Getenv  func(string) (string, bool) // os.LookupEnv
	Setting string                      // which setting holds the reference, for errors; empty: key
}

// bad is a mistake in the reference, or in what it names.
func (f Fetcher) bad(format string, args ...any) error {
	return fault.BadInput("%s: "+format, append([]any{cmp.Or(f.Setting, "key")}, args...)...)
}

// Fetch returns the secret that a reference names. A bad reference, an unset
// variable or a missing file is a [fault.Input]; an unreachable secret store is
// an ordinary error.
func (f Fetcher) Fetch(ctx context.Context, ref string) ([]byte, error) {
	scheme, rest, ok := strings.Cut(ref, ":")
	if !ok || rest == "" {
		return nil, f.bad(
			"a secret is written as a reference: env:NAME, file:PATH, awssm:SECRET-ID or vault:PATH#FIELD")
	}
	switch scheme {
	case "env":
		v, ok := f.Getenv(rest)
		if !ok || v == "" {
			return nil, f.bad("the environment variable %s is not set; put the key there", rest)
		}
		return []byte(v), nil
	case "file":
		return f.file(rest)
	case "awssm":
		return f.awsSecret(ctx, rest)
	case "vault":
		return f.vault(ctx, rest)
	}
	return nil, f.bad("unknown kind of secret reference; use env:NAME, file:PATH, awssm:SECRET-ID or vault:PATH#FIELD")
}

func (f Fetcher) file(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.Dir, path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, f.bad("cannot read the secret file: %v", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && !mounted(info) {
		return nil, f.bad("%s can be read by others than its owner (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, f.bad("cannot read the secret file: %v", err)
	}
	return b, nil
}

// mounted reports whether a file is as Kubernetes mounts a secret for a user that is not root:
// root's, and for reading by a group of this process alone (mode 0440).
func mounted(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Uid != 0 || os.Geteuid() == 0 || info.Mode().Perm()&^0o440 != 0 {
		return false
	}
	groups, err := os.Getgroups()
	return err == nil && (int(st.Gid) == os.Getegid() || slices.Contains(groups, int(st.Gid)))
}

// awsSecret reads AWS Secrets Manager, GetSecretValue, with the SDK's own
// credential chain; "#FIELD" picks a key of a JSON secret.
func (f Fetcher) awsSecret(ctx context.Context, ref string) ([]byte, error) {
	id, field, _ := strings.Cut(ref, "#")
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading AWS configuration for the secret %s: %w", id, err)
	}
	out, err := secretsmanager.NewFromConfig(cfg).
		GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return nil, fmt.Errorf("reading the secret %s from AWS Secrets Manager: %w", id, err)
	}
	if out.SecretString == nil {
		return out.SecretBinary, nil
	}
	if field == "" {
		return []byte(*out.SecretString), nil
	}
	return f.jsonField([]byte(*out.SecretString), id, field)
}

func (f Fetcher) jsonField(doc []byte, id, field string) ([]byte, error) {
	var fields map[string]any
	if json.Unmarshal(doc, &fields) != nil {
		return nil, f.bad("the secret %s is not a JSON object, so it has no field %q", id, field)
	}
	s, ok := fields[field].(string)
	if !ok {
		return nil, f.bad("the secret %s has no text field %q", id, field)
	}
	return []byte(s), nil
}
