package pgserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// TemplateEnv is the environment variable that names a folder for data folders as initdb
// makes them. With it initdb runs once for each server program, and every other cluster
// starts from a copy that gets a system identifier of its own. Unset: initdb each time.
const TemplateEnv = "REFRESHER_PGTEST_TEMPLATES"

var initdbArgs = []string{"-U", User, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"}

// initialize makes the data folder, from a template if there may be one.
func (c *Cluster) initialize(ctx context.Context) error {
	template, err := c.template()
	if err != nil {
		return err
	}
	if template != "" {
		if _, err := os.Stat(template); err == nil {
			if err := c.home.run.copyTree(template, c.data()); err != nil {
				return fmt.Errorf("copying the template of a test cluster: %w", err)
			}
			return identify(c.data())
		}
	}
	if err := c.run(ctx, "initdb", append([]string{"-D", c.data()}, initdbArgs...)...); err != nil {
		return err
	}
	if template == "" {
		return nil
	}
	return save(c.data(), template)
}

// template is where the data folder of this server program is kept; empty without TemplateEnv.
func (c *Cluster) template() (string, error) {
	dir := os.Getenv(TemplateEnv)
	if dir == "" {
		return "", nil
	}
	// Other users' programs lie beside it: the server's, which root runs as somebody else.
	err := os.MkdirAll(filepath.Dir(dir), 0o755)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", fmt.Errorf("making the folder of templates: %w", err)
	}
	info, err := os.Stat(filepath.Join(c.bin, "postgres"))
	if err != nil {
		return "", err
	}
	program := fmt.Sprint(c.bin, info.Size(), info.ModTime().UnixNano(), initdbArgs)
	sum := sha256.Sum256([]byte(program))
	return filepath.Join(dir, fmt.Sprintf("%d-%x", c.major, sum[:8])), nil
}

// save keeps a fresh data folder as template. Of two processes that do so at once, one wins.
func save(data, template string) error {
	temp, err := os.MkdirTemp(filepath.Dir(template), "new-")
	if err != nil {
		return fmt.Errorf("keeping a template of test clusters: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := (runAs{}).copyTree(data, filepath.Join(temp, "data")); err != nil {
		return fmt.Errorf("keeping a template of test clusters: %w", err)
	}
	if err := os.Rename(filepath.Join(temp, "data"), template); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(template); there != nil {
			return fmt.Errorf("keeping a template of test clusters: %w", err)
		}
	}
	return nil
}

// copyTree copies files and folders, and gives the copies to the user.
func (r runAs) copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if entry.IsDir() {
			return errors.Join(os.Mkdir(target, 0o700), r.own(target))
		}
		return errors.Join(copyFile(path, target), r.own(target))
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Places of the system identifier: the first field of pg_control (ControlFileData in
// catalog/pg_control.h) and of the first page of each WAL segment (XLogLongPageHeaderData in
// access/xlog_internal.h, after a short header of 24 bytes).
const walIdentifierAt = 24

// identify gives a copied data folder a system identifier of its own.
func identify(data string) error {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	id[7] &= 0x7F           // PostgreSQL shows it as a signed number
	control := filepath.Join(data, "global", "pg_control")
	b, err := os.ReadFile(control)
	if err != nil {
		return err
	}
	at := checksumAt(b)
	if at < 0 {
		return fmt.Errorf("%s has no checksum that fits", control)
	}
	old := bytes.Clone(b[:8])
	copy(b, id[:])
	binary.NativeEndian.PutUint32(b[at:], crc32.Checksum(b[:at], crc32.MakeTable(crc32.Castagnoli)))
	if err := overwrite(control, b, 0); err != nil {
		return err
	}
	segments, err := filepath.Glob(filepath.Join(data, "pg_wal", strings.Repeat("[0-9A-F]", 24)))
	if err != nil {
		return err
	}
	for _, path := range segments {
		head := make([]byte, walIdentifierAt+len(id))
		if err := readFull(path, head); err != nil {
			return err
		}
		if !bytes.Equal(head[walIdentifierAt:], old) {
			return fmt.Errorf("%s does not begin with the system identifier of its cluster", path)
		}
		if err := overwrite(path, id[:], walIdentifierAt); err != nil {
			return err
		}
	}
	return nil
}

// checksumAt finds the CRC-32C in pg_control: the size of what it covers differs by major.
func checksumAt(control []byte) int {
	table := crc32.MakeTable(crc32.Castagnoli)
	for at := 8; at+4 <= min(len(control), 512); at += 4 {
		if crc32.Checksum(control[:at], table) == binary.NativeEndian.Uint32(control[at:]) {
			return at
		}
	}
	return -1
}

func readFull(path string, b []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.ReadFull(f, b)
	return err
}

func overwrite(path string, b []byte, at int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, at)
	return errors.Join(err, f.Close())
}
