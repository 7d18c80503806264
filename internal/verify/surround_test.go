package verify_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// surrounded are archives that hold nothing, with a source value around that or in
// between; some are longer than is looked through as one value.
func surrounded(t *testing.T, clean []byte) map[string][]byte {
	t.Helper()
	leak := []byte(" write to " + srcEmail + " today\n")
	tarred := func(name string, content []byte) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o600})
		w.Write(content)
		w.Close()
		return b.Bytes()
	}
	zipped := func(comment string, method uint16, content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, _ := z.CreateHeader(&zip.FileHeader{Name: "a.txt", Method: method})
		w.Write(content)
		z.SetComment(comment)
		z.Close()
		return b.Bytes()
	}
	headed := func(name, comment string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Name, w.Comment = name, comment
		w.Write(clean)
		w.Close()
		return b.Bytes()
	}
	frame := append(binary.LittleEndian.AppendUint32([]byte("\x50\x2A\x4D\x18"), uint32(len(leak))), leak...)
	empty := binary.LittleEndian.AppendUint32([]byte("\x5F\x2A\x4D\x18"), 0)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	return map[string][]byte{
		"name.gz": headed(srcEmail, ""), "comment.gz": headed("", "for "+srcEmail),
		"frame.zst": join(frame, zstandard(clean)), "last.zst": join(zstandard(clean), frame), "empty.zst": join(empty,
			zstandard(leak)),
		"behind.tar": join(tarred("a.txt", clean), leak), "second.tar": join(tarred("a.txt", clean),
			tarred("b.txt", leak)),
		"packed.tgz":  gzipped(join(tarred("a.txt", clean), leak)),
		"comment.zip": zipped("for "+srcEmail, zip.Deflate, clean), "behind.zip": join(zipped("", zip.Deflate, clean),
			leak),
		"second.zip": join(zipped("", zip.Store, leak), zipped("", zip.Deflate, clean)),
		"in.tar":     tarred("x.zip", join(zipped("", zip.Deflate, clean), leak)),
	}
}

// A source value in a packed file is found where no member of it shows it, and told
// once. What looks personal there is chance.
func TestAroundMembers(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	for name, data := range surrounded(t, []byte("nothing to see here\n")) {
		for from, in := range map[string]verify.Input{"stream": {}, "random": {At: bytes.NewReader(data),
			Size: int64(len(data))}} {
			in.Name, in.R = name, bytes.NewReader(data)
			results, err := v.File(t.Context(), in)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			silent(t, results)
			got := found(results)
			if strings.Count(got, "survivor of class email: h***@p***.se") != 1 || strings.Contains(got, "\n") ||
				!strings.HasPrefix(got, name) {
				t.Errorf("%s as %s: %q", name, from, got)
			}
			gate := "survivors"
			if name == "second.zip" { // whose first members its directory does not name
				gate = "readable"
			}
			refused(t, gate, results...)
		}
		if name == "empty.zst" {
			continue // it has a checksum
		}
		other := looked(t, v, name, bytes.ReplaceAll(data, []byte(srcEmail), []byte("lars.bergstrm@telia.com.x")[:len(srcEmail)]))
		// What a ZIP archive says beside its members is text, and read as such.
		if gate := map[string]string{"comment.zip": "detectors", "behind.zip": "detectors", "in.tar": "detectors",
			"second.zip": "readable"}[name]; gate != "" {
			refused(t, gate, other[:1]...)
			continue
		}
		passes(t, other[:1]...)
	}
	// A member's finding of another kind hides nothing.
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	mail := "lars.holm@telia.com\n"
	w.WriteHeader(&tar.Header{Name: "a.txt", Typeflag: tar.TypeReg, Size: int64(len(mail)), Mode: 0o600})
	io.WriteString(w, mail)
	w.Close()
	if got := found(looked(t, v, "x.tar", append(b.Bytes(), srcEmail...))); !strings.Contains(got,
		"x.tar:a.txt, line 1: detection") || !strings.Contains(got, "\nx.tar, line ") {
		t.Errorf("%q", got)
	}
}

func TestAroundDumps(t *testing.T) {
	url := scrubbed(t)
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	dump := func(form string) []byte {
		out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), form, "-d", url).Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	leak := "for " + srcEmail + "\n"
	var member bytes.Buffer
	w := tar.NewWriter(&member)
	w.WriteHeader(&tar.Header{Name: "9999.dat", Typeflag: tar.TypeReg, Size: int64(len(leak)), Mode: 0o600})
	io.WriteString(w, leak)
	w.Close()
	custom, tarred := dump("-Fc"), dump("-Ft")
	passes(t, looked(t, v, "x.dump", custom)...)
	passes(t, looked(t, v, "x.dump", tarred)...)
	for name, data := range map[string][]byte{
		"custom.dump": append(custom, leak...), "tar.dump": append(bytes.Clone(tarred), leak...),
		"member.dump": append(bytes.TrimRight(tarred, "\x00"),
			append(make([]byte, 512-len(bytes.TrimRight(tarred, "\x00"))%512), member.Bytes()...)...),
	} {
		if got := found(looked(t, v, name, data)); strings.Count(got, "survivor") != 1 ||
			!strings.HasPrefix(got, name+", line ") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What begins like a dump or like an encrypted file is never looked through as text.
func TestNeitherDumpNorText(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 1})
	for _, rest := range []string{"", " and text\n", "\x01\x0e\x00\x04\x08\x03garbage",
		"\x01\x0e\x00\x04\x08\x09garbage"} {
		unread(t, v, "x.dump", []byte("PGDMP"+rest))
	}
	_, err := verify.Judge(run, "x.parquet", looked(t, v, "x.parquet",
		[]byte("PARE\x80\x00\x00\x00\x01\x02\x03PARE"))...)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) {
		t.Errorf("encrypted: %v", err)
	}
	passes(t, looked(t, v, "x.csv", []byte("PARENT,CHILD\n1,2\n"))...)
}

// Large objects beyond one value, likewise.
func TestAroundMembersOfLargeObjects(t *testing.T) {
	url := pgserver.DB(t)
	keep := verify.Options{Set: source(t), Objects: verify.LargeObjects{Keep: true}}
	for name, data := range surrounded(t, noise(5<<20)) {
		if name == "empty.zst" || !longform.Asked() && name != "last.zst" && name != "second.tar" {
			continue // the first is a short one, below
		}
		putObject(t, url, 4711, data)
		r := database(t, keep, url, []verify.Table{})
		refused(t, "survivors", r)
		if len(r.Findings) != 1 || r.Survivors != 1 || !strings.HasPrefix(r.Findings[0].Table, "large object 4711") {
			t.Errorf("%s: %d survivors, %+v", name, r.Survivors, r.Findings)
		}
	}
	for name, data := range surrounded(t, []byte("nothing to see here\n")) {
		putObject(t, url, 4711, data)
		r := database(t, keep, url, []verify.Table{})
		refused(t, "survivors", r)
		want := int64(1)
		switch name {
		case "in.tar", "empty.zst": // which show it as a value, and taken apart
			continue
		case "behind.tar", "second.tar", "comment.zip", "behind.zip": // likewise, once each
			want = 2
		}
		if r.Survivors != want {
			t.Errorf("short %s: %d survivors, %+v", name, r.Survivors, r.Findings)
		}
	}
}
