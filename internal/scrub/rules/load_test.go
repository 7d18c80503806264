package rules_test

import (
	"os"
	"path/filepath"
	"testing"

	"refresher/internal/scrub/rules"
)

// A file as Windows editors save it: with a byte order mark and CRLF.
func TestByteOrderMarkAndCRLF(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(path, []byte("\ufeffversion: 1\r\ntables:\r\n  public.t: {rows: none}\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rs, err := rules.Load([]string{path})
	if err != nil || len(rs.Tables) != 1 {
		t.Errorf("%+v, %v", rs, err)
	}
}
