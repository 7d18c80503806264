package verify_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
	"refresher/internal/verify/target"
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
		unread(t, v, name, data)
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

// unread fails the test unless a file has a result that does not pass and names it.
func unread(t *testing.T, v *verify.Verifier, name string, data []byte) {
	t.Helper()
	_, err := verify.Judge(run, name, looked(t, v, name, data)...)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "not looked through") {
		t.Errorf("%s: %v", name, err)
	}
}

// A file that only begins like one of a form, or is broken, is a finding: whoever can put a
// file into a folder can't keep the others from being looked through.
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
		"skip.zst": []byte("\x50\x2A\x4D\x18\xFF\xFF\xFF\xFFshort"), "none.parquet": []byte("PAR1 and no more PAR1"),
		"bad.tar":  append(append(make([]byte, 257), "ustar\x0000"...), make([]byte, 400)...),
		"toc.dump": []byte("PGDMP\x01\x0e\x00\x04\x08\x01 and no more, however long it is"),
		"tar.dump": append(append(append(make([]byte, 257), "ustar\x0000"...), make([]byte, 247)...), "PGDMP\x01\x0e\x00\x04\x08\x03 and no more"...),
		"new.dump": []byte("PGDMP\x01\x63\x00\x04\x08\x01 of a later version"),
		"cut.sql":  []byte("--\n-- PostgreSQL database dump\n--\nCOPY a.b (c) FROM stdin;\nx\n"),
		"end.sql":  []byte("--\n-- PostgreSQL database dump\n--\n\\.\n"),
		"row.sql":  []byte("--\n-- PostgreSQL database dump\n--\nCOPY a.b (c, d) FROM stdin;\nx\n\\.\n"),
		"in.gz":    gzipped([]byte("PK\x03\x04 and no more")),
	} {
		unread(t, v, name, data)
	}
	// What else is in an archive is looked through all the same.
	first := tarred(tar.Header{Name: "a.gz"}, "\x1f\x8b and no more")
	archive := first[:1024] + tarred(tar.Header{Name: "b.log"}, "lars.holm@telia.com\n") // without its end
	results := looked(t, v, "x.tar", []byte(archive))
	if got := found(results); !strings.Contains(got, "x.tar:b.log, line 1: detection") {
		t.Errorf("beside a damaged member: %q", got)
	}
	// A failure of the reader is no fault of the file.
	for _, data := range [][]byte{packed[:100], small[:20], []byte("PGDMP\x01\x0e\x00\x04\x08\x01")} {
		r := io.MultiReader(bytes.NewReader(data), failing{})
		_, err := v.File(context.Background(), verify.Input{Name: "x", R: r})
		if input := (*fault.Input)(nil); err == nil || errors.As(err, &input) {
			t.Errorf("a reader's failure: %v", err)
		}
	}
}

// All that may follow a beginning is read, or is a finding: nobody can end the search of all
// other files with it.
func TestAnythingBehindAHeader(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	v := verify.New(verify.Options{Run: run, Workers: 1, Set: source(t)})
	whole := []string{string(gzipped([]byte(srcEmail))), string(zstandard([]byte(srcEmail))), zipped("", "a", srcEmail),
		tarred(tar.Header{Name: "a"}, srcEmail)}
	heads := []string{"\x1F\x8B", "\x1F\x8B\x08", "\x28\xB5\x2F\xFD", "\x50\x2A\x4D\x18", "PK\x03\x04", "PAR1", "PGDMP\x01\x0e\x00\x04\x08\x01"}
	for i := range 400 {
		var data []byte
		if i%2 == 0 {
			data = []byte(heads[i/2%len(heads)])
			for range random.IntN(200) {
				data = append(data, byte(random.Uint32()))
			}
			if i%4 == 0 {
				data = append(data, "PAR1PK\x05\x06"...)
			}
		} else {
			data = []byte(whole[i/2%len(whole)])
			for range 1 + random.IntN(4) {
				data[2+random.IntN(len(data)-2)] = byte(random.Uint32())
			}
		}
		if results := looked(t, v, "x", data); len(results) == 0 {
			t.Errorf("%q: no result", data)
		}
	}
}

// All files of a folder are looked through, also behind files that are not what they begin like.
func TestDamagedFilesInAFolder(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"a.gz": "\x1f\x8b and no more", "b.zst": "\x28\xB5\x2F\xFD and no more", "c.zip": "PK\x03\x04 and no more", "d.dump": "PGDMP and no more",
		"dump/toc.dat": "PGDMP\x01\x0e\x00\x04\x08\x03 and 1.dat", "dump/1.dat": "lars.holm@telia.com", "z.log": "lars.holm@telia.com",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(data), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r := &target.Reader{Verifier: verify.New(verify.Options{Run: run, Workers: 1})}
	if err := r.Folder(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	_, err := verify.Judge(run, dir, r.Results...)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || strings.Count(err.Error(), "not looked through") != 6 {
		t.Errorf("%v", err)
	}
	if got := found(r.Results); strings.Count(got, "detection") != 2 {
		t.Errorf("%q", got)
	}
}

// A damaged archive or file is an error, and the error holds no value.
func TestDamagedFiles(t *testing.T) {
	url := scrubbed(t)
	pgserver.Exec(t, url, `UPDATE users SET bio = '`+srcEmail+`'`)
	ctx := context.Background()
	v := verify.New(verify.Options{Run: run, Set: source(t)})
	whole := dump(t, url)
	for _, n := range []int{0, 4, 100, len(whole) / 2, len(whole) - 1000} {
		if r, err := v.Dump(ctx, "x.dump", bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("%d of %d bytes: no error, %d rows", n, len(whole), r.Rows)
		} else {
			silent(t, err)
		}
	}
	if _, err := v.Dump(ctx, "x.dump", io.MultiReader(bytes.NewReader(whole[:2000]), failing{})); err == nil {
		t.Error("a reader's failure is no error")
	}
	for path, data := range export(t, url) {
		if !strings.Contains(path, "users") {
			continue
		}
		for _, damage := range []func([]byte) []byte{
			func(b []byte) []byte { return b[:len(b)/2] },
			func(b []byte) []byte { return nil },
			func(b []byte) []byte { return append(bytes.Repeat([]byte{0xff}, len(b)-200), b[len(b)-200:]...) },
			func(b []byte) []byte {
				for i := 100; i < len(b)/2; i++ {
					b[i] ^= 0x55
				}
				return b
			},
		} {
			b := damage(slices.Clone(data))
			if _, err := v.Parquet(ctx, verify.Table{Name: catalog.Name{Schema: "public", Name: "users"}},
				bytes.NewReader(b), int64(len(b))); err == nil {
				t.Error("damage is no error")
			} else {
				silent(t, err)
			}
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
