package pgserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/postgres/programs"
)

// MinMajor is the oldest server that refresher supports (TID range scans).
const MinMajor = 14

// User is the superuser of every cluster.
const User = "postgres"

// Options of a cluster. The zero value is a server for tests.
type Options struct {
	// Config holds settings for postgresql.conf; they win over the defaults
	// (fsync off, 100 connections, 32 MB of shared buffers). Standbys inherit them.
	Config map[string]string
	// Dir holds the cluster's folder instead of /tmp/refresher-pg-UID, e.g. on
	// another disk. It must exist.
	Dir string
	// Files are put into the data folder before the first start, by name: keys and
	// certificates, or a pg_hba.conf, which must let User in over loopback TCP
	// without TLS.
	Files map[string]string
	// Bin is the folder of the server's programs, postgres and initdb at least; by
	// default the oldest installed PostgreSQL of at least MinMajor.
	Bin string
}

// Cluster is one running server. Its methods may be called by several goroutines.
type Cluster struct {
	spare client.Spare // of the maintenance database
	opts  Options
	major int
	bin   string // folder of the programs
	home  *home
	port  int

	mu       sync.Mutex
	proc     *process // nil while stopped
	stopped  bool     // Stop was called: the folder is gone
	standbys []*Cluster
	slots    int
}

// Start makes a cluster and waits until it accepts connections.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	c, err := prepare(opts)
	if err != nil {
		return nil, err
	}
	if err := c.initialize(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	if err := c.configure(defaults, opts.Config); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	for name, text := range opts.Files {
		if err := c.home.write(filepath.Join("data", name), text); err != nil {
			return nil, errors.Join(fmt.Errorf("writing %s of a test cluster: %w", name, err), c.Stop())
		}
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// prepare finds the programs and makes the cluster's folder.
func prepare(opts Options) (*Cluster, error) {
	bin, major, err := serverPrograms(opts.Bin)
	if err != nil {
		return nil, err
	}
	h, err := newHome(opts)
	if err != nil {
		return nil, fmt.Errorf("making a folder for a test cluster: %w", err)
	}
	return &Cluster{opts: opts, major: major, bin: bin, home: h}, nil
}

// serverPrograms is the folder of the server's programs and their major version.
func serverPrograms(bin string) (string, int, error) {
	if bin != "" {
		major, err := programs.Version(filepath.Join(bin, "postgres"))
		return bin, major, err
	}
	path, major, err := programs.Find("postgres", MinMajor)
	if err != nil {
		return "", 0, err
	}
	path, err = filepath.EvalSymlinks(path) // the other programs lie beside the real one
	return filepath.Dir(path), major, err
}

var defaults = map[string]string{
	"fsync":                        "off",
	"full_page_writes":             "off",
	"wal_init_zero":                "off",
	"wal_level":                    "replica",
	"max_wal_senders":              "10",
	"max_replication_slots":        "10",
	"max_connections":              "100",
	"shared_buffers":               "32MB",
	"min_wal_size":                 "80MB",
	"max_wal_size":                 "1GB",
	"jit":                          "off",   // compiling a query on a catalog takes longer than it runs
	"autovacuum_naptime":           "10min", // else a worker starts for one database after the other, all the time
	"timezone":                     "UTC",
	"log_timezone":                 "UTC",
	"hot_standby_feedback":         "on",
	"wal_receiver_status_interval": "1s",
	"wal_retrieve_retry_interval":  "100ms",
	"cluster_name":                 "pgtest",
}

// configure writes refresher.conf, which postgresql.conf includes last.
func (c *Cluster) configure(settings ...map[string]string) error {
	all := map[string]string{}
	for _, s := range settings {
		maps.Copy(all, s)
	}
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s = '%s'\n", k, strings.ReplaceAll(all[k], "'", "''"))
	}
	if err := c.home.write("data/refresher.conf", b.String()); err != nil {
		return fmt.Errorf("configuring a test cluster: %w", err)
	}
	main := filepath.Join(c.data(), "postgresql.conf")
	f, err := os.OpenFile(main, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("configuring a test cluster: %w", err)
	}
	_, err = f.WriteString("\ninclude 'refresher.conf'\n")
	return errors.Join(err, f.Close())
}

// start runs the server on its port, or on a free one if it has none yet, and
// waits for it.
func (c *Cluster) start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errors.New("the test cluster was stopped and removed")
	}
	for try := 1; ; try++ {
		port := c.port
		if port == 0 {
			var err error
			if port, err = freePort(); err != nil {
				return fmt.Errorf("finding a free port: %w", err)
			}
		}
		err := c.startOn(ctx, port)
		if err == nil {
			if c.port == 0 {
				c.port = port
			}
			return nil
		}
		// Somebody may have taken the port since; a server that has one keeps it.
		if c.port != 0 || try == 3 || ctx.Err() != nil || !c.home.logContains("could not bind") {
			return fmt.Errorf("starting a test cluster: %w", err)
		}
	}
}

