package rules

// Subject says which column of a table identifies the person a row is about.
//
//	public.users:           {subject: id, columns: …}
//	public.payments:        {subject: user_id, columns: …}
//	public.support_tickets: {subject: {column: user_id, fallback: requester_email}, columns: …}
//	public.employees:       {subject: {column: id, domain: staff}, columns: …}
type Subject struct {
	Column   string
	Domain   string // kind of person: subjects of one domain and one value are one person
	Fallback string // column of e-mail addresses that says it where Column is NULL; "" if none
	Home     bool   // the domain's own table, where several could be
	Pos      Pos
}

// Person is the domain of subjects that name none.
const Person = "person"

const subjectShape = "COLUMN or {column: COLUMN, domain: KIND, fallback: COLUMN}"

var subjectKeys = []string{"column", "domain", "fallback", "home"}

func (l *loader) subject(t *Table, e entry) {
	if v, ok := l.scalar(e.value); ok {
		if name, ok := l.text(e.value, "subject"); ok {
			t.Subject = &Subject{Column: columnName(name), Domain: Person, Pos: v.Pos}
		}
		return
	}
	entries, ok := l.entries(e.value, "the subject of "+t.Name.String(), subjectShape)
	if !ok {
		return
	}
	s := &Subject{Domain: Person, Pos: l.pos(e.value)}
	before := len(l.problems)
	for _, e := range entries {
		var name string
		switch e.key {
		case "column":
			name, _ = l.text(e.value, "column")
			s.Column = columnName(name)
		case "domain":
			s.Domain, _ = l.text(e.value, "domain")
		case "fallback":
			name, _ = l.text(e.value, "fallback")
			s.Fallback = columnName(name)
		case "home":
			v, _ := l.scalar(e.value)
			if v.Kind != Bool || v.Text != "true" && v.Text != "false" {
				l.fail(l.pos(e.value), "home is true or false")
			}
			s.Home = v.Text == "true"
		default:
			l.unknown(e, "a subject", subjectKeys)
		}
	}
	if len(l.problems) > before {
		return
	}
	if s.Column == "" {
		l.fail(s.Pos, "the subject of %s names no column: write %s", t.Name, subjectShape)
		return
	}
	t.Subject = s
}

// columnName reads a column's name, which may be quoted as in SQL.
func columnName(s string) string {
	name, _ := unquote(s)
	return name
}

func (s *Subject) normal() any {
	if s == nil {
		return nil
	}
	return []any{s.Column, s.Domain, s.Fallback, s.Home}
}
