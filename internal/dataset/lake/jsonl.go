package lake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// lineColumn is the only column of the table that JSON lines are.
const lineColumn = "line"

// lineRule is the rule of whole lines that the rules of their members make.
func lineRule(o *rules.Object) (*rules.Rule, []fault.Problem) {
	r := &rules.Rule{Kind: rules.JSON, Pos: o.Pos}
	var problems []fault.Problem
	for _, c := range o.Columns {
		name := pathKey(c.Name)
		switch k := c.Rule.Kind; {
		case c.Wildcard:
			problems = append(problems, c.Pos.Problem(`"*" stands for the columns of CSV and Parquet files: name the `+
				"members of JSON lines one by one"))
		case k == rules.Cases || c.Rule.When.Text != "":
			problems = append(problems, c.Pos.Problem("member %q of JSON lines has a rule with a condition: "+
				"conditions are for CSV and Parquet files", c.Name))
		case k == rules.JSON && len(c.Rule.Params) > 0 && c.Rule.Param("embedded") == nil:
			problems = append(problems, c.Pos.Problem("the json rule of member %q has a parameter, which stands for "+
				"whole documents: leave it out, and name the paths", c.Name))
		case k == rules.JSON && c.Rule.Param("embedded") == nil:
			for _, p := range c.Rule.Parts {
				r.Parts = append(r.Parts, rules.Part{Name: pathJoin(name, p.Name), Rule: p.Rule, Pos: p.Pos})
			}
			// A value there that is no document is redacted, as what no path names. The member's
			// name stays because a path begins with it.
			if len(c.Rule.Parts) == 0 {
				drop := &rules.Rule{Kind: rules.Scalar, Transform: "null", Pos: c.Pos}
				r.Parts = append(r.Parts, rules.Part{Name: name + `.""`, Rule: drop, Pos: c.Pos})
			}
		case k == rules.Array:
			r.Parts = append(r.Parts, rules.Part{Name: name + "[*]", Rule: c.Rule.Elem, Pos: c.Pos})
		default:
			r.Parts = append(r.Parts, rules.Part{Name: name, Rule: c.Rule, Pos: c.Pos})
		}
	}
	return r, problems
}

// lineColumns is the table that JSON lines are: the line, and the members that say whom it is
// about, which are read beside it.
func lineColumns(o *rules.Object, line *rules.Rule) (columns []*catalog.Column, ruled []*rules.Column) {
	columns = []*catalog.Column{{Num: 1, Name: lineColumn, Type: jsonType(), Mod: -1}}
	ruled = []*rules.Column{{Name: lineColumn, Rule: line, Pos: o.Pos}}
	if s := o.Subject; s != nil {
		for _, name := range []string{s.Column, s.Fallback} {
			if name != "" && name != lineColumn {
				columns, ruled = append(columns, textColumn(len(columns), name)), append(ruled, named(o, name))
			}
		}
	}
	return columns, ruled
}

// pathKey is a member's name as a step of a path (package document).
func pathKey(name string) string {
	if name != "" && !bytes.ContainsAny([]byte(name), ".[]\"* \t\r\n") {
		return name
	}
	return `"` + string(bytes.ReplaceAll([]byte(name), []byte(`"`), []byte(`""`))) + `"`
}

func pathJoin(member, path string) string {
	if path == "" || path[0] == '[' {
		return member + path
	}
	return member + "." + path
}

var errNoObject = errors.New("the line is no JSON object")

// member is a member of an object on its top level.
type member struct{ name, value []byte }

