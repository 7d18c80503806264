package document

// Step is one step of a path to one value: a key, or the number of an element.
type Step struct {
	Key     string
	Index   int // from 0
	IsIndex bool
}

// Find returns the value at a path as it stands in the document; of equal keys
// the last one's, as PostgreSQL's -> does. ok is false if there is none, or if
// the document is no JSON as far as it was read.
func Find(doc []byte, path []Step) (kind Kind, raw []byte, ok bool) {
	i := skipSpace(doc, 0)
	for _, s := range path {
		if i == len(doc) {
			return 0, nil, false
		}
		switch {
		case doc[i] == '{' && !s.IsIndex:
			i, ok = findKey(doc, i+1, s.Key)
		case doc[i] == '[' && s.IsIndex:
			i, ok = findElement(doc, i+1, s.Index)
		default:
			return 0, nil, false
		}
		if !ok {
			return 0, nil, false
		}
	}
	if i == len(doc) {
		return 0, nil, false
	}
	end, kind, ok := skipValue(doc, i)
	return kind, doc[i:end:end], ok
}

// Unquote appends the text of a string as Find returns it.
func Unquote(dst, raw []byte) []byte { return unescape(dst, raw[1:len(raw)-1]) }

// findKey is where the value of the last member with that key starts; i is
// after the brace.
func findKey(doc []byte, i int, key string) (at int, found bool) {
	for {
		if i = skipSpace(doc, i); i == len(doc) || doc[i] != '"' {
			return at, found
		}
		end, escaped, ok := scanString(doc, i+1)
		if !ok {
			return 0, false
		}
		name := doc[i+1 : end-1]
		if escaped {
			name = unescape(nil, name)
		}
		if i = skipSpace(doc, end); i == len(doc) || doc[i] != ':' {
			return 0, false
		}
		i = skipSpace(doc, i+1)
		if string(name) == key {
			at, found = i, true
		}
		if i, ok = next(doc, i); !ok {
			return at, found
		}
	}
}

// findElement is where element n starts; i is after the bracket.
func findElement(doc []byte, i, n int) (at int, found bool) {
	for {
		if i = skipSpace(doc, i); i == len(doc) || doc[i] == ']' {
			return 0, false
		}
		if n == 0 {
			return i, true
		}
		n--
		var ok bool
		if i, ok = next(doc, i); !ok {
			return 0, false
		}
	}
}

// next steps over a value and the comma after it; false at the last one.
func next(doc []byte, i int) (int, bool) {
	if i == len(doc) {
		return i, false
	}
	end, _, ok := skipValue(doc, i)
	if !ok {
		return i, false
	}
	end = skipSpace(doc, end)
	return end + 1, end < len(doc) && doc[end] == ','
}

// skipValue is where the value at i ends.
func skipValue(doc []byte, i int) (end int, kind Kind, ok bool) {
	switch doc[i] {
	case '{':
		kind = Object
	case '[':
		kind = Array
	default:
		end, kind, _, ok = scanScalar(doc, i)
		return end, kind, ok
	}
	for depth := 0; i < len(doc); {
		switch doc[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, kind, true
			}
		case '"':
			if i, _, ok = scanString(doc, i+1); !ok {
				return i, kind, false
			}
			continue
		}
		i++
	}
	return i, kind, false
}
