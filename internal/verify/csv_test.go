package verify_test

import (
	"strings"
	"testing"

	"refresher/internal/verify"
)

// Only a header names columns: cells of a first row may be anybody's data.
func TestNoCellNamesAColumn(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 2})
	const mail = "lars.holm@telia.com"
	for text, want := range map[string]string{
		"Zebramann,Pfefferkuchen\nHuber," + mail + "\n":           "x.csv.column 2, line 2",
		"Karlotta Zebramann;Berlin\nHans Huber;" + mail + "\n":    "x.csv.column 2, line 2",
		"zebramann,null\nhuber,17\nmeier," + mail + "\n":          "x.csv.column 2, line 3",
		"zebramann,pfefferkuchen\n" + mail + ",huber\nmeier,7\n":  "x.csv.column 1, line 2",
		"Karlotta Zebramann," + mail + "\n":                       "x.csv.column 2, line 1",
		"id,mail\n1," + mail + "\n":                               "x.csv.mail, line 2",
		"\xEF\xBB\xBFid,mail\n1,x\n2," + mail + "\n":              "x.csv.mail, line 3",
		"name,mail\nHuber,\nMeier," + mail + "\n":                 "x.csv.mail, line 3",
		"Id,Name,Mail\n1,x,\n2,x,\n3,x," + mail + "\n":            "x.csv.Mail, line 4",
		"id,name,E-Mail of Karlotta\n1,Huber," + mail + "\n":      "x.csv.column 3, line 2",
		"id,mail\n" + strings.Repeat("7,\n", 90000) + "8," + mail: "x.csv.mail, line 90002",
	} {
		results := looked(t, v, "x.csv", []byte(text))
		if got := found(results); !strings.HasPrefix(got, want+": detection of class email") {
			t.Errorf("%.60q: %s, want %s", text, got, want)
		}
		for _, c := range results[0].Columns {
			if n := strings.ToLower(c.Column); strings.Contains(n, "zebra") || strings.Contains(n, "pfeffer") ||
				strings.Contains(n, "karlotta") {
				t.Errorf("%.60q: a column is called %s", text, c.Column)
			}
		}
	}
}
