package copyfmt_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

// For any values that a server sends, in both formats and however its stream is cut,
// they are read as they are, and what is written from them is the server's stream
// again, byte by byte.
func FuzzServer(f *testing.F) {
	for _, v := range []string{"", "plain", `\N`, `\\N`, `\.`, `\`, "a\tb\nc\rd\be\ff\vg", "é😀", "\x01\x1f\x7f", strings.Repeat("\\\n", 500)} {
		f.Add(v, []byte(v), uint8(len(v)))
	}
	conn := pgserver.Conn(f, pgserver.DB(f))
	f.Fuzz(func(t *testing.T, text string, raw []byte, cut uint8) {
		if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			return
		}
		values := fmt.Sprintf(`SELECT %s::text, '\x%x'::bytea, NULL::text, %d::int4`, catalog.Literal(text), raw, cut)
		for _, format := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
			var stream bytes.Buffer
			query := fmt.Sprintf("COPY (%s UNION ALL %s) TO STDOUT (FORMAT %v)", values, values, format)
			if _, err := conn.PgConn().CopyTo(context.Background(), &stream, query); err != nil {
				t.Fatal(err)
			}
			wantRaw := string(raw)
			if format == copyfmt.Text {
				wantRaw = fmt.Sprintf(`\x%x`, raw)
			}
			again := copyfmt.AppendHeader(nil, format)
			p := copyfmt.NewParser(format, 4, func(fields [][]byte) error {
				if string(fields[0]) != text || string(fields[1]) != wantRaw || fields[2] != nil {
					t.Errorf("%v: read %q, %q, %q", format, fields[0], fields[1], fields[2])
				}
				again = copyfmt.AppendRow(again, format, fields)
				return nil
			})
			for in := stream.Bytes(); len(in) > 0; {
				n := min(len(in), 1+int(cut))
				if _, err := p.Write(in[:n]); err != nil {
					t.Fatal(err)
				}
				in = in[n:]
			}
			if err := p.Close(); err != nil || p.Rows() != 2 {
				t.Fatalf("%v: %d rows, %v", format, p.Rows(), err)
			}
			if again = copyfmt.AppendTrailer(again, format); !bytes.Equal(again, stream.Bytes()) {
				t.Errorf("%v: wrote %q, the server %q", format, again, stream.Bytes())
			}
		}
	})
}
