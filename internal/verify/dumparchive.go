package verify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// Dump looks through a pg_dump archive in custom format, as pg_restore reads it:
// every cell of its COPY data, and everything else as schema text. An archive
// that pg_restore can't read to its end is a *fault.Input. The subject is name.
func (v *Verifier) Dump(ctx context.Context, name string, r io.Reader) (*Result, error) {
	var from origin
	in := bufio.NewReaderSize(from.reader(r), 64<<10)
	head, err := in.Peek(client.ArchiveHead)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	result, err := v.restored(ctx, name, head, client.Command{Args: []string{"-f", "-"}, Stdin: in})
	if err != nil && from.err() != nil {
		err = from.blame(name, err)
	}
	return result, err
}

// restored looks through what pg_restore makes of an archive, whose header head is.
func (v *Verifier) restored(ctx context.Context, name string, head []byte, cmd client.Command) (*Result, error) {
	major, err := client.HeadMajor(head)
	if err != nil || major > client.Newest {
		return nil, fault.BadInput("%s: not looked through, since it is no archive of pg_dump that "+
			"pg_restore %d knows", name, client.Newest)
	}
	return v.dump(ctx, name, func(ctx context.Context, d *dump) error {
		cmd.Tool, cmd.MinMajor, cmd.Doing, cmd.Stdout, cmd.Rows = client.Restore, major, "reading "+name, d, true
		if in := cmd.Stdin; in != nil {
			g := &guarded{r: in}
			defer g.end()
			cmd.Stdin = g
		}
		err := client.Run(ctx, cmd)
		var failed *client.ToolError
		if errors.As(err, &failed) && (failed.Crash || failed.Status > 0 && failed.SQLState() == "") {
			return fault.BadInput("%s: not looked through, since pg_restore can't read it: it is damaged, or "+
				"no archive", name)
		}
		return err
	})
}

// guarded is the input of a program, which may be read for a while after its end: end waits
// for that, since the rest is read by others.
type guarded struct {
	mu sync.Mutex
	r  io.Reader
}

func (g *guarded) Read(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.r == nil {
		return 0, io.EOF
	}
	return g.r.Read(b)
}

func (g *guarded) end() {
	g.mu.Lock()
	g.r = nil
	g.mu.Unlock()
}
