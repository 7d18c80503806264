package copyfmt_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

// values are texts that an encoder of COPY can trip over; the last is longer than
// any buffer between us and the server.
const values = `SELECT v FROM (VALUES (1, 'plain'), (2, ''), (3, NULL), (4, E'\\N'), (5, E'\\\\N'), (6, E'a\\Nb'), (7, E'\\.'), (8, E'\\'),
	(9, E'a\tb\nc\rd\be\ff\vg'), (10, E'\\t\\n'), (11, 'N'), (12, E'é😀\u00ff'), (13, E'\x01\x1f\x7f'), (14, repeat(E'\\', 1001)),
	(15, repeat(E'\n\t', 100000)), (16, repeat('x', 3000000))) AS x (i, v) ORDER BY i`

// A server's own stream is parsed, rebuilt field by field and from raw spans, and
// read back by the server as the same rows.
func TestServer(t *testing.T) {
	ctx := context.Background()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE src AS SELECT row_number() over () AS n, v, NULL::text AS e, v AS w FROM ("+values+") x")
	conn := pgserver.Conn(t, url)
	for _, f := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
		var stream bytes.Buffer
		tag, err := conn.PgConn().CopyTo(ctx, &stream, fmt.Sprintf("COPY (SELECT * FROM src ORDER BY n) TO STDOUT (FORMAT %v)", f))
		if err != nil {
			t.Fatal(err)
		}
		rebuilt, spans := copyfmt.AppendHeader(nil, f), copyfmt.AppendHeader(nil, f)
		byField := copyfmt.NewParser(f, 4, func(fields [][]byte) error {
			rebuilt = copyfmt.AppendRow(rebuilt, f, fields)
			return nil
		})
		bySpan := copyfmt.NewRawParser(f, 4, func(r *copyfmt.Row) error {
			spans = append(spans, r.Span(0, 1)...)
			spans = r.AppendField(spans, 1, r.Field(1))
			spans = append(spans, r.Span(2, 3)...)
			spans = r.AppendField(spans, 3, r.Field(3))
			spans = append(spans, r.Span(4, 4)...)
			return nil
		})
		for _, p := range []*copyfmt.Parser{byField, bySpan} {
			// In pieces of 8 KiB, as from a file; the second parser also proves rows across pieces.
			if _, err := io.CopyBuffer(struct{ io.Writer }{p}, struct{ io.Reader }{bytes.NewReader(stream.Bytes())}, make([]byte, 8192)); err != nil {
				t.Fatal(err)
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if p.Rows() != tag.RowsAffected() {
				t.Errorf("%v: %d rows, the server says %d", f, p.Rows(), tag.RowsAffected())
			}
		}
		for name, out := range map[string][]byte{"fields": rebuilt, "spans": spans} {
			out = copyfmt.AppendTrailer(out, f)
			if !bytes.Equal(out, stream.Bytes()) {
				t.Errorf("%v, %s: the rebuilt stream differs from the server's", f, name)
			}
			pgserver.Exec(t, url, "DROP TABLE IF EXISTS back; CREATE TABLE back (LIKE src)")
			if _, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(out), fmt.Sprintf("COPY back FROM STDIN (FORMAT %v)", f)); err != nil {
				t.Fatalf("%v, %s: %v", f, name, err)
			}
			var wrong int
			if err := conn.QueryRow(ctx, `SELECT count(*) FROM src FULL JOIN back USING (n)
				WHERE src.v IS DISTINCT FROM back.v OR src.w IS DISTINCT FROM back.w OR back.e IS NOT NULL`).Scan(&wrong); err != nil || wrong > 0 {
				t.Errorf("%v, %s: %d rows differ, %v", f, name, wrong, err)
			}
		}
	}
}

// The parser is handed to the driver as it is: one message a row, or not.
func TestServerStreams(t *testing.T) {
	ctx := context.Background()
	conn := pgserver.Conn(t, pgserver.DB(t))
	for _, f := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
		p := copyfmt.NewRawParser(f, 2, nil)
		tag, err := conn.PgConn().CopyTo(ctx, p, fmt.Sprintf("COPY (SELECT i, repeat('x', i) FROM generate_series(1, 5000) i) TO STDOUT (FORMAT %v)", f))
		if err == nil {
			err = p.Close()
		}
		if err != nil || p.Rows() != tag.RowsAffected() || p.Rows() != 5000 {
			t.Errorf("%v: %d rows, %v", f, p.Rows(), err)
		}
	}
}
