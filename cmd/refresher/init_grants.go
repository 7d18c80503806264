package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/secure/precis"

	"refresher/internal/postgres/catalog"
)

// Names of the files with the statements that give a role what it needs: one for each server, since
// the role of staging has no business on production.
const (
	grantsSource  = "grants-source.sql"
	grantsStaging = "grants-staging.sql"
)

// withRole is a URL with a role and a password: those that it has, else the standard role, and a new password
// unless PGPASSWORD, PGPASSFILE or a certificate stands in for one.
func withRole(answer, role string) string {
	u, err := url.Parse(answer)
	cfg, err2 := pgx.ParseConfig(answer)
	if !isURL(answer) || err != nil || err2 != nil {
		return answer
	}
	if u.User.Username() == "" {
		u.User = url.User(role)
	}
	if cfg.Password == "" && !u.Query().Has("sslcert") {
		u.User = url.UserPassword(u.User.Username(), newSecret(16))
	}
	return u.String()
}

// newSecret is a secret of n random bytes, in hexadecimal digits.
func newSecret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// grants are the statements that the docs print, for the roles, passwords and databases of the
// URLs as far as they are known.
func (in *initAnswers) grants() (source, staging string) {
	reader, app, readersPassword := roleOf(in.source, "refresher_reader", "app")
	writer, _, writersPassword := roleOf(in.staging, "refresher_staging", "app")
	source = fmt.Sprintf(`-- For the administrator of production's primary; a standby follows.
-- A role that can read and nothing else:
CREATE ROLE %[1]s LOGIN PASSWORD %[3]s;
GRANT CONNECT ON DATABASE %[2]s TO %[1]s;
GRANT pg_read_all_data TO %[1]s;
`, catalog.Quote(reader), catalog.Quote(app), readersPassword)
	staging = fmt.Sprintf(`-- For the administrator of the staging server, which must be another cluster.
-- A role that is no superuser:
CREATE ROLE %[1]s LOGIN CREATEDB PASSWORD %[2]s;
GRANT pg_signal_backend TO %[1]s;
-- If the database exists already, the role must be a member of the role that owns it:
-- GRANT app_owner TO %[1]s;
`, catalog.Quote(writer), writersPassword)
	return source, staging
}

// roleOf is the role and the database of a URL, and the role's password as CREATE ROLE takes it.
func roleOf(answer, role, database string) (string, string, string) {
	password := "'choose one'"
	if cfg, err := pgx.ParseConfig(answer); isURL(answer) && err == nil {
		role, database = cmp.Or(cfg.User, role), cmp.Or(cfg.Database, database)
		if u, err := url.Parse(answer); err == nil {
			if p, ok := u.User.Password(); ok {
				password = "'" + cmp.Or(scramVerifier(p), strings.ReplaceAll(p, "'", "''")) + "'"
			}
		}
	}
	return role, database, password
}

// scramVerifier is what a server keeps of a password (RFC 5803), and takes in its place: who runs the statement
// needn't know the password, and no log gets it.
func scramVerifier(password string) string {
	const rounds = 4096
	if prepared, err := precis.OpaqueString.String(password); err == nil {
		password = prepared
	}
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails (crypto/rand)
	salted, err := pbkdf2.Key(sha256.New, password, salt[:], rounds, sha256.Size)
	if err != nil {
		return "" // FIPS mode refuses short passwords
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return strings.Join([]string{"SCRAM-SHA-256", fmt.Sprintf("%d:%s", rounds, encode(salt[:])),
		encode(stored[:]) + ":" + encode(mac("Server Key"))}, "$")
}
