package transform

import (
	"bytes"
	"encoding/hex"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/rules"
)

func bytesDef() Definition {
	return Definition{
		Name: "bytes", Class: pii.None, Families: []Family{FamilyBytea},
		Doc: "Other bytes: as many marked ones as there were, in which no text can be seen; or a tiny valid picture or document. An empty value stays.",
		Params: []Param{{Name: "as", Kind: rules.String, Choices: []string{"length", "png", "pdf", "auto"}, Default: "length",
			Doc: "length: bytes of the same number; png: the picture of one pixel; pdf: an empty page; auto: a PNG for a picture, a PDF for a PDF, else bytes of the same number"}},
		Example: Example{Rule: "{transform: bytes, as: auto}", Value: `\x255044462d312e370a`},
		ByParam: "as",
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &bytesMasker{domainPrefix(d.Name), d.Args.Text("as")}}, nil
		},
	}
}

type bytesMasker struct {
	prefix []byte
	as     string
}

var errNoBytes = Unfit("the value is no bytea in hexadecimal digits")

func (m *bytesMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(text, []byte(`\x`))
	if !ok {
		return dst, errNoBytes
	}
	var err error
	if r.normal, err = hex.AppendDecode(r.normal[:0], digits); err != nil {
		return dst, errNoBytes
	}
	n := len(r.normal)
	r.normal = m.bytes(r, r.normal, r.normal)
	return hex.AppendEncode(append(dst, `\x`...), r.normal[n:]), nil
}

// bytes appends what replaces value.
func (m *bytesMasker) bytes(r *Row, dst, value []byte) []byte {
	as := m.as
	if as == "auto" {
		as = kindOf(value)
	}
	switch {
	case len(value) == 0:
		return dst
	case as == "png":
		return append(dst, fake.PNG...)
	case as == "pdf":
		return append(dst, fake.PDF...)
	}
	return fake.AppendFiller(dst, r.PRF.Sum(m.prefix, value), len(value))
}

// Wire works on the bytes themselves.
func (m *bytesMasker) Wire(t *catalog.Type, f copyfmt.Format) Bind {
	if f != copyfmt.Binary || FamilyOf(t) != FamilyBytea {
		return nil
	}
	return func(r *Row) Cell {
		return func(dst, wire []byte) ([]byte, error) { return m.bytes(r, dst, wire), nil }
	}
}

// magics are how files of usual kinds begin.
var magics = [...]struct{ begins, as string }{
	{"\x89PNG", "png"}, {"\xff\xd8\xff", "png"}, {"GIF8", "png"}, {"RIFF", "png"}, {"BM", "png"}, {"II*\x00", "png"}, {"MM\x00*", "png"},
	{"%PDF", "pdf"},
}

func kindOf(value []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(value, []byte(m.begins)) {
			return m.as
		}
	}
	return "length"
}
