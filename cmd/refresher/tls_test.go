package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"refresher/internal/testkit/pgserver"
)

// authority is a certificate authority of a test's own.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	PEM  string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	a.cert, a.PEM = a.sign(template, template, &a.key.PublicKey)
	return a
}

func (a *authority) sign(template, parent *x509.Certificate, key *ecdsa.PublicKey) (*x509.Certificate, string) {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// server is a certificate for a host's name, and its key.
func (a *authority) server(host string) (cert, key string) {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	_, cert = a.sign(
		&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
			NotBefore: time.Now().Add(-time.Hour),
			NotAfter:  time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
		a.cert,
		&private.PublicKey,
	)
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// secured is a cluster that lets nobody but its superuser in without TLS and a password.
func (a *authority) secured(host string) *pgserver.Cluster {
	cert, key := a.server(host)
	return pgserver.New(a.t, pgserver.Options{
		Config: map[string]string{
			"ssl":             "on",
			"ssl_cert_file":   "server.crt",
			"ssl_key_file":    "server.key",
			"log_connections": "on",
		},
		Files: map[string]string{
			"server.crt": cert,
			"server.key": key,
			"pg_hba.conf": "host all " + pgserver.User + " 127.0.0.1/32 trust\n" +
				"hostssl all all 127.0.0.1/32 scram-sha-256\n",
		},
	})
}

const tinyRules = `version: 1
tables:
  public.users:
    columns:
      id: keep
      email: email
`

const tinySchema = `CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
	INSERT INTO users SELECT i, 'customer' || i || '@gmail.com' FROM generate_series(1, 200) i`

// A refresh between two servers that speak TLS only, with certificates of a CA
// that no system knows: every connection, pg_dump's and pg_restore's too, proves
// the server's name, and anything else than that name and that CA is refused.
func TestTLSIsVerifiedInFull(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the team's own CA")
	source, staging := ca.secured("localhost"), ca.secured("localhost")
	s := newEmptySite(t)
	s.write("ca.pem", ca.PEM)
	s.write("other.pem", newAuthority(t, "the team's own CA").PEM)
	s.write("rules.yaml", tinyRules)
	s.write("refresher.yaml",
		"source: {url: \"${SOURCE}\"}\nstaging: {url: \"${STAGING}\"}\nrules: [rules.yaml]\nkey: env:KEY\n")
	pgserver.Exec(t, source.URL(pgserver.User), "CREATE DATABASE app")
	pgserver.Exec(t, source.URL("app"),
		tinySchema+`; CREATE ROLE reader LOGIN PASSWORD 'p%ss w?rd'; GRANT pg_read_all_data TO reader`)
	pgserver.Exec(t, staging.URL(pgserver.User),
		`CREATE ROLE writer LOGIN CREATEDB PASSWORD 'p%ss w?rd'; GRANT pg_signal_backend TO writer`)
	at := func(c *pgserver.Cluster, role, host, ca string) string {
		u := url.URL{
			Scheme:   "postgres",
			User:     url.UserPassword(role, "p%ss w?rd"),
			Host:     fmt.Sprintf("%s:%d", host, c.Port()),
			Path:     "/app",
			RawQuery: url.Values{"sslmode": {"verify-full"}, "sslrootcert": {filepath.Join(s.dir, ca)}}.Encode(),
		}
		return u.String()
	}
	good := func() {
		s.vars["SOURCE"], s.vars["STAGING"] = at(source, "reader", "localhost", "ca.pem"), at(staging, "writer",
			"localhost", "ca.pem")
	}
	good()
	s.must(exitClean, "run")
	s.must(exitClean, "run") // with a live database to be carried over and renamed
	if n := s.one(staging.URL("app"), "SELECT count(*)::text FROM users WHERE email NOT LIKE '%gmail%'"); n != "200" {
		t.Errorf("staging holds %s users", n)
	}
	for name, c := range map[string]*pgserver.Cluster{"source": source, "staging": staging} {
		var tls, plain int
		for line := range strings.Lines(c.Log()) {
			switch {
			case !strings.Contains(line, "connection authorized: user=reader") && !strings.Contains(line, "connection authorized: user=writer"):
			case strings.Contains(line, "SSL enabled"):
				tls++
			default:
				plain++
			}
		}
		if tls < 3 || plain > 0 {
			t.Errorf("%s: %d connections by TLS, %d without", name, tls, plain)
		}
	}
	before := s.one(staging.URL(pgserver.User), "SELECT string_agg(datname || oid, ' ' ORDER BY oid) FROM pg_database")
	for name, tc := range map[string]struct{ variable, url, want string }{
		"another CA at the source":     {"SOURCE", at(source, "reader", "localhost", "other.pem"), "certificate authority: sslrootcert"},
		"another CA at staging":        {"STAGING", at(staging, "writer", "localhost", "other.pem"), "certificate authority: sslrootcert"},
		"another name at the source":   {"SOURCE", at(source, "reader", "127.0.0.1", "ca.pem"), "is for another name"},
		"another name at staging":      {"STAGING", at(staging, "writer", "127.0.0.1", "ca.pem"), "is for another name"},
		"the source speaks no TLS":     {"SOURCE", at(s.standby, "reader", "localhost", "ca.pem"), "allow_plaintext: true"},
		"staging speaks no TLS":        {"STAGING", at(s.staging, "writer", "localhost", "ca.pem"), "allow_plaintext: true"},
		"plaintext to the TLS cluster": {"SOURCE", strings.Replace(at(source, "reader", "localhost", "ca.pem"), "verify-full", "disable", 1), "pg_hba.conf"},
	} {
		good()
		s.vars[tc.variable] = tc.url
		_, said := s.must(exitEnvironment, "run")
		if !strings.Contains(said, tc.want) || strings.Contains(said, "p%ss") || strings.Contains(said, "p%25ss") {
			t.Errorf("%s: the message lacks %q or tells the password:\n%s", name, tc.want, said)
		}
	}
	if after := s.one(staging.URL(pgserver.User), "SELECT string_agg(datname || oid, ' ' ORDER BY oid) FROM pg_database"); after != before {
		t.Errorf("databases were %s, are %s", before, after)
	}
}

// Rows never travel in the clear to another machine unless the file says that
// they may. The name doesn't exist: nothing is looked up before the refusal.
func TestPlaintextToAnotherMachineIsRefused(t *testing.T) {
	t.Parallel()
	s := newEmptySite(t)
	for _, which := range []string{"SOURCE", "STAGING"} {
		was := s.vars[which]
		s.vars[which] = "postgres://someone@db.invalid/" + s.db + "?sslmode=disable"
		for _, command := range []string{"run", "check", "rollback"} {
			_, said := s.must(exitInput, command)
			if want := strings.ToLower(which) + ".url connects to another machine without TLS"; !strings.Contains(said,
				want) {
				t.Errorf("%s: the message lacks %q:\n%s", command, want, said)
			}
		}
		s.vars[which] = was
	}
	for _, flags := range [][]string{{"discover", "--source"}, {"verify", "--offline", "--target"}} {
		if _, said := s.must(exitInput, append(flags, "postgres://someone@db.invalid/x?sslmode=disable")...); !strings.Contains(
			said, "without TLS") {
			t.Errorf("%v:\n%s", flags, said)
		}
	}
	s.edit("refresher.yaml", "staging: {url", "staging: {allow_plaintext: true, url")
	s.vars["STAGING"] = "postgres://someone@db.invalid/" + s.db + "?sslmode=disable"
	s.must(exitEnvironment, "run") // allowed, and there is no such machine
}
