package client

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"
)

// Hint names what a person can do about an error of a server or of the way to it:
// the privilege to grant, the setting to raise. It is "" where there is nothing
// better to say than the error itself. It is part of the text of what Wrap makes.
func Hint(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return ByCode(e.Code, e.Message)
	}
	if code := Code(err); code != "" {
		return ByCode(code, err.Error())
	}
	return connectionHint(err)
}

// ByCode is the hint for a SQLSTATE. The message, which must be safe to print,
// names the object of a privilege that is missing.
func ByCode(code, message string) string {
	switch {
	case code == "42501":
		return privilege(message)
	case code == "53200" && strings.Contains(message, "shared memory"):
		return "raise max_locks_per_transaction on that server and restart it: every table takes a lock"
	case code == "57014" && strings.Contains(message, "lock timeout"):
		return hints["55P03"]
	}
	if h := hints[code]; h != "" {
		return h
	}
	if len(code) == 5 {
		return hints[code[:2]]
	}
	return ""
}

// hints are by SQLSTATE, or by its class (PostgreSQL docs, appendix A).
var hints = map[string]string{
	"08":    "look at the network and at what stands between (proxy, pooler, firewall), and at the server's log",
	"08P01": "a connection pooler (PgBouncer, RDS Proxy, Supavisor) or proxy that doesn't pass everything on: point the URL at the server itself, most often port 5432",
	"0A000": "that server's version or build can't do this: staging must be at least as new as the source, with the same extensions",
	"21000": "a rule or an expression of the schema gives several rows where one may be",
	"22021": "the source holds text that is not valid in its own encoding: repair it there, or give the column a rule that replaces it",
	"22P05": "the source holds characters that staging's encoding doesn't have: make staging with the source's encoding",
	"23502": "the column is NULL in the source already, or its transform writes NULL: give it another transform",
	"23503": "if both columns are kept, the source's own rows break this key (they came while triggers were off): mend them there; if they are masked, give both the same transform and domain, or name them under references",
	"23505": "if the columns are kept, the source's own rows hold a key twice (an index can be damaged by an upgrade of the C library): REINDEX there and mend them; if they are masked, use a transform that keeps values distinct",
	"23514": "if its columns are kept, the source's own rows break this constraint (it looks at the time or at another table, or isn't validated there): mend them there; if they are masked, choose a transform whose values fit, or set its parameters",
	"23P01": "if its columns are kept, the source's own rows break this exclusion constraint: mend them there; if they are masked, keep or shift these columns alike",
	"25006": "the server or the role is read-only: staging.url must name a primary, and the role must not set default_transaction_read_only",
	"25P03": "raise idle_in_transaction_session_timeout for this role: ALTER ROLE … SET idle_in_transaction_session_timeout = 0",
	"25P04": "raise transaction_timeout for this role: ALTER ROLE … SET transaction_timeout = 0",
	"26000": "a connection pooler in transaction mode is in the way: point the URL at the server itself",
	"28000": "let the role in: check its name and LOGIN, and add a line for this host, database and role to the server's pg_hba.conf",
	"28P01": "check the user and the password in the URL, or in PGPASSFILE",
	"3D000": "check the database's name in the URL",
	"3F000": "a schema is missing there: check search_path and what the dump left out",
	"40001": "on the standby set hot_standby_feedback = on, best with a replication slot, and raise max_standby_streaming_delay",
	"40P01": "another session took the same locks in another order: run at a quieter time",
	"42704": "something that the schema needs is missing there: create the extension, role, collation or type that is named",
	"42883": "a function or operator that the schema needs is missing there, or is not found by an empty search_path: qualify it",
	"42P01": "a table is gone or was renamed while the run read it: run again",
	"42P05": "a connection pooler in transaction mode is in the way: point the URL at the server itself",
	"53000": "give that server more resources, or lower `workers`",
	"53100": "free disk space on that server, or give it more: beside the live database there must be room for the shadow and the previous one",
	"53200": "give that server more memory, or lower `workers`",
	"53300": "raise max_connections, or the role's CONNECTION LIMIT, or lower `workers`",
	"53400": "raise the limit that is named (temp_file_limit, say) for this role",
	"54000": "a value is too large for its index or row: give the column a transform that makes it shorter",
	"55000": "the object is not in a state for this: look in the server's log",
	"55006": "somebody uses the database: end those sessions, or grant the role pg_signal_backend",
	"55P03": "something holds a conflicting lock: wait for the migration, the VACUUM FULL or the replay to end, or stop it",
	"57014": "somebody or a time-out cancelled the statement: ALTER ROLE … SET statement_timeout = 0 for this role, or ask who did",
	"57P01": "an administrator ended the session, or the server was stopped: look in its log",
	"57P02": "a session of that server crashed and took the others with it: look in its log",
	"57P03": "the server is starting up, going down or recovering: wait until it accepts connections",
	"57P05": "raise idle_session_timeout for this role: ALTER ROLE … SET idle_session_timeout = 0",
	"58030": "that server's storage failed: look in its log and the kernel's",
	"58P01": "a file is missing there: install the extension's package on that server's machine, of the same version as on the source",
	"72000": "raise old_snapshot_threshold on the source, or set it to -1",
	"XX001": "the table's data are damaged: check it with amcheck and restore it from a backup",
	"XX002": "an index is damaged: REINDEX it on the source",
}

