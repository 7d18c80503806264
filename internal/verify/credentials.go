package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"sync"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
)

// Credentials are the definitions in an archive of a schema that hold a credential, each with
// what to do. Foreign servers and user mappings are left out: their options stay behind.
func (v *Verifier) Credentials(ctx context.Context, archive string) ([]fault.Problem, error) {
	major, err := client.ArchiveMajor(archive)
	if err != nil {
		return nil, err
	}
	l := &ledger{}
	err = v.dumped(ctx, l, "the schema", func(ctx context.Context, d *dump) error {
		return client.Run(ctx, client.Command{Tool: client.Restore, MinMajor: major, Stdout: d,
			Doing: "looking for credentials in the schema", Args: []string{"-f", "-", archive}})
	})
	if err != nil {
		return nil, err
	}
	var out []fault.Problem
	for _, t := range l.columns {
		found := t.found[credential].kept
		if len(found) == 0 || strings.HasPrefix(t.stats.Table, "server ") ||
			strings.HasPrefix(t.stats.Table, "user mapping ") {
			continue
		}
		out = append(out, fault.Problem{Text: t.stats.Table + " holds what looks like a password or key (" + found[0].Shape + ")",
			Fix: "have it read a setting, a table of rows: none or a user mapping, and change the credential; " +
				"if it is none, list it in the rules under allow, class token, values"})
	}
	return out, nil
}

// credentials reports the credentials in a definition.
func (s *scanner) credentials(t *tally, text []byte) {
	s.tally, s.at, s.length = t, place{}, len(text)
	s.reported.reset()
	for _, value := range credentialsIn(s.detector, string(text), 0) {
		s.plain.Text = []byte(value)
		s.report(&s.plain, credential, Detection, pii.Token, 0, len(value), 0)
	}
}

// maxQuoted is how many layers of strings within strings are looked into: a function's body,
// the SQL that it runs, a string in that.
const maxQuoted = 4

// credentialsIn finds passwords and keys in the constants of SQL.
func credentialsIn(d *detect.Detector, sql string, depth int) (found []string) {
	tokens := sqltext.Tokens(sql)
	for i, tok := range tokens {
		if tok.Kind != sqltext.String {
			continue
		}
		value := tok.Value()
		body := tok.Text[0] == '$' || i > 0 && isWord(tokens[i-1], "AS")
		if !body {
			found = append(found, secrets(d, value)...)
			if named(tokens[:i]) && looksSecret(value) {
				found = append(found, value)
			}
		}
		if depth < maxQuoted && (body || strings.Contains(value, "'")) {
			found = append(found, credentialsIn(d, value, depth+1)...)
		}
	}
	return found
}

func isWord(t sqltext.Token, word string) bool {
	return t.Kind == sqltext.Word && strings.EqualFold(t.Text, word)
}

// patterns of credentials, compiled on first use.
var patterns = sync.OnceValue(func() (p struct {
	conninfo, password, userinfo, header, basic, name,
	value *regexp.Regexp
}) {
	p.conninfo = regexp.MustCompile(`(?i)\b(?:host|hostaddr|dbname|user|port|service|server|data source|database|uid|user id)\s*=`)
	p.password = regexp.MustCompile(`(?i)\b(?:password|passwd|pwd)\s*=\s*'?([^\s';&]+)`)
	p.userinfo = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@']*:([^\s/@']+)@`)
	p.header = regexp.MustCompile(`(?i)\bbearer\s+([A-Za-z0-9._~+/=-]{8,})`)
	p.basic = regexp.MustCompile(`(?i)\bbasic\s+([A-Za-z0-9+/]{8,}={0,2})`)
	p.name = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:\w*[_-])?(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|signing[_-]?key|token|credentials?)$`)
	p.value = regexp.MustCompile(`^[^\s%${}<>]{6,}$`)
	return p
})