func (c *Cluster) startOn(ctx context.Context, port int) error {
	p, err := c.home.spawn(filepath.Join(c.bin, "postgres"), "-D", c.data(), "-p", strconv.Itoa(port), "-k", c.home.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_permissions=0700")
	if err != nil {
		return err
	}
	if err := awaitReady(ctx, p, connString(port, User)); err != nil {
		p.end(immediate)
		return fmt.Errorf("%w%s", err, c.home.logTail())
	}
	c.proc = p
	return nil
}

// awaitReady returns when the server accepts connections, or is gone.
func awaitReady(ctx context.Context, p *process, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-p.done:
			return errors.New("the server ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("the server doesn't accept connections: %w", err)
		case <-poll.C:
		}
	}
}

// URL is the connection string of a database as superuser, over loopback TCP.
func (c *Cluster) URL(db string) string { return connString(c.port, db) }

func connString(port int, db string) string {
	u := url.URL{Scheme: "postgres", User: url.User(User), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path: "/" + db, RawQuery: "sslmode=disable"}
	return u.String()
}

// Port is the TCP port on 127.0.0.1; a restart keeps it.
func (c *Cluster) Port() int { return c.port }

// Dir is the cluster's folder; Stop removes it.
func (c *Cluster) Dir() string { return c.home.dir }

// Major is the server's major version.
func (c *Cluster) Major() int { return c.major }

// Tool is the path of a program of the server's own installation, e.g. "psql", or,
// if that has none, of the oldest installed one that is not older than the server.
func (c *Cluster) Tool(name string) string {
	own := filepath.Join(c.bin, name)
	if _, err := os.Stat(own); err == nil {
		return own
	}
	if other, _, err := programs.Find(name, c.major); err == nil {
		return other
	}
	return own
}

// Log is the server's log so far.
func (c *Cluster) Log() string { return c.home.log() }

// Configure changes settings by ALTER SYSTEM and reloads. Those that need a
// restart take effect at the next one.
func (c *Cluster) Configure(ctx context.Context, settings map[string]string) error {
	conn, err := pgx.Connect(ctx, c.URL(User))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		value := "'" + strings.ReplaceAll(settings[k], "'", "''") + "'"
		if _, err := conn.Exec(ctx, "ALTER SYSTEM SET "+k+" = "+value); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "SELECT pg_reload_conf()")
	return err
}

// Stop ends the server and its standbys at once and removes their folders.
// Calling it again does nothing.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	standbys := c.standbys
	c.standbys = nil
	c.mu.Unlock()
	var errs []error
	for _, s := range standbys {
		errs = append(errs, s.Stop())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errors.Join(errs...)
	}
	c.stopped = true
	if c.proc != nil {
		c.proc.end(immediate)
		c.proc = nil
	}
	return errors.Join(append(errs, c.home.remove())...)
}

// Kill ends the server as a crash does: no checkpoint, sessions cut off, what was
// committed is recovered at the next Restart.
func (c *Cluster) Kill() { c.halt(immediate) }

// Restart stops the server in an orderly way, unless it is down already, and
// starts it on the same port.
func (c *Cluster) Restart(ctx context.Context) error {
	c.halt(fast)
	return c.start(ctx)
}

func (c *Cluster) halt(sig stopSignal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc != nil {
		c.proc.end(sig)
		c.proc = nil
	}
}

func (c *Cluster) data() string { return filepath.Join(c.home.dir, "data") }

func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
