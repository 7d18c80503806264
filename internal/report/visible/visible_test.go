package visible_test

import (
	"strings"
	"testing"
	"unicode"

	"refresher/internal/report/visible"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain, Ünïcode, 😀\n\tnext": "plain, Ünïcode, 😀\n\tnext",
		"\x1b]0;owned\a\x1b[2J":     `\x1b]0;owned\x07\x1b[2J`,
		"a\r\x00b\x7f":              `a\x0d\x00b\x7f`,
		"\u009b31m":                 `\x9b31m`, // CSI in one character
		"abc\u202egpj.exe":          `abc\u202egpj.exe`,
		"a\u2028b":                  `a\u2028b`,
		"bad \xff byte":             `bad \xff byte`,
	} {
		if got := visible.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := visible.Line("a\nb\tc"); got != `a\x0ab\x09c` {
		t.Error(got)
	}
}

// What a name holds can't become a command to the CI system that shows the log.
func TestWriter(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"table a\n::error title=forged::x\n", "table a\n\\x3a:error title=forged::x\n"},
		{"  ::stop-commands::x\n", "  \\x3a:stop-commands::x\n"},
		{"##[error]x", "\\x23#[error]x"},
		{"std::vector in a line\n", "std::vector in a line\n"},
	} {
		var b strings.Builder
		if n, err := visible.NewWriter(&b).Write([]byte(tt.in)); err != nil || n != len(tt.in) || b.String() != tt.want {
			t.Errorf("%q: %q, %d, %v", tt.in, b.String(), n, err)
		}
	}
	var b strings.Builder
	w := visible.NewWriter(&b)
	for _, part := range []string{"  ", "::error", "::", "x\n", "::y"} { // a line may come in parts
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if b.String() != "  \\x3a:error::x\n\\x3a:y" {
		t.Errorf("%q", b.String())
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[2Jb")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range visible.Text(s) {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Errorf("%q shows %q", s, r)
			}
		}
	})
}
