package scrub

import "refresher/internal/postgres/catalog"

// FamilyOf is the family of a type: what decides which transforms serve it.
func FamilyOf(t *catalog.Type) Family { return familyOf(t) }

// Serves reports whether the transform takes values of the family.
func (d *Definition) Serves(f Family) bool { return d.serves(f) }
