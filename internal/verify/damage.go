package verify

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"refresher/internal/fault"
)

// opaque are the beginnings of files that hold more than their bytes show, and
// that nothing here can unpack.
var opaque = []struct{ head, what string }{
	{"BZh", "compressed with bzip2"},
	{"\xFD7zXZ\x00", "compressed with xz"},
	{"7z\xBC\xAF\x27\x1C", "a 7z archive"},
	{"Rar!\x1A\x07", "a RAR archive"},
	{"\x04\x22\x4D\x18", "compressed with lz4"},
	{"LZIP\x01", "compressed with lzip"},
	{"\x1F\x9D", "compressed with compress"},
	{"%PDF-", "a PDF"},
	{"-----BEGIN PGP MESSAGE", "encrypted"},
	{"age-encryption.org/", "encrypted"},
}

func opaqueHead(head []byte) string {
	if bytes.HasPrefix(head, []byte("PARE")) && !mostlyText(head) { // Parquet with an encrypted footer
		return "encrypted"
	}
	for _, o := range opaque {
		if bytes.HasPrefix(head, []byte(o.head)) {
			return o.what
		}
	}
	return ""
}

// unread is the result of a file that could not be looked through: it never passes.
func (f *files) unread(label, why string) error {
	if f.bytes {
		f.opaque++
		return nil
	}
	problem := fmt.Sprintf("%s: not looked through, since it is %s; unpack it, and name what comes out", label, why)
	return f.add(&Result{Subject: label, run: f.v.opts.Run, done: true,
		Checks: []Check{{Name: "readable", Detail: "not looked through, since it is " + why,
			problems: []string{problem}}}}, nil)
}

// zstandard reports a file of zstd, which can begin with a frame of anything.
func zstandard(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x28, 0xB5, 0x2F, 0xFD}) || skippable(head)
}

func skippable(head []byte) bool {
	return len(head) > 3 && head[0]&0xF0 == 0x50 && string(head[1:4]) == "\x2A\x4D\x18"
}

// damaged makes a mistake of the user's of an error that says that a packed file is
// none, or broken. Errors of reading it stay what they are.
func damaged(label string, err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return fault.BadInput("%s is damaged: it can't be unpacked", label)
	}
	for _, broken := range []error{io.ErrUnexpectedEOF, gzip.ErrHeader, gzip.ErrChecksum, zip.ErrFormat,
		zip.ErrChecksum, tar.ErrHeader,
		zstd.ErrMagicMismatch, zstd.ErrCRCMismatch, zstd.ErrReservedBlockType, zstd.ErrCompressedSizeTooBig,
		zstd.ErrBlockTooSmall,
		zstd.ErrUnexpectedBlockSize, zstd.ErrUnknownDictionary, zstd.ErrWindowSizeExceeded, zstd.ErrWindowSizeTooSmall,
		zstd.ErrFrameSizeExceeded} {
		if errors.Is(err, broken) {
			return fault.BadInput("%s is damaged: %v", label, broken)
		}
	}
	return err
}
