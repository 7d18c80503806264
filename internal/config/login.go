package config

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// rdsIAM is the value of auth for tokens of AWS RDS.
const rdsIAM = "aws-rds-iam"

// remembered is how long a password from a secret store is used for new connections, unless
// the server refuses it.
const remembered = time.Minute

// side is one end of a refresh, as the configuration names it.
type side struct {
	field          string // source or staging
	url, auth      secret.Text
	allowPlaintext bool
}

func (c *Config) source() side {
	return side{"source", c.Source.URL, c.Source.Auth, c.Source.AllowPlaintext}
}

func (c *Config) staging() side {
	return side{"staging", c.Staging.URL, c.Staging.Auth, c.Staging.AllowPlaintext}
}

// SourceConfig is the source's connection. References are fetched now; the password of auth,
// and of a URL that is a reference, again as connections are made.
func (c *Config) SourceConfig(ctx context.Context) (*pgx.ConnConfig, error) {
	return c.source().connection(ctx)
}

// StagingConfig is the staging database's connection, as SourceConfig.
func (c *Config) StagingConfig(ctx context.Context) (*pgx.ConnConfig, error) {
	return c.staging().connection(ctx)
}

// SourceAtHand is the source's connection as the file has it; nil where its URL is a reference, which
// would have to be fetched.
func (c *Config) SourceAtHand() *pgx.ConnConfig { return c.source().atHand() }

// check looks at what can be seen without fetching; nil if nothing is wrong.
func (s side) check() error {
	method, err := s.method()
	if err == nil && !s.url.IsReference() {
		var url string
		if url, err = s.url.Fetch(context.Background()); err == nil { // which is at hand
			_, err = s.parse(url, method)
		}
	}
	return err
}

// atHand is the connection of a URL that is no reference; nil for one that is, or is wrong.
func (s side) atHand() *pgx.ConnConfig {
	if s.url.IsReference() {
		return nil
	}
	url, _ := s.url.Fetch(context.Background())
	cfg, err := client.Parse(s.field+".url", url)
	if err != nil {
		return nil
	}
	return cfg
}

// method is the value of auth that is no reference: "", or aws-rds-iam.
func (s side) method() (string, error) {
	if s.auth.IsZero() || s.auth.IsReference() {
		return "", nil
	}
	switch name, _ := s.auth.Fetch(context.Background()); name {
	case "password":
		return "", nil
	case rdsIAM:
		return rdsIAM, nil
	}
	return "", badField(s.field+".auth", "must be password, %s, or a secret reference that gives the password: %s",
		rdsIAM, secret.Forms)
}

// parse reads a URL and looks whether it can be what it is for.
func (s side) parse(url, method string) (*pgx.ConnConfig, error) {
	field := s.field + ".url"
	cfg, err := client.Parse(field, url)
	switch {
	case err != nil:
		return nil, err
	case cfg.Database == "":
		return nil, badField(field, "names no database; write it as postgres://user@host:5432/database")
	case s.field == "staging" && (cfg.Database == "postgres" || cfg.Database == "refresher" ||
		strings.HasPrefix(cfg.Database, "template")):
		return nil, badField(field,
			"names the database %q, which is not one that can be replaced; name the staging database itself",
			cfg.Database)
	case method == rdsIAM:
		return cfg, s.forIAM(cfg)
	case !s.allowPlaintext && Secure(cfg) != nil:
		return nil, badField(field, "%s", allowPlaintext)
	}
	return cfg, nil
}

// forIAM keeps a configuration from sending a token without TLS or to another host than it is for.
func (s side) forIAM(cfg *pgx.ConnConfig) error {
	var secured []*pgconn.FallbackConfig
	first := &pgconn.FallbackConfig{Host: cfg.Host, Port: cfg.Port, TLSConfig: cfg.TLSConfig}
	for _, w := range append([]*pgconn.FallbackConfig{first}, cfg.Fallbacks...) {
		if w.Host != cfg.Host || w.Port != cfg.Port {
			return badField(s.field+".url", "names several hosts, and a token of %s is for one", rdsIAM)
		}
		if w.TLSConfig != nil {
			secured = append(secured, w)
		}
	}
	if len(secured) == 0 {
		return badField(s.field+".url", "connects without TLS, and a token of %s must not travel in the clear: "+
			"write sslmode=verify-full with sslrootcert", rdsIAM)
	}
	cfg.TLSConfig, cfg.Fallbacks = secured[0].TLSConfig, secured[1:]
	return nil
}

