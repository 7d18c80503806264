package names_test

import (
	"testing"

	"refresher/internal/pii/fold"
	"refresher/internal/pii/names"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		word string
		kind names.Kind
	}{
		{"Hanna", names.GivenName}, {"MÜLLER", names.FamilyName}, {"Weiss", names.FamilyName}, {"Weiß", names.FamilyName},
		{"O'Brien", names.FamilyName}, {"Anne-Marie", names.GivenName}, {"Smith-Qx", names.FamilyName},
		{"Robert", names.GivenName | names.FamilyWord}, {"Rose", names.GivenWord}, {"Hill", names.FamilyWord},
		{"Frau", names.Salutation}, {"Don", names.Title}, {"von", names.Particle}, {"invoice", 0}, {"", 0}, {"-", 0},
	} {
		if got := names.Of([]byte(tt.word)); got != tt.kind {
			t.Errorf("Of(%s) = %b, want %b", tt.word, got, tt.kind)
		}
	}
}

// The lists are looked up by folded words, so they must be folded.
func TestListsAreFolded(t *testing.T) {
	for list, words := range map[string]map[string]bool{"given.txt": names.Given(), "surnames.txt": names.Surnames()} {
		if len(words) < 15000 {
			t.Errorf("%s has %d words only", list, len(words))
		}
		for w := range words {
			if string(fold.AppendLetters(nil, []byte(w))) != w {
				t.Errorf("%s: %q is not folded", list, w)
			}
		}
	}
}

func TestOfAllocatesNothing(t *testing.T) {
	words := [][]byte{[]byte("Jürgen"), []byte("Smith-Jones"), []byte("invoice")}
	names.Of(words[0])
	if n := testing.AllocsPerRun(100, func() {
		for _, w := range words {
			names.Of(w)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
