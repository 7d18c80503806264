package risk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// follow mends the foreign keys that point at rows that went, and those that
// point at rows that went because of that, until all hold.
func (s *suppression) follow(ctx context.Context, spec *Spec) error {
	gone := []catalog.Name{spec.Table}
	for len(gone) > 0 {
		table := gone[0]
		gone = gone[1:]
		for _, t := range s.cat.Tables {
			for i := range t.ForeignKeys {
				fk := &t.ForeignKeys[i]
				// A partition's copy of its parent's constraint says the same again, and
				// a constraint that is NOT VALID may be broken in the source too.
				if fk.Inherited || !fk.Validated || !s.same(fk.RefTable, table) {
					continue
				}
				removed, err := s.mend(ctx, spec, t, fk)
				if err != nil {
					return client.Wrap(err, "mending the foreign key %q of %s after the suppression", fk.Name, t.Name)
				}
				if removed && !slices.Contains(gone, t.Name) {
					gone = append(gone, t.Name)
				}
			}
		}
	}
	return nil
}

// same reports whether rows of table are rows of ref: it, its partition, or its parent.
func (s *suppression) same(ref, table catalog.Name) bool {
	root := func(n catalog.Name) catalog.Name {
		if t := s.cat.Table(n); t != nil {
			return t.Root
		}
		return n
	}
	return ref == table || root(ref) == root(table)
}

// mend makes a foreign key hold.
func (s *suppression) mend(ctx context.Context, spec *Spec, t *catalog.Table, fk *catalog.ForeignKey) (removed bool,
	err error) {
	from := s.from(t.Name)
	var there, equal, unset []string
	for i, c := range fk.Columns {
		there = append(there, "t."+catalog.Quote(c)+" IS NOT NULL")
		equal = append(equal, "r."+catalog.Quote(fk.RefColumns[i])+" = t."+catalog.Quote(c))
		unset = append(unset, catalog.Quote(c)+" = NULL")
	}
	where := fmt.Sprintf("%s AND NOT EXISTS (SELECT FROM %s AS r WHERE %s)", strings.Join(there, " AND "),
		s.from(fk.RefTable), strings.Join(equal, " AND "))
	f := spec.suppressed.follows(t.Name.String())
	if s.nullable(t, fk) {
		tag, err := s.conn.Exec(ctx, "UPDATE "+from+" AS t SET "+strings.Join(unset, ", ")+" WHERE "+where)
		if err != nil {
			return false, err
		}
		if tag.RowsAffected() > 0 {
			s.touched[t.Name] = true
			f.Unset += tag.RowsAffected()
			spec.suppressed.note(f)
		}
		return false, nil
	}
	n, err := s.remove(ctx, t.Name, "DELETE FROM "+from+" AS t WHERE "+where)
	if err != nil || n == 0 {
		return false, err
	}
	f.Removed += n
	spec.suppressed.note(f)
	return true, nil
}

// from is a table as FROM takes it: a foreign key sees partitions, and no
// inheritance children.
func (s *suppression) from(n catalog.Name) string {
	if t := s.cat.Table(n); t != nil && t.Kind == catalog.Partitioned {
		return n.SQL()
	}
	return "ONLY " + n.SQL()
}

// nullable reports whether all columns of a reference can be NULL.
func (s *suppression) nullable(t *catalog.Table, fk *catalog.ForeignKey) bool {
	for _, name := range fk.Columns {
		if Fixed(s.cat, t, name) != "" {
			return false
		}
	}
	return true
}

// Fixed says why values of a column can't become NULL, "" if they can. The
// catalog's table, its partitions and children count.
func Fixed(cat *catalog.Catalog, t *catalog.Table, name string) string {
	for _, u := range cat.Tables {
		if u != t && u.Root != t.Name {
			continue
		}
		c := u.Column(name)
		if c == nil {
			continue
		}
		where := ""
		if u != t {
			where = " of " + u.Name.String()
		}
		switch {
		case c.Generated:
			return "is generated" + where
		case c.NotNull:
			return "is NOT NULL" + where
		case slices.Contains(u.PrimaryKey, name):
			return "belongs to the primary key" + where
		case slices.Contains(u.PartitionBy, name):
			return "decides the partition" + where
		}
		for _, x := range u.Unique {
			if slices.Contains(x.Columns, name) && (x.Expression || x.NullsNotDistinct) ||
				slices.Contains(x.PredicateReads, name) || slices.Contains(x.PredicateNulls, name) {
				return fmt.Sprintf("belongs to the unique index %q, in which NULLs could be alike%s", x.Name, where)
			}
		}
	}
	for _, u := range cat.Tables {
		for _, fk := range u.ForeignKeys {
			if fk.RefTable == t.Name && slices.Contains(fk.RefColumns, name) {
				return "is what a foreign key of " + u.Name.String() + " points at"
			}
		}
	}
	return ""
}

// follows is what is noted of a table so far.
func (s *Suppressed) follows(table string) Follows {
	for _, f := range s.Follows {
		if f.Table == table {
			return f
		}
	}
	return Follows{Table: table}
}

func (s *Suppressed) note(f Follows) {
	for i := range s.Follows {
		if s.Follows[i].Table == f.Table {
			s.Follows[i] = f
			return
		}
	}
	s.Follows = append(s.Follows, f)
}
