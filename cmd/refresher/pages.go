package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
	"refresher/internal/serve/web"
)

// pageServer is the pages of `serve`, their server and where it listens.
type pageServer struct {
	server   *http.Server
	listener net.Listener
	tls      config.TLS
}

// pages listens on the address of serve.listen; the pages show control.
func (a *app) pages(c *config.Config, who access.Access, control serve.Control, metrics, jobs http.Handler,
	log *slog.Logger) (*pageServer, error) {
	s := &pageServer{tls: c.Serve.TLS}
	site, err := web.New(web.Options{Access: who, Control: control, Metrics: metrics,
		Jobs: jobs, Version: version, Log: log})
	if err != nil {
		return nil, err
	}
	s.server = site.Server()
	if s.listener, err = net.Listen("tcp", who.Listen); err != nil {
		var number syscall.Errno
		if !errors.As(err, &number) {
			// The error repeats the address, which may come from a secret.
			return nil, errors.New("serve.listen names no address of this machine")
		}
		return nil, fmt.Errorf("listening on the address of serve.listen: %w", number)
	}
	scheme := "http://"
	if s.tls.Cert != "" {
		scheme = "https://"
	}
	log.Info("serving", "address", scheme+s.listener.Addr().String())
	return s, nil
}

// serve answers until ctx ends and done is closed: while a run cleans up, it is still shown.
func (s *pageServer) serve(ctx context.Context, done <-chan struct{}) error {
	stop := context.AfterFunc(ctx, func() {
		<-done
		shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if s.server.Shutdown(shut) != nil {
			_ = s.server.Close()
		}
	})
	defer stop()
	var err error
	if s.tls.Cert != "" {
		err = s.server.ServeTLS(s.listener, s.tls.Cert, s.tls.Key)
	} else {
		err = s.server.Serve(s.listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the pages: %w", err)
	}
	return nil
}

// access is who may see the pages and act, by the configuration.
func (a *app) access(ctx context.Context, c *config.Config) (access.Access, error) {
	who := access.Access{Listen: c.ListenAddress(), Hosts: c.Serve.Hosts, ProxyHeader: c.Serve.ProxyHeader}
	for _, s := range []struct {
		setting string
		ref     secret.Text
		token   *string
	}{{"serve.token", c.Serve.Token, &who.Token}, {"serve.readers", c.Serve.Readers, &who.Readers}} {
		if s.ref.IsZero() {
			continue
		}
		token, err := s.ref.Fetch(ctx)
		if err != nil {
			return who, err
		}
		if *s.token = strings.TrimSpace(token); *s.token == "" {
			return who, fault.BadInput("%s is an empty secret", s.setting)
		}
	}
	for _, network := range c.Serve.Proxies {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			return who, fault.BadInput("serve.proxies: %v", err) // validated with the configuration
		}
		who.Proxies = append(who.Proxies, prefix)
	}
	if err := who.Check(); err != nil {
		return who, fault.BadInput("serve.listen: %v", err)
	}
	who.Rotating = access.NewTokens(who.Token, who.Readers)
	return who, nil
}

const (
	// tokensEvery is how soon a token that was rotated is good, and the one before it no more.
	tokensEvery = time.Minute
	// secretsEvery is how often it is looked whether the secrets of the next run can be fetched.
	secretsEvery = 5 * time.Minute
)

// watch fetches the secrets of a service while it runs: its own tokens, which it keeps, and all others, which runs,
// sessions, hooks and notifications fetch when they need them.
func (a *app) watch(configs []*config.Config, who access.Access, log *slog.Logger) *secret.Watch {
	w := secret.NewWatch(log)
	s := configs[0].Serve
	w.Add(s.Token, tokensEvery, who.Token, who.Rotating.SetToken)
	w.Add(s.Readers, tokensEvery, who.Readers, who.Rotating.SetReaders)
	for _, c := range configs {
		for _, t := range c.Secrets() {
			w.Add(t, secretsEvery, "", nil)
		}
	}
	return w
}
