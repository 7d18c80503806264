package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"refresher/internal/config/host"
	"refresher/internal/config/secret"
	"refresher/internal/report/notice"
)

// Notify is where people and programs are told how runs end, and of what.
type Notify struct {
	On       []string    `yaml:"on" doc:"done, recovered, refused, failed (invalid and lost, too), invalid, stopped, lost, stale, or all" required:"true"`
	Slack    secret.Text `yaml:"slack" doc:"URL of an incoming webhook of Slack, or better a secret reference of it"`
	Teams    secret.Text `yaml:"teams" doc:"URL of a webhook of Microsoft Teams' Workflows, or better a secret reference of it"`
	Webhook  Webhook     `yaml:"webhook" doc:"a receiver of signed JSON"`
	SMTP     SMTP        `yaml:"smtp" doc:"mail"`
	Title    string      `yaml:"title" doc:"template of the title, or subject; empty: the one in [notifications](notifications.md#templates)"`
	Text     string      `yaml:"text" doc:"template of the text"`
	TextFile string      `yaml:"text_file" doc:"file of that template, relative to this file, instead of text"`
	Timeout  string      `yaml:"timeout" doc:"how long one try may take" default:"10s"`
	Retries  int         `yaml:"retries" doc:"tries after one that failed, the pauses doubling from a second; all within two minutes" default:"4"`
}

// Webhook is a receiver of signed JSON.
type Webhook struct {
	URL     secret.Text            `yaml:"url" doc:"http:// or https:// URL, or a secret reference of it" required:"true"`
	Secret  secret.Text            `yaml:"secret" reference:"true" doc:"secret reference of the key that signs, of at least 16 bytes: whsec_ and base64, or any text" required:"true"`
	Headers map[string]secret.Text `yaml:"headers" doc:"more headers; a value may be a secret reference"`
	CA      string                 `yaml:"ca" doc:"file of the certificates in PEM to trust, relative to this file; empty: the system's"`
}

// SMTP is a mail server, and whom mail is for.
type SMTP struct {
	Host     string      `yaml:"host" doc:"the mail server" required:"true"`
	Port     int         `yaml:"port" doc:"0: 587, with tls: tls 465, with tls: none 25"`
	TLS      string      `yaml:"tls" doc:"starttls (the connection is encrypted, or nothing is sent), tls (from the first byte), or none; with none there is no log-in but on this machine" default:"starttls"`
	Username string      `yaml:"username" doc:"empty: no log-in"`
	Password secret.Text `yaml:"password" reference:"true" doc:"secret reference of the password"`
	From     string      `yaml:"from" doc:"address of the sender" required:"true"`
	To       []string    `yaml:"to" doc:"addresses of the receivers" required:"true"`
	CA       string      `yaml:"ca" doc:"file of the certificates in PEM to trust, relative to this file; empty: the system's"`
}

// MLflow is the tracking server that runs are logged to.
type MLflow struct {
	TrackingURI secret.Text `yaml:"tracking_uri" doc:"http:// or https:// URL of the tracking server, or a secret reference of it; empty: runs are not logged. Credentials come from the environment variables of MLflow's own client"`
	Experiment  string      `yaml:"experiment" doc:"name of the experiment, which is made if there is none" default:"refresher"`
}

// Kind is which way a target is told: slack, teams, webhook or smtp; "" for none or several.
func (n Notify) Kind() string {
	kind := ""
	for _, k := range []struct {
		name  string
		given bool
	}{
		{"slack", !n.Slack.IsZero()}, {"teams", !n.Teams.IsZero()},
		{"webhook", !n.Webhook.URL.IsZero() || !n.Webhook.Secret.IsZero()},
		{"smtp", n.SMTP.Host != "" || n.SMTP.From != "" || len(n.SMTP.To) > 0},
	} {
		if k.given && kind != "" {
			return ""
		}
		if k.given {
			kind = k.name
		}
	}
	return kind
}

// Kinds is what a target wants to hear of.
func (n Notify) Kinds() (kinds []notice.Kind) {
	for _, k := range n.On {
		kinds = append(kinds, notice.Kind(k))
	}
	return kinds
}

// Limit is how long one try may take.
func (n Notify) Limit() time.Duration {
	d, _ := time.ParseDuration(n.Timeout) // validated with the configuration
	return d
}

// SMTPPort is the port that is given, or usual.
func (s SMTP) SMTPPort() int {
	switch {
	case s.Port != 0:
		return s.Port
	case s.TLS == "tls":
		return 465
	case s.TLS == "none":
		return 25
	}
	return 587
}

