// Package client turns PostgreSQL errors into errors that are safe to print.
//
// A server's error can quote rows: DETAIL ("Key (email)=(…) already exists"),
// CONTEXT ("COPY users, line 3, column email: …") and, for data exceptions, the
// message itself ("invalid input syntax for type integer: …"). [Wrap] keeps what
// names a cause — SQLSTATE, condition, constraint, table, column — and drops
// everything that can hold a value. [Hint] adds what a person can do about it.
package client

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
	Row        int64  // 1-based, of a COPY; 0 unknown
	Advice     string // what to do, where the caller knows better than the SQLSTATE; empty: its hint
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
	if e.Row > 0 {
		s += fmt.Sprintf(", row %d", e.Row)
	}
	hint := e.Advice
	if hint == "" {
		hint = ByCode(e.Code, e.Message)
	}
	return hinted(printable(s), hint)
}

// hinted adds a hint to a text.
func hinted(text, hint string) string {
	if hint == "" {
		return text
	}
	return text + "; hint: " + hint
}

// Names reports whether the error names an object, such as an index.
func (e *Error) Names(object string) bool {
	return e.Constraint == object || strings.Contains(e.Message, `"`+object+`"`)
}

// SQLState is the error's five-character code.
func (e *Error) SQLState() string { return e.Code }

// Wrap says what was attempted and strips values. The original server error is
// deliberately not reachable by Unwrap. It returns nil for nil.
func Wrap(err error, format string, args ...any) error {
	return WrapNaming(err, nil, format, args...)
}

// WrapNaming is Wrap for a statement that names the given objects itself, such as LOCK
// TABLE: their names, written as the server's messages write them, are kept.
func WrapNaming(err error, names []string, format string, args ...any) error {
	if err == nil {
		return nil
	}
	op := fmt.Sprintf(format, args...)
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return &unanswered{op, err}
	}
	if raised(pe) {
		return &Error{Op: op, Code: pe.Code, Severity: pe.Severity,
			Message: "a function of the database failed (its message is withheld, because it could quote a row; the server's log has it)"}
	}
	e := &Error{Op: op, Code: pe.Code, Severity: pe.Severity, Message: safeMessage(pe, names),
		Schema: pe.SchemaName, Table: pe.TableName, Column: pe.ColumnName, Constraint: pe.ConstraintName}
	e.place(pe.Where)
	if e.Row > 0 && slices.Contains(ofNames, e.Code) {
		e.Advice = "create on that server what the column's values name, or give the column a rule: null, or one " +
			"that fits its type"
	}
	return e
}

// unanswered is an error without a server's answer: of the network, mostly.
type unanswered struct {
	op  string
	err error
}

func (u *unanswered) Error() string {
	text := u.op + ": " + u.err.Error()
	if Code(u.err) != "" || strings.Contains(text, "; hint: ") {
		return text // whoever wrote it has added the hint
	}
	return hinted(text, connectionHint(u.err))
}

func (u *unanswered) Unwrap() error { return u.err }

// Passes is for fault.Retry: a connection that is gone can be made again.
func (u *unanswered) Passes() bool { return errors.Is(u.err, pgconn.ErrConnClosed) }

// raised reports whether the error came out of a function of the database's own,
// which can raise any SQLSTATE with any text, name any table and column
// (RAISE … USING), and run statements with values in the place of names. The
// server says so by the innermost line of CONTEXT; COPY's own line is none such.
func raised(pe *pgconn.PgError) bool {
	return pe.Where != "" && !strings.HasPrefix(pe.Where, "COPY ") || pe.Routine == "exec_stmt_raise"
}

// copyContext is the head of the CONTEXT that COPY adds: `COPY users, line 3`, then
// `, column email` where it is known, then the value (src/backend/commands/copyfrom.c,
// CopyFromErrorCallback). It is tied to the text's start, because a value can hold
// anything, and a column's name ends at its first colon, where the value may begin.
var copyContext = regexp.MustCompile(`^COPY ([^\n]+?), line (\d+)(?:, column ([^:\n]+?))?(?::|, null input|$)`)

// place takes the row's number and the names of table and column from a COPY's
// context, and nothing else.
func (e *Error) place(where string) {
	m := copyContext.FindStringSubmatch(where)
	if m == nil {
		return
	}
	if n, err := strconv.ParseInt(m[2], 10, 64); err == nil {
		e.Row = n
	}
	if e.Table == "" {
		e.Table = m[1]
	}
	if e.Column == "" {
		e.Column = m[3]
	}
}

// Code is the SQLSTATE of an error from a server, "" if it is none.
func Code(err error) string {
	var s interface{ SQLState() string }
	if errors.As(err, &s) {
		return s.SQLState()
	}
	return ""
}

// Position is where in its statement a server found an error, in characters from
// 1; 0 if it doesn't say, or if err isn't a server's own.
func Position(err error) int32 {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && !raised(pe) {
		return pe.Position
	}
	return 0
}

// safeClasses are the classes of conditions whose messages name objects, roles, files
// or resources and no value, wherever they arise (PostgreSQL docs, appendix A):
// connections, constraints, states of transactions, log-in, databases, locks, space,
// limits, operators and configuration.
var safeClasses = []string{"00", "01", "08", "23", "25", "28", "3D", "40", "53", "54", "55", "57", "58", "F0", "72"}

// safeMessage passes on what an allow-list has, and what a statement of refresher's own
// names: before it met a row, or one of the given names. A value can stand in any other
// message: in that of a data exception, and in "role … does not exist", when a value of type
// regrole is read.
func safeMessage(pe *pgconn.PgError, names []string) string {
	class := pe.Code[:min(2, len(pe.Code))]
	switch {
	case slices.Contains(safeClasses, class), pe.Code == "42501":
		return pe.Message
	case strings.HasPrefix(pe.Where, "COPY ") || slices.Contains([]string{"22", "P0", "21", "38", "39", "HV"}, class):
		return "the server rejected a value (" + condition(pe.Code) + ")"
	case pe.Position > 0 && pe.Where == "":
		return pe.Message // of the statement itself, before it met a row
	case slices.Contains(ofNames, pe.Code), class == "XX":
		return quoted.ReplaceAllStringFunc(pe.Message, func(name string) string {
			if slices.Contains(names, name[1:len(name)-1]) {
				return name
			}
			return `"…"`
		})
	}
	return pe.Message
}

// ofNames are the conditions by which a value of a type that holds the name of an
// object, such as regclass, regrole, regproc and aclitem, is refused.
var ofNames = []string{"0A000", "3F000", "42601", "42602", "42622", "42704", "42725", "42883", "42P01"}

var quoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)

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
	case "42704", "42883", "42P01", "3F000":
		return "it names a role, relation, function or other object that isn't there, condition " + code
	}
	return "condition " + code
}
