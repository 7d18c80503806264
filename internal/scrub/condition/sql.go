package condition

import (
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"refresher/internal/postgres/catalog"
)

// SQL is the condition as SQL that says the same of a row, its columns taken
// from the table of that alias. ok is false where SQL would say something else,
// or it isn't known: all but comparisons of columns with what is written, by
// ==, != and in, and what and, or and not make of those.
func SQL(text, alias string, columns []*catalog.Column) (sql string, ok bool) {
	if _, err := Compile(text, columns); err != nil {
		return "", false
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return "", false
	}
	w := &sqlWriter{alias: alias, columns: columns, ok: true}
	w.condition(tree.Node)
	return w.out.String(), w.ok
}

type sqlWriter struct {
	alias   string
	columns []*catalog.Column
	out     strings.Builder
	ok      bool
}

func (w *sqlWriter) add(parts ...string) {
	for _, p := range parts {
		w.out.WriteString(p)
	}
}

func (w *sqlWriter) condition(n ast.Node) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator != "not" && n.Operator != "!" {
			break
		}
		w.add("(NOT ")
		w.condition(n.Node)
		w.add(")")
		return
	case *ast.BinaryNode:
		w.binary(n)
		return
	}
	w.ok = false
}

func (w *sqlWriter) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "and", "&&":
		w.joined(n, " AND ")
	case "or", "||":
		w.joined(n, " OR ")
	case "==", "!=":
		w.compare(n)
	case "in":
		w.among(n)
	default:
		w.ok = false
	}
}

func (w *sqlWriter) joined(n *ast.BinaryNode, operator string) {
	w.add("(")
	w.condition(n.Left)
	w.add(operator)
	w.condition(n.Right)
	w.add(")")
}

func (w *sqlWriter) compare(n *ast.BinaryNode) {
	column, value := n.Left, n.Right
	if _, named := column.(*ast.IdentifierNode); !named {
		column, value = value, column
	}
	w.column(column)
	if _, null := value.(*ast.NilNode); null {
		w.add(map[string]string{"==": " IS NULL", "!=": " IS NOT NULL"}[n.Operator])
		return
	}
	w.add(map[string]string{"==": " = ", "!=": " <> "}[n.Operator])
	w.literal(value)
}

func (w *sqlWriter) among(n *ast.BinaryNode) {
	list, isList := n.Right.(*ast.ArrayNode)
	if !isList || len(list.Nodes) == 0 {
		w.ok = false
		return
	}
	w.column(n.Left)
	for i, v := range list.Nodes {
		w.add([]string{" IN (", ", "}[min(i, 1)])
		w.literal(v)
	}
	w.add(")")
}

// column writes a column whose = is that of conditions: an integer, or text
// (compared byte by byte, under any collation), or an enum.
func (w *sqlWriter) column(n ast.Node) {
	id, named := n.(*ast.IdentifierNode)
	if !named {
		w.ok = false
		return
	}
	for _, c := range w.columns {
		if c.Name != id.Value {
			continue
		}
		name := w.alias + "." + catalog.Quote(c.Name)
		switch t := c.Type.Underlying(); t.SQL {
		case "smallint", "integer", "bigint":
			w.add(name)
			return
		case "text":
			w.add(name, ` COLLATE pg_catalog."C"`)
			return
		}
		if t := c.Type.Underlying(); t.SQL == "character varying" || t.Kind == catalog.EnumType {
			w.add(name, `::pg_catalog.text COLLATE pg_catalog."C"`)
			return
		}
	}
	w.ok = false
}

func (w *sqlWriter) literal(n ast.Node) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		w.add(strconv.Itoa(n.Value))
	case *ast.StringNode:
		w.add(catalog.Literal(n.Value))
	default:
		w.ok = false
	}
}
