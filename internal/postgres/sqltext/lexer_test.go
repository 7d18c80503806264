package sqltext

import (
	"slices"
	"strings"
	"testing"
)

// Tokens are as the server reads them. The comments say which of the readers that this one
// replaced (that of scripts, of dumps, of security labels) read a line otherwise.
func TestTokens(t *testing.T) {
	for sql, want := range map[string][]string{
		`a."b ""c""".d`: {"a", ".", `b "c"`, ".", "d"},
		`'it''s'`:       {"it's"},
		// labels: ended at the first */
		"x /* a /* b */ c */ y": {"x", "y"},
		// labels: the quote behind a backslash ended it
		`E'it\'s' e'\x41\u00e9\101\n'`: {"it's", "Aé\x41\n"},
		`'a\' , 'b'`:                   {`a\`, ",", "b"},
		// all: the escapes stood there as they are
		`U&'d\0061t\+000061 \\ \D83D\DE00'`: {`data \ 😀`},
		`U&"n\0061me" u & 'x'`:              {"name", "u", "&", "x"},
		`B'101' x'ff' n'x'`:                 {"101", "ff", "x"},
		`$$a;'b'$$ $x$ $$ $x$`:              {"a;'b'", " $$ "},
		// dumps, labels: a tag could follow a letter
		`a$b$c 1`: {"a$b$c", "1"},
		// scripts: a number's letters were a word
		`1e5 $1 2.5`:        {"1e5", "$", "1", "2", ".", "5"},
		`--x` + "\n" + `y;`: {"y", ";"},
		// dumps, labels: the first semicolon ended it
		`(a;b);c`: {"(", "a", ";", "b", ")", ";", "c"},
	} {
		var got []string
		for _, tok := range Tokens(sql) {
			got = append(got, tok.Value())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
}

// A text in pieces gives the tokens of the whole, wherever a line of it ends.
func TestLexerInPieces(t *testing.T) {
	const sql = "CREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC\n SELECT CASE WHEN true THEN 1 END;\n SELECT E'a\\\n;''b';\nEND;\n" +
		"/* ;\n /* ; */ ;\n*/ SELECT $x$;\n$$;$x$, \"a\n;\"\"\";\n"
	ends := func(pieces []string) (ends []int) {
		var l Lexer
		pos := 0
		for _, p := range pieces {
			for b := []byte(p); len(b) > 0; {
				kind, n := l.Next(b)
				b, pos = b[n:], pos+n
				if kind == End {
					ends = append(ends, pos)
				}
			}
		}
		if l.Open() || l.Begun() {
			t.Errorf("it ends within something: %+v", l)
		}
		return ends
	}
	whole := ends([]string{sql})
	if len(whole) != 2 {
		t.Fatalf("%d statements", len(whole))
	}
	if lines := ends(slices.Collect(strings.Lines(sql))); !slices.Equal(whole, lines) {
		t.Errorf("by lines they end at %v, else at %v", lines, whole)
	}
}

// For any text, tokens are together all of it, and reading ends.
func FuzzLexer(f *testing.F) {
	f.Add("SELECT E'\\\\' $a$ /* U&\"x\\0041\" ;")
	f.Add("CREATE OR REPLACE FUNCTION f() BEGIN ATOMIC END;")
	f.Fuzz(func(t *testing.T, sql string) {
		var l Lexer
		for b := []byte(sql); len(b) > 0; {
			kind, n := l.Next(b)
			if n <= 0 || n > len(b) {
				t.Fatalf("%d of %d bytes", n, len(b))
			}
			_ = Token{kind, string(b[:n])}.Value()
			b = b[n:]
		}
	})
}
