package discover

import (
	"refresher/internal/catalog"
	"refresher/internal/detect"
)

// Rows classifies tables whose values are at hand, by table and column: for
// measuring, and for what is not a database.
func Rows(cat *catalog.Catalog, rows map[catalog.Name]map[string][]string) *Survey {
	s := &Survey{cat: cat, byName: map[catalog.Name]*table{}}
	d := detect.New()
	for _, t := range cat.Tables {
		s.add(newTable(t, rows[t.Name], d))
	}
	s.judge(d)
	return s
}
