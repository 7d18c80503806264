package config

import (
	"fmt"
	"net/netip"

	"refresher/internal/config/secret"
)

// Serve is where the status page is, who may see it, and who may act.
type Serve struct {
	Listen      string      `yaml:"listen" doc:"address of the pages, the API and the metrics; without a token it must be loopback, such as 127.0.0.1:8320"`
	URL         string      `yaml:"url" doc:"address under which people reach the pages, such as https://refresher.acme.com: notifications link to it"`
	Token       secret.Text `yaml:"token" reference:"true" doc:"secret reference of the token with which people and programs may read and act; empty: everybody on this machine may read, and nobody act"`
	Readers     secret.Text `yaml:"readers" reference:"true" doc:"secret reference of another token, for reading only"`
	ProxyHeader string      `yaml:"proxy_header" doc:"header in which a proxy that logs people in gives their name, such as X-Forwarded-User: they may read and act. It counts from this machine and from proxies"`
	Proxies     []string    `yaml:"proxies" doc:"networks of such proxies, such as 10.1.0.0/16; required with proxy_header if listen is not loopback"`
	Hosts       []string    `yaml:"hosts" doc:"names under which browsers reach the page, besides loopback and the address of listen; a request with another is refused"`
	TLS         TLS         `yaml:"tls" doc:"serve HTTPS"`
	JobsUI      bool        `yaml:"jobs_ui" doc:"show the job queue itself, by River's own pages, under /jobs/"`
}

// TLS is a certificate and its key.
type TLS struct {
	Cert string `yaml:"cert" doc:"file of the certificate chain in PEM, relative to this file"`
	Key  string `yaml:"key" doc:"file of its private key in PEM"`
}

// ListenAddress is where serve listens.
func (c *Config) ListenAddress() string {
	if c.Serve.Listen != "" {
		return c.Serve.Listen
	}
	return c.Listen
}

func (s *Serve) validate(d *decoder) {
	if (s.TLS.Cert == "") != (s.TLS.Key == "") {
		d.at("serve.tls", "needs both cert and key")
	}
	for i, network := range s.Proxies {
		if _, err := netip.ParsePrefix(network); err != nil {
			d.at(fmt.Sprintf("serve.proxies[%d]", i), "must be a network such as 10.1.0.0/16 or 10.1.2.3/32")
		}
	}
	if len(s.Proxies) > 0 && s.ProxyHeader == "" {
		d.at("serve.proxies", "needs proxy_header: without it no proxy is trusted")
	}
}
