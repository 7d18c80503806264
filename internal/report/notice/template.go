package notice

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"

	"refresher/internal/report/visible"
)

// The templates of notifications that have none of their own.
const (
	DefaultTitle = `refresher{{if ne .Pipeline "default"}} {{.Pipeline}}{{end}}: {{.What}} ({{.Database}})`
	DefaultText  = `{{with .Reason}}{{.}}
{{end}}{{range .Details}}- {{.}}
{{end}}{{with .More}}- and {{.}} more, in the report
{{end}}{{if .Good}}{{count .Rows}} rows ({{size .Bytes}}) of {{.Tables}} tables in {{took .Seconds}}
{{- with .Warnings}}, {{.}} warnings{{end}}.
{{else if .Promoted}}Staging was replaced.
{{else}}Staging is as it was
{{- if not .LastDone.IsZero}}: the last refresh that was done ended {{utc .LastDone}}{{end}}.
{{end}}{{if not .RetryAt.IsZero}}It is tried again {{utc .RetryAt}}.
{{end}}{{with .Run}}Run {{.}}{{with $.Stage}}, stage {{.}}{{end}}{{with $.By}}, by {{.}}{{end}}{{with $.Host}}, on {{.}}{{end}}.
{{end}}`
)

const (
	// maxTitle and maxText bound what a template makes, in bytes: chats refuse longer ones.
	maxTitle = 150
	maxText  = 2900
)

// Template makes a title and a text of a notice.
type Template struct{ title, text *template.Template }

// Source is the text of a template and what errors call it: the path of its file, or the setting that
// holds it.
type Source struct{ Name, Text string }

// Parse reads the templates of a title and a text; empty ones are the defaults. A mistake is an error
// that names the source, the line and the column within it.
func Parse(title, text Source) (*Template, error) {
	if title.Text == "" {
		title.Text = DefaultTitle
	}
	if text.Text == "" {
		text.Text = DefaultText
	}
	t := &Template{}
	var err error
	if t.title, err = parse(title); err != nil {
		return nil, err
	}
	if t.text, err = parse(text); err != nil {
		return nil, err
	}
	for _, n := range samples() {
		if _, _, err := t.Render(n); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func parse(s Source) (*template.Template, error) {
	t, err := template.New(s.Name).Option("missingkey=error").Funcs(template.FuncMap{
		"count": visible.Count,
		"size":  visible.Size,
		"took":  visible.Seconds,
		"utc":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") },
		"local": func(zone string, t time.Time) (string, error) {
			z, err := time.LoadLocation(zone)
			if err != nil {
				return "", fmt.Errorf("there is no time zone %q", zone)
			}
			return t.In(z).Format("2006-01-02 15:04 MST"), nil
		},
	}).Parse(s.Text)
	if err != nil {
		return nil, mistake(err)
	}
	return t, nil
}

// mistake is an error of the template library without the word that it begins with: what follows is
// the source's name, the line and what is wrong.
func mistake(err error) error { return errors.New(strings.TrimPrefix(err.Error(), "template: ")) }

// Render makes a title, of one line, and a text. What is too long is cut.
func (t *Template) Render(n Notice) (title, text string, err error) {
	if title, err = execute(t.title, n, maxTitle); err != nil {
		return "", "", err
	}
	if text, err = execute(t.text, n, maxText); err != nil {
		return "", "", err
	}
	return strings.Join(strings.Fields(title), " "), strings.TrimSpace(text), nil
}

func execute(t *template.Template, n Notice, limit int) (string, error) {
	b := &bounded{left: 64 << 10}
	if err := t.Execute(b, n); err != nil {
		return "", mistake(err)
	}
	return cut(visible.Text(strings.TrimSpace(b.String())), limit), nil
}

// cut shortens a text to at most so many bytes, at the boundary of a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
}

// bounded is a text that may not grow for ever.
type bounded struct {
	strings.Builder
	left int
}

var errEndless = errors.New("the template makes more than 64 kB")

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errEndless
	}
	return b.Builder.Write(p)
}
