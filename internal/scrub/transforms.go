package scrub

import "refresher/internal/scrub/transform"

// What other rooms know of transforms.
type (
	Definition = transform.Definition
	Family     = transform.Family
	Param      = transform.Param
)

// The families.
const (
	FamilyText      = transform.FamilyText
	FamilyNumber    = transform.FamilyNumber
	FamilyDate      = transform.FamilyDate
	FamilyTimestamp = transform.FamilyTimestamp
	FamilyInet      = transform.FamilyInet
	FamilyCIDR      = transform.FamilyCIDR
	FamilyUUID      = transform.FamilyUUID
	FamilyBytea     = transform.FamilyBytea
	FamilyJSON      = transform.FamilyJSON
	FamilyFloat     = transform.FamilyFloat
	FamilyMAC       = transform.FamilyMAC
	FamilyPoint     = transform.FamilyPoint
	FamilyEmbedding = transform.FamilyEmbedding
	FamilyXML       = transform.FamilyXML
	FamilyArray     = transform.FamilyArray
	FamilyOther     = transform.FamilyOther
)

// Definitions lists all transforms.
func Definitions() []Definition { return transform.Definitions() }

// FamilyOf is the family of a type.
var FamilyOf = transform.FamilyOf
