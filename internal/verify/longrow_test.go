package verify

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// A row that is too long to be held is looked through in pieces, and what stands
// where two of them meet, or under escapes and in hex, is found as well.
func TestLongRow(t *testing.T) {
	filler := strings.Repeat(`some words \\ and\tmore\n`, 1+longRow/24)
	var v strings.Builder
	const step = 777_777
	planted := 0
	for v.Len() < 6*pieceBytes {
		v.WriteString(filler[:step-step%24])
		fmt.Fprintf(&v, ` leak%d@realmail.se `, planted)
		planted++
	}
	hex := fmt.Sprintf("%x", strings.Repeat("plain text of no interest, but long enough ",
		2*pieceBytes/40)+" hidden@realmail.se and so on, and so on.")
	script := "--\n-- PostgreSQL database dump\n--\n\nCOPY public.t (id, v, b, n) FROM stdin;\n0\tshort\t\\\\x00\t\\N\n" +
		"1\t" + v.String() + "\t\\\\x" + hex + "\t\\N\n2\tlast@realmail.se\t\\N\t\\N\n\\.\n\n"
	for _, chunk := range []int{32 << 10, 1000003, len(script)} {
		verifier := New(Options{Run: "r", Workers: 2})
		r := &pieces{text: script, n: chunk}
		res, err := verifier.script(t.Context(), "x.sql", r)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		rows := map[string]bool{}
		for _, f := range res.Findings {
			found[f.Column+" "+f.Encoding] = true
			rows[f.Row] = true
		}
		var n int64
		for _, c := range res.Columns {
			n += c.Detected
		}
		if res.Rows != 3 || n < int64(planted+2) || n > int64(planted+2+planted/4) || !found["v "] || !rows["row 2"] ||
			!rows["row 3"] {
			t.Errorf("in writes of %d: %d rows, %d found of %d planted: %v %v", chunk, res.Rows, n, planted+2, found,
				rows)
		}
	}
	for name, broken := range map[string]string{
		"too many": strings.Replace(script, "\t\\N\n2", "\tx\ty\n2", 1), "too few": strings.Replace(script, "\t\\N\n2",
			"\n2", 1), "cut": script[:len(script)/2],
	} {
		if _, err := New(Options{Run: "r", Workers: 2}).script(t.Context(), "x.sql",
			strings.NewReader(broken)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// pieces is a reader that gives n bytes at a time.
type pieces struct {
	text string
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	n := copy(b, p.text[:min(p.n, len(p.text))])
	p.text = p.text[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
