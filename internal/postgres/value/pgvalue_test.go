package value

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
)

func base(oid uint32) *catalog.Type {
	return &catalog.Type{OID: oid, Kind: catalog.BaseType, BinaryIO: true}
}

func arrayOf(elem *catalog.Type) *catalog.Type {
	return &catalog.Type{OID: 1, Kind: catalog.ArrayType, Elem: elem, BinaryIO: true}
}

// handmade are types of every kind, without a server.
var handmade = func() (list []*catalog.Type) {
	for _, oid := range []uint32{
		catalog.BoolOID, catalog.ByteaOID, catalog.CharOID, catalog.Int8OID, catalog.Int2OID, catalog.Int4OID, catalog.TextOID,
		catalog.OIDOID, catalog.TIDOID, catalog.Float4OID, catalog.Float8OID, catalog.MacaddrOID, catalog.CIDROID, catalog.InetOID,
		catalog.BPCharOID, catalog.DateOID, catalog.TimeOID, catalog.TimestampOID, catalog.TimestamptzOID, catalog.IntervalOID,
		catalog.NumericOID, catalog.UUIDOID, catalog.JSONBOID, catalog.XID8OID, catalog.PGLSNOID, catalog.Macaddr8OID, catalog.TimetzOID, catalog.VarbitOID, catalog.TSVectorOID,
		catalog.PointOID, catalog.BoxOID, catalog.PathOID, catalog.PolygonOID, catalog.CircleOID, catalog.LineOID, catalog.LsegOID,
	} {
		list = append(list, base(oid))
	}
	text, num, times := base(catalog.TextOID), base(catalog.NumericOID), base(catalog.TimestamptzOID)
	nums := &catalog.Type{OID: 2, Kind: catalog.RangeType, Elem: num}
	addr := &catalog.Type{OID: 20000, Kind: catalog.CompositeType, Fields: []catalog.Field{
		{Name: "a", Type: text}, {Name: "b", Type: arrayOf(text)}, {Name: "c", Type: base(catalog.InetOID)}}}
	return append(list, arrayOf(text), arrayOf(num), arrayOf(base(catalog.BoxOID)), arrayOf(base(catalog.BPCharOID)), nums,
		&catalog.Type{OID: 3, Kind: catalog.RangeType, Elem: times}, &catalog.Type{OID: 4, Kind: catalog.RangeType, Elem: text},
		&catalog.Type{OID: 5, Kind: catalog.MultirangeType, Elem: nums}, addr, arrayOf(addr),
		&catalog.Type{OID: 20001, Kind: catalog.BaseType, Name: "hstore"}, &catalog.Type{OID: 20002, Kind: catalog.EnumType})
}()

