package restore

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
)

// Rows says which rows of a dump are restored, and how.
type Rows struct {
	Jobs  int                    // sessions at once, at least 1
	Only  map[catalog.Name]bool  // the tables that get rows; nil: all
	Sizes map[catalog.Name]int64 // of all tables, in rows: the sessions get as many each
}

// Data restores the rows of a dump, between PreData and PostData, and where its
// sequences stand. pg_restore writes them and sessions of our own copy them, so
// that rows are counted while they go, an error never quotes one, and a server
// older than pg_restore will do. copied hears of every stretch of rows, from any
// goroutine.
func (d *Database) Data(ctx context.Context, dump string, rows Rows,
	copied func(table string, rows, bytes int64)) error {
	list, _, err := d.contents(ctx, dump, "--section=data")
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range rows.parts(list) {
		group.Go(func() error { return d.dataOf(ctx, dump, part, copied) })
	}
	return group.Wait()
}

// parts cuts a dump's contents into as many lists as there are sessions, or fewer: the largest
// tables first, each to the session that has the least. What is no table's rows is in the first.
func (r Rows) parts(list []byte) [][]byte {
	names := map[string]catalog.Name{} // as pg_restore lists them
	for n := range r.Sizes {
		names[oneLine.Replace("TABLE DATA "+n.Schema+" "+n.Name)] = n
	}
	type entry struct {
		line int
		size int64
	}
	lines := bytes.SplitAfter(list, []byte("\n"))
	var tables []entry
	for i, line := range lines {
		m := tocLine.FindSubmatch(bytes.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		name, ok := names[describe(string(m[1]))]
		if ok && r.Only != nil && !r.Only[name] {
			lines[i] = nil
		} else if ok {
			tables = append(tables, entry{line: i, size: r.Sizes[name]})
		}
	}
	slices.SortStableFunc(tables, func(a, b entry) int { return cmp.Compare(b.size, a.size) })
	loads := make([]int64, max(1, min(r.Jobs, len(tables))))
	part := map[int]int{} // of a line
	for _, t := range tables {
		least := slices.Index(loads, slices.Min(loads))
		loads[least] += t.size + 1
		part[t.line] = least
	}
	parts := make([][]byte, len(loads))
	for i, line := range lines { // in the dump's order, in which each session reads it
		parts[part[i]] = append(parts[part[i]], line...)
	}
	return parts
}

// dataOf restores what a list names.
func (d *Database) dataOf(ctx context.Context, dump string, list []byte,
	copied func(table string, rows, bytes int64)) error {
	major, _, err := d.restorer(dump)
	if err != nil {
		return err
	}
	file, err := writeContents(dump, list)
	if err != nil {
		return fmt.Errorf("restoring rows: %w", err)
	}
	defer os.Remove(file)
	loader, err := d.Loader(ctx)
	if err != nil {
		return err
	}
	defer loader.Close(ctx)

	r, w := io.Pipe()
	var group errgroup.Group
	group.Go(func() error {
		err := client.Run(ctx, client.Command{
			Tool: client.Restore, MinMajor: major, Doing: "reading the rows of the dump", Rows: true, Stdout: w,
			Args: append(sectionArgs("data", file), "--file=-", dump),
		})
		w.CloseWithError(err)
		return err
	})
	in := &dataScript{loader: loader, in: bufio.NewReaderSize(r, 256<<10), copied: copied}
	err = in.run(ctx)
	r.CloseWithError(err)
	if werr := group.Wait(); err == nil { // else it is either the cause of err, and in it, or its effect
		err = werr
	}
	return err
}

// dataScript carries out what pg_restore writes of the data section: settings,
// sequences, and COPY with its rows.
type dataScript struct {
	loader *Loader
	in     *bufio.Reader
	copied func(table string, rows, bytes int64)
}

func (s *dataScript) run(ctx context.Context) error {
	var open strings.Builder // statements that aren't carried out yet; a name in one can go on over lines
	for {
		line, err := s.in.ReadString('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if strings.HasPrefix(line, `\restrict `) || strings.HasPrefix(line, `\unrestrict `) { // see Plain
			continue
		}
		open.WriteString(line)
		if err == nil && !strings.HasSuffix(line, ";\n") {
			continue
		}
		statements, serr := sqltext.Split(open.String())
		switch {
		case err == io.EOF && (serr != nil || len(statements) > 0):
			return errCut
		case err == io.EOF:
			return nil
		case serr != nil:
			continue
		}
		open.Reset()
		for _, st := range statements {
			if err := s.statement(ctx, st); err != nil {
				return err
			}
		}
	}
}

var errCut = errors.New("restoring rows: the dump's data ends in the middle")

// copyShape is the head of a COPY as pg_dump writes it.
var copyShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^COPY ` + sqltext.QualifiedPattern + ` `)
})

func (s *dataScript) statement(ctx context.Context, st sqltext.Statement) error {
	if m := copyShape().FindStringSubmatch(st.Text); m != nil {
		if err := onlyDumped([]sqltext.Statement{st}); err != nil {
			return err
		}
		table, err := catalog.ParseName(m[1])
		if err != nil {
			return fmt.Errorf("restoring rows: %w", err)
		}
		rows := &copyRows{in: s.in, copied: func(rows, bytes int64) { s.copied(table.String(), rows, bytes) }}
		_, err = s.loader.copyIn(ctx, table, st.Text, rows)
		return err
	}
	if strings.HasPrefix(st.Text, newSetting) && s.loader.db.srv.version < timeoutMajor*10000 {
		return nil
	}
	if err := onlyDumped([]sqltext.Statement{st}); err != nil {
		return err
	}
	_, err := s.loader.conn.PgConn().Exec(ctx, st.Text).ReadAll()
	return client.Wrap(err, "restoring rows: at %s", st.Object())
}

// copyRows reads the rows of one COPY, up to its end mark.
type copyRows struct {
	in     *bufio.Reader
	copied func(rows, bytes int64)
	rest   []byte // of the line at hand
	within bool   // of a line that is longer than the buffer
	ended  bool
}

func (c *copyRows) Read(p []byte) (n int, err error) {
	rows := int64(0)
	for n < len(p) && (n == 0 || len(c.rest) > 0 || c.in.Buffered() > 0) {
		if len(c.rest) == 0 {
			if err = c.line(); err != nil {
				break
			}
		}
		k := copy(p[n:], c.rest)
		if n, c.rest = n+k, c.rest[k:]; len(c.rest) == 0 && !c.within {
			rows++
		}
	}
	if n > 0 {
		c.copied(rows, int64(n))
	}
	return n, err
}

// line takes the next line, or as much of it as the buffer holds.
func (c *copyRows) line() error {
	if c.ended {
		return io.EOF
	}
	line, err := c.in.ReadSlice('\n')
	switch {
	case err == io.EOF:
		return errCut
	case err != nil && !errors.Is(err, bufio.ErrBufferFull):
		return err
	case !c.within && bytes.Equal(line, []byte("\\.\n")):
		c.ended = true
		return io.EOF
	}
	c.rest, c.within = line, err != nil
	return nil
}
