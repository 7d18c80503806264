package metrics_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const deploy = "../../../deploy/"

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readDocs(t *testing.T) string { return readFile(t, "../../../docs/metrics.md") }

// promtool is Prometheus' tool, "" if there is none.
func promtool() string {
	for _, name := range []string{"promtool", "../../../.cache/bin/promtool"} {
		if path, err := exec.LookPath(name); err == nil {
			abs, _ := filepath.Abs(path)
			return abs
		}
	}
	return ""
}

// Alerts and the dashboard ask for metrics that are served, which docs/metrics.md lists.
func TestQueriesNameMetrics(t *testing.T) {
	var dashboard struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	text := readFile(t, deploy+"grafana/refresher.json")
	if err := json.Unmarshal([]byte(text), &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := "groups: [{name: dashboard, rules: [\n"
	for _, p := range dashboard.Panels {
		if len(p.Targets) == 0 || p.Targets[0].Expr == "" {
			t.Errorf("the panel %q has no query", p.Title)
			continue
		}
		query, _ := json.Marshal(strings.ReplaceAll(p.Targets[0].Expr, "$pipeline", ".*"))
		queries += fmt.Sprintf("  {record: panel, labels: {title: %q}, expr: %s},\n", p.Title, query)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, []byte(queries+"]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if tool := promtool(); tool != "" {
		if out, err := exec.Command(tool, "check", "rules", file).CombinedOutput(); err != nil {
			t.Errorf("queries of the dashboard: %v\n%s", err, out)
		}
	}
	docs, asked := readDocs(t), map[string]bool{}
	for where, text := range map[string]string{"dashboard": text, "rules": readFile(t, deploy+"prometheus/refresher.rules.yml")} {
		for _, name := range regexp.MustCompile(`refresher_[a-z_]+`).FindAllString(text, -1) {
			name = strings.TrimSuffix(name, "_bucket")
			asked[name] = true
			if !strings.Contains(docs, "| `"+name+"`") {
				t.Errorf("the %s ask for %s, which docs/metrics.md doesn't have", where, name)
			}
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(refresher_[a-z_]+)").FindAllStringSubmatch(docs, -1) {
		if !asked[row[1]] {
			t.Errorf("neither alerts nor dashboard use %s", row[1])
		}
	}
}

func TestAlertsAreDocumented(t *testing.T) {
	alerts := func(pattern, text string) (names []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		return names
	}
	rules := alerts(`alert: (\w+)`, readFile(t, deploy+"prometheus/refresher.rules.yml"))
	if described := alerts("(?m)^\\| `(Refresher\\w+)", readDocs(t)); !slices.Equal(rules, described) {
		t.Errorf("rules: %v, docs/metrics.md: %v", rules, described)
	}
	tests := readFile(t, deploy+"prometheus/refresher.rules_test.yml")
	for _, name := range rules {
		if !strings.Contains(tests, "alertname: "+name) {
			t.Errorf("%s is not tested", name)
		}
	}
}

// The rules hold what their tests say, by Prometheus' own tool.
func TestAlertRules(t *testing.T) {
	tool := promtool()
	if tool == "" {
		t.Skip("there is no promtool: scripts/setup-promtool.sh gets it")
	}
	for _, args := range [][]string{{"check", "rules", "refresher.rules.yml"}, {"test", "rules", "refresher.rules_test.yml"}} {
		cmd := exec.Command(tool, args...)
		cmd.Dir = deploy + "prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}
