package scrub_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/copyfmt"
)

// The result doesn't depend on how the stream is cut into writes, in both formats.
func TestWriterTakesAnyCut(t *testing.T) {
	for _, extra := range []string{"x text", "moods _mood"} { // the second forces text format
		cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "mail text", "note text", "gone text", extra}})
		name, _, _ := strings.Cut(extra, " ")
		p := compile(t, cat, head+"  a.t: {columns: {id: keep, mail: email, note: text, gone: null, "+name+": keep}}\n")
		tp := plan(t, p, "a.t")
		in := copyfmt.AppendHeader(nil, tp.Format)
		for i := range 50 {
			last := "{sad,ok}"
			if extra == "x text" {
				last = "tab\tnewline\nbackslash\\"
			}
			mail := "jane" + strings.Repeat("x", i) + "@mail.invalid"
			in = append(in, wire(t, tp, "7", mail, "I am "+mail+"\t\\N", "bye", last)...)
			in = append(in, wire(t, tp, null, null, null, null, null)...)
		}
		in = copyfmt.AppendTrailer(in, tp.Format)
		var whole bytes.Buffer
		w := p.NewWriter(tp, &whole, nil)
		if _, err := w.Write(in); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if w.Rows() != 100 || bytes.Contains(whole.Bytes(), []byte("mail.invalid")) || bytes.Contains(whole.Bytes(), []byte("bye")) {
			t.Errorf("%d rows: %.300q", w.Rows(), whole.Bytes())
		}
		for _, cut := range []int{1, 2, 3, 7, 64, 1000} {
			var parts bytes.Buffer
			w := p.NewWriter(tp, &parts, nil)
			for i := 0; i < len(in); i += cut {
				if _, err := w.Write(in[i:min(len(in), i+cut)]); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(parts.Bytes(), whole.Bytes()) {
				t.Errorf("%s, writes of %d bytes: other output", tp.Format, cut)
			}
		}
	}
}

