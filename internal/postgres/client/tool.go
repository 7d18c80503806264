// Package client runs pg_dump and pg_restore.
//
// A program is found by version ([Require] says early, in one sentence, when it
// is missing or older than the server). Where to connect travels in its
// environment only ([Env]), never in arguments, which other users can list. The
// environment holds nothing of this process but what finds libraries, files and
// Kerberos tickets, so no other secret goes along.
//
// A program's stderr can quote rows (DETAIL, CONTEXT, the messages of data
// exceptions) and statements. [ToolError] keeps the lines that name a cause and an
// object and drops the rest.
//
// Cancelling the context ends the program and all it started: it leads a process
// group of its own, gets SIGTERM (on which both programs cancel what their server
// is doing), and five seconds later SIGKILL. On Linux the group's leader also
// ends with this process, however that dies.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/programs"
)

// The programs.
const (
	Dump    = "pg_dump"
	Restore = "pg_restore"
)

// SchemaOnly are the arguments of Dump for a schema without rows, in the custom format, written to path. Owners,
// privileges, tablespaces, publications, subscriptions and security labels stay behind: they are a server's own.
func SchemaOnly(path string) []string {
	return []string{"--format=custom", "--schema-only", "--file=" + path, "--no-password", "--no-owner", "--no-privileges",
		"--no-tablespaces", "--no-publications", "--no-subscriptions", "--no-security-labels"}
}

// grace is how long a cancelled program may take to end by itself.
const grace = 5 * time.Second

// Command is one run of a program.
type Command struct {
	Tool     string            // Dump or Restore
	MinMajor int               // of the server or archive it works on
	Doing    string            // what is attempted, for errors: "dumping the schema of shop"
	Args     []string          // no secret and no connection
	Server   *pgx.ConnConfig   // nil: the program doesn't connect
	HostAddr string            // IP address to connect to instead of Server.Host; "" lets libpq look it up
	Settings map[string]string // session settings, sent at connection start
	Stdin    io.Reader
	Stdout   io.Writer
	Rows     bool // the server's messages may quote rows: only well-known ones are repeated
}

// Major is the major version of a server_version_num.
func Major(serverVersion int) int { return serverVersion / 10000 }

// DBName is the --dbname argument that makes pg_restore connect; the name may
// hold anything (libpq docs, 34.1.1.1).
func DBName(name string) string {
	return "--dbname=dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
}

// Run runs a program to its end. It fails if the program can't be found or
// started, ends with another status than 0 ([*ToolError]), or ctx ends.
func Run(ctx context.Context, c Command) error {
	if c.Server == nil || c.Server.AfterNetConnect == nil {
		return c.run(ctx, c.Server)
	}
	server, err := LoggedIn(ctx, c.Server, "")
	if err != nil {
		return fmt.Errorf("%s: %w", c.Doing, err)
	}
	err = c.run(ctx, server)
	var failed *ToolError
	if c.Stdin != nil || !errors.As(err, &failed) || !refusesLogin(failed.SQLState()) {
		return err
	}
	fresh, ferr := LoggedIn(ctx, c.Server, server.Password)
	switch {
	case ferr != nil:
		return fmt.Errorf("%s: %w", c.Doing, ferr)
	case fresh.User == server.User && fresh.Password == server.Password:
		return err
	}
	return c.run(ctx, fresh)
}

// run is Run with the connection that the program makes.
func (c Command) run(ctx context.Context, server *pgx.ConnConfig) error {
	path, _, err := programs.Find(c.Tool, c.MinMajor)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Doing, err)
	}
	cmd := exec.CommandContext(ctx, path, c.Args...)
	if cmd.Env, err = c.env(server); err != nil {
		return fmt.Errorf("%s: %w", c.Doing, err)
	}
	stderr := &tail{max: 64 << 10}
	cmd.Stdin, cmd.Stderr = c.Stdin, stderr
	cmd.WaitDelay = grace
	var outErr error
	if c.Stdout == nil {
		err = RunGroup(cmd)
	} else {
		err, outErr = runPiped(ctx, cmd, c.Stdout)
	}
	switch exit := (*exec.ExitError)(nil); {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", c.Doing, context.Cause(ctx))
	case outErr != nil: // which is why the program could not go on
		return fmt.Errorf("%s: taking what %s writes: %w", c.Doing, c.Tool, outErr)
	case errors.As(err, &exit):
		return &ToolError{Doing: c.Doing, Tool: c.Tool, Status: exit.ExitCode(), Crash: crashed(exit),
			Lines: safeLines(stderr.lines(), c.Rows)}
	case err != nil:
		return fmt.Errorf("%s: running %s: %w", c.Doing, c.Tool, err)
	}
	return nil
}

