package sample

import (
	"encoding/binary"
	"math/big"
	"strconv"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Options say what to pick.
type Options struct {
	Roots   []catalog.Name // tables to start from; none: every table by its own key
	Percent float64        // of the rows of root tables; above 0, at most 100
	Whole   []catalog.Name // tables taken whole

	References []catalog.Reference // followed like foreign keys

	Salt []byte // keeps the choice secret and stable; at least 16 bytes, derived from the run's key
}

// Check reports every mistake in the options as one *fault.Input.
func (o Options) Check(cat *catalog.Catalog) error {
	var in fault.Input
	bad := func(text string) { in.Problems = append(in.Problems, fault.Problem{Text: text}) }
	if !(o.Percent > 0 && o.Percent <= 100) {
		bad("sample: percent is " + strconv.FormatFloat(o.Percent, 'g', -1, 64) + "; write a number above 0 and at most 100")
	}
	if len(o.Salt) < 16 {
		bad("sample: the salt is shorter than 16 bytes; derive it from the run's key")
	}
	seen := map[catalog.Name]string{}
	list := func(what string, names []catalog.Name) {
		for _, n := range names {
			t := cat.Table(n)
			switch {
			case t == nil:
				bad("sample: " + what + " table " + n.String() + " does not exist")
			case t.Kind == catalog.Foreign:
				bad("sample: " + what + " table " + n.String() + " is a foreign table, which holds no rows here")
			case t.IsPartition:
				bad("sample: " + what + " table " + n.String() + " is a partition; name its root " + t.Root.String())
			case seen[n] == what:
				bad("sample: " + what + " table " + n.String() + " is listed twice")
			case seen[n] != "":
				bad("sample: table " + n.String() + " is listed as root and as whole; a whole table is not sampled, so list it " +
					"once")
			}
			seen[n] = what
		}
	}
	list("root", o.Roots)
	list("whole", o.Whole)
	if len(in.Problems) > 0 {
		return &in
	}
	return nil
}

// threshold is percent/100 × 2⁶⁴ as eight bytes, big-endian, rounded down; nil for
// 100 percent. The percent is taken as the decimal that the user wrote.
func threshold(percent float64) []byte {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(percent, 'f', -1, 64))
	r.Mul(r, new(big.Rat).SetFrac(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(100)))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if !n.IsUint64() {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, n.Uint64())
}
