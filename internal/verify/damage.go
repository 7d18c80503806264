package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"refresher/internal/fault"
)

// opaque are the beginnings of files that hold more than their bytes show, and that
// nothing here can take apart: compressed, encrypted, or with values cut into pieces.
var opaque = []struct {
	at         int
	head, what string
}{
	{0, "BZh", "compressed with bzip2"},
	{0, "\xFD7zXZ\x00", "compressed with xz"},
	{0, "\x5D\x00\x00", "compressed with LZMA"},
	{0, "7z\xBC\xAF\x27\x1C", "a 7z archive"},
	{0, "Rar!\x1A\x07", "a RAR archive"},
	{0, "\x04\x22\x4D\x18", "compressed with lz4"},
	{0, "\x02\x21\x4C\x18", "compressed with lz4"},
	{0, "LZIP\x01", "compressed with lzip"},
	{0, "\x89LZO", "compressed with lzop"},
	{0, "\x1F\x9D", "compressed with compress"},
	{0, "\xFF\x06\x00\x00sNaPpY", "compressed with snappy"},
	{0, "MSCF", "a cabinet archive"},
	{0, "xar!", "a xar archive"},
	{0, "\xED\xAB\xEE\xDB", "an RPM package"},
	{0, "hsqs", "a SquashFS image"},
	{0, "%PDF-", "a PDF"},
	{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an office document"},
	{0, "SQLite format 3\x00", "an SQLite database; export it as SQL or CSV"},
	{8, "DUCK", "a DuckDB database; export it as CSV or Parquet"},
	{0, "REDIS0", "a dump of Redis"},
	{0, "Obj\x01", "an Avro file"},
	{0, "ORC", "an ORC file"},
	{0, "ARROW1", "an Arrow file"},
	{0, "FEA1", "a Feather file"},
	{0, "\x89HDF\r\n\x1A\n", "an HDF5 file"},
	{4, "Standard Jet DB", "an Access database"},
	{4, "Standard ACE DB", "an Access database"},
	{0, "-----BEGIN PGP MESSAGE", "encrypted"},
	{0, "age-encryption.org/", "encrypted"},
	{0, "-----BEGIN AGE ENCRYPTED FILE", "encrypted"},
	{0, "Salted__", "encrypted"},
	{0, "$ANSIBLE_VAULT;", "encrypted"},
	{0, "LUKS\xBA\xBE", "encrypted"},
}

// media are the beginnings of files that are dense by nature: pictures, sound and
// fonts. What they show can't be looked through; their bytes are, with what programs
// wrote into them beside it.
var media = []string{"\x89PNG\r\n", "\xFF\xD8\xFF", "GIF8", "RIFF", "OggS", "ID3", "fLaC", "wOFF", "wOF2", "\x1A\x45\xDF\xA3"}

func opaqueHead(head []byte) string {
	if bytes.HasPrefix(head, []byte("PARE")) && !mostlyText(head) { // Parquet with an encrypted footer
		return "encrypted"
	}
	for _, o := range opaque {
		if len(head) > o.at && bytes.HasPrefix(head[o.at:], []byte(o.head)) {
			if plainWord(o.head) && mostlyText(head) && len(head) > 32 {
				continue // a text that begins so
			}
			return o.what
		}
	}
	if dense(head) {
		return "compressed or encrypted in a way that is not known here"
	}
	return ""
}

// plainWord reports a beginning that text could have, too.
func plainWord(head string) bool {
	for _, c := range []byte(head) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return head == "ARROW1" || head == "FEA1" || head == "REDIS0"
		}
	}
	return true
}

