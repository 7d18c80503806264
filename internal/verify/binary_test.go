package verify_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/verify"
)

// random are bytes without any order.
func random(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, seed))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// Bytes that are no text don't hide text among them from the detectors, not even a
// number that its check digit alone tells, where there is enough text around it.
func TestTextAmidOtherBytes(t *testing.T) {
	log := strings.Repeat("2026-11-21 login ok lars.holm@telia.com card 4716108999716531\n", 200)
	v := verify.New(verify.Options{Run: run, Workers: 2})
	for name, data := range map[string][]byte{
		"one zero before":         []byte("\x00" + log),
		"one zero within":         []byte(log[:5000] + "\x00" + log[5000:]),
		"a hole, as rotation has": append(make([]byte, 3<<20), log...),
		"fields that end in zero": []byte(strings.ReplaceAll(log, "\n", "\x00")),
		"control characters":      []byte(strings.ReplaceAll(log, " ok ", "\x01\x02\x03\x04\x05\x06")),
		"a picture's comment": append(append([]byte("\x89PNG\r\n"), random(1, 20_000)...),
			"\x00by lars.holm@telia.com\x00"...),
		"a program's strings": append(append(bytes.Repeat([]byte{0x7F, 'E', 0, 1, 2, 3, 9}, 4000),
			"by lars.holm@telia.com"...), 0),
	} {
		p := refused(t, "detectors", looked(t, v, name+".log", data)...).Problems
		if !strings.Contains(p[0].Text, "personal by shape (class") || !strings.Contains(p[0].Text, "such as l***@t***.com") {
			t.Errorf("%s: %q", name, p[0].Text)
		}
	}
	// Short values are found where they are fields: between separators or behind their length.
	for name, form := range map[string]string{"zeros": "\x00%s\x00", "units": "\x1F%s\x1E", "a length": "\x00\x00\x00\x00N%s\xFF", "a tag and a length": "\x12N%s\x18\x96",
		"MessagePack": "\x81\xA4mailM%s\x93"} {
		for _, value := range []string{"a.holm@telia.se", "ivo@telia.com", "NO9386011117947", "4716108999716531", "83.249.14.207", "536-22-8145"} {
			record := strings.NewReplacer("%s", value, "N", string(rune(len(value))), "M", string([]byte{byte(0xA0 | len(value))})).Replace(form)
			if len(value) > 15 && name == "MessagePack" {
				continue
			}
			data := strings.Repeat("\x07\x80\n\x03"+record+"\x08\x90", 50)
			results := looked(t, v, name, []byte(data))
			if _, err := verify.Judge(run, name, results...); err == nil {
				t.Errorf("%s in %s passes", value, name)
			}
		}
	}
	numbers := &bytes.Buffer{} // sixteen digits, of which one in ten passes for a card's
	for i := range 2000 {
		fmt.Fprintf(numbers, "\x00\x10%d\x00\x03\x80", 4716108999716000+i)
	}
	passes(t, looked(t, v, "numbers.bin", numbers.Bytes())...)
	passes(t, looked(t, v, "noise.png", append([]byte("\x89PNG\r\n"), random(2, 8<<20)...))...)
	passes(t, looked(t, v, "zeros.bin", make([]byte, 3<<20))...)
}

// What can't be read does not pass: a beginning proves nothing, and neither does a
// name.
func TestWhatCannotBeReadIsRefused(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	for name, head := range map[string]string{
		"shop.sqlite": "SQLite format 3\x00", "part.avro": "Obj\x01\x04\x16avro.schema", "part.orc": "ORC\x0A\x03",
		"x.arrow":  "ARROW1\x00\x00",
		"dump.rdb": "REDIS0011\xFA\x09", "old.xls": "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
		"x.lzma": "\x5D\x00\x00\x80\x00", "vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n3",
		"x.enc": "Salted__", "x.duckdb": "12345678DUCK\x40", "x.hdf5": "\x89HDF\r\n\x1A\n", "random": "",
	} {
		p := refused(t, "readable", looked(t, v, name, append([]byte(head), random(3, 20_000)...))...).Problems
		if !strings.HasPrefix(p[0].Text, name+": not looked through, since it is ") {
			t.Errorf("%s: %q", name, p[0].Text)
		}
	}
	for name, text := range map[string]string{"orc.txt": "ORCS are strong and live in the mountains of the north\n",
		"a.csv": "MSCF,a,b,c,d\n1,2,3,4,5\n1,2,3,4,5\n"} {
		passes(t, looked(t, v, name, []byte(text))...)
	}
}

// A Parquet file has room beside its columns.
func TestBytesBetweenTheColumnsOfParquet(t *testing.T) {
	var file bytes.Buffer
	if err := parquet.Write(&file, []struct {
		Plan string `parquet:"plan"`
	}{{"free"}, {"team"}}); err != nil {
		t.Fatal(err)
	}
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 1})
	data := file.Bytes()
	passes(t, looked(t, v, "x.parquet", data)...)
	footer := len(data) - 8 - int(uint32(data[len(data)-8])|uint32(data[len(data)-7])<<8)
	data = append(append(bytes.Clone(data[:footer]), (" "+srcEmail+" ")...), data[footer:]...)
	refused(t, "survivors", looked(t, v, "x.parquet", data)...)
}

// A dictionary's entry that is no row's value any more is in the file all the same.
func TestEntriesOfADictionary(t *testing.T) {
	var file bytes.Buffer
	if err := parquet.Write(&file, []struct {
		Plan string `parquet:"plan,dict"`
	}{{"free"}, {srcEmail}, {"free"}}); err != nil {
		t.Fatal(err)
	}
	page, now := []byte("\x01\x02\x00\x02\x01\x02\x00"), []byte("\x01\x02\x00\x02\x00\x02\x00") // indexes into the dictionary
	sum := func(page []byte) []byte { return binary.AppendVarint(nil, int64(int32(crc32.ChecksumIEEE(page)))) }
	data := file.Bytes()
	if bytes.Count(data, page) != 1 || bytes.Count(data, sum(page)) != 1 || len(sum(page)) != len(sum(now)) {
		t.Fatalf("the file is written in another way: %q", data)
	}
	data = bytes.Replace(bytes.Replace(data, page, now, 1), sum(page), sum(now), 1)
	v := verify.New(verify.Options{Run: run, Workers: 1}) // which does not search the bytes themselves
	if got := found(looked(t, v, "x.parquet", data)); got != "file.\"x.parquet\".plan: detection of class email: h***@p***.se" {
		t.Errorf("found %q", got)
	}
}
