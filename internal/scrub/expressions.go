package scrub

import (
	"regexp"
	"strings"
	"sync"

	"refresher/internal/postgres/catalog"
)

// Parts of expressions as PostgreSQL prints them.
var (
	textCast   = lazily(`::(pg_catalog\.)?(text|name|bpchar|character varying(\(\d+\))?|character(\(\d+\))?|([a-z_]+\.)?citext)$`)
	collate    = lazily(` COLLATE ("[^"]*"|\w+)(\.("[^"]*"|\w+))?$`)
	caseCall   = lazily(`^(?:pg_catalog\.)?(lower|upper|btrim|ltrim|rtrim)\((.*)\)$`)
	trimCall   = lazily(`^TRIM\((?:BOTH|LEADING|TRAILING) FROM (.*)\)$`)
	digestCall = lazily(`^(?:[a-z_]+\.)?(?:md5|sha(?:224|256|384|512)|digest|encode|decode|convert_to|reverse)\((.*?)(?:, '[^']*'(?:::\w+)?)?\)$`)
	jsonMember = lazily(`^(.*) ->>? '((?:[^']|'\'')*)'::text$`)
	jsonPath   = lazily(`^(.*) #>>? '\{([^{}"\\]*)\}'::text\[\]$`)
	calls      = lazily(`([a-z_][a-z0-9_.]*)\(`)
	notStrict  = lazily(`(?i)\b(coalesce|case|is|greatest|least|array|row|distinct|nullif|any|all|or)\b`)
)

func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// keySource is what an expression is made of, if it keeps what is different apart: a
// column, or a member of the JSON documents in it.
type keySource struct {
	path string // as rules write it; "" for the column itself
	fold bool   // what differs in case or in space around it only may become one
}

// distinctBy reads an expression in which one column stands: by itself, possibly cast to
// another type of text, in one case, trimmed, or as a digest; or as a member of a document.
func distinctBy(expr, column string) (k keySource, ok bool) {
	for {
		before := expr
		expr = strings.TrimSpace(expr)
		if inner, found := strings.CutPrefix(expr, "("); found && strings.HasSuffix(inner, ")") &&
			balanced(inner[:len(inner)-1]) {
			expr = inner[:len(inner)-1]
		}
		expr = collate().ReplaceAllString(textCast().ReplaceAllString(expr, ""), "")
		if m := caseCall().FindStringSubmatch(expr); m != nil && balanced(m[2]) {
			expr, k.fold = m[2], true
		} else if m := trimCall().FindStringSubmatch(expr); m != nil && balanced(m[1]) {
			expr, k.fold = m[1], true
		} else if m := digestCall().FindStringSubmatch(expr); m != nil && balanced(m[1]) {
			expr = m[1]
		} else if m := jsonPath().FindStringSubmatch(expr); m != nil && balanced(m[1]) {
			expr, k.path = m[1], joinPath(strings.ReplaceAll(m[2], ",", "."), k.path)
		} else if m := jsonMember().FindStringSubmatch(expr + jsonCast(expr)); m != nil && balanced(m[1]) {
			expr, k.path = m[1], joinPath(strings.ReplaceAll(m[2], "''", "'"), k.path)
		}
		if expr == before {
			return k, expr == column || expr == catalog.Quote(column)
		}
	}
}

// jsonCast is the cast of a member's name, which textCast has taken off.
func jsonCast(expr string) string {
	if strings.HasSuffix(expr, "'") {
		return "::text"
	}
	return ""
}

func joinPath(first, rest string) string {
	if rest == "" {
		return first
	}
	return first + "." + rest
}

// strictCalls are functions that are NULL where an argument is.
const strictCalls = " lower upper btrim ltrim rtrim trim md5 sha224 sha256 sha384 sha512 digest encode decode " +
	"convert_to reverse left right substr " +
	"substring replace regexp_replace translate length char_length octet_length abs date_trunc to_char to_number " +
	"to_date split_part lpad rpad " +
	"initcap strpos position overlay hashtext jsonb_extract_path_text json_extract_path_text unaccent date_part " +
	"extract round floor ceil "

// isStrict reports whether an expression is known to be NULL where one of its columns is.
func isStrict(expr string) bool {
	plain := catalog.WithoutLiterals(expr)
	if notStrict().MatchString(plain) {
		return false
	}
	for _, m := range calls().FindAllStringSubmatch(strings.ToLower(plain), -1) {
		name := m[1][strings.LastIndexByte(m[1], '.')+1:]
		if !strings.Contains(strictCalls, " "+name+" ") && name != "varying" && name != "numeric" &&
			name != "character" {
			return false
		}
	}
	return true
}

// balanced reports whether parentheses are, so that a first and a last one
// around it are a pair.
func balanced(s string) bool {
	depth := 0
	for _, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}

// withoutBlankTests takes the comparisons of a column with the empty text out of
// a predicate: masks leave blank texts as they are and make no others.
func withoutBlankTests(predicate, column string) string {
	name := regexp.QuoteMeta(catalog.Quote(column))
	if catalog.Quote(column) != column {
		name = "(" + name + "|" + regexp.QuoteMeta(column) + ")"
	}
	return regexp.MustCompile(`\(?\b?`+name+`\)?(::text)? <> ''::(text|character varying|citext|bpchar)`).ReplaceAllString(predicate, "")
}

// mentions reports whether a name is in an expression.
func mentions(expr, name string) bool {
	return strings.Contains(expr, catalog.Quote(name)) || regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\b`).MatchString(expr)
}
