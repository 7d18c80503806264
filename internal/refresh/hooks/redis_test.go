package hooks

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"refresher/internal/refresh/outbound"
)

// leastACL is the line that docs/hooks.md gives for removing keys of a pattern.
const leastACL = "user cleaner on >hunter2 ~cache:* -@all +hello +auth +ping +select +scan +unlink"

// redisServer is a redis-server of its own with an ACL file; with TLS if there is a certificate.
type redisServer struct {
	addr, socket string
	admin        *redis.Client
}

// startRedis starts redis-server, which scripts/setup-redis.sh installs.
func startRedis(t *testing.T, cert, key string, more ...string) *redisServer {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed: run make setup")
	}
	dir := t.TempDir()
	acl := filepath.Join(dir, "users.acl")
	lines := "user default on nopass ~* +@all\n" + leastACL +
		"\nuser counter on >hunter2 ~cache:version -@all +hello +auth +ping +incr\n" +
		strings.Replace(leastACL, "cleaner", "clustered", 1) + " +cluster|slots\n" +
		"user flusher on >hunter2 -@all +hello +auth +ping +select +flushdb\n"
	if err := os.WriteFile(acl, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	s := &redisServer{addr: "127.0.0.1:" + port, socket: filepath.Join(dir, "s")}
	args := []string{"--bind", "127.0.0.1", "--save", "", "--dir", dir,
		"--aclfile", acl, "--unixsocket", s.socket, "--daemonize", "no"}
	if cert == "" {
		args = append(args, "--port", port)
	} else {
		args = append(args, "--port", "0", "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key,
			"--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
	}
	cmd := exec.Command(path, append(args, more...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s.admin = redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket, MaxRetries: -1})
	t.Cleanup(func() { s.admin.Close() })
	for limit := time.Now().Add(20 * time.Second); s.admin.Ping(t.Context()).Err() != nil; {
		if time.Now().After(limit) {
			t.Fatal("redis-server did not start")
		}
	}
	return s
}

func (s *redisServer) fill(t *testing.T, cached int) {
	t.Helper()
	p := s.admin.Pipeline()
	for i := range cached {
		p.Set(t.Context(), fmt.Sprintf("cache:%d", i), "row", 0)
	}
	p.Set(t.Context(), "session:1", "kept", 0)
	if _, err := p.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *redisServer) size(t *testing.T) int64 {
	t.Helper()
	n, err := s.admin.DBSize(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The rights that the documentation names are enough, and bound what a hook can do.
func TestRedisWithLeastRights(t *testing.T) {
	s := startRedis(t, "", "")
	url := func(user string) Text { return Literal("redis://" + user + ":hunter2@" + s.addr + "/0") }
	s.fill(t, 2500)
	did, err := Redis{URL: url("cleaner"), Pattern: "cache:*"}.Do(t.Context())
	if err != nil || did != "removed 2500 keys" || s.size(t) != 1 {
		t.Errorf("by pattern: %q, %v, %d keys are left", did, err, s.size(t))
	}
	if did, err = (Redis{URL: url("counter"), Incr: "cache:version"}).Do(t.Context()); err != nil ||
		did != "raised the counter" {
		t.Errorf("a counter: %q, %v", did, err)
	}
	for name, tc := range map[string]struct {
		hook Redis
		want string
	}{
		"another pattern":  {Redis{URL: url("cleaner"), Pattern: "session:*"}, "NOPERM"},
		"all keys":         {Redis{URL: url("cleaner"), FlushDB: true}, "NOPERM"},
		"a wrong password": {Redis{URL: Literal("redis://cleaner:nope@" + s.addr), Pattern: "cache:*"}, "WRONGPASS"},
		"nothing there":    {Redis{URL: Literal("redis://cleaner:hunter2@127.0.0.1:1"), Pattern: "cache:*"}, "connection refused"},
		"no Redis URL":     {Redis{URL: Literal("http://hunter2@" + s.addr), Pattern: "cache:*"}, "is not a Redis URL"},
	} {
		if _, err := tc.hook.Do(t.Context()); err == nil || !strings.Contains(err.Error(), tc.want) ||
			strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "127.0.0.1") ||
			strings.Contains(err.Error(), "session") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.size(t) != 2 {
		t.Errorf("a hook without the right removed keys: %d are left", s.size(t))
	}
	if did, err = (Redis{URL: url("flusher"), FlushDB: true}).Do(t.Context()); err != nil || s.size(t) != 0 {
		t.Errorf("all keys: %q, %v, %d are left", did, err, s.size(t))
	}
	s.fill(t, 3)
	socket := Literal("unix://cleaner:hunter2@" + s.socket + "?db=0")
	if did, err = (Redis{URL: socket, Pattern: "cache:*"}).Do(t.Context()); err != nil || did != "removed 3 keys" {
		t.Errorf("over a socket: %q, %v", did, err)
	}
}

// The certificate is verified, for the host that the URL names.
func TestRedisOverTLS(t *testing.T) {
	cert, key, roots := certificate(t, "localhost")
	s := startRedis(t, cert, key)
	s.fill(t, 5)
	_, port, _ := net.SplitHostPort(s.addr)
	at := func(host string) Text { return Literal("rediss://cleaner:hunter2@" + net.JoinHostPort(host, port)) }
	if did, err := (Redis{URL: at("localhost"), Pattern: "cache:*", TLS: roots}).Do(t.Context()); err != nil ||
		did != "removed 5 keys" {
		t.Errorf("with the CA: %q, %v", did, err)
	}
	for want, hook := range map[string]Redis{
		"unknown authority": {URL: at("localhost"), Pattern: "cache:*", TLS: &tls.Config{MinVersion: tls.VersionTLS12}},
		"another host":      {URL: at("127.0.0.1"), Pattern: "cache:*", TLS: roots},
	} {
		if _, err := hook.Do(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// Each primary of a cluster is gone through, and each key is removed by itself, as it has a slot of its own.
func TestRedisCluster(t *testing.T) {
	s := startRedis(t, "", "", "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1")
	if err := s.admin.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(20 * time.Second); ; {
		info, err := s.admin.ClusterInfo(t.Context()).Result()
		if err == nil && strings.Contains(info, "cluster_state:ok") {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("the cluster is not ready: %s, %v", info, err)
		}
	}
	s.fill(t, 1500)
	hook := Redis{Cluster: []Text{Literal("redis://clustered:hunter2@" + s.addr)}, Pattern: "cache:*"}
	if did, err := hook.Do(t.Context()); err != nil || did != "removed 1500 keys" || s.size(t) != 1 {
		t.Errorf("%q, %v, %d keys are left", did, err, s.size(t))
	}
	hook.Cluster = []Text{Literal("redis://clustered:hunter2@" + s.addr + "/3")}
	if err := hook.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "database 0 alone") {
		t.Errorf("another database than 0: %v", err)
	}
}

// A host of production's is refused by its name before anything runs, and by its address at the connect.
func TestRedisOfProductionIsRefused(t *testing.T) {
	addresses := map[string][]string{"cache.acme.com": {"10.0.0.9"}, "db.acme.com": {"10.0.0.9", "10.0.0.8"},
		"other.acme.com": {"10.0.0.7"}}
	production := Production{Hosts: []string{"db.acme.com", "redis.acme.com"},
		Resolve: func(_ context.Context, host string) ([]string, error) { return addresses[host], nil }}
	for host, refused := range map[string]bool{"REDIS.acme.com.": true, "db.acme.com": true,
		"other.acme.com": false, "cache.acme.com": false} {
		err := Redis{URL: Literal("redis://" + host), Pattern: "x", Production: production}.Check(t.Context())
		if (err != nil) != refused {
			t.Errorf("%s at start: %v", host, err)
		}
	}
	_, err := Redis{URL: Literal("redis://cache.acme.com"), Pattern: "x", Production: production}.Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the Redis host is production's") ||
		strings.Contains(err.Error(), "cache.acme") {
		t.Errorf("an address of production's under another name: %v", err)
	}
	if got := SourceHosts("localhost", "127.0.0.1", "/run/postgresql", "", "db.acme.com"); len(got) != 1 {
		t.Errorf("hosts of the source on this machine count: %v", got)
	}
}

// certificate makes a certificate for a host, signed by itself.
func certificate(t *testing.T, host string) (cert, key string, roots *tls.Config) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host},
		IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key = write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
	if roots, err = outbound.Roots(cert); err != nil {
		t.Fatal(err)
	}
	return cert, key, roots
}