// connection is the configuration of a connection, with the login that it needs.
func (s side) connection(ctx context.Context) (*pgx.ConnConfig, error) {
	method, err := s.method()
	if err != nil {
		return nil, err
	}
	url, err := s.url.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	cfg, err := s.parse(url, method)
	if err != nil {
		return nil, s.placed(err)
	}
	switch {
	case method == rdsIAM:
		token, err := s.rdsToken(ctx, cfg)
		if err != nil {
			return nil, err
		}
		client.SetLogin(cfg, token)
	case s.auth.IsReference():
		user := cfg.User
		fetch := func(ctx context.Context) (string, string, error) { return s.password(ctx, user) }
		client.SetLogin(cfg, (&memory{fetch: fetch}).login)
	case s.url.IsReference():
		known := &memory{user: cfg.User, password: cfg.Password, at: time.Now(), fetch: s.fromURL}
		client.SetLogin(cfg, known.login)
	}
	return cfg, nil
}

// placed says a problem of a URL that was fetched at the place of its reference.
func (s side) placed(err error) error {
	var input *fault.Input
	if !errors.As(err, &input) || !s.url.IsReference() {
		return err
	}
	return s.url.Bad("%s %s", s.url.Name(), input.Problems[0].Text)
}

// fromURL is the login in a URL that is fetched anew.
func (s side) fromURL(ctx context.Context) (user, password string, err error) {
	url, err := s.url.Fetch(ctx)
	if err != nil {
		return "", "", err
	}
	cfg, err := client.Parse(s.field+".url", url)
	if err != nil {
		return "", "", s.placed(err)
	}
	return cfg.User, cfg.Password, nil
}

// password is what the reference of auth gives: the password, or a JSON object with username
// and password, as Secrets Manager keeps those of RDS, and Vault's engine for databases makes them.
func (s side) password(ctx context.Context, user string) (string, string, error) {
	text, err := s.auth.Fetch(ctx)
	if err != nil {
		return "", "", err
	}
	var pair struct{ Username, Password string }
	if json.Unmarshal([]byte(text), &pair) == nil && pair.Password != "" {
		return cmp.Or(pair.Username, user), pair.Password, nil
	}
	return user, text, nil
}

// memory is a login that is fetched again when it is old, or refused.
type memory struct {
	mu             sync.Mutex
	user, password string
	at             time.Time
	fetch          func(context.Context) (user, password string, err error)
}

func (m *memory) login(ctx context.Context, refused string) (user, password string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wrong := refused != "" && refused == m.password
	if m.password == "" || wrong || time.Since(m.at) > remembered {
		if wrong {
			ctx = secret.Anew(ctx)
		}
		if user, password, err = m.fetch(ctx); err != nil {
			return "", "", err
		}
		m.user, m.password, m.at = user, password, time.Now()
	}
	return m.user, m.password, nil
}

// rdsToken is a login by tokens of AWS RDS, each made for its connection by the SDK's own
// credentials: a token is good for 15 minutes.
func (s side) rdsToken(ctx context.Context, cfg *pgx.ConnConfig) (client.Login, error) {
	var options []func(*awsconfig.LoadOptions) error
	if region := rdsRegion(cfg.Host); region != "" {
		options = append(options, awsconfig.WithRegion(region))
	}
	aws, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	if aws.Region == "" {
		return nil, s.auth.Bad("the region is not in the host's name: set AWS_REGION")
	}
	endpoint := net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
	return func(ctx context.Context, _ string) (string, string, error) {
		token, err := auth.BuildAuthToken(ctx, endpoint, aws.Region, cfg.User, aws.Credentials)
		if err != nil {
			return "", "", errToken{s.field, err}
		}
		return cfg.User, token, nil
	}, nil
}

// errToken is of a token that could not be made.
type errToken struct {
	field string
	err   error
}

func (e errToken) Error() string {
	return e.field + ".auth: no token for RDS could be made: AWS gives no credentials: " + e.err.Error()
}

func (e errToken) Unwrap() error { return e.err }

// rdsRegion is the region in the name of an endpoint, as in
// app.cluster-ro-c0ffee.eu-central-1.rds.amazonaws.com; "" if the host is called otherwise.
func rdsRegion(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, suffix := range []string{".rds.amazonaws.com", ".rds.amazonaws.com.cn"} {
		if name, ok := strings.CutSuffix(host, suffix); ok {
			return name[strings.LastIndexByte(name, '.')+1:]
		}
	}
	if _, rest, ok := strings.Cut(host, ".rds."); ok && strings.HasSuffix(host, ".amazonaws.com.cn") {
		return strings.TrimSuffix(rest, ".amazonaws.com.cn")
	}
	return ""
}