// crashed reports a signal that a program's own mistake brings about.
func crashed(exit *exec.ExitError) bool {
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && slices.Contains([]syscall.Signal{syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGABRT, syscall.SIGFPE,
		syscall.SIGILL}, status.Signal())
}

// runPiped runs a command and copies what it writes into out. A WaitDelay limits
// how long out may take once the program has ended; here only the end of ctx does.
func runPiped(ctx context.Context, cmd *exec.Cmd, out io.Writer) (err, outErr error) {
	r, w, err := os.Pipe()
	if err != nil {
		return err, nil
	}
	cmd.Stdout = w
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(out, r)
		r.Close() // a program that writes on ends by SIGPIPE
		copied <- err
	}()
	err = RunGroup(cmd)
	w.Close()
	select {
	case outErr = <-copied:
	case <-ctx.Done():
		r.Close() // a program of another group could hold the other end
		<-copied
	}
	return err, outErr
}

// ToolError is a program's failure in words that are safe to print.
type ToolError struct {
	Doing  string
	Tool   string
	Status int      // exit status; -1 if a signal ended it
	Crash  bool     // the signal was the program's own doing: what it read made it fail
	Lines  []string // what it wrote on stderr, made safe
	Advice string   // what to do, where the caller knows better than the SQLSTATE; empty: its hint
}

func (e *ToolError) Error() string {
	s := fmt.Sprintf("%s: %s failed with exit status %d", e.Doing, e.Tool, e.Status)
	if e.Status < 0 {
		s = fmt.Sprintf("%s: %s was ended by a signal", e.Doing, e.Tool)
	}
	if len(e.Lines) > 0 {
		s += ": " + printable(strings.Join(e.Lines, "; "))
	}
	if code := e.SQLState(); code != "" {
		s += " (SQLSTATE " + code + ")"
		hint := e.Advice
		if hint == "" {
			hint = ByCode(code, strings.Join(e.Lines, "; "))
		}
		return hinted(s, hint)
	}
	return s
}

// Names reports whether the server's messages name an object, such as an index.
func (e *ToolError) Names(object string) bool {
	return slices.ContainsFunc(e.Lines, func(l string) bool { return strings.Contains(l, `"`+object+`"`) })
}

// SQLState is the server's error code as far as its message gives it away: ""
// otherwise.
func (e *ToolError) SQLState() string {
	for _, l := range e.Lines {
		switch {
		case strings.Contains(l, "conflict with recovery"):
			return "40001"
		case strings.Contains(l, "permission denied"), strings.Contains(l, "must be owner"):
			return "42501"
		case strings.Contains(l, "out of shared memory"):
			return "53200"
		case strings.Contains(l, "No space left on device"):
			return "53100"
		case strings.Contains(l, "lock timeout"):
			return "55P03"
		case strings.Contains(l, "password authentication failed"):
			return "28P01"
		case strings.Contains(l, "no pg_hba.conf entry"):
			return "28000"
		case strings.Contains(l, "administrator command"):
			return "57P01"
		case strings.Contains(l, "crash of another server process"):
			return "57P02"
		case strings.Contains(l, "the database system is"):
			return "57P03"
		case strings.Contains(l, "too many clients"), strings.Contains(l, "remaining connection slots"),
			strings.Contains(l, "too many connections"):
			return "53300"
		case strings.Contains(l, "closed the connection unexpectedly"), strings.Contains(l, "connection to server"),
			strings.Contains(l, "could not receive data from server"), strings.Contains(l,
				"could not send data to server"),
			strings.Contains(l, "connection has been closed"), strings.Contains(l, "Connection refused"),
			strings.Contains(l, "lost synchronization with server"), strings.Contains(l, "no connection to the server"):
			return "08006"
		}
	}
	return ""
}

// tail keeps the end of what is written to it.
type tail struct {
	max int
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*t.max {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.max:]...)
	}
	return len(p), nil
}

func (t *tail) lines() []string { return strings.Split(string(t.buf), "\n") }
