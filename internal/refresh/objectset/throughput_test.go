//go:build unix

package objectset_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"refresher/internal/testkit/duckdb"
)

const (
	megabytes = "REFRESHER_LAKE_MB"   // of objects; the test is for make limits
	workplace = "REFRESHER_LAKE_SITE" // where they are; set for the process that is measured
	profile   = "REFRESHER_LAKE_CPU"  // file for a CPU profile of it
	lakeFiles = 8                     // half of them Parquet
	lakeRules = `objects:
  "*.parquet": {columns: {uid: keep, at: keep, mail: email, ip: ip, kind: keep, page: keep, amount: keep}}
  "*.csv": {columns: {uid: keep, at: keep, mail: email, ip: ip, kind: keep, page: keep, amount: keep}}
`
)

// maxLakeRSS is the greatest resident memory that scrubbing objects of any size may take.
const maxLakeRSS = 256 << 20

// events are rows of 200,000 persons, who come again as customers do.
const events = `SELECT i AS uid, TIMESTAMP '2024-01-01' + INTERVAL (n) SECOND AS at, 'customer.' || i || '@corp' || i %% 97 || '.com' AS mail,
  (20 + i %% 60) || '.' || i %% 251 || '.' || i %% 241 || '.' || i %% 239 AS ip, ['view', 'click', 'order', 'refund'][1 + n %% 4] AS kind,
  '/shop/' || (n * 7919) %% 100003 || '/item?ref=' || (n * 104729) %% 15485863 AS page, ((n * 31) %% 100000) / 100.0 AS amount
  FROM (SELECT r AS n, (r * 48271) %% 200000 AS i FROM range(%d, %d) t(r))`

// measured is what the process that scrubs says of itself.
type measured struct {
	Seconds float64
	RSS     int64
	Rows    int64
}

// Objects of any size are scrubbed in flat memory. How fast, stands beside DuckDB's copy of the same files
// in the log: a figure for docs/benchmarks, and nothing that a busy machine could fail.
func TestThroughputOfObjects(t *testing.T) {
	if dir := os.Getenv(workplace); dir != "" {
		scrubHere(t, dir)
		return
	}
	size, err := strconv.ParseInt(os.Getenv(megabytes), 10, 64)
	if err != nil {
		t.Skip("make limits runs it: " + megabytes + " says how much there is to scrub")
	}
	dir := t.TempDir()
	prod := filepath.Join(dir, "prod")
	if err := os.MkdirAll(prod, 0o700); err != nil {
		t.Fatal(err)
	}
	var generate, copies []string
	rows := size << 20 / lakeFiles / 105 // bytes of a row of CSV
	for i := range int64(lakeFiles) {
		format, end, n := "(FORMAT csv)", "csv", rows
		if i%2 == 0 {
			format, end, n = "(FORMAT parquet, COMPRESSION zstd)", "parquet", 4*rows // they are packed
		}
		path := fmt.Sprintf("%s/%d.%s", prod, i, end)
		generate = append(generate, fmt.Sprintf("COPY ("+events+") TO '%s' %s", i*n, (i+1)*n, path, format))
		copies = append(copies, fmt.Sprintf("COPY (SELECT * FROM '%s') TO '%s/copy-%d.%s' %s", path, dir, i, end, format))
	}
	duckdb.Ask(t, generate...)
	read, before, began := sizeOf(t, prod), childTime(t), time.Now()
	duckdb.Ask(t, copies...)
	plain, cpu := time.Since(began).Seconds(), childTime(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestThroughputOfObjects$", "-test.v")
	cmd.Env = append(os.Environ(), workplace+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var m measured
	if _, text, ok := strings.Cut(string(out), "measured "); !ok || json.NewDecoder(strings.NewReader(text)).Decode(&m) != nil {
		t.Fatalf("%s", out)
	}
	mb, plainCPU, cpu := float64(read)/1e6, cpu-before, childTime(t)-cpu
	t.Logf("%.0f MB in %d objects, %d rows: DuckDB's copy %.1f s (%.0f MB/s), scrubbed %.1f s (%.0f MB/s), ratio %.2f, "+
		"processor time %.1f s and %.1f s, ratio %.2f, greatest resident memory %d MiB", mb, lakeFiles, m.Rows, plain, mb/plain,
		m.Seconds, mb/m.Seconds, plain/m.Seconds, plainCPU, cpu, plainCPU/cpu, m.RSS>>20)
	if m.RSS > maxLakeRSS {
		t.Errorf("%d MiB, more than %d", m.RSS>>20, maxLakeRSS>>20)
	}
}

// scrubHere scrubs all objects, and says what it took.
func scrubHere(t *testing.T, dir string) {
	debug.SetMemoryLimit(224 << 20) // as the program does
	s := &site{t: t, dir: dir, rules: lakeRules}
	s.target("copies", 0, "")
	if path := os.Getenv(profile); path != "" {
		f, err := os.Create(path)
		s.must(err)
		s.must(pprof.StartCPUProfile(f))
		defer pprof.StopCPUProfile()
	}
	began := time.Now()
	staged, err := s.stage("20261121T030000Z-7f3a")
	s.must(err)
	m := measured{Seconds: time.Since(began).Seconds(), RSS: greatestRSS(t)}
	sets, _ := staged.Report()
	m.Rows = sets[0].Total().Rows
	text, err := json.Marshal(m)
	s.must(err)
	fmt.Printf("measured %s\n", text)
}

// greatestRSS is the greatest resident memory of this process so far, in bytes.
func greatestRSS(t *testing.T) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile("/proc/self/status")
	_, after, ok := strings.Cut(string(status), "VmHWM:")
	var kb int64
	if _, serr := fmt.Sscan(after, &kb); err != nil || !ok || serr != nil {
		t.Fatalf("%v, %v", err, serr)
	}
	return kb << 10
}

// childTime is the processor time of all processes that were started so far, in seconds.
func childTime(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func sizeOf(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}
