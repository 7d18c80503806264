package hooks

import (
	"context"
	"net"
	"strings"

	"refresher/internal/config/host"
	"refresher/internal/fault"
)

// Production are the hosts that no hook may empty a cache on.
type Production struct {
	Hosts []string
	// Resolve finds a host's addresses; nil: the system's resolver.
	Resolve func(ctx context.Context, host string) ([]string, error)
}

// SourceHosts leaves out what is on this machine: a source that is reached by a tunnel or runs
// beside Redis on a developer's machine says nothing of who owns that machine's Redis.
func SourceHosts(hosts ...string) (out []string) {
	for _, h := range hosts {
		if h != "" && !host.Local(h) {
			out = append(out, h)
		}
	}
	return out
}

func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// errProduction is the refusal, without the host's name, which can come from a secret.
var errProduction = &fault.Input{Problems: []fault.Problem{{Text: "the Redis host is production's: " +
	"it is the host of source.url, or listed in hooks.production_hosts, by its name or its address; name " +
	"staging's Redis"}}}

// refuse looks at a host's name.
func (p Production) refuse(host string) error {
	for _, h := range p.Hosts {
		if canonical(h) == canonical(host) {
			return errProduction
		}
	}
	return nil
}

// address resolves a host to an address that is none of production's.
func (p Production) address(ctx context.Context, host string) (string, error) {
	if err := p.refuse(host); err != nil {
		return "", err
	}
	resolve := p.Resolve
	if resolve == nil {
		resolve = net.DefaultResolver.LookupHost
	}
	own, err := resolve(ctx, host)
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, h := range p.Hosts {
		addresses, err := resolve(ctx, h)
		if err != nil {
			continue // the name of a host that this machine doesn't know
		}
		for _, a := range addresses {
			if ip := net.ParseIP(a); ip != nil && !ip.IsLoopback() {
				taken[ip.String()] = true
			}
		}
	}
	for _, a := range own {
		if ip := net.ParseIP(a); ip != nil && taken[ip.String()] {
			return "", errProduction
		}
	}
	return own[0], nil
}