// dense reports bytes whose values come about equally often, as those of compressed
// and encrypted data do: their entropy is close to the most that so many bytes can have.
func dense(head []byte) bool {
	if len(head) < sniffBytes || slices.ContainsFunc(media,
		func(m string) bool { return bytes.HasPrefix(head, []byte(m)) }) ||
		bytes.HasPrefix(head[4:], []byte("ftyp")) { // MP4 and HEIC
		return false
	}
	var counts [256]int
	for _, c := range head {
		counts[c]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			bits -= float64(n) * math.Log2(float64(n)/float64(len(head)))
		}
	}
	n := float64(len(head))
	return bits/n > 8-255/(2*n*math.Ln2)-0.1
}

// unread is the result of a file that could not be looked through: it never passes.
func (f *files) unread(label, why string) error {
	if f.bytes {
		f.opaque++
		return nil
	}
	problem := fmt.Sprintf("%s: not looked through, since it is %s; unpack it, and name what comes out", label, why)
	return f.add(f.v.notReadable(label, "not looked through, since it is "+why, problem), nil)
}

func (v *Verifier) notReadable(label, detail, problem string) *Result {
	return &Result{Subject: label, run: v.opts.Run, done: true,
		Checks: []Check{{Name: "readable", Detail: detail, problems: fault.Problems([]string{problem})}}}
}

// Unreadable is the result of a file that is no such file as it begins like, or too damaged
// to be looked through, as err says; it never passes. Of other errors it is nil.
func (v *Verifier) Unreadable(label string, err error) *Result {
	var input *fault.Input
	if !errors.As(err, &input) {
		return nil
	}
	return v.notReadable(label, "not readable as what it begins like", input.Error())
}

// readable makes a result of an error that is the file's own. A large object keeps it: as
// a value of its column it was looked through before.
func (f *files) readable(ctx context.Context, label string, err error) error {
	switch result := f.v.Unreadable(label, err); {
	case result == nil || f.bytes || ctx.Err() != nil:
		return err
	case f.from.err() != nil:
		return fmt.Errorf("reading %s: %w", label, f.from.err())
	default:
		f.results = append(f.results, result)
		return nil
	}
}

// origin notes why a file could not be read, which is no fault of the file.
type origin struct{ failed atomic.Pointer[error] }

func (o *origin) err() error {
	if e := o.failed.Load(); e != nil {
		return *e
	}
	return nil
}

func (o *origin) note(err error) {
	if err != nil && !errors.Is(err, io.EOF) {
		o.failed.CompareAndSwap(nil, &err)
	}
}

// blame makes an error of looking through a file the file's own, unless it could not be
// read, or the set that it is compared with.
func (o *origin) blame(label string, err error) error {
	var set *setError
	var input *fault.Input
	switch {
	case o.err() != nil:
		return fmt.Errorf("reading %s: %w", label, o.err())
	case errors.As(err, &set), errors.As(err, &input), errors.Is(err, context.Canceled),
		errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fault.BadInput("%s: not looked through, since it is damaged", label)
}

func (o *origin) reader(r io.Reader) io.Reader {
	return readerFunc(func(b []byte) (int, error) {
		n, err := r.Read(b)
		o.note(err)
		return n, err
	})
}

func (o *origin) readerAt(r io.ReaderAt) io.ReaderAt {
	return readerAtFunc(func(b []byte, at int64) (int, error) {
		n, err := r.ReadAt(b, at)
		if at >= 0 { // a damaged file names places before its start
			o.note(err)
		}
		return n, err
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

type readerAtFunc func([]byte, int64) (int, error)

func (f readerAtFunc) ReadAt(b []byte, at int64) (int, error) { return f(b, at) }

func tooDeep(label string) error {
	return fault.BadInput("%s: not looked through, since it holds more than %d layers of archives; unpack it, and "+
		"name what is in it",
		label, maxNested)
}

// zstandard reports a file of zstd, which can begin with a frame of anything.
func zstandard(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x28, 0xB5, 0x2F, 0xFD}) || skippable(head)
}

func skippable(head []byte) bool {
	return len(head) > 3 && head[0]&0xF0 == 0x50 && string(head[1:4]) == "\x2A\x4D\x18"
}
