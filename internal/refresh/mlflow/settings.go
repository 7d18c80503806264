package mlflow

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
)

// settings are those of MLflow's own client, from its environment variables.
type settings struct {
	user, password string
	token          string // wins over user and password
	workspace      string
	tls            *tls.Config
	timeout        time.Duration // of one request
	retries        int
	s3Endpoint     string // of the server that has the artefacts; empty: Amazon's, or as the AWS SDK is told
	s3IgnoreTLS    bool
}

const (
	// defaultTimeout and defaultRetries fit into Bound; MLflow's own are 120 seconds and 7.
	defaultTimeout = 20 * time.Second
	defaultRetries = 3
)

// readSettings reads the variables. What is wrong with them is a *fault.Input that names the variable and
// no value.
func readSettings(getenv func(string) (string, bool)) (s settings, err error) {
	env := func(name string) string { v, _ := getenv(name); return strings.TrimSpace(v) }
	var wrong fault.Input
	bad := func(format string, args ...any) {
		wrong.Problems = append(wrong.Problems, fault.Problem{Text: fmt.Sprintf(format, args...)})
	}
	truth := func(name string) bool {
		switch strings.ToLower(env(name)) {
		case "", "false", "0":
			return false
		case "true", "1":
			return true
		}
		bad("%s must be true or false", name)
		return false
	}
	s.user, s.password = env("MLFLOW_TRACKING_USERNAME"), env("MLFLOW_TRACKING_PASSWORD")
	s.token, s.workspace = env("MLFLOW_TRACKING_TOKEN"), env("MLFLOW_WORKSPACE")
	if (s.user == "") != (s.password == "") && s.token == "" {
		bad("MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD must be set both, or neither")
	}
	for _, v := range []string{s.token, s.workspace} {
		if strings.ContainsAny(v, "\r\n\x00") {
			bad("MLFLOW_TRACKING_TOKEN and MLFLOW_WORKSPACE must be one line each")
		}
	}
	if env("MLFLOW_TRACKING_AUTH") != "" || truth("MLFLOW_TRACKING_AWS_SIGV4") {
		bad("MLFLOW_TRACKING_AUTH and MLFLOW_TRACKING_AWS_SIGV4 name ways to log in that refresher doesn't know: " +
			"it takes MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and _PASSWORD")
	}
	insecure, ca := truth("MLFLOW_TRACKING_INSECURE_TLS"), env("MLFLOW_TRACKING_SERVER_CERT_PATH")
	if insecure && ca != "" {
		bad("MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH can't both be set")
	}
	if s.tls, err = outbound.Roots(ca); err != nil {
		bad("MLFLOW_TRACKING_SERVER_CERT_PATH: %v", err)
		s.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	s.tls.InsecureSkipVerify = insecure // as MLflow's own client, when a person has asked for it
	if path := env("MLFLOW_TRACKING_CLIENT_CERT_PATH"); path != "" {
		pair, err := tls.LoadX509KeyPair(path, path)
		if err != nil {
			bad("MLFLOW_TRACKING_CLIENT_CERT_PATH must be a file in PEM with a certificate and its private key")
		}
		s.tls.Certificates = []tls.Certificate{pair}
	}
	s.s3Endpoint, s.s3IgnoreTLS = env("MLFLOW_S3_ENDPOINT_URL"), truth("MLFLOW_S3_IGNORE_TLS")
	if s.s3Endpoint != "" {
		if _, err := outbound.ParseURL(s.s3Endpoint, "https", "http"); err != nil {
			bad("MLFLOW_S3_ENDPOINT_URL %v", err)
		}
	}
	whole := func(name string, otherwise int) int {
		text := env(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			bad("%s must be a whole number", name)
			return otherwise
		}
		return n
	}
	s.retries = min(whole("MLFLOW_HTTP_REQUEST_MAX_RETRIES", defaultRetries), 20)
	seconds := whole("MLFLOW_HTTP_REQUEST_TIMEOUT", int(defaultTimeout/time.Second))
	s.timeout = time.Duration(max(1, seconds)) * time.Second
	if len(wrong.Problems) > 0 {
		return s, &wrong
	}
	return s, nil
}

// authorize says who asks.
func (s settings) authorize(req *http.Request) {
	switch {
	case s.token != "":
		req.Header.Set("Authorization", "Bearer "+s.token)
	case s.user != "":
		req.SetBasicAuth(s.user, s.password)
	}
	if s.workspace != "" {
		req.Header.Set("X-MLFLOW-WORKSPACE", s.workspace)
	}
}
