package synthetic

// ParseForTest reads a constraint.
func ParseForTest(sql string) { _ = parseCheck(sql).reads() }
