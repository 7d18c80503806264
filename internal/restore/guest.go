package restore

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Guest is the role that a dataset's SQL runs as, where the role that pulls may do more
// than a dataset should: one without any attribute and without membership in others. It
// may connect while a pull goes, and owns what the dataset made afterwards.
type Guest struct {
	srv      *Server
	name     string
	password string
}

// GuestName is the name of the role that owns the datasets in a database of that name.
func GuestName(live string) string { return fit(live, "_dataset") }

// guestMark is the comment by which the role is known.
const guestMark = "refresher: owns the datasets that were pulled into "

// harmful tells what a role may do that a dataset must not. Both the session's role and
// the one it acts as count: a dataset could go back from one to the other.
const harmful = `
	SELECT bool_or(r.rolsuper), bool_or(r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls OR EXISTS (
		SELECT FROM pg_roles p WHERE (p.rolsuper OR p.rolcreaterole OR p.rolname IN ('pg_execute_server_program',
			'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend', 'rds_superuser', 'cloudsqlsuperuser',
			'azure_pg_admin')) AND pg_has_role(r.oid, p.oid, 'MEMBER'))),
		bool_and(r.rolsuper OR r.rolcreaterole)
	FROM pg_roles r WHERE r.rolname IN (session_user, current_user)`

// Guest makes the role for a dataset's SQL; nil if the role that pulls may do no harm.
func (c *Claim) Guest(ctx context.Context) (*Guest, error) {
	s := c.srv
	var super, harm, may bool
	if err := c.conn.QueryRow(ctx, harmful).Scan(&super, &harm, &may); err != nil {
		return nil, client.Wrap(err, "looking at what role %q may do", s.role)
	}
	if !harm {
		return nil, nil
	}
	if !may {
		return nil, fault.BadInput("role %q may run programs, read files or act for others on that server, and a "+
			"dataset's SQL "+
			"would run with that: give --to a role with CREATEDB alone, or one that may make such a role "+
			"(CREATEROLE)", s.role)
	}
	g := &Guest{srv: s, name: GuestName(s.live), password: rand.Text()}
	const q = `
		SELECT coalesce(shobj_description(r.oid, 'pg_authid'), ''), EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
		FROM pg_roles r WHERE r.rolname = $1`
	var mark string
	var member bool
	name := catalog.Quote(g.name)
	switch err := c.conn.QueryRow(ctx, q, g.name).Scan(&mark, &member); {
	case errors.Is(err, pgx.ErrNoRows):
		_, err = c.conn.Exec(ctx, "CREATE ROLE "+name+"; COMMENT ON ROLE "+name+" IS "+
			catalog.Literal(guestMark+s.live))
		if err != nil {
			return nil, client.Wrap(err, "making role %q, as which the dataset's SQL is to run", g.name)
		}
	case err != nil:
		return nil, client.Wrap(err, "looking for role %q", g.name)
	case mark != guestMark+s.live || member:
		return nil, fault.BadInput("role %q, as which a dataset's SQL would run, was made by another program, or is "+
			"a member of "+
			"other roles: rename or drop it", g.name)
	}
	sql := fmt.Sprintf("ALTER ROLE %s NOINHERIT LOGIN PASSWORD %s VALID UNTIL 'tomorrow'", name,
		catalog.Literal(scramVerifier(g.password)))
	if super { // only a superuser may say these, also where they are so already
		sql += " NOSUPERUSER NOREPLICATION NOBYPASSRLS"
	}
	if _, err := c.conn.Exec(ctx, sql+" NOCREATEDB NOCREATEROLE"); err != nil {
		return nil, client.Wrap(err, "preparing role %q", g.name)
	}
	if !super { // who gives it objects must be a member of it, and is to use them
		if _, err := c.conn.Exec(ctx, "GRANT "+name+" TO CURRENT_USER"); err != nil {
			return nil, client.Wrap(err, "preparing role %q", g.name)
		}
	}
	return g, nil
}

// Close ends the role's right to connect. It is dropped if it owns nothing. It works on a
// cancelled context, and does nothing on nil.
func (g *Guest) Close(ctx context.Context) error {
	if g == nil {
		return nil
	}
	return g.srv.do(context.WithoutCancel(ctx), func(conn *pgx.Conn) error {
		name := catalog.Quote(g.name)
		if _, err := conn.Exec(ctx, "ALTER ROLE "+name+" NOLOGIN PASSWORD NULL"); err != nil {
			return client.Wrap(err, "closing role %q", g.name)
		}
		_, err := conn.Exec(ctx, "DROP ROLE "+name)
		if client.Code(err) == "2BP01" { // it owns what was pulled
			return nil
		}
		return client.Wrap(err, "dropping role %q", g.name)
	})
}

