package value

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

func TestFields(t *testing.T) {
	for in, want := range map[string]string{
		`(a,b)`: `(0A,1B)`, `(,b)`: `(,1B)`, `()`: `()`, `(,)`: `(,)`, `("a,b","c""d")`: `("0A,B","1C""D")`, `("",x\,y)`: `(0,"1X,Y")`,
		`("a\\b"," ")`: `("0A\\B","1 ")`, `(drop,x)`: `(,1X)`, `a`: "", `(a`: "", `(a))`: "", `("a)`: "", `(a)b`: "", "": "", `(a,`: "",
	} {
		got, err := Fields([]byte("x"), []byte(in), func(dst []byte, i int, field []byte) ([]byte, bool, error) {
			return append(append(dst, byte('0'+i)), bytes.ToUpper(field)...), string(field) == "drop", nil
		})
		if want == "" && err == nil || want != "" && (err != nil || string(got) != "x"+want) {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	boom := errors.New("boom")
	if got, err := Fields([]byte("x"), []byte("(a)"), func(dst []byte, _ int, _ []byte) ([]byte, bool, error) { return append(dst, 'y'), false, boom }); err != boom || string(got) != "x" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestBounds(t *testing.T) {
	for in, want := range map[string]string{
		`[a,b)`: `[lA,uB)`, `(,b]`: `(,uB]`, `[a,)`: `[lA,)`, `(,)`: `(,)`, `empty`: `empty`, `["a b","c,d"]`: `["lA B","uC,D"]`,
		`{}`: `{}`, `{[a,b),[c,d)}`: `{[lA,uB),[lC,uD)}`, `{(,b]}`: `{(,uB]}`, `["",""]`: `[l,u]`,
		`[a`: "", `[a,b`: "", `[a,b)x`: "", `{[a,b)`: "", `{[a,b)[c,d)}`: "", `{[a,b)}x`: "", `x`: "", ``: "", `{`: "", `{,}`: "",
	} {
		got, err := Bounds([]byte("x"), []byte(in), func(dst, bound []byte, lower bool) ([]byte, error) {
			return append(append(dst, "ul"[map[bool]int{false: 0, true: 1}[lower]]), bytes.ToUpper(bound)...), nil
		})
		if want == "" && err == nil || want != "" && (err != nil || string(got) != "x"+want) {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
}

func TestPairs(t *testing.T) {
	for in, want := range map[string]string{
		``: ``, `"a"=>"b"`: `"a"=>"b"`, `"a"=>NULL, "b\"c"=>"d\\e"`: `"a"=>NULL, "b\"c"=>"d\\e"`, `a=>b,c=>"NULL"`: `"a"=>"b", "c"=>"NULL"`, `"":`: "bad", `a=>`: "bad",
	} {
		var got []byte
		err := Pairs([]byte(in), func(key, value []byte) error {
			got = AppendPair(got, 0, key, value)
			return nil
		})
		if (want == "bad") != (err != nil) || err == nil && string(got) != want {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
}

// What is rewritten to itself is what the server prints, and the server takes it.
func TestRewritesAgreeWithTheServer(t *testing.T) {
	ctx := context.Background()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE EXTENSION hstore; CREATE TYPE addr AS (street text, "no" int, code char(5), tags text[], since timestamptz); CREATE TYPE texts AS RANGE (subtype = text)`)
	conn := pgserver.Conn(t, url)
	for sql, kind := range map[string]string{
		`ROW(E'a "b"\\\\, (c)', 7, 'x', ARRAY['p,q','"',NULL], '2024-01-01')::addr`: "addr", `ROW(NULL,NULL,NULL,NULL,NULL)::addr`: "addr", `ROW('',0,'','{}',NULL)::addr`: "addr", `ROW(E'\t\n ','-1','é','{{a,b},{c,d}}','infinity')::addr`: "addr",
		`'[2024-01-01,infinity)'::daterange`: "range", `'empty'::daterange`: "range", `'(,)'::tsrange`: "range", `'["2024-01-01 00:00","2024-01-02 00:00"]'::tstzrange`: "range", `texts('a,"b\', 'c)d')`: "range", `texts('', 'x y')`: "range",
		`'{[1,3),[5,9)}'::int4multirange`: "range", `'{}'::datemultirange`: "range", `'{["2024-01-01 00:00","2024-01-02 00:00"]}'::tsmultirange`: "range",
		`hstore(ARRAY['a b','"q"',E'\\','', 'n'], ARRAY['x','=>',',','NULL',NULL])`: "hstore", `''::hstore`: "hstore",
	} {
		var text, back string
		if err := conn.QueryRow(ctx, "SELECT ("+sql+")::text").Scan(&text); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		var got []byte
		var err error
		switch kind {
		case "addr":
			got, err = Fields(nil, []byte(text), func(dst []byte, _ int, f []byte) ([]byte, bool, error) { return append(dst, f...), false, nil })
		case "range":
			got, err = Bounds(nil, []byte(text), func(dst, b []byte, _ bool) ([]byte, error) { return append(dst, b...), nil })
		case "hstore":
			err = Pairs([]byte(text), func(k, v []byte) error { got = AppendPair(got, 0, k, v); return nil })
		}
		if err != nil || string(got) != text {
			t.Errorf("%s: %s became %s, %v", sql, text, got, err)
		}
		if err := conn.QueryRow(ctx, "SELECT $1::text::"+typeOf(sql, kind)+"::text", string(got)).Scan(&back); err != nil || back != text {
			t.Errorf("%s: the server reads %s as %s, %v", sql, got, back, err)
		}
	}
}

func typeOf(sql, kind string) string {
	if i := strings.LastIndex(sql, "::"); i >= 0 {
		return sql[i+2:]
	}
	if kind == "range" {
		return "texts"
	}
	return kind
}

func FuzzRewrite(f *testing.F) {
	for _, s := range []string{`(a,"b,c",)`, `("`, `[a,b)`, `{[a,b),(,)}`, `empty`, `"a"=>"b", c=>NULL`, `{[`, `("a""b\\")`, `a=>"`, `[`, `(\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		same := func(dst []byte, _ int, b []byte) ([]byte, bool, error) { return append(dst, b...), false, nil }
		if out, err := Fields(nil, text, same); err == nil {
			if again, err := Fields(nil, out, same); err != nil || !bytes.Equal(again, out) {
				t.Errorf("%q became %q, then %q, %v", text, out, again, err)
			}
		}
		plain := func(dst, b []byte, _ bool) ([]byte, error) { return append(dst, b...), nil }
		if out, err := Bounds(nil, text, plain); err == nil {
			if again, err := Bounds(nil, out, plain); err != nil || !bytes.Equal(again, out) {
				t.Errorf("%q became %q, then %q, %v", text, out, again, err)
			}
		}
		var out []byte
		if err := Pairs(text, func(k, v []byte) error { out = AppendPair(out, 0, k, v); return nil }); err == nil {
			if err := Pairs(out, func(k, v []byte) error { return nil }); err != nil {
				t.Errorf("%q became %q: %v", text, out, err)
			}
		}
	})
}
