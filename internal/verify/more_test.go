package verify_test

import (
	"strings"
	"testing"

	"refresher/internal/verify"
)

// A refusal says how many findings there are, listed or not.
func TestFindingsThatAreNotListed(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	results := looked(t, v, "x.log", []byte(strings.Repeat("to lars.holm@telia.com\n",
		25)+strings.Repeat("to "+srcEmail+"\n", 23)))
	_, err := verify.Judge(run, "x.log", results...)
	for _, want := range []string{"x.log: 23 values of the source, 25 values personal by shape (class email), such as h***@p***.se at line 26"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
