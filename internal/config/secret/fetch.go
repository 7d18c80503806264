package secret

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"refresher/internal/fault"
)

// Forms are the kinds of references, for messages.
const Forms = "env:NAME, file:PATH, awssm:SECRET-ID, awskms:FILE, vault:PATH#FIELD or exec:PROGRAM"

var kinds = []string{"env", "file", "awssm", "awskms", "vault", "exec"}

// maxSecret is how much is read of a secret, in bytes: more than any store's limit.
const maxSecret = 1 << 20

// Fetcher is what references need beside themselves.
type Fetcher struct {
	Dir    string                      // what relative paths are relative to
	Getenv func(string) (string, bool) // os.LookupEnv
	Vault  *Vault                      // how to log in to Vault; nil: as the environment says
}

// kindOf is a reference's kind; "" for what is no reference.
func kindOf(value string) string {
	kind, _, ok := strings.Cut(value, ":")
	if !ok || !slices.Contains(kinds, kind) {
		return ""
	}
	return kind
}

var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// check says what is wrong with a reference's own text, "" if nothing is.
func check(ref string) string {
	kind, rest, _ := strings.Cut(ref, ":")
	switch {
	case rest == "":
		return "the reference " + kind + ": names nothing; a secret is written as " + Forms
	case kind == "env" && !variableName().MatchString(rest):
		return "env: is followed by the name of an environment variable, such as env:REFRESHER_KEY"
	case kind == "awssm":
		if _, err := parseSecretID(rest); err != nil {
			return err.Error()
		}
	case kind == "vault" && strings.Trim(strings.SplitN(rest, "#", 2)[0], "/") == "":
		return "vault: is followed by a path, such as vault:secret/data/refresher#key"
	case kind == "exec":
		if _, err := splitWords(rest); err != nil {
			return "exec: " + err.Error()
		}
	}
	return ""
}

func (f Fetcher) fetch(ctx context.Context, ref string, place fault.Problem) ([]byte, error) {
	if problem := check(ref); problem != "" {
		return nil, badAt(place, "%s", problem)
	}
	kind, rest, _ := strings.Cut(ref, ":")
	r := request{f, place}
	switch kind {
	case "env":
		v, ok := f.Getenv(rest)
		if !ok || v == "" {
			return nil, r.bad("the environment variable %s is not set; put the secret there", rest)
		}
		return []byte(v), nil
	case "file":
		return r.file(rest)
	case "awssm":
		return r.awsSecret(ctx, rest)
	case "awskms":
		return r.envelope(ctx, rest)
	case "vault":
		return r.vault(ctx, rest)
	}
	return r.output(ctx, rest)
}

// request is one fetch, for the place that asks.
type request struct {
	Fetcher
	place fault.Problem
}

// bad is a mistake in the reference, or in what it names.
func (r request) bad(format string, args ...any) error { return badAt(r.place, format, args...) }

func badAt(place fault.Problem, format string, args ...any) error {
	place.Text = fmt.Sprintf(format, args...)
	return &fault.Input{Problems: []fault.Problem{place}}
}

// unreachable is a secret that its store doesn't give now.
func (r request) unreachable(err error, format string, args ...any) error {
	of := ""
	if r.place.Field != "" {
		of = r.place.Field + ": "
	}
	return fmt.Errorf("%s%s: %w", of, fmt.Sprintf(format, args...), err)
}

// member is one field of a secret that is a JSON object.
func (r request) member(doc []byte, id, field string) ([]byte, error) {
	var fields map[string]any
	if json.Unmarshal(doc, &fields) != nil {
		return nil, r.bad("the secret %s is not a JSON object, so it has no field %q", id, field)
	}
	s, ok := fields[field].(string)
	if !ok {
		return nil, r.bad("the secret %s has no text field %q", id, field)
	}
	return []byte(s), nil
}
