package hooks

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
)

// Redis removes keys from a server, a Sentinel's master or a cluster, or raises a counter there.
type Redis struct {
	URL        Text   // of the server; with Sentinels its host is the master's name
	Cluster    []Text // URLs of nodes, instead of URL
	Sentinels  []Text
	Pattern    string // keys to remove
	FlushDB    bool   // remove all keys of the database
	Incr       string // counter to raise
	TLS        *tls.Config
	Production Production
}

// scanCount is how many keys a SCAN looks at, and an UNLINK removes, at once.
const scanCount = 1000

// maxPasses bounds how often the keys are gone through. An application that uses the new staging
// writes keys all the time, and these may stay.
const maxPasses = 10

// Check is part of Action: it reads the URLs and refuses hosts by their name.
func (r Redis) Check(ctx context.Context) error {
	client, err := r.open(ctx)
	if err != nil {
		return err
	}
	return client.Close()
}

// Do is part of Action.
func (r Redis) Do(ctx context.Context) (string, error) {
	client, err := r.open(ctx)
	if fault.Decided(err) {
		return "", outbound.Final(err)
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = client.Close() }()
	did, err := r.act(ctx, client)
	return did, redisError(err)
}

func (r Redis) act(ctx context.Context, client redis.UniversalClient) (string, error) {
	var did []string
	var removed atomic.Int64
	each := func(fn func(context.Context, *redis.Client) error) error {
		if cluster, ok := client.(*redis.ClusterClient); ok {
			return cluster.ForEachMaster(ctx, fn)
		}
		return fn(ctx, client.(*redis.Client))
	}
	if r.FlushDB {
		flush := func(ctx context.Context, c *redis.Client) error { return c.FlushDBAsync(ctx).Err() }
		if err := each(flush); err != nil {
			return "", err
		}
		did = append(did, "emptied the database")
	}
	if r.Pattern != "" {
		err := each(func(ctx context.Context, c *redis.Client) error {
			return unlink(ctx, c, r.Pattern, len(r.Cluster) > 0, &removed)
		})
		if err != nil {
			return "", err
		}
		did = append(did, fmt.Sprintf("removed %d keys", removed.Load()))
	}
	if r.Incr != "" {
		if err := client.Incr(ctx, r.Incr).Err(); err != nil {
			return "", err
		}
		did = append(did, "raised the counter")
	}
	return strings.Join(did, ", "), nil
}

// unlink removes the keys of a pattern until a pass over all keys finds none. In a cluster keys of
// one UNLINK would have to share a slot, so each is one of its own, in a pipeline.
func unlink(ctx context.Context, c *redis.Client, pattern string, single bool, removed *atomic.Int64) error {
	for range maxPasses {
		found := 0
		for cursor, first := uint64(0), true; first || cursor != 0; first = false {
			keys, next, err := c.Scan(ctx, cursor, pattern, scanCount).Result()
			if err != nil {
				return err
			}
			if cursor = next; len(keys) == 0 {
				continue
			}
			found += len(keys)
			n, err := unlinkKeys(ctx, c, keys, single)
			if removed.Add(n); err != nil {
				return err
			}
		}
		if found == 0 {
			return nil
		}
	}
	return nil
}

func unlinkKeys(ctx context.Context, c *redis.Client, keys []string, single bool) (n int64, err error) {
	if !single {
		return c.Unlink(ctx, keys...).Result()
	}
	done, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, k := range keys {
			p.Unlink(ctx, k)
		}
		return nil
	})
	for _, cmd := range done {
		if one, ok := cmd.(*redis.IntCmd); ok {
			n += one.Val()
		}
	}
	return n, err
}

