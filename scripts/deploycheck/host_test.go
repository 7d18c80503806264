package deploycheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
	"sigs.k8s.io/yaml"
)

// systemd understands the units, and finds the services well confined.
func TestUnits(t *testing.T) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed, so the units were not checked")
	}
	dir := t.TempDir()
	var files, services []string
	for _, name := range []string{"refresher.service", "refresher-run.service", "refresher-run.timer"} {
		unit := strings.ReplaceAll(string(read(t, "deploy/systemd/"+name)), "/usr/bin/refresher", "/bin/true")
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		if strings.HasSuffix(name, ".service") {
			services = append(services, file)
		}
	}
	if out, err := exec.Command(program, append([]string{"verify", "--man=no"},
		files...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
	for _, s := range services { // the exposure is a tenth of the threshold: 1.5 of 10
		if out, err := exec.Command(program, "security", "--offline=true", "--threshold=15",
			s).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// scripts are all shell scripts that users or packages run.
func scripts(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"deploy/*/*.sh", "scripts/*.sh"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%v, %v", found, err)
		}
		all = append(all, found...)
	}
	return all
}

func TestShellScripts(t *testing.T) {
	for _, file := range scripts(t) {
		text := string(read(t, strings.TrimPrefix(file, root+"/")))
		variant := syntax.LangBash
		if strings.HasPrefix(text, "#!/bin/sh") {
			variant = syntax.LangPOSIX
		}
		if _, err := syntax.NewParser(syntax.Variant(variant)).Parse(strings.NewReader(text), file); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s can't be run: %v", file, err)
		}
	}
	shellcheck(t, scripts(t)...)
}

// shellcheck checks scripts, where it is installed.
func shellcheck(t *testing.T, files ...string) {
	t.Helper()
	program, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Log("shellcheck is not installed: it looked at no script")
		return
	}
	if out, err := exec.Command(program, append([]string{"--severity=warning"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Each empty variable of the example gets a secret of its own, once, in a file for its owner.
func TestLocalSecrets(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".env.local.example", "local/secrets.sh"} {
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, read(t, "deploy/"+name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script := func() []byte {
		if out, err := exec.Command(filepath.Join(dir, "local/secrets.sh")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, ".env.local"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := string(script())
	secrets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\w+=([0-9a-f]{64})$`).FindAllStringSubmatch(first, -1) {
		secrets[m[1]] = true
	}
	if empty := strings.Count(string(read(t, "deploy/.env.local.example")), "=\n"); len(secrets) != empty {
		t.Errorf("%d secrets for %d variables", len(secrets), empty)
	}
	if info, err := os.Stat(filepath.Join(dir, ".env.local")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if string(script()) != first {
		t.Error("secrets were replaced")
	}
}

// check.sh makes arguments of variables, each in one piece, and passes the exit code on.
func TestCheckOfCI(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "refresher")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nprintf '<%s>' \"$@\"; echo\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, "deploy/ci/check.sh"))
	cmd.Env = append(os.Environ(), "REFRESHER="+fake, "CHECK_SCHEMA=db/a b.sql\n$(touch x)\n", "CHECK_RULES=r.yaml",
		"CHECK_STRICT=true",
		"CHECK_PIPELINES=mlflow metabase", "CHECK_FORMAT=github", "CHECK_SARIF="+filepath.Join(dir, "sarif"))
	out, err := cmd.Output()
	const want = "<--schema><db/a b.sql><--schema><$(touch x)><--rules><r.yaml><--strict><mlflow><metabase>\n"
	if string(out) != "<check><--format><github>"+want || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%s, %v", out, err)
	}
	if sarif, err := os.ReadFile(filepath.Join(dir, "sarif")); err != nil ||
		string(sarif) != "<check><--format><sarif>"+want {
		t.Errorf("%s, %v", sarif, err)
	}
}

// The action passes each of its inputs as a variable that check.sh reads, never as text of a script.
func TestAction(t *testing.T) {
	var action struct {
		Name, Description, Author string
		Branding                  map[string]string
		Inputs                    map[string]struct{ Description, Default string }
		Runs                      struct {
			Using string
			Steps []struct {
				Name, Uses, Shell, Run string
				WorkingDirectory       string            `json:"working-directory"`
				Env, With              map[string]string `json:",omitempty"`
			}
		}
	}
	if err := yaml.UnmarshalStrict(read(t, "action.yml"), &action); err != nil {
		t.Fatal(err)
	}
	script := string(read(t, "deploy/ci/check.sh"))
	passed := map[string]bool{}
	for _, s := range action.Runs.Steps {
		if strings.Contains(s.Run, "${{") || s.Run != "" && s.Shell == "" {
			t.Errorf("step %q", s.Name)
		}
		for name, value := range s.Env {
			passed[strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")] = true
			if !strings.Contains(script, "{"+name) {
				t.Errorf("check.sh doesn't read %s", name)
			}
		}
	}
	for name := range action.Inputs {
		if !passed[name] {
			t.Errorf("the input %s leads nowhere", name)
		}
	}
	var gitlab map[string]struct {
		Variables map[string]string
		Script    []string
	}
	if err := yaml.Unmarshal(read(t, "deploy/ci/gitlab.yml"), &gitlab); err != nil {
		t.Fatal(err)
	}
	for name := range gitlab[".refresher-check"].Variables {
		if strings.HasPrefix(name, "CHECK_") && !strings.Contains(script, "{"+name) {
			t.Errorf("check.sh doesn't read %s", name)
		}
	}
}

// What packages hold is there, under the names that are made before a release.
func TestPackages(t *testing.T) {
	var release struct {
		Before struct{ Hooks []string }
		Nfpms  []struct {
			Scripts  map[string]string
			Contents []struct {
				Src, Dst, Type string
				FileInfo       struct{ Mode int } `json:"file_info"`
			}
		}
		DockersV2 []struct {
			Flags      []string
			ExtraFiles []string `json:"extra_files"`
		} `json:"dockers_v2"`
	}
	if err := yaml.Unmarshal(read(t, ".goreleaser.yaml"), &release); err != nil {
		t.Fatal(err)
	}
	pkg := release.Nfpms[0]
	made := string(read(t, "scripts/release-files.sh"))
	for _, script := range pkg.Scripts {
		read(t, script)
	}
	for _, c := range pkg.Contents {
		name, generated := strings.CutPrefix(c.Src, ".cache/release/")
		switch {
		case generated && !strings.Contains(made, `"$to/`+strings.TrimSuffix(name, "/*.1")+`"`):
			t.Errorf("no script makes %s", c.Src)
		case generated, c.Type == "dir":
		default:
			read(t, c.Src)
		}
		if c.Dst == "/etc/refresher/refresher.env" && (c.FileInfo.Mode != 0o600 || c.Type != "config|noreplace") {
			t.Error("refresher.env can be read by others, or is overwritten")
		}
	}
	all := stages(t)
	for _, image := range release.DockersV2 {
		if target := strings.TrimPrefix(image.Flags[0], "--target="); all[target].Name == "" {
			t.Errorf("the Dockerfile has no stage %s", target)
		}
		for _, file := range image.ExtraFiles {
			read(t, file)
		}
	}
}
