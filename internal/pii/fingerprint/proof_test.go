package fingerprint

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Ten million values are collected, built, written, read again and looked for in
// text, each within 256 MiB of resident memory. It takes minutes: make proof.
func TestMemoryAtTenMillion(t *testing.T) {
	if os.Getenv("REFRESHER_PROOF") == "" {
		t.Skip("takes minutes: make proof")
	}
	dir := t.TempDir()
	for _, step := range []string{"collect", "look"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTenMillion$", "-test.v")
		cmd.Env = append(os.Environ(), "REFRESHER_PROOF_STEP="+step, "REFRESHER_PROOF_DIR="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", step, err, out)
		}
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "MiB") {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
}

// TestTenMillion is one step, in a process of its own.
func TestTenMillion(t *testing.T) {
	step, path := os.Getenv("REFRESHER_PROOF_STEP"), filepath.Join(os.Getenv("REFRESHER_PROOF_DIR"), "set")
	if step == "" {
		t.Skip("a step of TestMemoryAtTenMillion")
	}
	debug.SetMemoryLimit(224 << 20) // as the program does
	began := time.Now()
	r := real{rand.New(rand.NewPCG(1, 2))}
	var set *Set
	if step == "collect" {
		set = writeTenMillion(t, r, path)
	} else {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, _ := f.Stat()
		if set, _, err = Open(f, info.Size(), testKey, testKeyName, 128<<20); err != nil {
			t.Fatal(err)
		}
		t.Logf("the file has %d MB for %d fingerprints", info.Size()>>20, set.Len())
	}
	m, hits, scanned := set.Matcher(), 0, 0
	other := real{rand.New(rand.NewPCG(3, 4))}
	for range 20 {
		text := []byte(strings.Repeat("x", 1))
		for len(text) < 1<<20 {
			text = append(text, other.letters(2, 9)+" "+other.letters(3, 9)+", "+other.letters(2,
				9)+"@"+other.letters(3, 9)+" "+other.letters(3, 5)+other.digits(3)+"; "...)
		}
		hits += len(m.Scan(nil, text))
		scanned += len(text)
	}
	peak := peakMiB(t)
	t.Logf("%s: %d fingerprints, %d MB of text with %d hits, %d MiB at most, in %v", step, set.Len(), scanned>>20, hits,
		peak, time.Since(began).Round(time.Second))
	if set.Len() < 10_000_000 || peak > 256 {
		t.Errorf("%d fingerprints take %d MiB", set.Len(), peak)
	}
}

func writeTenMillion(t *testing.T, r real, path string) *Set {
	s, err := NewKeptStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.Bound(128 << 20)
	c := s.Collector()
	for range 10_000_000 {
		v := r.value()
		c.Add(v.class, []byte(v.text))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := set.Write(f, Header{Run: "proof", Key: testKeyName}); err != nil {
		t.Fatal(err)
	}
	return set
}

// peakMiB is the most memory that this process ever had resident.
func peakMiB(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("there is no /proc/self/status: ", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(fmt.Errorf("VmHWM: %w", err))
	}
	return kb >> 10
}
