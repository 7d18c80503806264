package restore

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/restore/access"
)

// Database is a database of a run: a shadow or a sample.
type Database struct {
	srv  *Server
	name string
	cfg  *pgx.ConnConfig
	like *catalog.Catalog // what it is to become a copy of

	without    *Bound         // what stays behind with extensions that do
	production *access.Public // what production lets PUBLIC do; nil: not known

	search  []string       // statements that end what MakeSearch began
	forced  []catalog.Name // tables with FORCE ROW LEVEL SECURITY, which Promote puts back
	ledger  string         // schema of the chunk ledger, quoted; see OpenLedger
	closing bool           // its removal was asked for
	spare   client.Spare

	owner string   // of what it holds, where that is a Guest; else whoever makes it
	made  []string // entries of a dump's contents that a Guest's maker made before
}

// do runs fn, which sets nothing for longer than a transaction, on a session in the database.
func (d *Database) do(ctx context.Context, fn func(*pgx.Conn) error) error {
	return d.spare.Do(ctx, func(ctx context.Context) (*pgx.Conn, error) { return session(ctx, d.cfg) }, fn)
}

// Create makes an empty database with the encoding and locale of the source, so
// that text sorts and compares as in production; with the server's own locale if
// none is known. Only its owner may connect until it is promoted.
func (s *Server) Create(ctx context.Context, name string, like *catalog.Catalog) (*Database, error) {
	if !isOf(s.kinds, s.live, name) {
		return nil, fmt.Errorf("%q is not the name of a run's database beside %q", name, s.live)
	}
	err := s.do(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, createSQL(name, s.template, like, s.version))
		for range 2 { // an earlier attempt of the same run, whose answer was lost
			if code := client.Code(err); code != "42P04" && code != "23505" {
				break
			}
			if err := dropDatabase(ctx, conn, name); err != nil {
				return err
			}
			_, err = conn.Exec(ctx, createSQL(name, s.template, like, s.version))
		}
		if err != nil {
			return localeError(err, name, like)
		}
		_, err = conn.Exec(ctx, "REVOKE ALL ON DATABASE "+catalog.Quote(name)+" FROM PUBLIC")
		return client.Wrap(err, "closing database %q to others", name)
	})
	if err != nil {
		return nil, err
	}
	cfg := s.cfg.Copy()
	cfg.Database = name
	return &Database{srv: s, name: name, cfg: cfg, like: like}, nil
}

func createSQL(name, template string, like *catalog.Catalog, version int) string {
	sql := fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s ENCODING %s", catalog.Quote(name), catalog.Quote(template),
		catalog.Literal(like.Encoding))
	if like.Collate == "" {
		return sql
	}
	sql += fmt.Sprintf(" LC_COLLATE %s LC_CTYPE %s", catalog.Literal(like.Collate), catalog.Literal(like.CType))
	switch {
	case version < 150000: // libc is the only provider
	case like.LocaleProvider == 'i':
		sql += " LOCALE_PROVIDER icu ICU_LOCALE " + catalog.Literal(like.Locale)
	case like.LocaleProvider == 'b':
		sql += " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + catalog.Literal(like.Locale)
	default:
		sql += " LOCALE_PROVIDER libc"
	}
	return sql
}

// localeError explains why a database with the source's locale can't be made.
func localeError(err error, name string, like *catalog.Catalog) error {
	wrapped := client.Wrap(err, "creating database %q", name)
	switch client.Code(err) {
	case "42809", "22023", "42704", "0A000", "42601":
		if like.Collate == "" {
			return fmt.Errorf("%w; the dump has encoding %s, which the locale of that server's template0 doesn't "+
				"take: make "+
				"the server with a locale of that encoding (initdb --locale)", wrapped, like.Encoding)
		}
		provider := map[byte]string{'i': "ICU", 'b': "built-in"}[like.LocaleProvider]
		if provider == "" {
			provider = "libc"
		}
		var locales []string
		for _, l := range []string{like.Collate, like.CType, like.Locale} {
			if l != "" && !strings.Contains(strings.Join(locales, " "), l) {
				locales = append(locales, l)
			}
		}
		return fmt.Errorf("%w; the source has encoding %s and %s locale %s: install that locale on the "+
			"staging server's "+
			"machine (locale-gen) and restart the server",
			wrapped, like.Encoding, provider, strings.Join(locales, ", "))
	}
	return wrapped
}

// Name is the database's name.
func (d *Database) Name() string { return d.name }

// OID is the database's own.
func (d *Database) OID(ctx context.Context) (oid uint32, err error) {
	err = d.srv.do(ctx, func(conn *pgx.Conn) (err error) {
		oid, err = oidOf(ctx, conn, d.name)
		return err
	})
	return oid, err
}

// Config connects to the database.
func (d *Database) Config() *pgx.ConnConfig { return d.cfg.Copy() }

// Drop ends the database's sessions and drops it, if it exists still.
func (d *Database) Drop(ctx context.Context) error {
	return d.srv.do(ctx, func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, d.name) })
}