// dropGuest drops the role that owned the datasets of a database which is gone, if there is one.
func dropGuest(ctx context.Context, conn *pgx.Conn, live string) error {
	var ours bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND shobj_description(oid, 'pg_authid') = $2)`,
		GuestName(live), guestMark+live).Scan(&ours)
	if err == nil && ours {
		_, err = conn.Exec(ctx, "DROP ROLE "+catalog.Quote(GuestName(live)))
	}
	return client.Wrap(err, "dropping role %q", GuestName(live))
}

// Enter has everything in a new, empty database done by the role from here on: extensions,
// which may take more rights, are made before. It does nothing on nil.
func (g *Guest) Enter(ctx context.Context, db *Database, c *Contents) error {
	if g == nil {
		return nil
	}
	name := catalog.Quote(g.name)
	err := g.srv.do(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE "+catalog.Quote(db.name)+" TO "+name)
		return client.Wrap(err, "letting role %q into database %q", g.name, db.name)
	})
	if err != nil {
		return err
	}
	err = with(ctx, db.cfg, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "ALTER SCHEMA public OWNER TO "+name); err != nil {
			return client.Wrap(err, "giving schema public to role %q", g.name)
		}
		for _, e := range c.Extensions {
			if err := g.extension(ctx, conn, db, e, c.Schemas[e]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	db.owner = g.name
	db.cfg.User, db.cfg.Password = g.name, g.password
	delete(db.cfg.RuntimeParams, "role")
	if strings.Contains(db.cfg.RuntimeParams["options"], "role=") {
		delete(db.cfg.RuntimeParams, "options")
	}
	return g.reach(ctx, db)
}

// extension makes one, before anything of the dataset is there that could have a say in it.
func (g *Guest) extension(ctx context.Context, conn *pgx.Conn, db *Database, extension, schema string) error {
	name := catalog.Quote(g.name)
	in := ""
	if schema != "" {
		if schema != "pg_catalog" && schema != "public" && !slices.Contains(db.made, "SCHEMA - "+schema) {
			if _, err := conn.Exec(ctx, "CREATE SCHEMA "+catalog.Quote(schema)+" AUTHORIZATION "+name); err != nil {
				return client.Wrap(err, "making schema %q for extension %q", schema, extension)
			}
			db.made = append(db.made, "SCHEMA - "+schema)
		}
		in = " WITH SCHEMA " + catalog.Quote(schema)
	}
	if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+catalog.Quote(extension)+in); err != nil {
		return client.Wrap(err, "making extension %q", extension)
	}
	db.made = append(db.made, "EXTENSION - "+extension)
	// Rows of its configuration tables are part of a dump.
	rows, err := conn.Query(ctx, `SELECT n.nspname::text, c.relname::text FROM pg_extension e
		JOIN pg_class c ON c.oid = ANY (e.extconfig) JOIN pg_namespace n ON n.oid = c.relnamespace WHERE e.extname = $1`,
		extension)
	if err != nil {
		return client.Wrap(err, "reading what extension %q is configured by", extension)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[catalog.Name])
	for _, t := range tables {
		if err == nil {
			_, err = conn.Exec(ctx, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+t.SQL()+" TO "+name)
		}
	}
	return client.Wrap(err, "opening what extension %q is configured by", extension)
}

// reach finds a way to connect as the role: over a socket, the server often asks who the
// user of the machine is, which no password answers.
func (g *Guest) reach(ctx context.Context, db *Database) error {
	try := func() error { return with(ctx, db.cfg, func(*pgx.Conn) error { return nil }) }
	err := try()
	if err != nil && strings.HasPrefix(db.cfg.Host, "/") {
		socket := db.cfg.Host
		if db.cfg.Host = "127.0.0.1"; try() == nil {
			return nil
		}
		db.cfg.Host = socket
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w; role %q may do more than a dataset should, so its SQL runs as role %q, which must be let "+
		"in with a "+
		"password: add to pg_hba.conf, first, \"host all %s samehost scram-sha-256\", or give --to a role that is "+
		"no superuser",
		err, g.srv.role, g.name, catalog.Quote(g.name))
}

// scramVerifier is a password as the server keeps it (RFC 5803), so that it stands in no
// statement that a server could log.
func scramVerifier(password string) string {
	const iterations = 4096
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)                                                       // never fails (crypto/rand)
	salted, _ := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size) // fails for FIPS alone
	sum := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(sum(salted, "Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, b64(salt), b64(stored[:]),
		b64(sum(salted, "Server Key")))
}