// secrets are credentials that a constant shows by itself.
func secrets(d *detect.Detector, value string) (found []string) {
	p := patterns()
	for _, m := range p.userinfo.FindAllStringSubmatch(value, -1) {
		found = append(found, m[1])
	}
	for _, m := range p.header.FindAllStringSubmatch(value, -1) {
		if strings.ContainsAny(m[1], "0123456789") {
			found = append(found, m[1])
		}
	}
	for _, m := range p.basic.FindAllStringSubmatch(value, -1) {
		if raw, err := base64.StdEncoding.DecodeString(m[1]); err == nil && bytes.IndexByte(raw, ':') > 0 {
			found = append(found, m[1])
		}
	}
	if p.conninfo.MatchString(value) {
		for _, m := range p.password.FindAllStringSubmatch(value, -1) {
			found = append(found, m[1])
		}
	}
	for _, h := range d.Scan(nil, []byte(value)) {
		if h.Class == pii.Token && h.Strong {
			found = append(found, value[h.Start:h.End])
		}
	}
	return slices.DeleteFunc(found, placeholder)
}

// placeholder reports what stands where a credential will be put.
func placeholder(v string) bool {
	return strings.ContainsAny(v, "%$<>{}") && !strings.HasPrefix(v, "$2") || strings.Trim(v, "*xX.") == "" ||
		strings.HasPrefix(v, ":")
}

// named reports whether what was before a constant assigns it to a name that speaks of a
// credential: name := '…', name = '…', SET name TO '…', name text DEFAULT '…', name => '…', 'name', '…', and
// PASSWORD '…' of a role or of options.
func named(before []sqltext.Token) bool {
	n := len(before)
	if n < 2 {
		return false
	}
	last := before[n-1]
	switch {
	case isWord(last, "password") || last.Kind == sqltext.Name && strings.EqualFold(last.Value(), "password"):
		return slices.ContainsFunc(before[max(0, n-40):], func(t sqltext.Token) bool {
			return isWord(t, "role") || isWord(t, "user") || isWord(t, "options") || isWord(t, "encrypted")
		})
	case last.Text == ",":
		return inCall(before[:n-1]) && patterns().name.MatchString(argument(before[:n-1]))
	case isWord(last, "default"), isWord(last, "to"), last.Text == "=", last.Text == ">" && before[n-2].Text == "=":
	default:
		return false
	}
	for i := n - 2; i >= max(0, n-8); i-- { // a type may stand between
		t := before[i]
		switch {
		case (t.Kind == sqltext.Word || t.Kind == sqltext.Name) && patterns().name.MatchString(t.Value()):
			return true
		case t.Kind == sqltext.Word, t.Kind == sqltext.Sign && strings.ContainsAny(t.Text, ":=()."):
		default:
			return false
		}
	}
	return false
}

// argument is the constant that tokens end with, behind which a cast may stand; "" if there is none.
func argument(before []sqltext.Token) string {
	n := len(before)
	if n > 3 && before[n-1].Kind == sqltext.Word && before[n-2].Text == ":" && before[n-3].Text == ":" {
		n -= 3
	}
	if n > 0 && before[n-1].Kind == sqltext.String {
		return before[n-1].Value()
	}
	return ""
}

// inCall reports whether tokens end within the arguments of a function, not in a list of labels or values.
func inCall(before []sqltext.Token) bool {
	depth := 0
	for i := len(before) - 1; i > 0; i-- {
		switch before[i].Text {
		case ")":
			depth++
		case "(":
			if depth--; depth < 0 {
				of := before[i-1]
				return of.Kind == sqltext.Name || of.Kind == sqltext.Word &&
					!slices.Contains([]string{"ENUM", "IN", "VALUES", "ANY", "ALL", "SOME"}, strings.ToUpper(of.Text))
			}
		case "[":
			return false
		}
	}
	return false
}

// looksSecret reports a constant that is no word of a program: it has signs of two kinds.
func looksSecret(v string) bool {
	if !patterns().value.MatchString(v) || placeholder(v) {
		return false
	}
	var lower, upper, digits, other bool
	for _, c := range v {
		switch {
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			upper = true
		case c >= '0' && c <= '9':
			digits = true
		case c != '_' && c != '-' && c != '.' && c != ':' && c != '/':
			other = true
		}
	}
	return (lower || upper) && (digits || other)
}
