package sample

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

func TestThreshold(t *testing.T) {
	for percent, want := range map[float64]string{
		50:    "8000000000000000",
		25:    "4000000000000000",
		1:     "028f5c28f5c28f5c", // ⌊2⁶⁴/100⌋
		0.1:   "004189374bc6a7ef", // ⌊2⁶⁴/1000⌋, not of the binary fraction nearest to 0.1
		99.99: "fff972474538ef34",
		1e-30: "0000000000000000",
	} {
		if got := hex.EncodeToString(threshold(percent)); got != want {
			t.Errorf("threshold(%v) = %s, want %s", percent, got, want)
		}
	}
	if got := threshold(100); got != nil {
		t.Errorf("threshold(100) = %x, want all", got)
	}
}

func TestCheck(t *testing.T) {
	name := func(s string) catalog.Name { return catalog.Name{Schema: "public", Name: s} }
	root := &catalog.Table{Name: name("parted"), Kind: catalog.Partitioned, Root: name("parted")}
	cat := &catalog.Catalog{Tables: []*catalog.Table{
		{Name: name("far"), Kind: catalog.Foreign, Root: name("far")},
		root,
		{Name: name("parted_1"), Kind: catalog.Ordinary, Root: root.Name, IsPartition: true},
		{Name: name("users"), Kind: catalog.Ordinary, Root: name("users")},
	}}
	salt := bytes.Repeat([]byte{1}, 16)
	good := Options{Roots: []catalog.Name{name("users")}, Whole: []catalog.Name{name("parted")}, Percent: 100, Salt: salt}
	if err := good.Check(cat); err != nil {
		t.Errorf("good options: %v", err)
	}
	for _, c := range []struct {
		opts Options
		want []string
	}{
		{Options{Percent: 0, Salt: salt}, []string{"percent is 0"}},
		{Options{Percent: 100.5, Salt: salt}, []string{"percent is 100.5"}},
		{Options{Percent: math.NaN(), Salt: salt}, []string{"percent is NaN"}},
		{Options{Percent: 1, Salt: salt[:15]}, []string{"salt"}},
		{Options{Percent: -1, Salt: salt, Roots: []catalog.Name{name("user"), name("parted_1"), name("far")},
			Whole: []catalog.Name{name("users"), name("users")}},
			[]string{"percent is -1", "root table public.user does not exist", "public.parted_1 is a partition; name its root " +
				"public.parted", "foreign", "listed twice"}},
		{Options{Percent: 1, Salt: salt, Roots: []catalog.Name{name("users")}, Whole: []catalog.Name{name("users")}},
			[]string{"root and as whole"}},
	} {
		err := c.opts.Check(cat)
		var in *fault.Input
		if !errors.As(err, &in) || len(in.Problems) != len(c.want) {
			t.Errorf("%+v: error %v, want %d problems", c.opts, err, len(c.want))
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("error %q lacks %q", err, w)
			}
		}
	}
}
