package verify_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
	"unicode/utf16"

	"refresher/internal/verify"
)

// wide is text in UTF-16 or UTF-32, little-endian or big-endian, without a mark.
func wide(s string, size int, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		unit := make([]byte, size)
		if big {
			unit[size-1], unit[size-2] = byte(u), byte(u>>8)
		} else {
			unit[0], unit[1] = byte(u), byte(u>>8)
		}
		b.Write(unit)
	}
	return b.String()
}

func zipped(comment string, names ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(names); i += 2 {
		f, _ := w.Create(names[i])
		_, _ = f.Write([]byte(names[i+1]))
	}
	_ = w.SetComment(comment)
	_ = w.Close()
	return b.String()
}

func tarred(h tar.Header, body string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	h.Mode, h.Size = 0o600, int64(len(body))
	_ = w.WriteHeader(&h)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	return b.String()
}

// What a file's beginning, name or directory says of it proves nothing about the rest: each of these
// is refused by the detectors alone, or because it can't be read.
func TestFilesThatLie(t *testing.T) {
	const line = "2026-11-21 login ok lars.holm@telia.com 4539578763621486\n"
	log := strings.Repeat(line, 200)
	fine := tarred(tar.Header{Name: "a.txt"}, "fine")
	records := ""
	for range 50 {
		records += "Lars Holm           lars.holm@telia.com           4539578763621486"
	}
	for name, data := range map[string]string{
		"nul in front.log": "\x00" + log, "hole.log": log[:3000] + strings.Repeat("\x00", 500_000) + log[3000:],
		"nul for newline.log": strings.ReplaceAll(log, "\n", "\x00"), "zeros first.log": strings.Repeat("\x00", 3<<20) + line,
		"records.dat": records, "lengths.bin": strings.Repeat("\x0a\x13lars.holm@telia.com\x12\x104539578763621486", 50),
		"utf16.txt": wide(log, 2, false), "utf32.txt": wide(log, 4, false), "utf32be.txt": wide(log, 4, true),
		"set.fingerprints": log, "latest.json": "{\"run\": \"x\"}\n" + log, "x.parquet": log, "x.gz": log, "x.zip": log,
		"parquet header.log": "PAR1" + log, "parquet twice": "PAR1" + log + "\nPAR1x", "png header.log": "\x89PNG\r\n\x1a\n" + log,
		"sqlite header.db": "SQLite format 3\x00" + log, "elf": "\x7fELF" + log,
		"behind the end.tar": fine + log, "another behind it.tar": fine + tarred(tar.Header{Name: "b.txt"}, log),
		"pax.tar":   tarred(tar.Header{Name: "a", PAXRecords: map[string]string{"comment": "lars.holm@telia.com"}}, "fine"),
		"owner.tar": tarred(tar.Header{Name: "a", Uname: "lars.holm@telia.com"}, "fine"), "slash.tar": tarred(tar.Header{Name: "b/"}, ""),
		"comment.zip": zipped(line, "a", "fine"), "behind the end.zip": zipped("", "a", "fine") + log,
		"hidden member.zip": zipped("", "a", log) + zipped("", "b", "fine"), "stub.exe": "MZ\x00\x01\x02" + log[:0] + zipped("", "a", log),
		"two.gz": string(gzipped([]byte("fine\n"))) + string(gzipped([]byte(log))),
	} {
		v := verify.New(verify.Options{Run: run, Workers: 1})
		results, err := v.File(context.Background(), verify.Input{Name: name, R: strings.NewReader(data),
			At: strings.NewReader(data), Size: int64(len(data))})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		silent(t, results)
		if name == "slash.tar" {
			continue
		}
		if _, err := verify.Judge(run, "x", results...); err == nil {
			t.Errorf("%s passes: %s", name, found(results))
		}
	}
	// Archives as programs write them are none.
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte(tarred(tar.Header{Name: "a.txt"}, "fine")))
	_ = w.Close()
	for name, data := range map[string]string{"a.tar": fine + strings.Repeat("\x00", 9000), "a.tgz": gz.String(),
		"a.zip":      zipped("a comment", "a.txt", "fine", "b/c.txt", strings.Repeat("fine PK\x03\x04\n", 500)),
		"nested.zip": zipped("", "in.zip", zipped("", "a", "fine"))} {
		v := verify.New(verify.Options{Run: run, Workers: 1})
		results, err := v.File(context.Background(), verify.Input{Name: name, R: strings.NewReader(data),
			At: strings.NewReader(data), Size: int64(len(data))})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if _, err := verify.Judge(run, "x", results...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
