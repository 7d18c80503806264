package detect

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"testing"

	"refresher/internal/pii"
)

// Near a word that says token, a path is none, and what is random is one with slashes in it, too.
func TestTokensAndPaths(t *testing.T) {
	strongly := func(text string) bool {
		return slices.ContainsFunc(New().Scan(nil, []byte(text)), func(h Hit) bool { return h.Class == pii.Token && h.Strong })
	}
	for text, want := range map[string]bool{ // whether it is a strong hit
		"tmp/Refreshes2613574217/001/rules.yaml":                  false,
		"/tmp/TestPullTakes2613574217/001/dataset/manifest.json":  false,
		"/home/Jenkins/workspace/Checkout-412/src/app":            false,
		"C:/Users/Build7/AppData/Local/Temp9312345":               false,
		"/api/v1/runs/20261121T030000Z-7f3a/report":               false,
		"Internal/Pii/Detect2026/Testdata9182/Golden3":            false,
		"wJalrXUtnFEMIqK7MDENGqbPxRfiCYqK9dRz2Lw4":                true,
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYqK9dRz2Lw4":                true,
		"1//0gPq7XbZrT4kYwLCgYIARAAGBASNwF9L3Ir":                  true,
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd":       true,
		"keys/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd1": true,
	} {
		for _, before := range []string{"token: ", "the token is in "} {
			if strong := strongly(before + text); strong != want {
				t.Errorf("%s%s: %v", before, text, strong)
			}
		}
	}
	missed, random := 0, rand.NewChaCha8([32]byte{1, 2})
	for range 2000 {
		key := make([]byte, 32)
		_, _ = random.Read(key)
		if !strongly("token: " + base64.StdEncoding.EncodeToString(key)) {
			missed++
		}
	}
	if missed > 200 { // those with hardly a digit, or many signs
		t.Errorf("%d of 2000 random keys in base64 were not found", missed)
	}
}