// A table of which nothing is masked passes as it is, but its framing is checked.
func TestWriterPassesWhatIsKept(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8"}}), head+"  a.t: {columns: {id: keep}}\n")
	tp := plan(t, p, "a.t")
	in := copyfmt.AppendTrailer(append(copyfmt.AppendHeader(nil, tp.Format), wire(t, tp, "7")...), tp.Format)
	var out bytes.Buffer
	w := p.NewWriter(tp, &out, nil)
	if _, err := io.Copy(w, iotest.OneByteReader(bytes.NewReader(in))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil || !bytes.Equal(out.Bytes(), in) || w.Rows() != 1 {
		t.Errorf("%v, %d rows", err, w.Rows())
	}
	for _, n := range []int{len(in) - 1, len(in) - 5, 3} {
		w := p.NewWriter(tp, io.Discard, nil)
		_, err := w.Write(in[:n])
		if err = errors.Join(err, w.Close()); err == nil || !strings.Contains(err.Error(), "scrubbing a.t: COPY binary stream") {
			t.Errorf("a stream cut after %d bytes: %v", n, err)
		}
	}
}

// The server sends a message a row; a write and, behind it, a system call for
// each would cost more than all scrubbing.
func TestWriterCollectsRows(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8"}}), head+"  a.t: {columns: {id: keep}}\n")
	tp := plan(t, p, "a.t")
	var out counting
	w := p.NewWriter(tp, &out, nil)
	row := wire(t, tp, "7")
	write := func(b []byte) {
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	write(copyfmt.AppendHeader(nil, tp.Format))
	const rows = 50_000
	for range rows {
		write(row)
	}
	write(copyfmt.AppendTrailer(nil, tp.Format))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if most := out.bytes/(64<<10) + 1; out.writes > most {
		t.Errorf("%d writes of %d bytes in all, want at most %d", out.writes, out.bytes, most)
	}
}

type counting struct{ writes, bytes int }

func (c *counting) Write(b []byte) (int, error) {
	c.writes++
	c.bytes += len(b)
	return len(b), nil
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("jane@mail.invalid") }

func TestWriterErrors(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "mail text", "born date", "ip inet"}}), head+"  a.t: {columns: {id: keep, mail: email, born: date_shift, ip: ip}}\n")
	tp := plan(t, p, "a.t")
	in := copyfmt.AppendTrailer(append(copyfmt.AppendHeader(nil, tp.Format), wire(t, tp, "7", "jane@mail.invalid", null, null)...), tp.Format)
	full := errors.New("disk full")
	w := p.NewWriter(tp, failing{full}, nil)
	_, err := w.Write(in)
	if err = errors.Join(err, w.Close()); !errors.Is(err, full) || err.Error() != "writing rows of a.t: disk full" {
		t.Errorf("%v", err)
	}
	if _, again := w.Write(in); again == nil {
		t.Error("a writer goes on after an error")
	}
	w = p.NewWriter(tp, panicking{}, nil)
	if _, err = w.Write(bytes.Repeat(in[:len(in)-2], 1)); err != nil {
		t.Fatal(err)
	}
	row := in[19 : len(in)-2]
	_, err = w.Write(bytes.Repeat(row, 5000))
	if err == nil || strings.Contains(err.Error(), "jane") || !strings.Contains(err.Error(), "a transform failed") {
		t.Errorf("%v", err)
	}
	// A server that sends nonsense.
	for i, bad := range [][]byte{nil, {1, 2, 3}, {2, 99, 0, 4, 1, 2, 3, 4}} {
		fields := [][]byte{{0, 0, 0, 0, 0, 0, 0, 1}, nil, nil, nil}
		col := "ip"
		if i == 1 {
			col = "born"
			fields[2] = bad
		} else {
			fields[3] = append([]byte{}, bad...)
		}
		w := p.NewWriter(tp, io.Discard, nil)
		_, err := w.Write(copyfmt.AppendRow(copyfmt.AppendHeader(nil, tp.Format), tp.Format, fields))
		if err == nil || !strings.HasPrefix(err.Error(), "scrubbing a.t, row 1, column "+col+" (") {
			t.Errorf("%v", err)
		}
	}
	w = p.NewWriter(tp, io.Discard, nil)
	if _, err := w.Write(in); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(in); err == nil {
		t.Error("a closed writer takes rows")
	}
}

// What is masked, dropped or found in text is fingerprinted; what is kept, and
// bare numbers that are dropped, are not.
func TestFingerprints(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"mail text", "first text", "last bpchar(20)", "ips _inet", "j jsonb", "note text", "gone text", "fixed text", "kept text", "ip inet"}})
	p := compile(t, cat, head+`  a.t: {columns: {mail: email, first: first_name, last: last_name, ips: {array: ip}, j: {json: {p: phone}}, note: text, gone: null, fixed: {transform: constant, value: x}, kept: keep, ip: ip}}
`)
	tp := plan(t, p, "a.t")
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	fp := store.Collector()
	w := p.NewWriter(tp, io.Discard, fp)
	in := append(copyfmt.AppendHeader(nil, tp.Format), wire(t, tp, "masked@gmail.com", "Quentin", "Zabriskie", "{83.232.78.3}",
		`{"p": "+12128675301", "x": "json@gmail.com", "o": "2128675302"}`, "see text@gmail.com", "null@gmail.com 5550000", "fixed@gmail.com", "kept@gmail.com", "83.232.78.4")...)
	if _, err := w.Write(copyfmt.AppendTrailer(in, tp.Format)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), fp.Close()); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	for text, want := range map[string]pii.Class{
		"masked@gmail.com": pii.Email, "json@gmail.com": pii.Email, "text@gmail.com": pii.Email, "null@gmail.com": pii.Email, "fixed@gmail.com": pii.Email,
		"83.232.78.3": pii.IP, "83.232.78.4": pii.IP, "+1 212 867 5301": pii.Phone, "quentin zabriskie": pii.FullName,
		"kept@gmail.com": pii.None, "2128675302": pii.None, "Quentin": pii.None,
	} {
		got := pii.None
		for _, hit := range m.Scan(nil, []byte(text)) {
			got = hit.Class
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