// members takes an object apart as far as its own members. Names are unescaped.
func members(line []byte, list []member) ([]member, error) {
	i := space(line, 0)
	if i == len(line) || line[i] != '{' {
		return list, errNoObject
	}
	for i = space(line, i+1); ; i = space(line, i+1) {
		if i < len(line) && line[i] == '}' && len(list) == 0 {
			break
		}
		end := skipString(line, i)
		if end < 0 {
			return list, errNoObject
		}
		name := line[i+1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			var s string
			if json.Unmarshal(line[i:end], &s) != nil {
				return list, errNoObject
			}
			name = []byte(s)
		}
		if i = space(line, end); i == len(line) || line[i] != ':' {
			return list, errNoObject
		}
		start := space(line, i+1)
		if i = skipValue(line, start); i < 0 {
			return list, errNoObject
		}
		list = append(list, member{name, bytes.TrimRight(line[start:i], " \t\r\n")})
		if i == len(line) || line[i] != ',' {
			break
		}
	}
	if i >= len(line) || line[i] != '}' || space(line, i+1) != len(line) {
		return list, errNoObject
	}
	return list, nil
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// skipString is the end of the string that begins at i, -1 if there is none.
func skipString(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i < len(b); i++ {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 {
			return -1
		}
		i += k
		slashes := 0
		for b[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes&1 == 0 {
			return i + 1
		}
	}
	return -1
}

// skipValue is where the value that begins at i is followed by a comma or bracket of its own
// object, -1 if it is not. Whether the value is JSON, package document says.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = skipString(b, i); i < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// lineScrubber scrubs JSON lines.
type lineScrubber struct {
	rows  *scrub.Rows
	rule  *rules.Object
	label string // of the object
	takes []taker

	columns []*catalog.Column // see lineColumns
	list    []member
	known   map[string]bool
	fields  [][]byte
}

func (s *lineScrubber) scrub(in []byte, out [][]byte) (rows int64, err error) {
	for len(in) > 0 {
		n := bytes.IndexByte(in, '\n')
		if n < 0 {
			n = len(in) - 1
		}
		line := bytes.TrimPrefix(in[:n+1], []byte(bom)) // RFC 8259, section 8.1: it may be ignored
		in = in[n+1:]
		if blankLine(bytes.TrimSpace(line)) {
			for i := range out {
				out[i] = append(out[i], line...)
			}
			continue
		}
		rows++
		if err := s.line(line, out); err != nil {
			return rows, &recordError{row: rows, err: err}
		}
	}
	return rows, nil
}

func (s *lineScrubber) line(line []byte, out [][]byte) (err error) {
	if !utf8.Valid(line) {
		return errEncoding
	}
	if s.list, err = members(line, s.list[:0]); err != nil {
		return err
	}
	if err := s.covered(); err != nil {
		return err
	}
	s.fields = append(s.fields[:0], line)
	for _, c := range s.columns[1:] {
		v, err := valueOf(s.list, c.Name)
		if err != nil {
			return err
		}
		s.fields = append(s.fields, v)
	}
	made, err := s.rows.Scrub(s.fields)
	if err != nil {
		return err
	}
	for i := range out {
		var key [][]byte
		if s.takes[i].m != nil {
			if key, err = s.key(made[0], s.takes[i].by); err != nil {
				return err
			}
		}
		if s.takes[i].of(key) {
			out[i] = append(out[i], made[0]...)
		}
	}
	return nil
}

// covered refuses members without a rule, all of a line at once.
func (s *lineScrubber) covered() error {
	var missing []fault.Problem
	for _, m := range s.list {
		if s.known[string(m.name)] {
			continue
		}
		if s.rule.Column(string(m.name)) == nil {
			missing = append(missing, s.rule.MissingColumn(s.label, Visible(string(m.name))))
			continue
		}
		s.known[string(m.name)] = true
	}
	if missing != nil {
		return uncovered(missing)
	}
	return nil
}

// key is the value by which lines are sampled, as the scrubbed line has it.
func (s *lineScrubber) key(line []byte, by string) (_ [][]byte, err error) {
	if s.list, err = members(line, s.list[:0]); err != nil {
		return nil, err
	}
	v, err := valueOf(s.list, by)
	return [][]byte{v}, err
}

// valueOf is the value of a member as text; nil if it is null, or not there.
func valueOf(list []member, name string) ([]byte, error) {
	for _, m := range list {
		if string(m.name) != name {
			continue
		}
		v := m.value
		switch {
		case len(v) > 0 && v[0] == '"':
			var text string
			if err := json.Unmarshal(v, &text); err != nil {
				return nil, errNoObject
			}
			return []byte(text), nil
		case bytes.Equal(v, []byte("null")):
			return nil, nil
		case len(v) > 0 && (v[0] == '{' || v[0] == '['):
			return nil, fmt.Errorf("member %q, which says whom a line is about, is no single value", name)
		}
		return v, nil
	}
	return nil, nil
}
