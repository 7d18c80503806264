// Package hooks does what a configuration names around the promote: programs in the shadow before it,
// and SQL, programs, HTTP requests and Redis after it.
//
// What a program writes is not shown and not kept. Before the promote it can quote rows that are
// scrubbed and not yet verified; an exit status and a number of lines say how it went. Errors hold no
// URL, host, header or key, since each may be a secret.
package hooks

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
	"refresher/internal/restore"
)

// Before is a step before the promote: a file of SQL or a program.
type Before struct {
	Name    string // as the configuration calls it: hooks.before_promote[0]
	SQL     string // path; empty: Program
	Program Program
	Limit   time.Duration // how long it may take; 0: no limit
}

// Check finds what can be seen wrong with the step without doing it.
func (b Before) Check(ctx context.Context) error {
	if b.SQL != "" {
		return SQL{Path: b.SQL}.Check(ctx)
	}
	return b.Program.Check(ctx)
}

// Limited is ctx with the step's limit.
func (b Before) Limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if b.Limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, b.Limit)
}

// Action is what a step after the promote does. Check finds what can be seen wrong without doing it.
// Do returns what it did in a few words, without a value.
type Action interface {
	Check(ctx context.Context) error
	Do(ctx context.Context) (did string, err error)
}

// After is a step after the promote.
type After struct {
	Name   string // hooks.after_promote[0]
	Kind   string // sql, exec, http or redis
	Action Action
	Limit  time.Duration // of one try
	Retry  outbound.Retry
	Again  time.Duration // it is done once more after this time; 0: it isn't
}

// Result is how a step went.
type Result struct {
	Did     string
	Tries   int
	Seconds float64
	Err     error // with the step's name
}

// Do does a step, with its retries.
func (a After) Do(ctx context.Context) Result {
	began := time.Now()
	var r Result
	r.Tries, r.Err = a.Retry.Do(ctx, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, a.Limit)
		defer cancel()
		r.Did, err = a.Action.Do(ctx)
		return err
	})
	if r.Seconds = time.Since(began).Seconds(); r.Err != nil {
		r.Err = fmt.Errorf("%s (%s): %w", a.Name, a.Kind, r.Err)
	}
	return r
}

// Text is a text that may be a secret. It is fetched each time that it is used.
type Text func(context.Context) (string, error)

// Literal is a text that is known.
func Literal(s string) Text { return func(context.Context) (string, error) { return s, nil } }

// SQL runs a file in a database, in one transaction.
type SQL struct {
	Path     string
	Database *pgx.ConnConfig
}

// Check is part of Action.
func (s SQL) Check(context.Context) error {
	_, err := restore.ReadScripts([]string{s.Path})
	return err
}

// Do is part of Action.
func (s SQL) Do(ctx context.Context) (string, error) {
	scripts, err := restore.ReadScripts([]string{s.Path})
	if err != nil {
		return "", outbound.Final(err)
	}
	err = restore.RunIn(ctx, s.Database, scripts[0])
	if err != nil && !fault.Retry(err) {
		err = outbound.Final(err)
	}
	return "", err
}

// Exec runs a program with the connection of a database.
type Exec struct {
	Program
	Database *pgx.ConnConfig
}

// Do is part of Action.
func (e Exec) Do(ctx context.Context) (string, error) {
	return e.Run(ctx, e.Database)
}
