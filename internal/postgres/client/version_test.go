package client

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/fault"
)

func TestSupportedVersions(t *testing.T) {
	for version, want := range map[string]string{
		"14.0": "", "15.18 (Debian 15.18-0+deb12u1)": "", "18.4": "", "18beta1": "", "": "", "PgBouncer": "",
		"13.23": "the source is PostgreSQL 13; refresher works with 14 to 18: upgrade that server",
		"9.6.1": "the source is PostgreSQL 9;", "19devel": "the source is PostgreSQL 19; this refresher knows 14 to 18", "19.1": "PostgreSQL 19",
	} {
		err := supported(version, "the source")
		var refusal *fault.Refusal
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", version, err)
		case want != "" && (!errors.As(err, &refusal) || refusal.Gate != "version" || !strings.Contains(refusal.Reason, want)):
			t.Errorf("%q: got %v, want %q", version, err, want)
		}
	}
}

func TestArchiveMajor(t *testing.T) {
	for head, want := range map[string]int{"PGDMP\x01\x0e\x00": 14, "PGDMP\x01\x0d\x00": 14, "PGDMP\x01\x0f\x00": 16, "PGDMP\x01\x10\x00": 17, "PGDMP\x01\x11\x00": 19,
		"PGDMP\x02\x00\x00": 0, "PGDMP": 0, "-- PostgreSQL": 0, "": 0} {
		path := filepath.Join(t.TempDir(), "x.dump")
		if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ArchiveMajor(path); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v; want %d", head, got, err, want)
		}
	}
}
