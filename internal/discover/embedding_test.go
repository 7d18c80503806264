package discover

import (
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

// An embedding is never kept unasked: it becomes NULL where the column allows it, else zeros.
func TestEmbeddingsAreNotKept(t *testing.T) {
	vector := &catalog.Type{OID: 20001, Schema: "public", Name: "vector", SQL: "public.vector", Kind: catalog.BaseType}
	n := catalog.Name{Schema: "public", Name: "items"}
	cat := &catalog.Catalog{Tables: []*catalog.Table{{Name: n, Root: n, Kind: catalog.Ordinary, Columns: []*catalog.Column{
		{Num: 1, Name: "v", Type: vector, Mod: -1}, {Num: 2, Name: "w", Type: vector, Mod: -1, NotNull: true},
	}}}}
	d, err := Names(cat).Draft(nil)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := d.render(false)
	for _, want := range []string{`v: "null"`, "w: embedding_zero"} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %s:\n%s", want, text)
		}
	}
}
