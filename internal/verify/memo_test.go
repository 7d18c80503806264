package verify

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
)

func memoVerifier(t testing.TB) *Verifier {
	t.Helper()
	store, err := fingerprint.NewStore(t.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c := store.Collector()
	c.Add(pii.Email, []byte("ana.lima@uol.com.br"))
	c.Add(pii.FullName, []byte("Hanna Bergström"))
	c.Add(pii.IP, []byte("93.184.216.34"))
	for i := range 5000 {
		c.Add(pii.Phone, fmt.Appendf(nil, "415555%04d", i))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Run: "r", Set: set, Exceptions: []Exception{
		{Table: catalog.Name{Schema: "s", Name: "t"}, Column: "c", Class: pii.Email,
			Values: []string{"info@acme.io"}}}})
}

// looked is what a column's tally holds after its cells were looked through.
func looked(v *Verifier, class pii.Class, cells []string, remember bool) *tally {
	l := &ledger{}
	t := l.column("s.t", "c", func(t *tally) { t.stats.Class = class })
	s := v.scanner()
	for i, c := range cells {
		if remember {
			s.cell(t, place{row: int64(i + 1)}, []byte(c))
			continue
		}
		t.stats.Cells++
		t.stats.Bytes += int64(len(c))
		if len(c) >= minCell {
			s.look(t, place{row: int64(i + 1)}, []byte(c))
		}
	}
	return t
}

func same(t *testing.T, got, want *tally) {
	t.Helper()
	if got.stats != want.stats || got.misses != want.misses ||
		math.Abs(got.expected-want.expected) > 1e-9*(1+want.expected) {
		t.Fatalf("with the memo %+v, %d, %g; without %+v, %d, %g", got.stats, got.misses, got.expected, want.stats,
			want.misses, want.expected)
	}
	for i := range want.found {
		if fmt.Sprint(got.found[i]) != fmt.Sprint(want.found[i]) {
			t.Fatalf("sort %d: with the memo %v, without %v", i, got.found[i], want.found[i])
		}
	}
}

func TestMemoCountsEverySurvivor(t *testing.T) {
	v := memoVerifier(t)
	var cells []string
	for range 5000 {
		cells = append(cells, "Springfield", "mail Ana.Lima@uol.com.br")
	}
	got := looked(v, pii.None, cells, true)
	if n := got.found[sureSurvivor].n; n != 5000 || got.memo.seldom {
		t.Errorf("%d survivors; %+v", n, got.memo)
	}
	same(t, got, looked(v, pii.None, cells, false))
}

// What is found in random tables is the same with the memo and without it.
func TestMemoChangesNothing(t *testing.T) {
	v := memoVerifier(t)
	r := rand.New(rand.NewPCG(3, 4))
	makers := []func() string{
		func() string { return fmt.Sprintf("city number %d", r.IntN(40)) },
		func() string { return fmt.Sprintf("row %d of many", r.IntN(1e9)) },
		func() string { return fmt.Sprintf("call 415-555-%04d", r.IntN(20000)%10000) },
		func() string { return fmt.Sprintf("%012d", r.IntN(30)) },
		func() string { return "info@acme.io" },
		func() string { return fmt.Sprintf("anna%d@example.com", r.IntN(20)) },
		func() string {
			return []string{"Bergström, Hanna", "ANA.LIMA@uol.com.br", "4111111111111111", "joe@real.io"}[r.IntN(4)]
		},
		func() string { return fmt.Sprintf("93.184.216.%d", r.IntN(60)) },
		func() string { return fmt.Sprintf(`{"a":"x\"%d","b":"jo%d@example.org"}`, r.IntN(9), r.IntN(9)) },
	}
	for round := range 12 {
		var cells []string
		var mix []func() string
		for range 1 + r.IntN(4) {
			mix = append(mix, makers[r.IntN(len(makers))])
		}
		for range 8000 {
			cells = append(cells, mix[r.IntN(len(mix))]())
		}
		class := []pii.Class{pii.None, pii.Email, pii.IP}[round%3]
		same(t, looked(v, class, cells, true), looked(v, class, cells, false))
	}
}

// The memo is left alone where cells don't repeat, and taken up again where they do.
func TestMemoIsUsedWhereItPays(t *testing.T) {
	v := memoVerifier(t)
	var cells []string
	for i := range memoFrom + 2*useWindow {
		cells = append(cells, fmt.Sprintf("different %d", i))
	}
	if got := looked(v, pii.None, cells, true); !got.memo.seldom {
		t.Error("used although nothing repeats")
	}
	for i := range 40 * seldom * seldomWindow {
		cells = append(cells, fmt.Sprintf("the same %d", i%2000))
		if i%1000 == 0 {
			cells = append(cells, "Hanna Bergström")
		}
	}
	got := looked(v, pii.None, cells, true)
	if got.memo.seldom {
		t.Error("not used although all repeats")
	}
	same(t, got, looked(v, pii.None, cells, false))
}

func FuzzMemo(f *testing.F) {
	v := memoVerifier(f)
	f.Add("ana.lima@uol.com.br", "Springfield", "415-555-0012")
	f.Add("4111 1111 1111 1111", "93.184.216.34/32", `{"x":"\u0040"}`)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var cells []string
		for range memoFrom + 20 {
			cells = append(cells, a, b, c, b)
		}
		same(t, looked(v, pii.None, cells, true), looked(v, pii.None, cells, false))
	})
}

// In a column of addresses those of nobody are passed over, and only those.
func TestAddressColumn(t *testing.T) {
	v := memoVerifier(t)
	for text, want := range map[string]bool{"10.1.2.3": true, "10.1.2.3/32": true, "240.1.2.3/8": true,
		"2001:db8::1/128": true, "::1": true, "fe80::1:2": true,
		"93.184.216.34": false, "93.184.216.34/32": false, "2a00:1450::1": false, "": false, "10.1.2": false,
		"10.1.2.3 x": false, "::ffff:93.184.216.34": false} {
		if notPublic([]byte(text)) != want {
			t.Errorf("notPublic(%q) is not %v", text, want)
		}
		for _, class := range []pii.Class{pii.None, pii.IP} {
			plain, typed := &tally{stats: ColumnStats{Class: class}}, &tally{stats: ColumnStats{Class: class},
				address: true}
			v.scanner().cell(plain, place{}, []byte(text))
			v.scanner().cell(typed, place{}, []byte(text))
			same(t, typed, plain)
		}
	}
}
