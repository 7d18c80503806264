package fold_test

import (
	"testing"
	"unicode/utf8"

	"refresher/internal/pii/fold"
)

// Each row says what was read differently before there was one fold, or could be.
func TestWords(t *testing.T) {
	for _, tt := range []struct{ text, words string }{
		{"Müller", "muller"},
		{"MU\u0308LLER", "muller"}, // a combining mark
		{"Jürgen  Groß-Weiß", "jurgen gross weiss"},
		{"STRAẞE", "strasse"},
		{"Sørensen, Bjørn", "sorensen bjorn"},
		{"Łukasz Żółw", "lukasz zolw"},
		{"Đorđe Ðóra Þór", "dorde dora thor"},
		{"Æsir Œuvre", "aesir oeuvre"},
		{"Ǽsop", "aesop"},
		{"Nguyễn Thị Hương", "nguyen thi huong"}, // beyond U+017F
		{"Șerban Ǆemal", "serban dzemal"},
		{"İzmir ılık", "izmir ilik"},
		{"Ｈanna ①②", "hanna 12"}, // compatibility forms
		{"ﬁx", "fix"},
		{"Юлия Йёлкина", "юлия иелкина"},
		{"ΟΔΥΣΣΕΥΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ"},
		{"٠١٢३", "0123"},
		{"ma\u00adria\u200b", "maria"}, // format characters
		{"김철수 電話", "김철수 電話"},
		{"a\xffb", "a b"},
		{" —a— ", "a"},
	} {
		if got := string(fold.AppendWords(nil, []byte(tt.text))); got != tt.words {
			t.Errorf("AppendWords(%q) = %q, want %q", tt.text, got, tt.words)
		}
	}
	if got := string(fold.AppendLetters([]byte("="), []byte("O'Neil-Groß 7"))); got != "=oneilgross7" {
		t.Errorf("AppendLetters = %q", got)
	}
}

func TestAccentsKeepCase(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"plain_Name", "plain_Name"}, {"PréNom", "PreNom"}, {"dataÚltima", "dataUltima"}, {"ÆgirØre", "AegirOre"}, {"Straße", "Strasse"},
	} {
		if got := fold.Accents(tt.text); got != tt.want {
			t.Errorf("Accents(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// What is folded stays as it is when it is folded again, for every character.
func TestFoldTwice(t *testing.T) {
	for c := rune(0); c <= utf8.MaxRune; c++ {
		first, second := fold.Letter(c)
		for _, r := range []rune{first, second} {
			if a, b := fold.Letter(r); r != 0 && (a != r || b != 0) {
				t.Errorf("%U folds to %U, which folds to %U %U", c, r, a, b)
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add([]byte("Jürgen Groß\xff \u0308x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		once := fold.AppendWords(nil, text)
		if !utf8.Valid(once) {
			t.Errorf("%q folds to %q, which is no UTF-8", text, once)
		}
		if twice := fold.AppendWords(nil, once); string(twice) != string(once) {
			t.Errorf("%q folds to %q and that to %q", text, once, twice)
		}
	})
}

func BenchmarkWords(b *testing.B) {
	text := []byte("Frau Jürgensen wohnt seit 1998 in der Größeren Straße 12, Łódź")
	var dst []byte
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dst = fold.AppendWords(dst[:0], text)
	}
}
