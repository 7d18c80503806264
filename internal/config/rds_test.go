package config

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"golang.org/x/sync/errgroup"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

const (
	rdsSecret       = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	rdsRegionOfTest = "eu-central-1"
	signedAt        = "20060102T150405Z"
)

// credentials are the AWS SDK's, and no others of this machine.
func credentials(t *testing.T, region string) {
	t.Helper()
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": rdsSecret, "AWS_SESSION_TOKEN": "",
		"AWS_REGION": region, "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
		t.Setenv(k, v)
	}
}

// admits is what RDS looks at in a password that a user gives at an endpoint: whether it is a request to connect
// there, good now, and signed by SigV4 (IAM database authentication for PostgreSQL, "Connecting to your DB
// instance"). The signature is computed by the algorithm itself.
func admits(password, endpoint, user string, now time.Time) error {
	token, err := url.Parse("https://" + password)
	if err != nil {
		return errors.New("the password is no request")
	}
	q := token.Query()
	if token.Host != endpoint || q.Get("DBUser") != user || q.Get("Action") != "connect" {
		return fmt.Errorf("a request for %s, %s and %s", token.Host, q.Get("DBUser"), q.Get("Action"))
	}
	at, err := time.Parse(signedAt, q.Get("X-Amz-Date"))
	if err != nil || q.Get("X-Amz-Expires") != "900" || now.Before(at.Add(-5*time.Minute)) || now.After(at.Add(15*time.Minute)) {
		return fmt.Errorf("signed at %s for %s seconds", q.Get("X-Amz-Date"), q.Get("X-Amz-Expires"))
	}
	signature := q.Get("X-Amz-Signature")
	q.Del("X-Amz-Signature")
	if want := signed(endpoint, q); !hmac.Equal([]byte(want), []byte(signature)) {
		return fmt.Errorf("the signature is %s, not %s", signature, want)
	}
	return nil
}

// signed is the signature of a request to connect.
func signed(endpoint string, q url.Values) string {
	day := q.Get("X-Amz-Date")[:8]
	scope := day + "/" + rdsRegionOfTest + "/rds-db/aws4_request"
	empty := sha256.Sum256(nil)
	canonical := "GET\n/\n" + strings.ReplaceAll(q.Encode(), "+", "%20") + "\nhost:" + endpoint + "\n\nhost\n" + hex.EncodeToString(empty[:])
	sum := sha256.Sum256([]byte(canonical))
	key := []byte("AWS4" + rdsSecret)
	for _, part := range []string{day, rdsRegionOfTest, "rds-db", "aws4_request",
		"AWS4-HMAC-SHA256\n" + q.Get("X-Amz-Date") + "\n" + scope + "\n" + hex.EncodeToString(sum[:])} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(part))
		key = m.Sum(nil)
	}
	return hex.EncodeToString(key)
}

// gateway stands before a PostgreSQL as RDS does: it speaks TLS only, asks for the password in clear text, and lets
// those in whose password it admits.
type gateway struct {
	endpoint string // host:port
	upstream string
	tls      *tls.Config
	ca       string // in PEM

	mu     sync.Mutex
	tokens []string // that were admitted
}

func newGateway(t *testing.T, upstream string) *gateway {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{upstream: upstream, ca: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		tls: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	g.endpoint = fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go g.serve(conn)
		}
	}()
	return g
}

func (g *gateway) serve(conn net.Conn) {
	defer conn.Close()
	for {
		b := pgproto3.NewBackend(conn, conn)
		first, err := b.ReceiveStartupMessage()
		if err != nil {
			return
		}
		_, secure := conn.(*tls.Conn)
		switch first := first.(type) {
		case *pgproto3.GSSEncRequest:
			_, err = conn.Write([]byte("N"))
		case *pgproto3.SSLRequest:
			_, err = conn.Write([]byte("S"))
			conn = tls.Server(conn, g.tls)
		case *pgproto3.StartupMessage:
			if secure {
				g.session(conn, b, first)
			}
			return
		default:
			return
		}
		if err != nil {
			return
		}
	}
}

func (g *gateway) session(conn net.Conn, b *pgproto3.Backend, first *pgproto3.StartupMessage) {
	b.Send(&pgproto3.AuthenticationCleartextPassword{})
	if b.Flush() != nil || b.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return
	}
	answer, err := b.Receive()
	if err != nil {
		return
	}
	password := answer.(*pgproto3.PasswordMessage).Password
	err = admits(password, g.endpoint, first.Parameters["user"], time.Now())
	if err != nil {
		b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28000", Message: "PAM authentication failed: " + err.Error()})
		_ = b.Flush()
		return
	}
	g.mu.Lock()
	g.tokens = append(g.tokens, password)
	g.mu.Unlock()
	server, err := net.Dial("tcp", g.upstream)
	if err != nil {
		return
	}
	defer server.Close()
	hello, err := first.Encode(nil)
	if err == nil {
		_, err = server.Write(hello)
	}
	if err != nil {
		return
	}
	var both errgroup.Group
	for from, to := range map[net.Conn]net.Conn{conn: server, server: conn} {
		both.Go(func() error { defer to.Close(); _, err := io.Copy(to, from); return err })
	}
	_ = both.Wait()
}

