package watchdog_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"refresher/internal/testkit/watchdog"
)

func TestReleaseEndsTheLastProcessAndRemovesTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	dog, err := watchdog.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	spared, watched := sleeper(t), sleeper(t)
	dog.Watch(spared.Process.Pid)
	dog.Watch(0)
	dog.Watch(watched.Process.Pid)
	for range 2 {
		dog.Release()
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", dir, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- watched.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the watched process ended by itself")
		}
	case <-time.After(10 * time.Second):
		t.Error("the watched process runs on")
	}
	if err := spared.Process.Signal(os.Kill); err != nil {
		t.Errorf("a process that is no longer watched was ended: %v", err)
	}
	_ = spared.Wait()
}

func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}