// open makes the client; it connects with the first command.
func (r Redis) open(ctx context.Context) (redis.UniversalClient, error) {
	logging.Disable() // it would print addresses on stderr
	off := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	if len(r.Cluster) > 0 {
		nodes, err := r.parse(ctx, r.Cluster, "cluster")
		if err != nil {
			return nil, err
		}
		if nodes[0].DB != 0 {
			return nil, fault.BadInput("a Redis cluster has database 0 alone; leave out the number behind the host")
		}
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: addresses(nodes), Username: nodes[0].Username, Password: nodes[0].Password,
			Dialer:          r.dialer(nodes[0]),
			DisableIdentity: true, MaxRetries: -1, MaintNotificationsConfig: off,
		}), nil
	}
	if len(r.Sentinels) == 0 {
		one, err := r.parse(ctx, []Text{r.URL}, "url")
		if err != nil {
			return nil, err
		}
		o := one[0]
		o.Dialer, o.DisableIdentity, o.MaxRetries, o.MaintNotificationsConfig = r.dialer(o), true, -1, off
		o.TLSConfig = nil // the dialer's
		return redis.NewClient(o), nil
	}
	master, err := r.parse(ctx, []Text{r.URL}, "url")
	if err != nil {
		return nil, err
	}
	watch, err := r.parse(ctx, r.Sentinels, "sentinels")
	if err != nil {
		return nil, err
	}
	name, _, err := net.SplitHostPort(master[0].Addr)
	if err != nil {
		return nil, fault.BadInput("url has no host, which is the name of the master")
	}
	return redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: name, SentinelAddrs: addresses(watch), Username: master[0].Username, Password: master[0].Password,
		DB: master[0].DB, SentinelUsername: watch[0].Username, SentinelPassword: watch[0].Password,
		Dialer:          r.dialer(watch[0]),
		DisableIdentity: true, MaxRetries: -1,
	}), nil
}

// parse reads URLs, which may be secrets, and refuses production's hosts.
func (r Redis) parse(ctx context.Context, urls []Text, field string) (out []*redis.Options, err error) {
	for _, u := range urls {
		text, err := u(ctx)
		if err != nil {
			return nil, err
		}
		o, err := redis.ParseURL(strings.TrimSpace(text))
		if err != nil { // its text can quote the URL
			return nil, fault.BadInput("%s is not a Redis URL: redis://USER:PASSWORD@HOST:6379/0, rediss:// with TLS, "+
				"or unix:///PATH?db=0", field)
		}
		if host, _, err := net.SplitHostPort(o.Addr); err == nil {
			if err := r.Production.refuse(host); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

func addresses(nodes []*redis.Options) (out []string) {
	for _, n := range nodes {
		out = append(out, n.Addr)
	}
	return out
}

// dialer connects to an address that was compared with production's, also where a Sentinel or a
// cluster names it, and speaks TLS if the URL says so.
func (r Redis) dialer(o *redis.Options) func(context.Context, string, string) (net.Conn, error) {
	secure := o.TLSConfig != nil
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialer := &net.Dialer{Timeout: 10 * time.Second}
		host, port, err := net.SplitHostPort(addr)
		if network == "unix" || err != nil {
			return dialer.DialContext(ctx, network, addr)
		}
		ip, err := r.Production.address(ctx, host)
		if err != nil {
			return nil, err
		}
		conn, err := dialer.DialContext(ctx, cmp.Or(network, "tcp"), net.JoinHostPort(ip, port))
		if err != nil || !secure {
			return conn, err
		}
		own := r.TLS.Clone()
		own.ServerName = host
		return tls.Client(conn, own), nil
	}
}

// redisError is an error without keys, users and addresses.
func redisError(err error) error {
	var answer redis.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errProduction):
		return outbound.Final(errProduction)
	case errors.As(err, &answer):
		code, _, _ := strings.Cut(answer.Error(), " ")
		switch code {
		case "NOPERM":
			return outbound.Final(errors.New("the Redis user lacks a right that the hook needs (NOPERM): " +
				"docs/hooks.md has the line for its ACL"))
		case "WRONGPASS", "NOAUTH":
			return outbound.Final(fmt.Errorf("Redis refuses the log-in (%s)", code))
		case "READONLY":
			return errors.New("this Redis is a read-only replica (READONLY); name the primary")
		}
		if strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			code = "ERR"
		}
		return fmt.Errorf("Redis answered with the error %s", code)
	}
	return outbound.Reason(err)
}