// With aws-rds-iam each connection has a token of its own: refresher's sessions, pgx's and those of pg_dump are let
// in by what checks tokens as RDS does, and what is signed for another user, port or time is not.
func TestRDSLetsTokensIn(t *testing.T) {
	credentials(t, rdsRegionOfTest)
	cluster := pgserver.Shared(t)
	pgserver.Exec(t, cluster.URL("postgres"), "CREATE ROLE rds_reader LOGIN SUPERUSER")
	t.Cleanup(func() { pgserver.Exec(t, cluster.URL("postgres"), "DROP ROLE rds_reader") })
	upstream, err := url.Parse(cluster.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	g := newGateway(t, upstream.Host)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte(g.ca), 0o600); err != nil {
		t.Fatal(err)
	}
	at := "postgres://rds_reader@" + g.endpoint + "/postgres?sslmode=verify-full&sslrootcert=" + ca
	c, err := load(t, strings.Replace(minimal, `{url: "${REPLICA}"}`, `{url: "`+at+`", auth: aws-rds-iam}`, 1), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := c.SourceConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(ctx context.Context) error{
		"session": func(ctx context.Context) error {
			conn, err := client.Open(ctx, cfg, client.Session{ReadOnly: true})
			if err == nil {
				client.Close(ctx, conn)
			}
			return err
		},
		"pgx": func(ctx context.Context) error {
			conn, err := pgx.ConnectConfig(ctx, cfg)
			if err == nil {
				err = errors.Join(conn.Ping(ctx), conn.Close(ctx))
			}
			return err
		},
		"pg_dump": func(ctx context.Context) error {
			return client.Run(ctx, client.Command{Tool: client.Dump, MinMajor: cluster.Major(), Doing: "dumping",
				Args: []string{"--schema-only", "--file=/dev/null"}, Server: cfg})
		},
	}
	seen := map[string]bool{}
	for name, connect := range ways {
		for before := len(seen); len(seen) < before+2; { // tokens are dated to a second: the next one is another
			if err := connect(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			g.mu.Lock()
			for _, token := range g.tokens {
				seen[token] = true
			}
			g.mu.Unlock()
		}
	}
	q := url.Values{"Action": {"connect"}, "DBUser": {"rds_reader"}, "X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Expires": {"900"}, "X-Amz-SignedHeaders": {"host"}}
	mine := func(endpoint, user string, age time.Duration) string {
		q.Set("DBUser", user)
		q.Set("X-Amz-Date", time.Now().UTC().Add(-age).Format(signedAt))
		q.Set("X-Amz-Credential", "AKIDEXAMPLE/"+q.Get("X-Amz-Date")[:8]+"/"+rdsRegionOfTest+"/rds-db/aws4_request")
		return endpoint + "/?" + q.Encode() + "&X-Amz-Signature=" + signed(endpoint, q)
	}
	for password, want := range map[string]bool{mine(g.endpoint, "rds_reader", 0): true, mine(g.endpoint, "rds_reader", 16*time.Minute): false,
		mine(g.endpoint, "owner", 0): false, mine("localhost:5432", "rds_reader", 0): false, mine(g.endpoint, "rds_reader", 0) + "0": false, "hunter2": false} {
		fixed := cfg.Copy()
		client.SetLogin(fixed, func(context.Context, string) (string, string, error) { return "rds_reader", password, nil })
		conn, err := client.Open(t.Context(), fixed, client.Session{})
		if err == nil {
			client.Close(t.Context(), conn)
		}
		if (err == nil) != want || err != nil && (client.Code(err) != "28000") {
			t.Errorf("%s: %v", password, err)
		}
	}
}

// A token names the host, the port and the user of its connection, and the region that is in the host's name; it
// travels by TLS alone.
func TestTokensOfRDS(t *testing.T) {
	credentials(t, "")
	const host = "app.cluster-ro-c0ffee.eu-central-1.rds.amazonaws.com"
	iam := func(u string) string {
		return strings.Replace(minimal, `{url: "${REPLICA}"}`, `{url: "`+u+`", auth: aws-rds-iam, allow_plaintext: true}`, 1)
	}
	c, err := load(t, iam("postgres://reader@"+host+":5433/app?sslmode=prefer"), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := c.SourceConfig(t.Context())
	if err != nil || cfg.TLSConfig == nil || len(cfg.Fallbacks) > 0 {
		t.Fatalf("%v: a way without TLS is left", err)
	}
	in, err := client.LoggedIn(t.Context(), cfg, "")
	if err == nil {
		err = admits(in.Password, host+":5433", in.User, time.Now())
	}
	if err != nil || in.User != "reader" {
		t.Fatal(err)
	}
	for u, want := range map[string]string{
		"postgres://reader@" + host + "/app?sslmode=disable":                  "must not travel in the clear",
		"postgres://reader@localhost/app?sslmode=disable":                     "must not travel in the clear",
		"postgres://reader@a." + host + ",b." + host + "/app?sslmode=require": "names several hosts",
	} {
		if _, err := load(t, iam(u), os.LookupEnv); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "refresher.yaml:2:") {
			t.Errorf("%s: %v", u, err)
		}
	}
	c, err = load(t, iam("postgres://reader@db.internal/app?sslmode=require"), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SourceConfig(t.Context()); err == nil || !strings.Contains(err.Error(), "set AWS_REGION") {
		t.Error(err)
	}
}

func TestRegionsOfRDS(t *testing.T) {
	for host, want := range map[string]string{
		"app.c0ffee.us-east-1.rds.amazonaws.com":          "us-east-1",
		"App.Cluster-C0ffee.EU-West-3.RDS.amazonaws.com.": "eu-west-3",
		"app.proxy-c0ffee.ap-south-1.rds.amazonaws.com":   "ap-south-1",
		"app.c0ffee.rds.cn-north-1.amazonaws.com.cn":      "cn-north-1",
		"db.internal":               "",
		"rds.amazonaws.com.example": "",
		"app.c0ffee.eu-central-1.rds.amazonaws.com.example.com": "",
	} {
		if got := rdsRegion(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}
