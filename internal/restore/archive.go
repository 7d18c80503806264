package restore

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/programs"
	"refresher/internal/postgres/sqltext"
	"refresher/internal/restore/postdata"
)

// PreData restores types, functions, tables and views, before any row. It
// returns what is left out of the whole dump, a line each, because a staging role
// can't restore it or because staging must not have it live.
func (d *Database) PreData(ctx context.Context, dump string) (leftOut []string, err error) {
	list, leftOut, err := d.contents(ctx, dump)
	if err != nil {
		return nil, err
	}
	notes, err := d.preData(ctx, dump, list)
	if leftOut = append(leftOut, notes...); err != nil {
		return leftOut, err
	}
	return leftOut, d.suspendRowSecurity(ctx)
}

// contents reads the dump's table of contents and takes out what must stay behind.
func (d *Database) contents(ctx context.Context, dump string,
	args ...string) (list []byte, leftOut []string, err error) {
	major, _, err := d.restorer(dump)
	if err != nil {
		return nil, nil, err
	}
	var toc bytes.Buffer
	err = client.Run(ctx, client.Command{
		Tool: client.Restore, MinMajor: major, Doing: "reading the schema dump's contents",
		Args: append(args, "--list", dump), Stdout: &toc,
	})
	if err != nil {
		return nil, nil, err
	}
	var keep bytes.Buffer
	for line := range strings.Lines(toc.String()) {
		entry, out := leaveOut(line, d.srv.version)
		if m := tocLine.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil &&
			slices.Contains(d.made, describe(m[1])) {
			continue
		}
		if m := tocLine.FindStringSubmatch(strings.TrimRight(line, "\r\n")); !out && m != nil &&
			d.without.holds(line, m[1]) {
			entry, out = describe(m[1])+" (it uses an extension that stays behind)", true
		}
		if out {
			leftOut = append(leftOut, entry)
			continue
		}
		keep.WriteString(line)
	}
	return keep.Bytes(), leftOut, nil
}

// tocLine is an entry of pg_restore --list: dump id, catalog OID, object OID, then
// type, schema, name and owner.
var tocLine = regexp.MustCompile(`^\d+; \d+ \d+ (.+)$`)

// never are the types of object that don't belong into staging or that only a
// superuser may make. A subscription would pull production's changes, a user
// mapping holds a password, an event trigger fires on every DDL.
var never = []string{"PUBLICATION", "SUBSCRIPTION", "EVENT TRIGGER", "USER MAPPING", "SECURITY LABEL",
	"COMMENT - EXTENSION", "COMMENT - PUBLICATION", "COMMENT - SUBSCRIPTION", "COMMENT - EVENT TRIGGER",
	"LARGE OBJECT", "BLOB", "EXTENSION - pg_cron"}

// bound are the extensions that stay behind, and that staging needn't have.
var bound = catalog.Bound

// leaveOut reports whether an entry stays behind, and how to call it.
func leaveOut(line string, version int) (entry string, out bool) {
	m := tocLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
	if m == nil {
		return "", false
	}
	entry = m[1]
	for _, n := range never {
		if strings.HasPrefix(entry, n+" ") {
			return describe(entry), true
		}
	}
	// Before 15 the schema public belongs to the bootstrap superuser.
	if version < 150000 && strings.HasPrefix(entry, "COMMENT - SCHEMA public ") {
		return describe(entry), true
	}
	return "", false
}

// describe cuts the owner, the last word, off an entry.
func describe(entry string) string {
	i := strings.LastIndexByte(strings.TrimRight(entry, " "), ' ')
	if i < 0 || strings.HasSuffix(entry, " ") { // an entry without owner ends with a space
		return strings.TrimSpace(entry)
	}
	return entry[:i]
}

