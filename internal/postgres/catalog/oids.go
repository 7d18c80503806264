package catalog

// OIDs of built-in types (src/include/catalog/pg_type.dat).
const (
	BoolOID        = 16
	ByteaOID       = 17
	CharOID        = 18
	NameOID        = 19
	Int8OID        = 20
	Int2OID        = 21
	Int4OID        = 23
	TextOID        = 25
	OIDOID         = 26
	TIDOID         = 27
	XIDOID         = 28
	CIDOID         = 29
	JSONOID        = 114
	XMLOID         = 142
	PointOID       = 600
	LsegOID        = 601
	PathOID        = 602
	BoxOID         = 603
	PolygonOID     = 604
	LineOID        = 628
	CIDROID        = 650
	Float4OID      = 700
	Float8OID      = 701
	UnknownOID     = 705
	CircleOID      = 718
	Macaddr8OID    = 774
	MoneyOID       = 790
	MacaddrOID     = 829
	InetOID        = 869
	BPCharOID      = 1042
	VarcharOID     = 1043
	DateOID        = 1082
	TimeOID        = 1083
	TimestampOID   = 1114
	TimestamptzOID = 1184
	IntervalOID    = 1186
	TimetzOID      = 1266
	BitOID         = 1560
	VarbitOID      = 1562
	NumericOID     = 1700
	RefcursorOID   = 1790
	UUIDOID        = 2950
	PGLSNOID       = 3220
	TSVectorOID    = 3614
	TSQueryOID     = 3615
	JSONBOID       = 3802
	JSONPathOID    = 4072
	XID8OID        = 5069
)
