package ff1

import (
	"crypto/aes"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

func digitsOf(s string) []uint16 {
	x := make([]uint16, len(s))
	for i := range s {
		x[i] = uint16(strings.IndexByte(alphabet, s[i]))
	}
	return x
}

func text(x []uint16) string {
	var b strings.Builder
	for _, d := range x {
		b.WriteByte(alphabet[d])
	}
	return b.String()
}

// The samples that NIST publishes with SP 800-38G (FF1samples.pdf).
var samples = []struct {
	key, tweak        string
	radix             int
	plain, ciphertext string
}{
	{key128, "", 10, "0123456789", "2433477484"},
	{key128, "39383736353433323130", 10, "0123456789", "6124200773"},
	{key128, "3737373770717273373737", 36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
	{key192, "", 10, "0123456789", "2830668132"},
	{key192, "39383736353433323130", 10, "0123456789", "2496655549"},
	{key192, "3737373770717273373737", 36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"},
	{key256, "", 10, "0123456789", "6657667009"},
	{key256, "39383736353433323130", 10, "0123456789", "1001623463"},
	{key256, "3737373770717273373737", 36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"},
}

const (
	key128 = "2B7E151628AED2A6ABF7158809CF4F3C"
	key192 = key128 + "EF4359D8D580AA4F"
	key256 = key192 + "7F036D6F04FC6A94"
)

func newCipher(t testing.TB, key, tweak string, radix int) *Cipher {
	t.Helper()
	k, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	w, err := hex.DecodeString(tweak)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(k, w, radix)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPublishedSamples(t *testing.T) {
	for i, s := range samples {
		c := newCipher(t, s.key, s.tweak, s.radix)
		x := digitsOf(s.plain)
		if err := c.Encrypt(x); err != nil || text(x) != s.ciphertext {
			t.Errorf("sample %d: %s, want %s (%v)", i+1, text(x), s.ciphertext, err)
		}
		if err := c.Decrypt(x); err != nil || text(x) != s.plain {
			t.Errorf("sample %d decrypts to %s (%v)", i+1, text(x), err)
		}
		// The other arithmetic gives the same.
		sh := c.shapes[len(x)]
		if !sh.small {
			t.Errorf("sample %d was large", i+1)
		}
		c.runLarge(sh, x, false)
		if text(x) != s.ciphertext {
			t.Errorf("sample %d by words: %s", i+1, text(x))
		}
		c.runLarge(sh, x, true)
		if text(x) != s.plain {
			t.Errorf("sample %d decrypts by words to %s", i+1, text(x))
		}
	}
}

// reference is SP 800-38G, algorithm 7, step by step with math/big.
func reference(key, tweak []byte, radix int, x []uint16) []uint16 {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	n, t := len(x), len(tweak)
	u := n / 2
	v := n - u
	R := big.NewInt(int64(radix))
	num := func(x []uint16) *big.Int {
		z := new(big.Int)
		for _, d := range x {
			z.Add(z.Mul(z, R), big.NewInt(int64(d)))
		}
		return z
	}
	str := func(m int, z *big.Int) []uint16 {
		x, rest, d := make([]uint16, m), new(big.Int).Set(z), new(big.Int)
		for i := m - 1; i >= 0; i-- {
			rest.DivMod(rest, R, d)
			x[i] = uint16(d.Int64())
		}
		return x
	}
	power := func(m int) *big.Int { return new(big.Int).Exp(R, big.NewInt(int64(m)), nil) }
	top := power(v)
	b := (top.Sub(top, big.NewInt(1)).BitLen() + 7) / 8
	d := 4*((b+3)/4) + 4
	p := []byte{1, 2, 1, byte(radix >> 16), byte(radix >> 8), byte(radix), 10, byte(u)}
	p = binary.BigEndian.AppendUint32(p, uint32(n))
	p = binary.BigEndian.AppendUint32(p, uint32(t))
	A, B := slices.Clone(x[:u]), slices.Clone(x[u:])
	for i := range 10 {
		q := append(slices.Clone(p), tweak...)
		for (len(q)+1+b)%16 != 0 {
			q = append(q, 0)
		}
		q = append(q, byte(i))
		q = append(q, num(B).FillBytes(make([]byte, b))...)
		r := make([]byte, 16)
		for ; len(q) > 0; q = q[16:] {
			for k := range r {
				r[k] ^= q[k]
			}
			block.Encrypt(r, r)
		}
		s := slices.Clone(r)
		for j := 1; len(s) < d; j++ {
			z := slices.Clone(r)
			var count [16]byte
			binary.BigEndian.PutUint64(count[8:], uint64(j))
			for k := range z {
				z[k] ^= count[k]
			}
			block.Encrypt(z, z)
			s = append(s, z...)
		}
		y := new(big.Int).SetBytes(s[:d])
		m := v
		if i%2 == 0 {
			m = u
		}
		c := y.Mod(y.Add(y, num(A)), power(m))
		A, B = B, str(m, c)
	}
	return append(A, B...)
}

func TestAgainstReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		radix := []int{2, 3, 10, 10, 16, 26, 36, 62, 256, 1000, 65535, 65536}[rnd.IntN(12)]
		least := MinLen(radix)
		n := least + rnd.IntN(60)
		if rnd.IntN(20) == 0 {
			n += rnd.IntN(400)
		}
		key, tweak := make([]byte, 16+8*rnd.IntN(3)), make([]byte, rnd.IntN(40))
		for i := range key {
			key[i] = byte(rnd.Uint32())
		}
		for i := range tweak {
			tweak[i] = byte(rnd.Uint32())
		}
		x := make([]uint16, n)
		for i := range x {
			if x[i] = uint16(rnd.IntN(radix)); rnd.IntN(4) == 0 {
				x[i] = uint16(radix - 1)
			}
		}
		c, err := New(key, tweak, radix)
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Clone(x)
		if err := c.Encrypt(got); err != nil {
			t.Fatal(err)
		}
		if want := reference(key, tweak, radix, x); !slices.Equal(got, want) {
			t.Fatalf("radix %d, %d digits, tweak of %d: differs from the reference", radix, n, len(tweak))
		}
		if err := c.Decrypt(got); err != nil || !slices.Equal(got, x) {
			t.Fatalf("radix %d, %d digits: doesn't decrypt (%v)", radix, n, err)
		}
	}
}

// All strings of the least length over two small alphabets: a permutation.
func TestIsAPermutation(t *testing.T) {
	for _, radix := range []int{10, 1000} {
		c := newCipher(t, key256, "746573740a", radix)
		n := MinLen(radix)
		seen := make([]bool, MinDomain)
		x := make([]uint16, n)
		fixed := 0
		for v := range MinDomain {
			c.str(x, uint64(v))
			if err := c.Encrypt(x); err != nil {
				t.Fatal(err)
			}
			w := c.num(x)
			if seen[w] {
				t.Fatalf("radix %d: %d is made twice", radix, w)
			}
			seen[w] = true
			if int(w) == v {
				fixed++
			}
		}
		if fixed > 10 {
			t.Errorf("radix %d: %d strings stay as they are", radix, fixed)
		}
	}
}

func TestLimits(t *testing.T) {
	for radix, want := range map[int]int{2: 20, 3: 13, 10: 6, 16: 5, 36: 4, 100: 3, 1000: 2, 65536: 2} {
		if got := MinLen(radix); got != want {
			t.Errorf("radix %d: %d digits, want %d", radix, got, want)
		}
		c := newCipher(t, key128, "", radix)
		if c.Encrypt(make([]uint16, want-1)) != ErrLength || c.Encrypt(make([]uint16, MaxLen+1)) != ErrLength {
			t.Errorf("radix %d: takes any length", radix)
		}
		if err := c.Encrypt(make([]uint16, want)); err != nil {
			t.Error(err)
		}
	}
	c := newCipher(t, key128, "", 10)
	if c.Encrypt([]uint16{1, 2, 3, 4, 5, 10}) == nil {
		t.Error("takes a digit beyond the radix")
	}
	for _, radix := range []int{-1, 0, 1, 65537} {
		if _, err := New(make([]byte, 16), nil, radix); err == nil {
			t.Errorf("takes a radix of %d", radix)
		}
	}
	if _, err := New(make([]byte, 15), nil, 10); err == nil {
		t.Error("takes a key of 15 bytes")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, n := range []int{6, 16, 36, 60} {
		c := newCipher(t, key256, "746573740a", 10)
		x := make([]uint16, n)
		if allocs := testing.AllocsPerRun(100, func() { _ = c.Encrypt(x) }); allocs > 0 {
			t.Errorf("%d digits: %v allocations", n, allocs)
		}
	}
}

func BenchmarkEncrypt(b *testing.B) {
	for _, n := range []string{"0123456789", "4539578763621486", strings.Repeat("0123456789", 5)} {
		b.Run(n, func(b *testing.B) {
			c := newCipher(b, key256, "746573740a", 10)
			x := digitsOf(n)
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Encrypt(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
