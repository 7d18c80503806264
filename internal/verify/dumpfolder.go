package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// DumpFolder is Dump for an archive in directory format.
func (v *Verifier) DumpFolder(ctx context.Context, name, dir string) (*Result, error) {
	head, err := readHead(filepath.Join(dir, contents))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return v.restored(ctx, name, head, client.Command{Args: []string{"-f", "-", "-F", "directory", dir}})
}

// contents is the file that lists what a dump in directory format holds.
const contents = "toc.dat"

// maxContents bounds what is read of such lists, in bytes.
const maxContents = 256 << 20

// dumpFile is the name of a file of data as such a list names it, and how its end
// tells of compression (src/bin/pg_dump/pg_backup_directory.c).
var dumpFile = regexp.MustCompile(`^(\d+\.dat|blobs(?:_\d+)?\.toc|blob_\d+\.dat)(\.gz|\.lz4|\.zst)?$`)

// DumpFiles are the names of the files in a folder that DumpFolder looks through,
// nil if the folder holds no dump. Any other file there is none of the dump's.
func DumpFiles(dir string) (map[string]bool, error) {
	path := filepath.Join(dir, contents)
	if info, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	head, err := readHead(path)
	if err != nil || !strings.HasPrefix(string(head), "PGDMP") {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	list := func(name string) error {
		info, err := os.Stat(filepath.Join(dir, name))
		if err == nil && info.Size() > maxContents {
			err = fault.BadInput("the list of a dump's contents is too long to be one")
		}
		if err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		for _, m := range dumpNames.FindAll(text, -1) {
			listed[string(m)] = true
		}
		return nil
	}
	if err := list(contents); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".toc") && listed[e.Name()] {
			if err := list(e.Name()); err != nil {
				return nil, err
			}
		}
	}
	files := map[string]bool{contents: true}
	forms := map[string]int{} // of one name: pg_restore reads only one of them
	for _, e := range entries {
		if m := dumpFile.FindStringSubmatch(e.Name()); m != nil && listed[m[1]] && e.Type().IsRegular() {
			files[e.Name()] = true
			forms[m[1]]++
		}
	}
	for name := range files {
		if m := dumpFile.FindStringSubmatch(name); m != nil && forms[m[1]] > 1 {
			delete(files, name)
		}
	}
	return files, nil
}

// dumpNames are the names in a list.
var dumpNames = regexp.MustCompile(`\d+\.dat|blobs(?:_\d+)?\.toc|blob_\d+\.dat`)

// readHead reads the first bytes of a file, none if it has fewer.
func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 8)
	n, err := f.Read(head)
	if n < len(head) {
		return nil, nil
	}
	return head, err
}
