// Package target finds what `refresher verify --target` names, and has it looked
// through by a [verify.Verifier].
//
// [Parse] says what a name means; it looks at the disk, at nothing else. A [Reader]
// then opens it: a database, a bucket's dataset and what lies beside it under its
// prefix, objects under an s3:// or file:/// URL, a folder, a file, a stream. Everything that
// can't be opened or unpacked either ends the verification with an error or has a
// result of its own that does not pass: nothing is skipped in silence.
package target

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// Kind is what a name means.
type Kind int

// The kinds of targets.
const (
	Staging  Kind = iota // the staging database of the configuration
	Database             // postgres://…
	Bucket               // a bucket of the configuration, by its name
	Objects              // s3://… or file:///…
	Folder               // a folder and what is below it
	File                 // a file, or a named pipe
	Stream               // "-": standard input
	Previous             // the database that the last run replaced
)

// Target is what a name means.
type Target struct {
	Kind Kind
	Name string          // as it was given
	URL  string          // of a bucket and of objects
	DB   *pgx.ConnConfig // of a database
}

// Parse finds out what a name means. bucket returns the URL of a bucket of the
// configuration. A name that means nothing is a *fault.Input.
func Parse(name string, bucket func(name string) (url string, ok bool)) (Target, error) {
	t := Target{Name: name}
	switch {
	case name == "-":
		t.Kind = Stream
		return t, nil
	case name == "staging":
		return t, nil
	case isConnection(name):
		cfg, err := client.ParseFlag("--target", name)
		if err != nil {
			return t, err
		}
		t.Kind, t.DB = Database, cfg
		return t, nil
	case strings.HasPrefix(name, "s3://"), strings.HasPrefix(name, "file:///"):
		t.Kind, t.URL = Objects, name
		return t, nil
	}
	if url, ok := bucket(name); ok {
		t.Kind, t.URL = Bucket, url
		return t, nil
	}
	if name == "previous" {
		t.Kind = Previous
		return t, nil
	}
	switch info, err := os.Stat(name); {
	case err != nil:
		return t, fault.BadInput("--target %q is neither staging, nor previous, nor a bucket of the "+
			"configuration, nor a "+
			"postgres://, s3:// or file:/// URL, nor a file or folder, nor -", Redact(name))
	case info.IsDir():
		t.Kind = Folder
	default:
		t.Kind = File
	}
	return t, nil
}

// isConnection reports a database: a URL, or libpq's other form, "host=db dbname=app".
func isConnection(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") ||
		keywords().MatchString(name)
}

var keywords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(host|hostaddr|port|dbname|user|password|service|passfile|sslmode)\s*=\s*\S`)
})

// Redact is a name without its secrets, for messages: of a database only host, port and name
// are shown.
func Redact(name string) string {
	if !isConnection(name) {
		return name
	}
	cfg, err := pgx.ParseConfig(name)
	if err != nil {
		return "postgres://…"
	}
	return fmt.Sprintf("postgres://%s:%d/%s", cfg.Host, cfg.Port, cfg.Database)
}

// Made reports a target that holds what a run made, table by table, so that the rules
// say something about it.
func (t Target) Made() bool { return t.Kind == Staging || t.Kind == Previous || t.Kind == Bucket }
