package scrub_test

import (
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

func TestXML(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"mail text", "x xml", "y text"}})
	p := compile(t, cat, head+`  a.t: {columns: {mail: email, x: {xml: {
    order/customer/@mail: email, order/customer/name: full_name, "order/*/phone": phone, "**/id": keep, order/lines: keep, order/lines/sku/@buyer: email,
    order/gone: null, order/fix: {transform: constant, value: "<0>"}, order/note: text, "o:order/o:mail": email}, keys: keep}, y: {xml: {"a/b": email}}}}
`)
	doc := `<?xml version="1.0"?><!DOCTYPE order><!-- jane@mail.invalid -->
<order xmlns="urn:x" xmlns:o='urn:o' owner = 'Jane'>
  <customer mail="jane@mail.invalid" tier='gold'><name>Jane &amp; <![CDATA[Doe]]></name><phone>+1 212 867 5309</phone></customer>
  <id>17</id><deep><id a="b">18</id></deep>
  <lines a = "1" ><!-- kept --><sku buyer='jane@mail.invalid'>A&#38;B <![CDATA[<x>]]></sku><empty/></lines>
  <gone>secret</gone><fix>old</fix><note>write to jane@mail.invalid, or jane@<!-- x -->mail.invalid</note>
  <other>Jane</other><self v="Jane"/><?pi Jane?>
</order>
`
	r := scrubbed(t, p, "a.t", []string{"jane@mail.invalid", doc, "<a><b>jane@mail.invalid</b>tail</a>"},
		[]string{null, `<o:order><o:mail>jane@mail.invalid</o:mail></o:order>text<id>1</id>`, " "})
	mail, got := r[0][0], r[0][1]
	if !fake.Recognise(pii.Email, []byte(mail)) || strings.Count(got, mail) != 4 {
		t.Errorf("%d of 4 addresses %q in %s", strings.Count(got, mail), mail, got)
	}
	for _, want := range []string{
		`<?xml version="1.0"?>` + "\n<order xmlns=\"urn:x\" xmlns:o='urn:o' owner = '[redacted]'>\n", `<customer mail="` + mail + `" tier='[redacted]'><name>`, `</name><phone>+`,
		`<id>17</id><deep><id a="b">18</id></deep>`, `<lines a = "1" ><!-- kept --><sku buyer='` + mail + `'>A&#38;B <![CDATA[<x>]]></sku><empty/></lines>`,
		`<gone></gone><fix>&lt;0&gt;</fix><note>write to `, `<other>[redacted]</other><self v="[redacted]"/>` + "\n</order>\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	for _, gone := range []string{"Jane", "jane@", "secret", "DOCTYPE", "8675309", "Doe]"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s still has %s", got, gone)
		}
	}
	if r[0][2] != "<a><b>"+mail+"</b>[redacted]</a>" {
		t.Errorf("%s", r[0][2])
	}
	if r[1][1] != "<o:order><o:mail>"+mail+"</o:mail></o:order>[redacted]<id>1</id>" || r[1][2] != " " {
		t.Errorf("%q", r[1])
	}
	for _, bad := range []string{"<a>", "<a></b>", "</a>", "<a b=c/>", "<a>&jane;</a>", "<a b='1'", "<a>\x01</a>"} {
		_, err := tryScrub(t, p, "a.t", []string{null, null, bad})
		if err == nil || !strings.HasPrefix(err.Error(), "scrubbing a.t, row 1, column y (xml): refused by values: the value is not well-formed XML") || strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// What several paths match, the one with most names decides.
func TestXMLPaths(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"x xml"}})
	p := compile(t, cat, head+`  a.t: {columns: {x: {xml: {"**": {transform: constant, value: any}, "a/*": {transform: constant, value: star},
    a/b: {transform: constant, value: b}, "**/@k": keep, "*/b/c": keep}, keys: keep}}}
`)
	got := scrubbed(t, p, "a.t", []string{`<a k="1" l="2">x<b>x<c k="1" l="2">x<d>x</d></c></b><z>x<q>x</q></z></a>`})[0][0]
	const want = `<a k="1" l="[redacted]">any<b>b<c k="1" l="2">x<d>any</d></c></b><z>star<q>any</q></z></a>`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	expect(t, problems(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a xml", "b varchar(9)", "c int4", "d xml", "e jsonb", "f xml"}}), head+`  a.t:
    columns:
      a: {xml: {"": keep, a//b: keep, "@x": keep, "a/@": keep, "a b": keep, a: {transform: constant, value: [1]}, b: {xml: {c: keep}}}, x: 1}
      b: {xml: {a: keep}}
      c: {xml: {a: keep}}
      d: xml
      e: {json: {a: {xml: {b: keep}}}}
      f: email
`), []string{
		`5:17: path  is no path of elements`, `5:27: path a//b is no path`, `5:39: path @x names no attribute`, `5:51: path a/@ names no attribute`, `5:64: path a b is no path`,
		`5:109: path a takes a constant that is a string`, `5:118: XML within JSON or XML is not supported`, `5:137: xml has no parameter "x"; it takes keys`,
		`6:10: a.t.b has room for 9 characters`, `7:10: a.t.c is integer, not XML`, `8:10: xml needs its paths`, `9:21: XML within JSON`,
		`10:10: email serves text, and a.t.f is xml: write {xml: {PATH: email}}`,
	})
}
