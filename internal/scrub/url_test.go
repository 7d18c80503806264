package scrub_test

import (
	"strings"
	"testing"
)

// The path of a URL keeps its number of segments wherever in a stream it stands.
func TestURLPathKeepsItsShape(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"x text", "y varchar(60)"}}), head+"  a.t: {columns: {x: url, y: keep}}\n")
	rows := scrubbed(t, p, "a.t", []string{"https://doe.net/photos/jane.jpg?user=jane", "x"}, []string{"http://doe.net/a/b/c/", "x"}, []string{"doe.net", "x"})
	for i, want := range []struct{ slashes, suffix string }{{"https:////", ".jpg"}, {"http://////", "/"}, {"https://", ""}} {
		got := rows[i][0]
		if n := strings.Count(got, "/"); n != strings.Count(want.slashes, "/") || !strings.HasSuffix(got, want.suffix) {
			t.Errorf("row %d: %s", i, got)
		}
	}
}
