package value

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
)

// For any text that a server takes for a value of a type, its own binary form of it is
// read as the server's text, and that text is written as a binary form that the
// server reads as the same value.
func FuzzAgainstServer(f *testing.F) {
	types := slices.Sorted(maps.Keys(corpus))
	for i, typ := range types {
		for _, text := range corpus[typ] {
			if len(text) < 200 {
				f.Add(uint8(i), text)
			}
		}
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		typ := types[int(which)%len(types)]
		c := For(w.types[typ], copyfmt.Binary)
		if c == nil || strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			return
		}
		query := "SELECT (" + catalog.Literal(text) + ")::" + typ + " AS v"
		if _, err := w.conn.PgConn().Exec(context.Background(), query).ReadAll(); err != nil {
			return // no value of the type
		}
		check(t, w.conn, typ, c, query)
	})
}
