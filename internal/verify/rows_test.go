package verify_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/verify"
)

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What a part of a table holds is found where it stands, wherever that is: in values, under a name that stands twice, in
// names, in fields that have no name, in rows of any length, and behind them.
func TestRowsHideNothing(t *testing.T) {
	const mail = "lars.holm@telia.com"
	long := strings.Repeat("tyre and lamp ", 700_000)
	v := verify.New(verify.Options{Run: run, Workers: 2})
	for _, c := range []struct{ ext, text, want string }{
		{"csv", "id,note\n1,x\n2,\"to\n" + mail + "\"\n", "public.t.note, line 3"},
		{"csv", "id,note\n1,x," + mail + "\n", "public.t.column 3, line 2"},
		{"csv", "id," + mail + "\n1,x\n", "public.t.names of columns"},
		{"csv", "id,note\n1,\"" + long + mail + "\"\n", "public.t.note, line 2"},
		{"csv", "id,note\n" + strings.Repeat("1,xxxxxxxxx\n", 90_000) + "2," + mail + "\n", "public.t.note, line 90002"},
		{"jsonl", "{\"id\":1,\"note\":\"x\"}\n{\"id\":2,\"note\":\"lars.holm\\u0040telia.com\"}\n", "public.t.note, line 2"},
		{"jsonl", "{\"note\":\"" + mail + "\",\"note\":\"x\"}\n", "public.t.note, line 1"},
		{"jsonl", "{\"note\":{\"a\":[{\"b\":\"" + mail + "\"}]}}\n", "public.t.note, line 1"},
		{"jsonl", "{\"" + mail + "\":1}\n", "public.t.names of columns"},
		{"jsonl", "{\"note\":\"" + long + mail + "\"}\n", "public.t.note, line 1"},
		{"jsonl", strings.Repeat("{\"note\":\"xxxxxxxxx\"}\n", 90_000) + "{\"note\":\"" + mail + "\"}", "public.t.note, line 90001"},
	} {
		table := verify.Table{Name: catalog.Name{Schema: "public", Name: "t"}, SourceRows: -1}
		r, err := v.Rows(t.Context(), table, "part-00000."+c.ext+".gz", bytes.NewReader(packed(t, c.text)))
		if err != nil {
			t.Errorf("%.40q: %v", c.text, err)
			continue
		}
		if got := fmt.Sprint(r.Findings); !strings.Contains(got, c.want+": ") || !strings.Contains(got, "class email") {
			t.Errorf("%.60q: %.300s, want %s", c.text, got, c.want)
		}
		silent(t, r)
	}
}

// The rules must name every column, and a table that is left empty has no rows.
func TestRowsAreCovered(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 2})
	for ext, text := range map[string]string{"csv": "id,note\n1,x\n", "jsonl": "{\"id\":1,\"note\":null}\n"} {
		table := verify.Table{Name: catalog.Name{Schema: "public", Name: "t"}, SourceRows: -1,
			Columns: []verify.Column{{Name: "id", Keep: true}}}
		table.RowsNone = true
		r, err := v.Rows(t.Context(), table, "part-00000."+ext+".gz", bytes.NewReader(packed(t, text)))
		if err != nil {
			t.Fatal(err)
		}
		refusal := refused(t, "coverage", r)
		if got := fmt.Sprint(refusal.Problems); !strings.Contains(got, "public.t.note: no rule names this column") ||
			!strings.Contains(got, "public.t: 1 rows, but its rule is rows: none") {
			t.Errorf("%s: %s", ext, got)
		}
		if r.Rows != 1 {
			t.Errorf("%s: %d rows", ext, r.Rows)
		}
	}
}

// A part that is no part of a table is an error of the file's own, which names no value.
func TestBrokenRows(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Workers: 2})
	whole := packed(t, "{\"a\":1}\n")
	for name, data := range map[string][]byte{
		"not packed": []byte("{\"a\":1}\n"),
		"cut short":  whole[:len(whole)-9],
		"no JSON":    packed(t, "{\"a\":1}\nlars.holm@telia.com\n"),
		"an array":   packed(t, "[\"lars.holm@telia.com\"]\n"),
		"unfinished": packed(t, "{\"a\":\"lars.holm@telia.com\n"),
	} {
		_, err := v.Rows(t.Context(), verify.Table{SourceRows: -1}, "part-00000.jsonl.gz", bytes.NewReader(data))
		var input *fault.Input
		if !errors.As(err, &input) || strings.Contains(err.Error(), "lars") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