// writeContents writes a list for --use-list, beside the dump.
func writeContents(dump string, list []byte) (path string, err error) {
	file, err := os.CreateTemp(filepath.Dir(dump), "contents-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = file.Write(list)
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return file.Name(), err
}

func sectionArgs(section, list string) []string {
	return []string{"--section=" + section, "--no-owner", "--no-privileges", "--no-tablespaces", "--use-list=" + list}
}

// preDataEntries restores the listed entries of pre-data.
func (d *Database) preDataEntries(ctx context.Context, dump string, list []byte) error {
	file, err := writeContents(dump, list)
	if err != nil {
		return fmt.Errorf("restoring pre-data: %w", err)
	}
	defer os.Remove(file)
	major, direct, err := d.restorer(dump)
	if err != nil {
		return err
	}
	c := client.Command{
		Tool: client.Restore, MinMajor: major, Doing: "restoring pre-data into " + d.name,
		Args: sectionArgs("pre-data", file), Server: d.cfg, Settings: map[string]string{"synchronous_commit": "off"},
	}
	if !direct {
		c.Server, c.Args = nil, append(c.Args, "--file=-", dump)
		return d.byScript(ctx, c)
	}
	c.Args = append(c.Args, "--exit-on-error", "--no-password", client.DBName(d.name), dump)
	return client.Run(ctx, c)
}

// timeoutMajor is the first PostgreSQL with transaction_timeout, which pg_restore
// sets from that major on, in older servers, too.
const timeoutMajor = 17

// newSetting is how a script sets what servers before timeoutMajor don't know.
const newSetting = "SET transaction_timeout "

// restorer is the major of pg_restore that an archive takes, and whether that
// one can restore into the server itself.
func (d *Database) restorer(dump string) (major int, direct bool, err error) {
	if major, err = client.ArchiveMajor(dump); err != nil {
		return 0, false, err
	}
	_, found, err := programs.Find(client.Restore, major)
	return major, found < timeoutMajor || d.srv.version >= timeoutMajor*10000, err
}

// byScript restores what pg_restore writes as a script, statement by statement,
// without the setting that the server doesn't know. One session does it all.
func (d *Database) byScript(ctx context.Context, c client.Command) error {
	var out bytes.Buffer
	c.Stdout = &out
	if err := client.Run(ctx, c); err != nil {
		return err
	}
	statements, err := sqltext.Split(Plain(out.String()))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Doing, err)
	}
	return with(ctx, d.cfg, func(conn *pgx.Conn) error {
		for _, st := range statements {
			if strings.HasPrefix(st.Text, newSetting) {
				continue
			}
			if _, err := conn.PgConn().Exec(ctx, st.Text).ReadAll(); err != nil {
				return client.Wrap(err, "%s: at %s", c.Doing, st.Object())
			}
		}
		return nil
	})
}

// Plain takes \restrict and \unrestrict with their token out of a script: they
// tell psql, since the minor releases of August 2025, to run no other command of
// its own. The token is random: no other line is like them.
func Plain(script string) string {
	_, rest, ok := strings.Cut(script, "\n\\restrict ")
	if !ok {
		return script
	}
	token, _, _ := strings.Cut(rest, "\n")
	for _, command := range []string{"\\restrict ", "\\unrestrict "} {
		script = strings.Replace(script, "\n"+command+token+"\n", "\n\n", 1)
	}
	return script
}

// PostData restores indexes, constraints, triggers and policies in several
// sessions, when the tables are full: so no trigger fires while they are loaded,
// and every constraint is checked against every row.
func (d *Database) PostData(ctx context.Context, dump string, jobs int) error {
	script, err := d.postDataScript(ctx, dump)
	if err != nil {
		return err
	}
	o := postdata.Options{Doing: "restoring post-data into " + d.name}
	if d.srv.version < timeoutMajor*10000 {
		o.Skip = newSetting
	}
	defer func() {
		for _, c := range o.Sessions {
			client.Close(ctx, c)
		}
	}()
	for range max(1, jobs) {
		conn, err := session(ctx, d.cfg)
		if err != nil {
			return err
		}
		o.Sessions = append(o.Sessions, conn)
	}
	return postdata.Run(ctx, script, o)
}

// postDataScript is the section as SQL.
func (d *Database) postDataScript(ctx context.Context, dump string) (string, error) {
	major, _, err := d.restorer(dump)
	if err != nil {
		return "", err
	}
	list, _, err := d.contents(ctx, dump, "--section=post-data")
	if err != nil {
		return "", err
	}
	file, err := writeContents(dump, list)
	if err != nil {
		return "", fmt.Errorf("reading post-data: %w", err)
	}
	defer os.Remove(file)
	var out bytes.Buffer
	err = client.Run(ctx, client.Command{
		Tool: client.Restore, MinMajor: major, Doing: "reading post-data", Stdout: &out,
		Args: append(sectionArgs("post-data", file), "--file=-", dump),
	})
	return Plain(out.String()), err
}