// Template reads the template of notify[i]. Its error names the place of a mistake: the file, or the
// setting, and the line within it.
func (c *Config) Template(i int) (*notice.Template, error) {
	n, path := c.Notify[i], fmt.Sprintf("notify[%d]", i)
	title := notice.Source{Name: path + ".title", Text: n.Title}
	text := notice.Source{Name: path + ".text", Text: n.Text}
	if n.TextFile != "" {
		text.Name = c.Path(n.TextFile)
		content, err := os.ReadFile(text.Name)
		var broken *fs.PathError
		switch {
		case errors.As(err, &broken):
			return nil, fmt.Errorf("%s: %w", text.Name, broken.Err)
		case len(strings.TrimSpace(string(content))) == 0:
			return nil, fmt.Errorf("%s: the template is empty", text.Name)
		}
		text.Text = string(content)
	}
	return notice.Parse(title, text)
}

func (c *Config) validateNotify(d *decoder) {
	for i, n := range c.Notify {
		path := fmt.Sprintf("notify[%d]", i)
		known := append(notice.Kinds(), notice.All)
		for j, on := range n.On {
			if !slices.Contains(known, notice.Kind(on)) {
				d.at(fmt.Sprintf("%s.on[%d]", path, j),
					"is none of done, recovered, refused, failed, invalid, stopped, lost, stale and all")
			}
		}
		switch n.Kind() {
		case "slack":
			d.literalURL(path+".slack", n.Slack, "https", "http")
		case "teams":
			d.literalURL(path+".teams", n.Teams, "https", "http")
		case "webhook":
			d.literalURL(path+".webhook.url", n.Webhook.URL, "https", "http")
			for name := range n.Webhook.Headers {
				if h := textproto.CanonicalMIMEHeaderKey(name); strings.ContainsAny(name, " \t\r\n:") || name == "" ||
					strings.HasPrefix(h, "Webhook-") || h == "Host" || strings.HasPrefix(h, "Content-") {
					d.at(path+".webhook.headers", "can't set the header %q", name)
				}
			}
		case "smtp":
			d.smtp(path+".smtp", n.SMTP)
		default:
			d.at(path, "must have one of slack, teams, webhook and smtp")
		}
		c.validateTemplate(d, i)
		d.duration(path+".timeout", n.Timeout, time.Second)
		if n.Retries < 0 || n.Retries > 20 {
			d.at(path+".retries", "must be from 0 to 20")
		}
	}
	if !c.MLflow.TrackingURI.IsZero() {
		d.literalURL("mlflow.tracking_uri", c.MLflow.TrackingURI, "https", "http")
	}
	if c.MLflow.Experiment == "" || len(c.MLflow.Experiment) > 256 {
		d.at("mlflow.experiment", "must be a name of 1 to 256 bytes")
	}
	if u, err := url.Parse(c.Serve.URL); c.Serve.URL != "" &&
		(err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil) {
		d.at("serve.url", "must be an http:// or https:// URL, without a password")
	}
}

func (c *Config) validateTemplate(d *decoder, i int) {
	const mistake = "is a template with a mistake: %v"
	n, path, field := c.Notify[i], fmt.Sprintf("notify[%d]", i), "text"
	if n.TextFile != "" {
		field = "text_file"
	}
	if n.Text != "" && n.TextFile != "" {
		d.at(path+".text_file", "is given beside text; write one of them")
		return
	}
	if _, err := notice.Parse(notice.Source{Name: path + ".title", Text: n.Title}, notice.Source{}); err != nil {
		d.at(path+".title", mistake, err)
		return
	}
	if _, err := c.Template(i); err != nil {
		d.at(path+"."+field, mistake, err)
	}
}

func (d *decoder) smtp(path string, s SMTP) {
	if strings.ContainsAny(s.Host, "/: \t") && !strings.Contains(s.Host, "::") {
		d.at(path+".host", "must be the name or address of a host, without a port")
	}
	if s.Port < 0 || s.Port > 65535 {
		d.at(path+".port", "must be from 1 to 65535")
	}
	switch {
	case s.TLS != "starttls" && s.TLS != "tls" && s.TLS != "none":
		d.at(path+".tls", "must be starttls, tls or none")
	case s.TLS == "none" && s.Username != "" && !host.Loopback(s.Host):
		d.at(path+".tls", "is none, and the password would go to another machine in plain text: write starttls or tls")
	}
	if (s.Username == "") != s.Password.IsZero() {
		d.at(path, "needs both username and password, or neither")
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		d.at(path+".from", "is no address of mail")
	}
	for i, to := range s.To {
		if _, err := mail.ParseAddress(to); err != nil {
			d.at(fmt.Sprintf("%s.to[%d]", path, i), "is no address of mail")
		}
	}
}

// notifyPaths makes the files of notifications relative to the configuration's.
func (c *Config) notifyPaths() {
	for i := range c.Notify {
		n := &c.Notify[i]
		for _, p := range []*string{&n.TextFile, &n.Webhook.CA, &n.SMTP.CA} {
			if *p != "" {
				*p = c.Path(*p)
			}
		}
	}
}
