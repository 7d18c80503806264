package unwrap

import (
	"slices"
	"testing"
)

// Mail's quoted-printable and what terminals colour text with are taken off.
func TestQuotedAndColoured(t *testing.T) {
	for text, want := range map[string]string{
		"To: hanna=40posteo.de":                   "hanna@posteo.de",
		"Karlotta=20Zebramann":                    "Karlotta Zebramann",
		"dear Karlotta Zebra=\r\nmann, hello":     "Karlotta Zebramann",
		"write to hanna=\n@posteo.de":             "hanna@posteo.de",
		"=?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <x>":   "Jörg_Müller",
		"Stra=C3=9Fe 4, call =2B49 171 2233445":   "Straße 4, call +49 171 2233445",
		"\x1b[31mKarlotta\x1b[0m Zebramann":       "Karlotta Zebramann",
		"\x1b[1;38:5:196mhanna\x1b[m@posteo.de":   "hanna@posteo.de",
		`{"m":"\u001b[31mKarlotta\u001b[0m Zeb"}`: "Karlotta Zeb",
		`\x1b[31mKarlotta\033[0m Zebramann`:       "Karlotta Zebramann",
	} {
		if !holds(text, want) {
			all, _ := shown(text)
			t.Errorf("%q: %q", text, all)
		}
	}
	// Lines are counted as they were, behind the line that was joined.
	if all, _ := shown("Zebra=\r\nmann and=\nsons\nlast"); len(all) != 2 || all[1] != "Zebramann andsons\n\n\nlast" {
		t.Errorf("%q", all)
	}
	for _, text := range []string{
		"size=20", "a=10&b=40", "level=info n=20 took=40ms id=AB", `x == 20 =C3`, "WHERE a=20 OR b =40", "a =\n", "key=\n\nnext", "base64==\nnext", "v=40 px", "\x1b", "\x1b[31", "a \x1b b", "key=FFEE01", "=?utf-8", "LLC=64bgzjpv7fec4vuruv5vsm45lm@example.org", "LLC=25bgzj",
	} {
		if all, _ := shown(text); len(all) > 1 && !slices.Equal(all[1:], []string{}) {
			t.Errorf("%q holds %q", text, all[1:])
		}
	}
}
