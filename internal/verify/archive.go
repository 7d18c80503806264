package verify

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"

	"refresher/internal/fault"
)

func (f *files) tar(ctx context.Context, in Input, r io.Reader, depth int) error {
	if depth == maxNested {
		return tooDeep(in.label)
	}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return f.behind(ctx, in, r, depth)
		}
		if err != nil {
			return f.from.blame(in.label, fmt.Errorf("reading the archive %s: %w", in.label, err))
		}
		names := slices.AppendSeq([]string{h.Name, h.Linkname, h.Uname, h.Gname}, maps.Values(h.PAXRecords))
		inner := f.member(in, names...)
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		default:
			if h.Size == 0 {
				continue // a folder, a link
			}
		}
		inner.R = t
		if err := f.file(ctx, inner, depth+1); err != nil {
			return err
		}
	}
}

func (f *files) zip(ctx context.Context, in Input, r io.Reader, depth int) error {
	if depth == maxNested {
		return tooDeep(in.label)
	}
	at, size, err := atRandom(in, r)
	if err != nil {
		return err
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return f.from.blame(in.label, fmt.Errorf("reading the archive %s: %w", in.label, err))
	}
	if !f.v.Printable(z.Comment) {
		f.title(Input{Title: z.Comment, label: in.label})
	}
	end, hidden, err := besideMembers(z, at, size)
	if err != nil {
		return f.from.blame(in.label, fmt.Errorf("reading the archive %s: %w", in.label, err))
	}
	if hidden {
		if err := f.unread(in.label, "a ZIP archive with members that its directory does not name"); err != nil {
			return err
		}
	}
	if end < size {
		if err := f.behind(ctx, in, io.NewSectionReader(at, end, size-end), depth); err != nil {
			return err
		}
	}
	for _, e := range z.File {
		inner := f.member(in, e.Name, e.Comment)
		folder := strings.HasSuffix(e.Name, "/")
		if folder && e.CompressedSize64 == 0 && e.UncompressedSize64 == 0 {
			continue
		}
		switch {
		case folder:
			if err := f.unread(f.name(inner.Name), "a folder with content"); err != nil {
				return err
			}
			continue
		case e.Flags&1 != 0:
			if err := f.unread(f.name(inner.Name), "encrypted"); err != nil {
				return err
			}
			continue
		case e.Method != zip.Store && e.Method != zip.Deflate:
			if err := f.unread(f.name(inner.Name), "compressed in a way that is not known here"); err != nil {
				return err
			}
			continue
		}
		body, err := e.Open()
		if err != nil {
			return f.from.blame(in.label, fmt.Errorf("reading the archive %s: %w", in.label, err))
		}
		inner.R = f.bounded(Input{label: in.label, Size: int64(e.CompressedSize64)}, body)
		err = f.file(ctx, inner, depth+1)
		body.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// atRandom reads a file at random; one that only streams is kept in memory, if it is small.
func atRandom(in Input, r io.Reader) (io.ReaderAt, int64, error) {
	if in.At != nil {
		return in.At, in.Size, nil
	}
	data, err := io.ReadAll(io.LimitReader(r, maxBuffered+1))
	if err != nil {
		return nil, 0, fmt.Errorf("reading %s: %w", in.label, err)
	}
	if len(data) > maxBuffered {
		return nil, 0, fault.BadInput("%s: not looked through, since it must be read at random and is larger than %d "+
			"MiB: unpack it and name the "+
			"file itself", in.label, maxBuffered>>20)
	}
	return bytes.NewReader(data), int64(len(data)), nil
}

// bounded stops reading what unpacks to far more than it is packed in.
func (f *files) bounded(in Input, r io.Reader) io.Reader {
	size := in.Size
	if size == 0 {
		size = maxBuffered
	}
	return &unpacked{r: r, name: in.label, from: &f.from, left: unpackBytes + unpackRatio*size}
}

type unpacked struct {
	r    io.Reader
	name string
	from *origin
	left int64
}

func (u *unpacked) Read(b []byte) (int, error) {
	n, err := u.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.from.blame(u.name, err)
	}
	if u.left -= int64(n); u.left < 0 {
		return 0, fault.BadInput("%s: not looked through, since it unpacks to more than %d times its size; unpack it "+
			"and name what comes out", u.name,
			unpackRatio)
	}
	return n, err
}

// behind looks through what stands behind the end of an archive, zeros apart.
func (f *files) behind(ctx context.Context, in Input, r io.Reader, depth int) error {
	rest := bufio.NewReaderSize(r, sniffBytes)
	for {
		b, err := rest.Peek(sniffBytes)
		zeros := len(b) - len(bytes.TrimLeft(b, "\x00"))
		if _, e := rest.Discard(zeros); e != nil {
			return e
		}
		if zeros < len(b) {
			return f.file(ctx, Input{Name: in.Name, as: in.kind() + ":rest", R: rest, within: true}, depth+1)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", in.label, err)
		}
	}
}

// endsWith reports a file's last bytes.
func endsWith(in Input, tail string) bool {
	b := make([]byte, len(tail))
	n, err := in.At.ReadAt(b, in.Size-int64(len(b)))
	return n == len(b) && (err == nil || err == io.EOF) && string(b) == tail
}

// stubbed reports a ZIP archive behind something else.
func stubbed(in Input) bool {
	if in.At == nil {
		return false
	}
	z, err := zip.NewReader(in.At, in.Size)
	return err == nil && len(z.File) > 0
}

// besideMembers says where a ZIP archive ends, and whether there are members in it that its
// directory does not name: those of another archive in front of it, say.
func besideMembers(z *zip.Reader, at io.ReaderAt, size int64) (end int64, hidden bool, err error) {
	starts, ends := map[int64]bool{}, make([][2]int64, 0, len(z.File))
	for _, e := range z.File {
		from, err := e.DataOffset()
		if err != nil {
			return 0, false, err
		}
		starts[from] = true
		ends = append(ends, [2]int64{from, from + int64(e.CompressedSize64)})
	}
	slices.SortFunc(ends, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	within := func(p int64) bool {
		i := sort.Search(len(ends), func(i int) bool { return ends[i][0] > p })
		return i > 0 && p < ends[i-1][1]
	}
	end = size
	buf := make([]byte, 1<<20)
	for from := int64(0); from < size; from += int64(len(buf)) - zipHeader {
		n, err := at.ReadAt(buf, from)
		if err != nil && err != io.EOF {
			return 0, false, err
		}
		for i := 0; ; i++ {
			k := bytes.Index(buf[i:n], []byte("PK"))
			if k < 0 {
				break
			}
			i += k
			p, b := from+int64(i), buf[i:n]
			switch {
			case within(p):
			case bytes.HasPrefix(b, []byte("PK\x05\x06")) && len(b) >= 22:
				end = min(size, p+22+int64(binary.LittleEndian.Uint16(b[20:])))
			case bytes.HasPrefix(b, []byte("PK\x03\x04")) && len(b) >= zipHeader &&
				binary.LittleEndian.Uint16(b[4:]) < 100:
				name, extra := binary.LittleEndian.Uint16(b[26:]), binary.LittleEndian.Uint16(b[28:])
				head := zipHeader + int64(name) + int64(extra)
				hidden = hidden || !starts[p+head]
			}
		}
	}
	return end, hidden, nil
}

// zipHeader is the length of a member's header, without its name.
const zipHeader = 30
