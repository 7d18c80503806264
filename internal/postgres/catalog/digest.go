package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Size is what statistics say of a table. It changes with time where nothing else does, and decides
// how wide a space fakes are drawn from.
type Size struct {
	Pages int64   `json:"p"`
	Rows  float64 `json:"r"`
	Bytes int64   `json:"b"`
}

// Sizes are those of the tables, in their order.
func (c *Catalog) Sizes() []Size {
	sizes := make([]Size, len(c.Tables))
	for i, t := range c.Tables {
		sizes[i] = Size{t.Pages, t.Rows, t.Bytes}
	}
	return sizes
}

// SetSizes puts other sizes in the place of the tables', which another process has read.
func (c *Catalog) SetSizes(sizes []Size) error {
	if len(sizes) != len(c.Tables) {
		return fmt.Errorf("the sizes of %d tables are given, and there are %d", len(sizes), len(c.Tables))
	}
	for i, t := range c.Tables {
		t.Pages, t.Rows, t.Bytes = sizes[i].Pages, sizes[i].Rows, sizes[i].Bytes
	}
	return nil
}

// Digest names all that a catalog says of its tables, types and keys, but for what changes with
// time: of two catalogs of one digest and the same sizes, rules make the same program.
func (c *Catalog) Digest() (string, error) {
	lasting := *c
	lasting.Lag, lasting.Tables = nil, make([]*Table, len(c.Tables))
	for i, t := range c.Tables {
		table := *t
		table.Pages, table.Rows, table.Bytes = 0, 0, 0
		lasting.Tables[i] = &table
	}
	text, err := json.Marshal(lasting)
	if err != nil {
		return "", fmt.Errorf("reading a catalog: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
