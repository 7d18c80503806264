package hooks

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"time"

	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
)

// HTTP sends a request. An answer of 300 or above is a failure.
type HTTP struct {
	URL     Text
	Method  string
	Headers map[string]Text
	Body    string
	TLS     *tls.Config
	Limit   time.Duration
}

// Check is part of Action.
func (h HTTP) Check(ctx context.Context) error {
	_, err := h.request(ctx)
	return err
}

func (h HTTP) request(ctx context.Context) (*http.Request, error) {
	text, err := h.URL(ctx)
	if err != nil {
		return nil, err
	}
	u, err := outbound.ParseURL(text, "http", "https")
	if err != nil {
		return nil, fault.BadInput("url %v", err)
	}
	req, err := http.NewRequestWithContext(ctx, h.Method, u.String(), strings.NewReader(h.Body))
	if err != nil {
		return nil, fault.BadInput("url is not one that can be requested")
	}
	req.Header.Set("User-Agent", "refresher")
	for name, value := range h.Headers {
		v, err := value(ctx)
		if err != nil {
			return nil, err
		}
		v = strings.TrimSpace(v)
		if strings.ContainsAny(v, "\r\n\x00") || strings.ContainsAny(name, " \t\r\n:") || name == "" {
			return nil, fault.BadInput("the header %q, or its value, can't be sent", name)
		}
		if strings.EqualFold(name, "Host") {
			req.Host = v
			continue
		}
		req.Header.Set(name, v)
	}
	return req, nil
}

// Do is part of Action.
func (h HTTP) Do(ctx context.Context) (string, error) {
	req, err := h.request(ctx)
	if fault.Decided(err) {
		return "", outbound.Final(err)
	}
	if err != nil {
		return "", err
	}
	client := outbound.NewClient(h.TLS, h.Limit)
	defer client.Close()
	if _, err := client.Do(req); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s was answered", h.Method), nil
}
