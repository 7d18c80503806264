package doctor

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The policy that the docs show is the one that doctor proposes, and it is JSON.
func TestPolicyIsThatOfTheDocs(t *testing.T) {
	docs, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy("s3://acme-dev-data/experimentation")
	if !strings.Contains(string(docs), policy) || !json.Valid([]byte(policy)) {
		t.Errorf("docs/configuration.md lacks this, or it is no JSON:\n%s", policy)
	}
}
