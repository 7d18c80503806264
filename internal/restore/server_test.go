package restore

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Extensions whose tables are rows of a catalog of their own are refused by name.
func TestExtensionsWithACatalogOfTheirOwn(t *testing.T) {
	if err := supported(&catalog.Catalog{Extensions: []string{"plpgsql", "postgis"}}); err != nil {
		t.Error(err)
	}
	err := supported(&catalog.Catalog{Extensions: []string{"citus", "plpgsql", "timescaledb"}})
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || len(refusal.Problems) != 2 || !strings.Contains(err.Error(), "timescaledb: hypertables") {
		t.Errorf("got %v", err)
	}
}
