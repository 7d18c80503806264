package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"refresher/internal/config"
	"refresher/internal/scrub/rules"
)

// block is a fenced block of a document.
type block struct {
	file, kind, text string
	line             int
}

// docBlocks are the fenced blocks of README.md and docs, in order.
func docBlocks(t *testing.T) (all []block) {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, "../../README.md") {
		var b *block
		for i, line := range strings.Split(readFile(t, f), "\n") {
			kind, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
			switch {
			case fence && b == nil:
				b = &block{filepath.Base(f), kind, "", i + 1}
			case fence:
				all = append(all, *b)
				b = nil
			case b != nil:
				b.text += line + "\n"
			}
		}
		if b != nil {
			t.Errorf("%s:%d: a block isn't closed", f, b.line)
		}
	}
	return all
}

// Every command of refresher in a block of shell has a command, flags and arguments that there are.
func TestCommandsInDocs(t *testing.T) {
	n := 0
	for _, b := range docBlocks(t) {
		if !slices.Contains([]string{"sh", "bash", "console", "shell"}, b.kind) {
			continue
		}
		text := strings.ReplaceAll(b.text, "\\\n", " ")
		for _, args := range refresherCommands(text) {
			n++
			a := &app{out: &bytes.Buffer{}, err: &bytes.Buffer{}, getenv: func(string) (string, bool) { return "", false }}
			root := a.root()
			cmd, rest, err := root.Find(args)
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err == nil {
				err = cmd.ValidateRequiredFlags()
			}
			if err != nil {
				t.Errorf("%s:%d: refresher %s: %v", b.file, b.line, strings.Join(args, " "), err)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d commands were found", n)
	}
}

// word is one word of a shell's line: with quotes, or without. A comment has a space before it.
var word = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`)

// refresherCommands are the arguments of each call of refresher in a text of shell.
func refresherCommands(text string) (all [][]string) {
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, " #")
		for _, part := range regexp.MustCompile(`\s(\||\|\||&&|;|>|>>|<)\s|\)$|&$|2>`).Split(line, -1) {
			var args []string
			for _, w := range word.FindAllString(part, -1) {
				args = append(args, strings.Trim(w, `'"`))
			}
			for len(args) > 0 && (args[0] == "$" || args[0] == "sudo" || regexp.MustCompile(`^[A-Z_]+=`).MatchString(args[0])) {
				args = args[1:]
			}
			if len(args) > 0 && args[0] == "refresher" {
				all = append(all, args[1:])
			}
		}
	}
	return all
}

// Every block of YAML is one that refresher reads: a configuration, where what is required and not shown is
// added, or rules: whole ones, tables, or a table's columns. What other programs read is named here.
func TestYAMLInDocs(t *testing.T) {
	others := []string{"jobs", "- uses", "masking-rules", "config", "scrape_configs"} // of GitHub, GitLab, Helm, Prometheus
	dir := t.TempDir()
	n := 0
	for _, b := range docBlocks(t) {
		if b.kind != "yaml" || slices.ContainsFunc(others, func(key string) bool { return strings.Contains("\n"+b.text, "\n"+key+":") }) {
			continue
		}
		n++
		var errs []string
		read := false
		for _, as := range []func(dir, text string) error{asConfig, asRules, asTables, asColumns} {
			err := as(dir, b.text)
			if read = err == nil; read {
				break
			}
			errs = append(errs, err.Error())
		}
		if !read {
			t.Errorf("%s:%d: as configuration, rules, tables and columns:\n%s", b.file, b.line, strings.Join(errs, "\n"))
		}
	}
	if n < 20 {
		t.Errorf("only %d blocks were found", n)
	}
}

