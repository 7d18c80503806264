package restore

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/postgres/programs"
	"refresher/internal/postgres/sqltext"
)

// timeoutMajor is the first PostgreSQL with transaction_timeout, which pg_restore
// sets from that major on, in whatever server it restores into.
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
	statements, err := sqltext.Split(plain(out.String()))
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

// plain takes \restrict and \unrestrict with their token out of a script: they
// tell psql, since the minor releases of August 2025, to run no other command of
// its own. The token is random: no other line is like them.
func plain(script string) string {
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
