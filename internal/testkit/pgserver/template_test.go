package pgserver_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// Clusters from one template are clusters of their own: with other system identifiers,
// and a standby follows each.
func TestClustersFromATemplate(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	dir := filepath.Join(t.TempDir(), "cache", "templates")
	t.Setenv(pgserver.TemplateEnv, dir)
	seen := map[string]bool{}
	for range 3 {
		c := pgserver.New(t)
		seen[query[string](t, c, "SELECT system_identifier::text FROM pg_control_system()")] = true
		pgserver.Exec(t, c.URL(pgserver.User), "CREATE TABLE kept AS SELECT 7 AS n")
		c.Kill()
		if err := c.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		standby := pgserver.NewStandby(t, c)
		if n := query[int](t, standby, "SELECT n FROM kept"); n != 7 {
			t.Errorf("after a crash the standby holds %d", n)
		}
	}
	if len(seen) != 3 {
		t.Errorf("3 clusters have %d system identifiers", len(seen))
	}
	if kept, err := os.ReadDir(dir); err != nil || len(kept) != 1 {
		t.Errorf("the folder of templates holds %v, %v", kept, err)
	}
	// Programs of servers lie beside the templates, and are run by another user than root.
	if info, err := os.Stat(filepath.Dir(dir)); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the folder above: %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of templates: %v, %v", info.Mode(), err)
	}
}
