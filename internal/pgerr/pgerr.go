// Package pgerr turns PostgreSQL errors into errors that are safe to print.
//
// A server's error can quote rows: DETAIL ("Key (email)=(…) already exists"),
// CONTEXT ("COPY users, line 3, column email: …") and, for data exceptions, the
// message itself ("invalid input syntax for type integer: …"). [Wrap] keeps what
// names a cause — SQLSTATE, condition, constraint, table, column — and drops
// everything that can hold a value.
package pgerr

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is a server's error without values.
type Error struct {
	Op         string // what was attempted, e.g. "copying public.users"
	Code       string // SQLSTATE
	Severity   string // ERROR, FATAL, PANIC
	Message    string // safe text
	Schema     string
	Table      string
	Column     string
	Constraint string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s (SQLSTATE %s)", e.Op, e.Message, e.Code)
	if e.Constraint != "" {
		s += fmt.Sprintf(", constraint %q", e.Constraint)
	}
	if e.Table != "" {
		s += fmt.Sprintf(", table %q", e.Table)
	}
	if e.Column != "" {
		s += fmt.Sprintf(", column %q", e.Column)
	}
	return s
}

// SQLState is the error's five-character code.
func (e *Error) SQLState() string { return e.Code }

// Wrap says what was attempted and strips values. The original server error is
// deliberately not reachable by Unwrap. It returns nil for nil.
func Wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	op := fmt.Sprintf(format, args...)
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", op, err)
	}
	return &Error{Op: op, Code: pe.Code, Severity: pe.Severity, Message: safeMessage(pe),
		Schema: pe.SchemaName, Table: pe.TableName, Column: pe.ColumnName, Constraint: pe.ConstraintName}
}

// Code is the SQLSTATE of an error from a server, "" if it is none.
func Code(err error) string {
	var s interface{ SQLState() string }
	if errors.As(err, &s) {
		return s.SQLState()
	}
	return ""
}

// safeMessage replaces messages that can quote data: class 22 (data exception),
// class P0 (raised by the user's own functions), and cardinality/format classes.
func safeMessage(pe *pgconn.PgError) string {
	switch pe.Code[:min(2, len(pe.Code))] {
	case "22", "P0", "21", "38", "39":
		return "the server rejected a value (" + condition(pe.Code) + ")"
	}
	return pe.Message
}

func condition(code string) string {
	switch code {
	case "22001":
		return "string too long"
	case "22003":
		return "number out of range"
	case "22007", "22008":
		return "invalid date or time"
	case "22021":
		return "invalid byte sequence for the encoding"
	case "22P02":
		return "invalid text representation"
	case "22P03":
		return "invalid binary representation"
	case "22P04":
		return "bad COPY file format"
	case "22032":
		return "invalid JSON"
	case "P0001":
		return "raised by a function"
	}
	return "condition " + code
}