func TestRefusedTexts(t *testing.T) {
	for oid, texts := range map[uint32][]string{
		catalog.BoolOID:        {"", "yes", "T", "2"},
		catalog.Int2OID:        {"", "-", "32768", "-32769", "1 ", "0x1", "1.0"},
		catalog.Int8OID:        {"9223372036854775808", "-9223372036854775809", "99999999999999999999", "٣"},
		catalog.OIDOID:         {"-1", "4294967296"},
		catalog.Float8OID:      {"", "1e999", "0x1p4", "1_0", "inf", "nan", "1..2", "."},
		catalog.NumericOID:     {"", ".", "e5", "1e", "1e9999999", "1e999999", "1.2.3", "--1", "1 ", "0x1", "1e-16384", "1_0"},
		catalog.UUIDOID:        {"", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "-a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11-", "a0eebc99--9c0b4ef8bb6d6bb9bd380a11", "a-0eebc999c0b4ef8bb6d6bb9bd380a11"},
		catalog.InetOID:        {"", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "0001.2.3.4", "::1/129", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", ":1", "1:", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "fe80::1%eth0", "g::"},
		catalog.CIDROID:        {"10.0.0.1/8", "::1/64", "10.0.0.0/4x"},
		catalog.MacaddrOID:     {"", "08:00:2b:01:02", "08:00:2b:01:02:03:04", "0:80:02:b0:10:20:3", "zz:00:2b:01:02:03"},
		catalog.ByteaOID:       {`\x0`, `\xzz`, `\`, `\1`, `\400`, `\x00 `},
		catalog.DateOID:        {"", "2001-02-29", "2001-13-01", "2001-00-01", "2001-01-32", "0000-01-01", "4715-01-01 BC", "5874898-01-01", "2001-1-1", "2001-01-01x", "01/02/2001", "2001-01-01 BC BC"},
		catalog.TimeOID:        {"", "24:00:01", "25:00", "12", "12:60", "12:00:60", "12:00:00.", "12:00:00+00"},
		catalog.TimestampOID:   {"", "2001-01-01 25:00:00", "2001-01-01x00:00:00", "2001-01-01 00:00:00+00", "294277-01-01 00:00:00", "2001-01-01 "},
		catalog.TimestamptzOID: {"2001-01-01 00:00:00+16", "2001-01-01 00:00:00 UTC", "2001-01-01 00:00:00+0", "9999999-01-01 00:00:00+00"},
		catalog.IntervalOID:    {"", "1", "1 fortnight", "99999999999999 days", "3000000000 days", "1:2", "1 day-", "2562047789:00:00"},
		catalog.JSONBOID:       {},
		catalog.VarbitOID:      {"012"},
		catalog.PointOID:       {"(1,2", "(1)", "(1,2)x", "(a,b)", "1,2"},
		catalog.PathOID:        {"()", "[]", "((1,2)", "[(1,2),]", "(1,2)"},
		catalog.TSVectorOID:    {"'a", "a", "'a':", "'a':0", "'a':16384", "'a':1E", "'a''"},
	} {
		c := For(base(oid), copyfmt.Binary)
		for _, text := range texts {
			got, err := c.AppendWire([]byte("x"), []byte(text))
			var ve *Error
			if !errors.As(err, &ve) || ve.Wire || string(got) != "x" {
				t.Errorf("type %d, %q: got %x, %v", oid, text, got, err)
			} else if len(text) > 5 && strings.Contains(err.Error(), text) {
				t.Errorf("the error quotes the value: %v", err)
			}
		}
	}
	for typ, texts := range map[*catalog.Type][]string{
		arrayOf(base(catalog.Int4OID)): {"", "{", "}", "{1", "1", "{1,}", "{,1}", "{1}}", "{1}x", "{{1},{2,3}}", "{{1},2}", "{1,{2}}", "[1:2]={1}", "[2:1]={}", "[1:1]{1}", "[1:1]={{1}}", `{"1}`, `{1"2"}`, `{1\`, "{a}", "{{{{{{{1}}}}}}}", "[9999999999:1]={1}", "[2147483647:2147483648]={1,2}", "{1 2}"},
		handmade[slices.IndexFunc(handmade, func(t *catalog.Type) bool { return t.OID == 2 })]:         {"", "[1,2", "1,2)", "[1;2)", "[1,2)x", "[a,b)", "[1,2,3)", "emptyx"},
		handmade[slices.IndexFunc(handmade, func(t *catalog.Type) bool { return t.OID == 5 })]:         {"", "{", "{[1,2)", "{[1,2)[3,4)}", "{,}", "{[1,2),}"},
		handmade[slices.IndexFunc(handmade, func(t *catalog.Type) bool { return t.OID == 20000 })]:     {"", "(,)", "(,,,)", "a,b,c", `(",,)`, "(,,1.2.3)", "(,,)x"},
		handmade[slices.IndexFunc(handmade, func(t *catalog.Type) bool { return t.Name == "hstore" })]: {"a", `"a"`, `"a"=`, `"a"=>`, `"a"=>"b`, `"a"=>"b" "c"=>"d"`, `=>"b"`, `"a"=>"b",`},
	} {
		for _, text := range texts {
			if got, err := For(typ, copyfmt.Binary).AppendWire([]byte("x"), []byte(text)); err == nil || string(got) != "x" {
				t.Errorf("type %d, %q: got %x, %v", typ.OID, text, got, err)
			}
		}
	}
}

// Texts a server would take too, in a form it would not print.
func TestLenientTexts(t *testing.T) {
	for _, c := range []struct {
		typ        *catalog.Type
		text, want string
	}{
		{base(catalog.BoolOID), "true", "t"},
		{base(catalog.NumericOID), "+00012.50e2", "1250"},
		{base(catalog.NumericOID), ".5", "0.5"},
		{base(catalog.NumericOID), "5.", "5"},
		{base(catalog.NumericOID), "-0.000", "0.000"},
		{base(catalog.UUIDOID), "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{base(catalog.InetOID), "2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
		{base(catalog.MacaddrOID), "0800.2B01.0203", "08:00:2b:01:02:03"},
		{base(catalog.ByteaOID), `a\\b\001`, `\x615c6201`},
		{base(catalog.TimestamptzOID), "2026-11-21T05:30:00.1234567+05:30", "2026-11-21 00:00:00.123457+00"},
		{base(catalog.TimestamptzOID), "2026-11-21 05:30Z", "2026-11-21 05:30:00+00"},
		{base(catalog.TimestamptzOID), "2026-11-21", "2026-11-21 00:00:00+00"},
		{base(catalog.TimestampOID), "2026-11-21 24:00:00", "2026-11-22 00:00:00"},
		{base(catalog.DateOID), "2026-11-21 AD", "2026-11-21"},
		{base(catalog.IntervalOID), "2 weeks 3 hours 1 min 2 secs", "14 days 03:01:02"},
		{base(catalog.IntervalOID), "-2562047788:00:54.775808", "-2562047788:00:54.775808"},
		{base(catalog.IntervalOID), "infinity", "infinity"},
		{arrayOf(base(catalog.TextOID)), ` { a b , " c " , \"d , null,"null" } `, `{"a b"," c ","\"d",NULL,"null"}`},
		{arrayOf(base(catalog.TextOID)), " [2:3] = {x,y}", "[2:3]={x,y}"},
		{arrayOf(base(catalog.TextOID)), "[2]={x,y}", "{x,y}"},
		{&catalog.Type{Kind: catalog.BaseType, OID: 20000, Name: "hstore"}, `a => b,"c"=>null`, `"a"=>"b", "c"=>NULL`},
	} {
		codec := For(c.typ, copyfmt.Binary)
		wire, err := codec.AppendWire(nil, []byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got, err := codec.AppendText(nil, wire); err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
		}
	}
}

func TestTextFormat(t *testing.T) {
	for _, typ := range append(handmade, &catalog.Type{OID: 30000, Kind: catalog.BaseType, Name: "geometry"}) {
		c := For(typ, copyfmt.Text)
		got, err := c.AppendText([]byte("x"), []byte(" as is  "))
		want := "x as is  "
		if typ.OID == catalog.BPCharOID {
			want = "x as is"
		}
		if err != nil || string(got) != want {
			t.Errorf("type %d: got %q, %v", typ.OID, got, err)
		}
	}
	if For(&catalog.Type{OID: 30000, Kind: catalog.BaseType, Name: "geometry"}, copyfmt.Binary) != nil {
		t.Error("an unknown type has a binary codec")
	}
	domain := &catalog.Type{OID: 30001, Kind: catalog.DomainType, Base: base(catalog.Int4OID)}
	if got, err := For(domain, copyfmt.Binary).AppendText(nil, []byte{0, 0, 1, 0}); err != nil || string(got) != "256" {
		t.Errorf("domain: %s, %v", got, err)
	}
}

func TestArrayErrors(t *testing.T) {
	boom := errors.New("boom")
	typ := arrayOf(base(catalog.InetOID))
	wire, err := For(typ, copyfmt.Binary).AppendWire(nil, []byte("{1.2.3.4,NULL}"))
	if err != nil {
		t.Fatal(err)
	}
	for f, in := range map[copyfmt.Format][]byte{copyfmt.Binary: wire, copyfmt.Text: []byte("{1.2.3.4,NULL}")} {
		a := ArrayOf(typ, f)
		if err := a.Walk(in, func([]byte) error { return boom }); err != boom {
			t.Errorf("%v: %v", f, err)
		}
		if got, err := a.Rewrite([]byte("x"), in, func([]byte, []byte) ([]byte, error) { return nil, boom }); err != boom || string(got) != "x" {
			t.Errorf("%v: %q, %v", f, got, err)
		}
		for _, bad := range [][]byte{nil, in[:len(in)-1], append(slices.Clone(in), 'x')} {
			if err := a.Walk(bad, func([]byte) error { return nil }); err == nil {
				t.Errorf("%v: walked %q", f, bad)
			}
			if got, err := a.Rewrite([]byte("x"), bad, func(dst, text []byte) ([]byte, error) { return append(dst, text...), nil }); err == nil || string(got) != "x" {
				t.Errorf("%v: %q, %v", f, got, err)
			}
		}
	}
	a := ArrayOf(typ, copyfmt.Binary)
	if _, err := a.Rewrite(nil, wire, func(dst, _ []byte) ([]byte, error) { return append(dst, "no address"...), nil }); err == nil {
		t.Error("an element that is no inet was written")
	}
	if ArrayOf(base(catalog.TextOID), copyfmt.Text) != nil {
		t.Error("text is an array")
	}
}

// samples are wire forms to time and to start the fuzzer from.
func samples(t testing.TB) map[int][]byte {
	out := map[int][]byte{}
	texts := []string{"t", "-1", `\x00ff`, "-12345.678900", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "10.1.2.3/8", "2001:db8::1", "08:00:2b:01:02:03",
		"08:00:2b:01:02:03:04:05", "2026-11-21", "03:00:00.5", "03:00:00+01", "2026-11-21 03:00:00.123456", "2026-11-21 03:00:00.123456+00",
		"1 year -2 mons +3 days 04:05:06.7", "16/B374D848", "(0,1)", "10101", "'a':1A,2 'b'", "(1,2)", "((1,2),(3,4))", "[(1,2),(3,4)]", "(1,2),(3,4)",
		"<(1,2),3>", "{1,2,3}", `{a,"b c",NULL,"d\"e"}`, "{1.5,NULL,NaN}", "{(1,1),(0,0);(2,2),(1,1)}", "[1.5,2.5)", `["2026-01-01 00:00:00+00",)`,
		`["a b",c]`, "{[1,2),[3,4)}", `(a,"{b,c}",1.2.3.4)`, `{"(a,,)",NULL}`, `"a"=>"b", "c"=>NULL`, "plain"}
	for i, typ := range handmade {
		c := For(typ, copyfmt.Binary)
		for _, text := range texts {
			if wire, err := c.AppendWire(nil, []byte(text)); err == nil {
				out[i] = wire
				break
			}
		}
		if out[i] == nil {
			t.Fatalf("no sample for type %d", typ.OID)
		}
	}
	return out
}

func FuzzCodec(f *testing.F) {
	for i, wire := range samples(f) {
		f.Add(uint8(i), wire)
	}
	for i, typ := range handmade { // and the corpus's texts
		for _, text := range corpus[map[uint32]string{1: "text[]", 4: "moods", catalog.NumericOID: "numeric", catalog.IntervalOID: "interval"}[typ.OID]] {
			f.Add(uint8(i), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, in []byte) {
		typ := handmade[int(which)%len(handmade)]
		c := For(typ, copyfmt.Binary)
		name := fmt.Sprintf("type %d, %q", typ.OID, in)
		// in as wire: its text is a value of the type.
		text, err := c.AppendText([]byte("x"), in)
		if err != nil && string(text) != "x" {
			t.Fatalf("%s: %q after %v", name, text, err)
		}
		if err == nil {
			stable(t, name, c, text[1:])
		}
		// in as text.
		wire, err := c.AppendWire([]byte("x"), in)
		if err != nil && string(wire) != "x" {
			t.Fatalf("%s: %q after %v", name, wire, err)
		}
		if err == nil {
			if text, err = c.AppendText(nil, wire[1:]); err != nil {
				t.Fatalf("%s: wrote what it can't read: %v", name, err)
			}
			stable(t, name, c, text)
		}
		if typ.Kind == catalog.ArrayType {
			fuzzArray(t, name, typ, in)
		}
	})
}

// stable fails unless text is read, and printed alike from the second time on.
func stable(t *testing.T, name string, c Codec, text []byte) {
	for i := range 2 {
		wire, err := c.AppendWire(nil, text)
		if err != nil {
			t.Fatalf("%s: printed %q, which it can't read: %v", name, text, err)
		}
		again, err := c.AppendText(nil, wire)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if i == 1 && !bytes.Equal(again, text) {
			t.Fatalf("%s: %q, then %q", name, text, again)
		}
		text = again
	}
}

// fuzzArray checks that Array agrees with the codec on what is an array, and that
// rewriting elements by themselves changes nothing.
func fuzzArray(t *testing.T, name string, typ *catalog.Type, in []byte) {
	for _, f := range []copyfmt.Format{copyfmt.Binary, copyfmt.Text} {
		a, c := ArrayOf(typ, f), For(typ, copyfmt.Binary)
		out, err := a.Rewrite(nil, in, func(dst, text []byte) ([]byte, error) { return append(dst, text...), nil })
		if walk := a.Walk(in, func([]byte) error { return nil }); (walk == nil) != (err == nil) && f == copyfmt.Text {
			t.Fatalf("%s %v: Walk %v, Rewrite %v", name, f, walk, err)
		}
		if err != nil {
			continue
		}
		before, after := in, out
		if f == copyfmt.Text {
			if before, err = c.AppendWire(nil, in); err != nil {
				continue // an element that is no value of its type
			}
			if after, err = c.AppendWire(nil, out); err != nil {
				t.Fatalf("%s: rewritten to %q: %v", name, out, err)
			}
		}
		x, err1 := c.AppendText(nil, before)
		y, err2 := c.AppendText(nil, after)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s %v: %v, %v", name, f, err1, err2)
		}
		if typ.Elem.OID != catalog.BPCharOID && typ.Elem.OID != catalog.NumericOID && !bytes.Equal(x, y) {
			t.Fatalf("%s %v: %q became %q", name, f, x, y)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	dst := make([]byte, 0, 4096)
	for i, wire := range samples(t) {
		c := For(handmade[i], copyfmt.Binary)
		text, err := c.AppendText(nil, wire)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() {
			_, err1 := c.AppendText(dst, wire)
			_, err2 := c.AppendWire(dst, text)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
		}); n != 0 {
			t.Errorf("type %d: %v allocations", handmade[i].OID, n)
		}
	}
	a := ArrayOf(arrayOf(base(catalog.InetOID)), copyfmt.Binary)
	wire, err := For(arrayOf(base(catalog.InetOID)), copyfmt.Binary).AppendWire(nil, []byte("{1.2.3.4,::1,NULL}"))
	if err != nil {
		t.Fatal(err)
	}
	fn := func(dst, _ []byte) ([]byte, error) { return append(dst, "203.0.113.9"...), nil }
	if n := testing.AllocsPerRun(20, func() {
		if _, err := a.Rewrite(dst, wire, fn); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Rewrite: %v allocations", n)
	}
}

func BenchmarkCodec(b *testing.B) {
	dst := make([]byte, 0, 4096)
	for name, c := range map[string]struct {
		typ  *catalog.Type
		text string
	}{
		"int8":        {base(catalog.Int8OID), "1234567890"},
		"float8":      {base(catalog.Float8OID), "1834.22"},
		"numeric":     {base(catalog.NumericOID), "12345.67"},
		"uuid":        {base(catalog.UUIDOID), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		"inet":        {base(catalog.InetOID), "203.0.113.9"},
		"date":        {base(catalog.DateOID), "1984-02-29"},
		"timestamptz": {base(catalog.TimestamptzOID), "2026-11-21 03:00:00.123456+00"},
		"text array":  {arrayOf(base(catalog.TextOID)), `{alpha,beta,"gamma delta"}`},
	} {
		codec := For(c.typ, copyfmt.Binary)
		wire, err := codec.AppendWire(nil, []byte(c.text))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/text", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				codec.AppendText(dst, wire)
			}
		})
		text := []byte(c.text)
		b.Run(name+"/wire", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				codec.AppendWire(dst, text)
			}
		})
	}
}
