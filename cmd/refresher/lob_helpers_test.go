package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"refresher/internal/postgres/programs"
	"refresher/internal/testkit/pgserver"
)

// putObject gives production a large object of that content.
func (s *site) putObject(oid uint32, content []byte) {
	s.t.Helper()
	conn := pgserver.Conn(s.t, s.primary.URL(s.db))
	defer conn.Close(s.t.Context())
	for _, q := range []struct {
		sql  string
		args []any
	}{{"SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid = $1", []any{oid}}, {"SELECT lo_from_bytea($1, $2)", []any{oid, content}}} {
		if _, err := conn.Exec(s.t.Context(), q.sql, q.args...); err != nil {
			s.t.Fatal(err)
		}
	}
	s.replayed()
}

func gzipText(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

func zipText(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// restoredText is what pg_restore makes of an archive.
func restoredText(t *testing.T, archive []byte) string {
	t.Helper()
	tool, _, err := programs.Find("pg_restore", 14)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "archive.dump")
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "--file=-", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