func asConfig(dir, text string) error {
	text = regexp.MustCompile(`[?&]sslrootcert=[^&\s"]*`).ReplaceAllString(text, "") // a file that is not here
	var top map[string]any
	if err := yaml.Unmarshal([]byte(text), &top); err != nil {
		return errors.New("no mapping")
	}
	for name, line := range map[string]string{"source": "{url: postgres://r@replica.example/app}", "key": "env:K", "rules": "[rules.yaml]",
		"staging": "{url: postgres://s@staging.example/app}"} {
		if top[name] == nil && (top["pipelines"] == nil || name == "key") {
			text += "\n" + name + ": " + line + "\n"
		}
	}
	if staging, ok := top["staging"].(map[string]any); ok && staging["url"] == nil {
		text = strings.Replace(text, "staging:\n", "staging:\n  url: postgres://s@staging.example/app\n", 1)
	}
	path := filepath.Join(dir, "refresher.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	_, err := config.LoadAll(path, func(name string) (string, bool) {
		if strings.HasPrefix(name, "REDIS") {
			return "redis://h.example/0", true
		}
		if strings.HasPrefix(name, "MLFLOW_TRACKING") {
			return "https://mlflow.example", true
		}
		return "postgres://u@h.example/" + strings.ToLower(name), true
	})
	return err
}

func asRules(dir, text string) error {
	if !strings.Contains("\n"+text, "\nversion:") {
		text = "version: 1\n" + text
	}
	if !strings.Contains("\n"+text, "\ntables:") {
		text += "\ntables: {}\n"
	}
	path := filepath.Join(dir, "rules.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	_, err := rules.Load([]string{path})
	return err
}

func asTables(dir, text string) error { return asRules(dir, "tables:\n"+indented(text)) }

func asColumns(dir, text string) error {
	return asTables(dir, "public.t:\n  columns:\n"+indented(indented(text)))
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}

// Each alert has its section in the runbook, and no section is of an alert that is gone.
func TestEachAlertHasARunbook(t *testing.T) {
	text, err := os.ReadFile("../../deploy/prometheus/refresher.rules.yml")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("deploy/prometheus has no rules")
	}
	if err != nil {
		t.Fatal(err)
	}
	find := func(pattern, in string) (names []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(in, -1) {
			names = append(names, m[1])
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	alerts := find(`alert: (\w+)`, string(text))
	sections := find(`(?m)^### (Refresher\w+)$`, readFile(t, "../../docs/operations.md"))
	if len(alerts) == 0 || !slices.Equal(alerts, sections) {
		t.Errorf("alerts %v, sections of docs/operations.md %v", alerts, sections)
	}
}

// documented compares the blocks "console" of a page of docs with what commands printed here, and says how many it
// compared. Each line of a block is one that was printed, in that order; numbers, names and places may differ;
// "…" stands for lines left out.
func documented(t *testing.T, page string, printed map[string]string) (n int) {
	t.Helper()
	for _, b := range docBlocks(t) {
		if b.file != page || b.kind != "console" {
			continue
		}
		var rest []string // of what the command printed
		known := false
		for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
			if args, ok := strings.CutPrefix(line, "$ refresher "); ok {
				var out string
				if out, known = printed[command(strings.Fields(args))]; known {
					n++
				}
				rest = strings.Split(out, "\n")
				continue
			}
			if !known || line == "…" || line == "" {
				continue
			}
			at := slices.IndexFunc(rest, func(got string) bool { return alike(got) == alike(line) })
			if at < 0 {
				t.Errorf("%s:%d: this is not printed, or not there: %s", page, b.line+i+1, line)
				continue
			}
			rest = rest[at+1:]
		}
	}
	return n
}

// command is what tells a call of refresher from others on a page.
func command(args []string) string {
	if slices.Contains(args, "--dry-run") {
		return args[0] + " --dry-run"
	}
	return args[0]
}

var (
	// What differs from one run to the next in what commands print.
	variable = regexp.MustCompile(`\b\d{8}T\d{6}Z-[0-9a-f]{4}\b|\b[0-9a-f]{16}\b|\S+\.internal\S*|127\.0\.0\.1\S*|` +
		`\b(at|time)=\S+|\d+([ \x{a0}\x{202f}.,]\d+)*|\bapp\d*\b`)
	unit = regexp.MustCompile(`# (ms|s|min|B|kB|MB|GB)\b`)
)

func alike(line string) string {
	return unit.ReplaceAllString(strings.Join(strings.Fields(variable.ReplaceAllString(line, "#")), " "), "#")
}
