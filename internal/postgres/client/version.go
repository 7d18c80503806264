package client

import (
	"bytes"
	"errors"
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
		return fault.Refuse("version", "%s is PostgreSQL %d; refresher works with %d to %d: upgrade that server",
			which, major, Oldest, Newest)
	case major > Newest:
		return fault.Refuse("version", "%s is PostgreSQL %d; this refresher knows %d to %d: get a newer refresher",
			which, major, Oldest, Newest)
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

// ArchiveMajor is the oldest major of pg_restore that reads the archive in a file.
func ArchiveMajor(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("reading an archive of pg_dump: %w", err)
	}
	defer f.Close()
	head := make([]byte, ArchiveHead)
	if _, err := io.ReadFull(f, head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("reading an archive of pg_dump: %w", err)
	}
	return HeadMajor(head)
}

// ArchiveHead is how many bytes of an archive HeadMajor needs.
const ArchiveHead = 7

// HeadMajor is the oldest major of pg_restore that reads an archive in pg_dump's
// custom or directory format which begins with head (K_VERS_… in
// src/bin/pg_dump/pg_backup_archiver.h). It is one that there isn't yet for a
// format that is newer than this program.
func HeadMajor(head []byte) (int, error) {
	if len(head) < ArchiveHead || !bytes.HasPrefix(head, []byte("PGDMP")) || head[5] != 1 {
		return 0, errors.New("this is no archive of pg_dump that pg_restore knows")
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
