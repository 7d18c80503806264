package client

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/programs"
)

// The majors of server that refresher is tested with, as source and as staging.
const (
	Oldest = 14
	Newest = 18
)

// Supported refuses a server of another major, by what it said at connection
// start: nothing is asked of it. which names it: "the source".
func Supported(conn *pgx.Conn, which string) error {
	return supported(conn.PgConn().ParameterStatus("server_version"), which)
}

func supported(version, which string) error {
	digits := 0
	for digits < len(version) && version[digits] >= '0' && version[digits] <= '9' {
		digits++
	}
	major, err := strconv.Atoi(version[:digits])
	switch {
	case err != nil:
		return nil // a pooler that doesn't say: the server's own answers decide
	case major < Oldest:
		return fault.Refuse("version", "%s is PostgreSQL %d; refresher works with %d to %d: upgrade that server", which, major, Oldest, Newest)
	case major > Newest:
		return fault.Refuse("version", "%s is PostgreSQL %d; this refresher knows %d to %d: get a newer refresher", which, major, Oldest, Newest)
	}
	return nil
}

// Require checks that there is a pg_dump for a source of that major, and a
// pg_restore that reads what it writes. The error is one sentence that says what
// to install.
func Require(serverMajor int) error {
	_, dump, err := programs.Find(Dump, serverMajor)
	if err == nil {
		_, _, err = programs.Find(Restore, dump)
	}
	if err != nil {
		return fmt.Errorf("the server is PostgreSQL %d: %w", serverMajor, err)
	}
	return nil
}

// ArchiveMajor is the oldest major of pg_restore that reads an archive in
// pg_dump's custom format (K_VERS_… in src/bin/pg_dump/pg_backup_archiver.h).
func ArchiveMajor(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("reading an archive of pg_dump: %w", err)
	}
	defer f.Close()
	head := make([]byte, 7)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.HasPrefix(head, []byte("PGDMP")) || head[5] != 1 {
		return 0, fmt.Errorf("reading an archive of pg_dump: it is none that pg_restore knows")
	}
	switch minor := head[6]; {
	case minor <= 14:
		return Oldest, nil
	case minor == 15:
		return 16, nil
	case minor == 16:
		return 17, nil
	}
	return Newest + 1, nil
}
