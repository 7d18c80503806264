package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rivo/uniseg"

	"refresher/internal/testkit/longform"
)

// What a demo that is kept prints can be used as it stands, with no variable of one's own; when it is interrupted,
// nothing of it is left.
func TestDemo(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	refresher := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), self, args...)
		cmd.Env = []string{"REFRESHER_TEST_MAIN=1", "TMPDIR=" + temp, "PATH=" + os.Getenv("PATH"), "HOME=" + temp}
		return cmd
	}
	demo := refresher("demo", "--keep", "--users", "20")
	said, err := demo.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for lines := bufio.NewScanner(said); !strings.Contains(text.String(), "Ctrl-C stops"); {
		if !lines.Scan() {
			t.Fatalf("the demo ended:\n%s", text.String())
		}
		text.WriteString(lines.Text() + "\n")
	}
	again := regexp.MustCompile(`Again: +refresher run (--config \S+ --env-file \S+)`).FindStringSubmatch(text.String())
	if again == nil || strings.Count(text.String(), " → ") != 3*8 {
		t.Fatalf("it doesn't show what it made, or how to go on:\n%s", text.String())
	}
	commands := [][]string{{"runs"}, {"check"}, {"verify", "--target", "dev"}}
	if longform.Asked() {
		commands = append(commands, []string{"run"})
	}
	for _, c := range commands {
		if out, err := refresher(append(c, strings.Fields(again[1])...)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c[0], err, out)
		}
	}
	if err := demo.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var rest bytes.Buffer
	if _, err := rest.ReadFrom(said); err != nil {
		t.Error(err)
	}
	_ = demo.Wait() // it was interrupted
	if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
		t.Errorf("it leaves %v behind, and says:\n%s", left, rest.String())
	}
}

// Values stand side by side where there is room, and else one below the other.
func TestDemoFitsTheTerminal(t *testing.T) {
	for columns, lines := range map[int]int{0: 1, 200: 1, 80: 2} {
		shown := pairLine("e-mail", "helene.larsen@posteo.example", "quill.harrowgate.3f1c9a77b2@example.com", columns)
		if strings.Count(shown, "\n")+1 != lines {
			t.Errorf("%d columns:\n%s", columns, shown)
		}
		for line := range strings.Lines(shown) {
			if columns > 0 && uniseg.StringWidth(line) >= columns {
				t.Errorf("%d columns:\n%s", columns, shown)
			}
		}
	}
}
