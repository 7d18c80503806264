package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/verify"
)

// What could not be looked through never passes.
func TestUnreadFilesDoNotPass(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 1})
	zipped := func(name string, change func(*zip.FileHeader)) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: name, UncompressedSize64: 20, CompressedSize64: 20}
		change(h)
		w, _ := z.CreateRaw(h)
		io.WriteString(w, "lars.holm@telia.com ")
		z.Close()
		return b.Bytes()
	}
	encrypted := zipped("a.txt", func(h *zip.FileHeader) { h.Flags |= 1 })
	for name, data := range map[string][]byte{
		"x.bz2": []byte("BZh91AY&SY"), "x.xz": []byte("\xFD7zXZ\x00\x00\x04"),
		"x.bz2.gz":      gzipped([]byte("BZh91AY&SY")),
		"encrypted.zip": encrypted, "strange.zip": zipped("a.txt", func(h *zip.FileHeader) { h.Method = 14 }),
		"folder.zip": zipped("a/", func(*zip.FileHeader) {}),
	} {
		_, err := verify.Judge(run, name, looked(t, v, name, data)...)
		var refusal *fault.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// GNU's format of files with holes: a header, and data without those.
	sparse := make([]byte, 2048)
	copy(sparse, "a.txt")
	octal := func(at, n int, v int64) {
		for i := n - 2; i >= 0; i, v = i-1, v>>3 {
			sparse[at+i] = byte('0' + v&7)
		}
	}
	octal(100, 8, 0o600)
	octal(108, 8, 0)
	octal(116, 8, 0)
	octal(124, 12, 20)
	octal(136, 12, 0)
	sparse[156] = 'S'
	copy(sparse[257:], "ustar  \x00")
	octal(386, 12, 0)
	octal(398, 12, 20)
	octal(483, 12, 20)
	sum := int64(8 * ' ')
	for _, c := range sparse[:512] {
		sum += int64(c)
	}
	octal(148, 7, sum)
	sparse[155] = ' '
	copy(sparse[512:], "lars.holm@telia.com ")
	if got := found(looked(t, v, "sparse.tar", sparse)); !strings.HasPrefix(got,
		"sparse.tar:a.txt, line 1: detection") {
		t.Errorf("sparse: %q", got)
	}
}

// A broken file is the user's to mend, and is called by its own name.
func TestDamagedInput(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 1})
	text := []byte(strings.Repeat("nothing to see here\n", 1000))
	packed, small := gzipped(text), zstandard(text)
	wrong := bytes.Clone(packed)
	binary.LittleEndian.PutUint32(wrong[len(wrong)-8:], 7)
	for name, data := range map[string][]byte{
		"trunc.gz": packed[:len(packed)-12], "garbage.gz": append(bytes.Clone(packed), "garbage at the end"...),
		"sum.gz":  wrong,
		"head.gz": packed[:5], "trunc.zst": small[:len(small)-8], "bad.zip": []byte("PK\x03\x04 and no more"),
	} {
		_, err := v.File(context.Background(), verify.Input{Name: name, R: bytes.NewReader(data)})
		var input *fault.Input
		if !errors.As(err, &input) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
