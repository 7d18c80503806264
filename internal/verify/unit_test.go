package verify

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

func TestShape(t *testing.T) {
	for _, c := range []struct {
		class      pii.Class
		text, want string
	}{
		{pii.Email, "john.smith@gmail.com", "j***@g***.com"},
		{pii.Email, "1@2.museumxx", "***@***"},
		{pii.Email, "åsa@bücher.de", "å***@b***.de"},
		{pii.Email, "john gmail com", "j*** g*** c***"},
		{pii.Phone, "+1 (415) 555-2671", "+*** (***) ***-***"},
		{pii.CreditCard, "4111 1111 1111 1111", "*** *** *** ***"},
		{pii.FullName, "Hanna  Bergström", "H***  B***"},
		{pii.Street, "12 Elm Street", "*** E*** S***"},
		{pii.Token, "sk_live_abc123", "***_***_***"},
		{pii.IP, "2a00:1450::1", "***:***::***"},
		{pii.Token, "a\x00b\xff\n", "*** *** "},
		{pii.Token, "", ""},
	} {
		if got := Shape(c.class, []byte(c.text)); strings.TrimSpace(got) != strings.TrimSpace(c.want) {
			t.Errorf("Shape(%s, %q) = %q, want %q", c.class, c.text, got, c.want)
		}
	}
}

// For any value, no two letters or digits of it stand side by side in its shape.
func FuzzShape(f *testing.F) {
	for _, s := range []string{"john@gmail.com", "Hanna Bergström", "4111", "a@b@c.d", "@", ".@.", "x@y.co"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []pii.Class{pii.Email, pii.FullName, pii.Phone, pii.Token} {
			shape := Shape(c, []byte(s))
			body := shape
			if i := strings.LastIndexByte(shape, '.'); c == pii.Email && i >= 0 && len(shape)-i <= 7 {
				body = shape[:i] // the top-level domain
			}
			if len(shape) > 8*maxShape {
				t.Fatalf("a shape of %d bytes", len(shape))
			}
			run := 0
			for _, r := range body {
				if r != '*' && (r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
					if run++; run > 1 || r <= '9' {
						t.Fatalf("Shape(%s, %q) = %q", c, s, shape)
					}
				} else {
					run = 0
				}
			}
		}
	})
}

func TestByChance(t *testing.T) {
	for _, c := range []struct {
		n    int64
		mean float64
		want float64
	}{
		{1, 0, 0}, {1, 1e-6, 1e-6}, {1, 0.01, 0.00995}, {3, 0.1, 0.0001547}, {5, 10, 1}, {10, 1, 1.114e-7},
		{1000, 100, 0}, {200, 100, 0}, {115, 100, 0.0755},
	} {
		if got := byChance(c.n, c.mean); math.Abs(got-c.want) > 0.02*c.want+1e-12 {
			t.Errorf("byChance(%d, %g) = %g, want %g", c.n, c.mean, got, c.want)
		}
	}
}

func TestCopyLine(t *testing.T) {
	odd := catalog.Name{Schema: "Odd Schema", Name: `Order "Book", (x)`}
	for line, want := range map[string]struct {
		table   catalog.Name
		columns string
		ok      bool
	}{
		"COPY public.users (id, email) FROM stdin;\n": {catalog.Name{Schema: "public",
			Name: "users"}, "id|email", true},
		`COPY "Odd Schema"."Order ""Book"", (x)" ("a, ""b""", "c)") FROM stdin;` + "\n": {odd, `a, "b"|c)`, true},
		"COPY public.nothing  FROM stdin;\n": {catalog.Name{Schema: "public",
			Name: "nothing"}, "", true},
		"COPY public.users (id, email) FROM stdin\n": {},
		"-- COPY public.users (id) FROM stdin;\n":    {},
		// written by hand
		"COPY users (id) FROM stdin;\n": {catalog.Name{Name: "users"},
			"id", true},
		`COPY public."users (id) FROM stdin;` + "\n":                    {},
		"COMMENT ON TABLE x IS 'COPY public.users (id) FROM stdin;';\n": {},
	} {
		c, ok := copyFrom(line)
		if ok != want.ok || ok && (c.table != want.table || strings.Join(c.columns, "|") != want.columns || !c.plain) {
			t.Errorf("%q: %+v %v", line, c, ok)
		}
	}
}

func TestRewritten(t *testing.T) {
	for in, want := range map[string]string{
		"4.556737586899855e+15": "4556737586899855", "-1.5e+15": "-1500000000000000", "1e+19": "",
		"1e+10": "10000000000", "name+1e+1x": "", "NaN": "", "Infinity": "",
		"011010100110111101000000011011010010111001100100": "jo@m.d", "01101010": "",
		"01101010011011110100000001101101001011100110010x":  "",
		"0110101001101111010000000110110100101110011001000": "", "4155552671": "",
		"<\"\xfb\x124V": "3c22fb123456", "hello!": "", "sixteen letters.": "",
	} {
		if got, _ := rewritten(nil, []byte(in)); string(got) != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What few bytes of a Parquet file stand for is bounded: runs of one entry of a dictionary, and pages that
// are packed.
func TestParquetBombs(t *testing.T) {
	type plan struct {
		Plan string `parquet:"plan,dict,zstd"`
	}
	var file bytes.Buffer
	w := parquet.NewGenericWriter[plan](&file)
	_, err := w.Write(slices.Repeat([]plan{{strings.Repeat("a", 1000)}}, 1000))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	v, size := New(Options{Run: "20261121T030000Z-7f3a", Workers: 1}), int64(file.Len())
	for most, refused := range map[int64]bool{10: true, 999_999: true, 1_000_000: false} {
		_, err := v.parquet(t.Context(), Table{Name: catalog.Name{Schema: "file", Name: "x"}}, "", bytes.NewReader(file.Bytes()), size, most)
		var input *fault.Input
		if errors.As(err, &input) != refused {
			t.Errorf("at most %d bytes: %v", most, err)
		}
	}
}
