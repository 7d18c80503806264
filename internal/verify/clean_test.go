package verify_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"refresher/internal/pii/fake"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/verify"
)

// cleanColumn is a column as a run leaves it: a name that production uses, and fakes.
type cleanColumn struct {
	name string
	fill func(dst []byte, d *fake.Digest) []byte
}

var cleanColumns = []cleanColumn{
	{"email", func(b []byte, d *fake.Digest) []byte {
		return fake.AppendEmail(b, d, fake.EmailForm{Names: true, Hash: fake.MinHash})
	}},
	{"backup_email", func(b []byte, d *fake.Digest) []byte {
		return fake.AppendEmail(b, d, fake.EmailForm{Hash: fake.MaxHash})
	}},
	{"full_name", fake.AppendFullName}, {"first_name", fake.AppendFirstName}, {"last_name", fake.AppendLastName},
	{"company", fake.AppendCompany}, {"street", fake.AppendStreet}, {"city", fake.AppendCity},
	{"postcode", fake.AppendPostcode},
	{"phone", func(b []byte, d *fake.Digest) []byte { return fake.AppendPhone(b, d, fake.PhoneForm(d[0]%6)) }},
	{"national_id", func(b []byte, d *fake.Digest) []byte { return fake.AppendSSN(b, d, d[0]&1 == 0) }},
	{"card_number", fake.AppendCard},
	{"iban", func(b []byte, d *fake.Digest) []byte { return fake.AppendIBAN(b, d, 15+int(d[0]%20)) }},
	{"ip", func(b []byte, d *fake.Digest) []byte {
		return append(b, netip.AddrFrom4(fake.IPv4(d, d[0]&1 == 0)).String()...)
	}},
	{"ip6", func(b []byte, d *fake.Digest) []byte {
		return append(b, netip.AddrFrom16(fake.IPv6(d)).String()...)
	}},
	{"mac", func(b []byte, d *fake.Digest) []byte {
		m := fake.MAC(d)
		return append(b, net.HardwareAddr(m[:6]).String()...)
	}},
	{"user_agent", func(b []byte, d *fake.Digest) []byte { return fake.AppendUserAgent(b, d, d[0]&1 == 0) }},
	{"api_token", func(b []byte, d *fake.Digest) []byte {
		return fake.AppendToken(b, d, fake.MinHash+int(d[0])%(fake.MaxHash-fake.MinHash+1))
	}},
	{"session_id", fake.AppendUUID},
	{"username", func(b []byte, d *fake.Digest) []byte { return fake.AppendUsername(b, d, fake.UsernameForm{}) }},
	{"url", func(b []byte, d *fake.Digest) []byte { return fake.AppendURLHost(b, d, "https") }},
	{"id", func(b []byte, d *fake.Digest) []byte {
		return strconv.AppendUint(b, binary.LittleEndian.Uint64(d[:])%10_000_000, 10)
	}},
	{"created_at", func(b []byte, d *fake.Digest) []byte {
		return time.Unix(1_700_000_000+int64(binary.LittleEndian.Uint32(d[:])%50_000_000), 0).UTC().AppendFormat(b,
			time.RFC3339)
	}},
	{"amount", func(b []byte, d *fake.Digest) []byte {
		return fmt.Appendf(b, "%d.%02d", binary.LittleEndian.Uint16(d[:]), d[3]%100)
	}},
	{"checksum", func(b []byte, d *fake.Digest) []byte { return fmt.Appendf(b, "%x", d[:]) }},
	{"notes", func(b []byte, d *fake.Digest) []byte { return fake.AppendLorem(b, d, 40+int(d[0]%80)) }},
}

// cleanRow is one row of fakes as CSV, with all of them in JSON, and some of them
// encoded, in its last columns.
func cleanRow(dst []byte, n int) []byte {
	var all []byte
	for i, c := range cleanColumns {
		d := fake.Digest(sha256.Sum256(fmt.Append(nil, n, i)))
		start := len(dst)
		dst = c.fill(append(dst, '"'), &d)
		all = append(append(all, dst[start+1:]...), `","`[i%3:]...)
		dst = append(dst, '"', ',')
	}
	text := strings.ReplaceAll(string(all), `"`, `'`)
	switch n % 4 {
	case 0:
		text = url.QueryEscape(text)
	case 1:
		text = base64.StdEncoding.EncodeToString([]byte(text))
	case 2:
		text = strconv.QuoteToASCII(text)
		text = text[1 : len(text)-1]
	}
	return append(append(append(dst, '"'), text...), "\"\n"...)
}

// otherPeople is a set of n people like production's, none of whom is in the data.
func otherPeople(t *testing.T, n int) *fingerprint.Set {
	t.Helper()
	store, err := fingerprint.NewStore(t.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c := store.Collector()
	r := rand.New(rand.NewPCG(42, 42))
	for i := range n {
		p := plantedClasses[i%len(plantedClasses)]
		c.Add(p.class, []byte(p.make(r)))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Rows of our own fakes, plain and encoded, have no finding, strong or weak, also
// where the source has many people: 20,000 rows here, a million in make proof
// (REFRESHER_CLEAN_ROWS).
func TestCleanRows(t *testing.T) {
	rows, people := 20_000, 20_000
	if n, err := strconv.Atoi(os.Getenv("REFRESHER_CLEAN_ROWS")); err == nil {
		rows, people = n, 200_000
	}
	v := verify.New(verify.Options{Run: run, Set: otherPeople(t, people), Strict: true})
	for _, name := range []string{"x.csv", "x.log"} {
		if name == "x.log" {
			rows /= 4 // the same as text
		}
		r, w := io.Pipe()
		go func() {
			out := bufio.NewWriterSize(w, 1<<16)
			for _, c := range cleanColumns {
				fmt.Fprintf(out, "%s,", c.name)
			}
			out.WriteString("attributes\n")
			var row []byte
			for n := range rows {
				row = cleanRow(row[:0], n)
				if _, err := out.Write(row); err != nil {
					return
				}
			}
			w.CloseWithError(out.Flush())
		}()
		began := time.Now()
		results, err := v.File(context.Background(), verify.Input{Name: name, R: r})
		if err != nil {
			t.Fatal(err)
		}
		res := results[0]
		fictional := int64(0)
		for _, c := range res.Columns {
			fictional += c.Fictional
		}
		t.Logf("%s: %d rows, %d MB, %d fakes recognised, %d findings in %v", name, res.Rows, res.Bytes>>20, fictional,
			res.Survivors+res.Detected+res.Weak, time.Since(began).Round(time.Millisecond))
		if res.Survivors+res.Detected+res.Weak != 0 {
			t.Errorf("%d survivors, %d detected, %d weak: %s", res.Survivors, res.Detected, res.Weak, found(results))
		}
		if int(res.Rows) < rows || fictional < int64(rows) {
			t.Errorf("%d rows, %d fakes: the test tests nothing", res.Rows, fictional)
		}
	}
}

// Rows of which numbers side by side make an address by chance: of a million, these.
func TestNumbersThatMakeALetterByChance(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Strict: true, Workers: 1})
	var file []byte
	for _, n := range []int{142666, 336127, 394379, 478172, 545071} {
		file = cleanRow(file, n)
	}
	if got := found(looked(t, v, "x.log", file)); got != "" {
		t.Error(got)
	}
}
