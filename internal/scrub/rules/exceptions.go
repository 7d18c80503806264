package rules

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/fault"
	"refresher/internal/pii"
)

const (
	referenceShape = "{table: …, columns: […], to: …, to_columns: […], when: …}"
	allowShape     = "{table: …, column: …, class: …, values: […], up_to: N, why: …}, or objects: PATTERN for table"
	subjectShape   = "COLUMN or {column: COLUMN, domain: KIND, fallback: COLUMN}"
)

func (l *loader) reference(n ast.Node, r *Reference) {
	r.Pos = l.pos(n)
	if l.mapping(n, "a reference", referenceShape, l.referenceFields(r)) == nil {
		return
	}
	if len(r.ToColumns) > 0 && len(r.ToColumns) != len(r.Columns) {
		l.fail(r.Pos, "a reference has as many to_columns as columns: here are %d and %d", len(r.ToColumns),
			len(r.Columns))
	}
}

func (l *loader) referenceFields(r *Reference) []field {
	return []field{
		{"table", true, l.tableName(&r.Table)}, {"columns", true, l.names(&r.Columns)}, {"to", true,
			l.tableName(&r.To)},
		{"to_columns", false, l.names(&r.ToColumns)}, {"when", false, l.condition(&r.When)},
	}
}

// names reads a list of column names.
func (l *loader) names(to *[]string) func(entry) {
	return func(e entry) {
		var refs []ColumnRef
		l.columns(&refs)(e)
		*to = columnNames(refs)
	}
}

func columnNames(refs []ColumnRef) (names []string) {
	for _, c := range refs {
		names = append(names, c.Name)
	}
	return names
}

func (l *loader) allow(n ast.Node, a *Allow) {
	a.Pos = l.pos(n)
	given := l.mapping(n, "an exception", allowShape, l.allowFields(a))
	_, values := given["values"]
	_, table := given["table"]
	if _, objects := given["objects"]; given != nil && table == objects {
		l.fail(a.Pos, "an exception needs table, or objects and a pattern of theirs, and not both")
	}
	if _, upTo := given["up_to"]; given != nil && !values && !upTo {
		l.fail(a.Pos, "an exception needs values, or up_to and how many findings are accepted")
	}
}

func (l *loader) allowFields(a *Allow) []field {
	return []field{
		{"table", false, l.tableName(&a.Table)}, {"objects", false, l.text(&a.Objects)},
		{"column", true, l.text(&a.Column)}, {"class", true, l.class(&a.Class)},
		{"values", false, l.values(&a.Values)}, {"up_to", false, l.count(&a.UpTo, 1)}, {"why", true, l.text(&a.Why)},
	}
}

func (l *loader) class(to *pii.Class, also ...string) func(entry) {
	return func(e entry) {
		s, ok := l.str(e.value, e.key)
		switch *to = pii.Class(s); {
		case !ok, slices.Contains(Classes(), s), slices.Contains(also, s):
		default:
			l.fail(l.pos(e.value), "%q is no class%s; there is %s", s, fault.DidYouMean(s, Classes()), oneOf(Classes()))
		}
	}
}

// Classes lists the classes that an exception may name: those that a finding can have.
func Classes() []string {
	classes := []pii.Class{
		pii.Email, pii.Phone, pii.FullName, pii.FirstName, pii.LastName, pii.Company, pii.Street, pii.City,
		pii.Postcode,
		pii.IP, pii.UserAgent, pii.NationalID, pii.CreditCard, pii.IBAN, pii.Token, pii.Date,
		pii.Username, pii.MAC, pii.URL, pii.Domain, pii.Region, pii.Country, pii.Latitude, pii.Longitude,
		pii.BirthDate, pii.IMEI, pii.VIN, pii.BIC, pii.Crypto, pii.Location, pii.Capability,
	}
	list := make([]string, len(classes))
	for i, c := range classes {
		list[i] = string(c)
	}
	return list
}

func (l *loader) values(to *[]string) func(entry) {
	return func(e entry) {
		list, ok := items(e.value)
		if !ok || len(list) == 0 {
			l.fail(l.pos(e.value), "%s is a list of values: write [VALUE, …]", e.key)
			return
		}
		for _, it := range list {
			v, ok := l.scalar(it)
			if !ok || v.Kind == Null || v.Text == "" {
				l.fail(l.pos(it), "each of %s is a string", e.key)
				continue
			}
			*to = append(*to, v.Text)
		}
	}
}

// allowedObjects checks that exceptions for objects name what has rules.
func (l *loader) allowedObjects() {
	for _, a := range l.rs.Allow {
		if a.Objects == "" || a.Pos.File != l.file {
			continue
		}
		i := slices.IndexFunc(l.rs.Objects, func(o *Object) bool { return o.Pattern == a.Objects })
		switch {
		case i < 0:
			l.fail(a.Pos, "the exception names objects %q, and no pattern under objects is that", a.Objects)
		case a.Column != "" && l.rs.Objects[i].Column(a.Column) == nil:
			l.fail(a.Pos, "the exception names column %q, for which the objects %s have no rule", a.Column, a.Objects)
		}
	}
}

func (l *loader) subject(t *Table, e entry) {
	s := &Subject{Domain: Person, Pos: l.pos(e.value)}
	before := len(l.problems)
	if _, ok := l.scalar(e.value); ok {
		l.column(&s.Column)(e)
	} else {
		l.named(e.value, "the subject of "+t.called, "a subject", subjectShape, l.subjectFields(s))
	}
	if len(l.problems) > before {
		return
	}
	if t.Subject = s; s.Column == "" {
		t.Subject = nil
		l.fail(s.Pos, "the subject of %s names no column: write %s", t.called, subjectShape)
	}
}

func (l *loader) subjectFields(s *Subject) []field {
	return []field{
		{"column", false, l.column(&s.Column)}, {"domain", false, l.text(&s.Domain)},
		{"fallback", false, l.column(&s.Fallback)}, {"home", false, l.flag(&s.Home)},
	}
}