var (
	deniedFor = regexp.MustCompile(`permission denied for (materialized view|foreign server|foreign-data wrapper|large object|[a-z]+) (\S+)`)
	deniedTo  = regexp.MustCompile(`permission denied to (create database|create extension|create role|terminate process|set parameter)`)
	mustBe    = regexp.MustCompile(`must (?:be owner of|be a? ?member of role|be able to SET ROLE|have admin option on role) ?(.*)`)
)

const toRole = " TO the role that connects"

// privilege is the statement that gives what is missing.
func privilege(message string) string {
	if m := deniedFor.FindStringSubmatch(message); m != nil {
		name := strings.TrimRight(m[2], ";,")
		switch m[1] {
		case "table", "relation", "view", "materialized view", "column":
			return "GRANT SELECT ON TABLE " + name + toRole + " (or pg_read_all_data)"
		case "sequence":
			return "GRANT SELECT ON SEQUENCE " + name + toRole
		case "schema":
			return "GRANT USAGE ON SCHEMA " + name + toRole
		case "database":
			return "GRANT CONNECT, CREATE ON DATABASE " + name + toRole
		case "function", "procedure", "routine", "aggregate":
			return "GRANT EXECUTE ON ROUTINE " + name + toRole
		case "tablespace":
			return "GRANT CREATE ON TABLESPACE " + name + toRole
		case "type", "domain", "language":
			return "GRANT USAGE ON " + strings.ToUpper(m[1]) + " " + name + toRole
		case "foreign server", "foreign-data wrapper":
			return "GRANT USAGE ON " + strings.ToUpper(strings.ReplaceAll(m[1], "-", " ")) + " " + name + toRole
		}
	}
	if m := deniedTo.FindStringSubmatch(message); m != nil {
		switch m[1] {
		case "create database":
			return "ALTER ROLE … CREATEDB for the role in staging.url"
		case "create extension":
			return "let an administrator approve the extension for this role, or create it in a database that " +
				"staging.template names"
		case "terminate process":
			return "GRANT pg_signal_backend" + toRole
		}
	}
	if m := mustBe.FindStringSubmatch(message); m != nil {
		return "GRANT the owner's role" + toRole + ", or make that role the owner"
	}
	if strings.Contains(message, "row-level security") {
		return "ALTER ROLE … BYPASSRLS for the role that connects: rows must not be hidden from a copy"
	}
	return "grant the role that connects what the message names"
}

// connectionHint is for errors of the way to a server.
func connectionHint(err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var plain refusedTLS
	var ne net.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &unknown):
		return "name the server's certificate authority: sslrootcert=FILE in the URL"
	case errors.As(err, &host):
		return "the server's certificate is for another name: write the host in the URL as the certificate has it"
	case errors.As(err, &plain):
		return "switch ssl on at the server; or, if the way to it is safe by other means, write allow_plaintext: " +
			"true beside its url"
	case errors.As(err, &invalid):
		return "the server's certificate is not valid now: renew it, or set this machine's clock right"
	case errors.As(err, &dns):
		return "the host's name is not known: check it in the URL, and this machine's DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check host and port in the URL, that the server is up, and its listen_addresses"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.As(err, &ne) && ne.Timeout():
		return "there is no answer: check host and port in the URL, routes, firewalls and security groups"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return "the connection was cut: a restart of the server, or a limit of a proxy or firewall on the way; the " +
			"server's log knows more"
	}
	return ""
}
