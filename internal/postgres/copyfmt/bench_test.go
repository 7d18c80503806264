package copyfmt

import (
	"bytes"
	"fmt"
	"testing"
)

// benchRows is about what an events table holds: ids, a time, a name, an address, JSON.
func benchRows(f Format) (head, body []byte) {
	fields := [][]byte{make([]byte, 8), make([]byte, 8), make([]byte, 8), []byte("page_view"),
		[]byte("203.0.113.9"), []byte(`{"url": "/pricing", "ref": "ads", "plan": "team", "contact": "a@example.com"}`), nil}
	if f == Text {
		fields[0], fields[1], fields[2] = []byte("123456789"), []byte("42"), []byte("2026-11-21 03:00:00.123456+00")
	}
	row := AppendRow(nil, f, fields)
	return AppendHeader(nil, f), bytes.Repeat(row, 64<<10/len(row))
}

func BenchmarkParse(b *testing.B) {
	sink := 0
	for _, f := range formats {
		head, body := benchRows(f)
		for _, c := range []struct {
			name string
			p    func() *Parser
		}{
			{"count", func() *Parser { return NewRawParser(f, 7, nil) }},
			{"fields", func() *Parser {
				return NewParser(f, 7, func(v [][]byte) error { sink += len(v[3]); return nil })
			}},
			{"replace1", func() *Parser {
				var out []byte
				return NewRawParser(f, 7, func(r *Row) error {
					if len(out) > 128<<10 {
						out = out[:0]
					}
					out = append(out, r.Span(0, 4)...)
					out = r.Begin(out)
					start := len(out)
					out = append(out, "198.51.100.7"...)
					out = r.End(out, start, 4)
					out = append(out, r.Span(5, 7)...)
					return nil
				})
			}},
		} {
			b.Run(fmt.Sprintf("%v/%s", f, c.name), func(b *testing.B) {
				p := c.p()
				if _, err := p.Write(head); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Write(body); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// A server sends one row a message.
func BenchmarkRowPerWrite(b *testing.B) {
	for _, f := range formats {
		b.Run(f.String(), func(b *testing.B) {
			one := AppendRow(nil, f, [][]byte{make([]byte, 8), []byte("page_view"), nil, []byte("203.0.113.9")})
			p := NewRawParser(f, 4, func(*Row) error { return nil })
			p.Write(AppendHeader(nil, f))
			b.SetBytes(int64(len(one)))
			b.ReportAllocs()
			for b.Loop() {
				p.Write(one)
			}
		})
	}
}
