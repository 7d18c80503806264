package fingerprint

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"refresher/internal/pii"
)

func BenchmarkAdd(b *testing.B) {
	for _, class := range []pii.Class{pii.Email, pii.FullName, pii.Phone, pii.Street, pii.IP, pii.Token} {
		b.Run(string(class), func(b *testing.B) {
			s, err := NewStore(b.TempDir(), testKey)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			r := real{rand.New(rand.NewPCG(1, 2))}
			var values [][]byte
			for len(values) < 1<<16 {
				if v := r.value(); v.class == class {
					values = append(values, []byte(v.text))
				}
			}
			c := s.Collector()
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				c.Add(class, values[i&(1<<16-1)])
				i++
			}
		})
	}
}

// BenchmarkAddEmail tells addresses that are new from those that come again.
func BenchmarkAddEmail(b *testing.B) {
	for name, cycle := range map[string]int{"new": math.MaxInt, "again": 1000, "again-of-many": 300_000} {
		b.Run(name, func(b *testing.B) {
			s, err := NewStore(b.TempDir(), testKey)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			c := s.Collector()
			value := []byte("maria.silva000000000@gmail.com")
			add := func(i int) {
				for k := 19; i > 0; k-- {
					value[k] = byte('0' + i%10)
					i /= 10
				}
				c.Add(pii.Email, value)
				copy(value[11:20], "000000000")
			}
			if cycle < math.MaxInt {
				for i := range 2 * cycle {
					add(i % cycle)
				}
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				if i++; i == cycle {
					i = 0
				}
				add(i)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	r := real{rand.New(rand.NewPCG(5, 6))}
	prose := strings.Repeat("The quick brown fox jumps over the lazy dog, and then it rests for a while under an "+
		"old tree. ", 700)
	var words, json, numbers strings.Builder
	for words.Len() < 1<<16 {
		words.WriteString(r.letters(1, 10) + r.pick(" ", " ", ", ", "\n"))
		json.WriteString(`{"id": ` + r.digits(6) + `, "kind": "` + r.letters(4, 9) +
			`", "at": "2026-11-21T03:00:00.123456Z", "value": ` + r.digits(2) + `.5}`)
		numbers.WriteString(r.digits(8) + " ")
	}
	for _, size := range []int{1000, 1000000} {
		set := realSet(b, size)
		for _, c := range []struct{ name, text string }{{"prose", prose}, {"random", words.String()},
			{"json", json.String()}, {"numbers", numbers.String()}} {
			b.Run(c.name+"/"+map[int]string{1000: "1k", 1000000: "1M"}[size], func(b *testing.B) {
				m := set.Matcher()
				text := []byte(c.text)
				var dst []Match
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dst = m.Scan(dst[:0], text)
				}
			})
		}
	}
}

// BenchmarkBuild shows the memory that ten million values take:
// go test -bench Build -benchtime 1x.
func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		set := realSet(b, 10_000_000)
		runtime.GC()
		var ms runtime.MemStats
		runtime.ReadMemStats(&ms)
		b.ReportMetric(float64(ms.HeapAlloc)/(1<<20), "MiB-live")
		b.ReportMetric(float64(set.Len()), "fingerprints")
	}
}
