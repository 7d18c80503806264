package restore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/catalog"
)

// Entries that pg_restore's jobs could deadlock on are apart, in an order in which
// everything finds what it needs, and the others stay together.
func TestPhases(t *testing.T) {
	name := func(s string) catalog.Name { return catalog.Name{Schema: "public", Name: s} }
	cat := &catalog.Catalog{
		Tables: []*catalog.Table{
			{Name: name("parts"), Kind: catalog.Partitioned},
			{Name: name("part one"), Kind: catalog.Ordinary, IsPartition: true},
			{Name: name("plain"), Kind: catalog.Ordinary, ForeignKeys: []catalog.ForeignKey{
				{Name: "to parts", Table: name("plain"), RefTable: name("parts")}, {Name: "self", Table: name("plain"), RefTable: name("plain")}}},
		},
		Marked: []catalog.MarkedIndex{{Name: name("by mark"), Table: name("plain")}},
	}
	list := `;
; Archive created at some time
;
1; 2606 1 CONSTRAINT public plain plain_pkey owner
2; 1259 2 INDEX public by mark owner
3; 0 0 COMMENT public INDEX "by mark" owner
4; 1259 3 INDEX public marked owner
5; 1259 4 INDEX public other owner of it
6; 0 0 INDEX ATTACH public part_pkey owner
7; 0 0 INDEX ATTACH public part_other owner
8; 3381 9 STATISTICS public s owner
9; 2620 10 TRIGGER public part one t owner
10; 2620 11 TRIGGER public plain t owner
11; 2606 12 FK CONSTRAINT public plain to parts owner
12; 2606 13 FK CONSTRAINT public plain self owner with spaces
`
	show := func(phases []phase) (out []string) {
		for _, p := range phases {
			line := "jobs:"
			if p.alone {
				line = "alone:"
			}
			for l := range strings.Lines(string(p.list)) {
				n, _, _ := strings.Cut(l, ";")
				line += " " + n
			}
			out = append(out, line)
		}
		return out
	}
	want := []string{"jobs: 1 4 5", "jobs: 2 3", "alone: 6 7", "jobs: 8", "alone: 9", "jobs: 10", "alone: 11", "jobs: 12"}
	if d := cmp.Diff(want, show(phases([]byte(list), cat))); d != "" {
		t.Error(d)
	}
	// Two marked indexes of one table must not be built side by side.
	cat.Marked = append(cat.Marked, catalog.MarkedIndex{Name: name("other"), Table: name("plain")})
	if got := show(phases([]byte(list), cat)); got[0] != "jobs: 1 4" || got[1] != "alone: 2 3 5" {
		t.Error(got)
	}
	// Without any of this there is nothing to cut.
	plain := &catalog.Catalog{Tables: []*catalog.Table{{Name: name("plain"), Kind: catalog.Ordinary}}}
	if got := show(phases([]byte("1; 1 1 CONSTRAINT public plain p o\n2; 1 1 FK CONSTRAINT public plain f o\n3; 1 1 INDEX public i o\n"), plain)); len(got) != 1 || got[0] != "jobs: 1 2 3" {
		t.Error(got)
	}
	// Contents in an order that would start pg_restore over and over.
	if got := phases([]byte(strings.Repeat("1; 1 1 CONSTRAINT public plain p o\n2; 1 1 INDEX ATTACH public i o\n", maxPhases)), plain); len(got) != 1 || !got[0].alone {
		t.Errorf("%d phases", len(got))
	}
}
