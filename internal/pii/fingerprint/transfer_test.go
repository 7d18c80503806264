package fingerprint

import (
	"bytes"
	"io"
	"reflect"
	"slices"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// exported makes a kept store of values, with columns that they come from, and returns what it gives away
// in several pieces.
func exported(t *testing.T, column string, values []value, pieces int) (out [][]byte) {
	t.Helper()
	s, err := NewKeptStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for piece := range slices.Chunk(values, max(1, (len(values)+pieces-1)/pieces)) {
		c := s.Collector()
		c.From(c.Column(column))
		for _, v := range piece {
			c.Add(v.class, []byte(v.text))
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := s.Export(&b); err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Bytes())
	}
	return out
}

// What several processes collected makes the set that one would have made, byte for byte.
func TestPiecesOfOtherProcessesMakeTheSameSet(t *testing.T) {
	values := append(manyValues(6000), value{pii.Phone, "+44 20 7946 1234"}, value{pii.FullName, "Hanna Bergström"})
	pieces := slices.Concat(exported(t, "public.orders.mail", values[3000:], 2),
		exported(t, "public.users.email", values[:3000], 3))
	store, set := imported(t, pieces)
	want := keptSet(t, values...)
	if set.Len() != want.Len() || !bytes.Equal(written(t, set), written(t, want)) {
		t.Errorf("%d fingerprints of pieces, %d of one process, or the files differ", set.Len(), want.Len())
	}
	found := 0
	for _, v := range values {
		got := set.Matcher().Scan(nil, []byte("seen: "+v.text+"."))
		if want := want.Matcher().Scan(nil, []byte("seen: "+v.text+".")); !reflect.DeepEqual(got, want) {
			t.Fatalf("%v: found %v, want %v", v.class, got, want)
		}
		for _, m := range got {
			from, err := store.Origins([]uint64{m.Print})
			if err != nil || len(from[m.Print]) == 0 {
				t.Fatalf("a value of class %v comes from %v, %v", v.class, from, err)
			}
			found++
		}
	}
	if found < len(values)/2 {
		t.Errorf("%d of %d values are found", found, len(values))
	}
	// A piece that comes twice changes nothing, and fakes of another process are known as fakes.
	_, twice := imported(t, append(pieces, pieces[0], pieces[4]))
	if twice.Len() != want.Len() {
		t.Errorf("%d fingerprints, %d when two pieces came twice", want.Len(), twice.Len())
	}
}

// What another process put in the place of values is a fake here, too.
func TestFakesOfOtherProcesses(t *testing.T) {
	var d fake.Digest
	copy(d[:], "0123456789abcdefghijklmnopqrstuv")
	name := string(fake.AppendFullName(nil, &d)) // as a source that was scrubbed before holds it
	values := []value{{pii.FullName, name}}
	s, err := NewKeptStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := s.Collector()
	c.Made(pii.FullName, []byte(name))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	var made bytes.Buffer
	if err := s.Export(&made); err != nil {
		t.Fatal(err)
	}
	read := exported(t, "public.users.name", values, 1)
	if _, set := imported(t, read); len(set.Matcher().Scan(nil, []byte(name))) == 0 {
		t.Fatal("the name is not found although no process made it")
	}
	if _, set := imported(t, append(read, made.Bytes())); len(set.Matcher().Scan(nil, []byte(name))) > 0 {
		t.Error("a fake that another process made counts as a survivor")
	}
}

// imported is a store of pieces, and its set.
func imported(t *testing.T, pieces [][]byte) (*Store, *Set) {
	t.Helper()
	store, err := NewKeptStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	for _, piece := range pieces {
		if err := store.Import(bytes.NewReader(piece)); err != nil {
			t.Fatal(err)
		}
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	return store, set
}

func TestOnlyKeptStoresGiveAndTake(t *testing.T) {
	s, err := NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Export(io.Discard) == nil || s.Import(bytes.NewReader(nil)) == nil {
		t.Error("hashes of this process alone were given away or taken")
	}
}

// What comes is taken whole or is an error.
func FuzzImport(f *testing.F) {
	s, err := NewKeptStore(f.TempDir(), testKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	c := s.Collector()
	c.From(c.Column("public.users.email"))
	c.Add(pii.Email, []byte("helene.larsen@posteo.se"))
	c.Made(pii.FullName, []byte("Hanna Bergström"))
	if err := c.Close(); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Export(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-1])
	f.Add([]byte{frameMade, 0, 0, 0, 0, 16, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		err := s.Import(bytes.NewReader(data))
		if whole := bytes.HasPrefix(data, b.Bytes()); whole && err != nil {
			t.Errorf("what was exported is not taken: %v", err)
		} else if !whole && bytes.HasPrefix(b.Bytes(), data) && err == nil {
			t.Error("a part is taken for the whole")
		}
	})
}
