package importer

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// yaml reads the configuration of greenmask, pgstream or Neosync; JSON is YAML.
func (r *Rules) yaml(file string, text []byte) error {
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return &fault.Input{Problems: []fault.Problem{{File: file, Text: "is neither SQL nor YAML that can be read"}}}
	}
	for _, doc := range parsed.Docs {
		root := doc.Body
		switch {
		case at(root, "dump", "transformation") != nil:
			r.Tool = Greenmask
			r.greenmask(root)
		case at(root, "transformations", "table_transformers") != nil:
			r.Tool = Pgstream
			r.pgstream(at(root, "transformations", "table_transformers"))
		case at(root, "modifiers", "transformations", "table_transformers") != nil:
			r.Tool = Pgstream
			r.pgstream(at(root, "modifiers", "transformations", "table_transformers"))
		case at(root, "mappings") != nil:
			r.Tool = Neosync
			r.neosync(at(root, "mappings"))
		case at(root, "job", "mappings") != nil:
			r.Tool = Neosync
			r.neosync(at(root, "job", "mappings"))
		}
	}
	return nil
}

func (r *Rules) greenmask(root ast.Node) {
	for _, table := range items(at(root, "dump", "transformation")) {
		name := tableName(table, "name")
		if node := at(table, "query"); node != nil {
			r.note(lineOf(node), "greenmask's query of %s chooses rows or computes columns: use rows: {when: "+
				"…} or a rule", name)
		}
		if node := at(table, "subset_conds"); node != nil {
			r.note(lineOf(node), "greenmask's subset_conds of %s: %s", name, forSample)
		}
		for _, t := range items(at(table, "transformers")) {
			c := call{table: name, name: scalar(at(t, "name")), line: lineOf(t), when: scalar(at(t, "when"))}
			params := at(t, "params")
			c.named, c.lists = parameters(params)
			if c.when == "" {
				c.when = scalar(at(table, "when"))
			}
			if c.name == "RandomPerson" || c.name == "RandomName" {
				r.person(c, params)
				continue
			}
			if c.column = c.named["column"]; c.column == "" {
				for _, col := range items(at(params, "columns")) {
					c.column = scalar(at(col, "name"))
					r.add("greenmask", c)
				}
				continue
			}
			r.add("greenmask", c)
		}
	}
	for _, option := range []string{"exclude-table-data", "exclude_table_data"} {
		for _, t := range items(at(root, "dump", "pg_dump_options", option)) {
			if name, err := catalog.ParseName(qualified(scalar(t))); err == nil {
				r.Columns = append(r.Columns, Column{Table: name, Rule: "{rows: none}", From: option, Line: lineOf(t)})
			}
		}
	}
}

// person reads greenmask's RandomPerson, whose columns are templates over one person.
func (r *Rules) person(c call, params ast.Node) {
	if c.named["column"] != "" {
		c.column = c.named["column"]
		r.add("greenmask", call{table: c.table, column: c.column, name: "RandomName", line: c.line, when: c.when})
		return
	}
	for _, col := range items(at(params, "columns")) {
		template := scalar(at(col, "template"))
		one := call{table: c.table, column: scalar(at(col, "name")), line: lineOf(col), when: c.when}
		first, last := strings.Contains(template, ".FirstName"), strings.Contains(template, ".LastName")
		switch {
		case first && !last:
			one.name = "RandomFirstName"
		case last && !first:
			one.name = "RandomLastName"
		default:
			one.name = "RandomName"
		}
		r.add("greenmask", one)
	}
}

func (r *Rules) pgstream(tables ast.Node) {
	for _, table := range items(tables) {
		name := tableName(table, "table")
		for _, col := range entries(at(table, "column_transformers")) {
			c := call{table: name, column: col.key, name: scalar(at(col.value, "name")), line: col.line}
			c.named, c.lists = parameters(at(col.value, "parameters"))
			key := "pgstream"
			if c.name == "pg_anonymizer" {
				key = "anon"
				c.name, c.args = function(c.named["anon_function"])
			}
			if len(entries(at(col.value, "dynamic_parameters"))) > 0 {
				r.note(col.line, "%s.%s followed another column by dynamic_parameters: see gender and subject in "+
					"docs/rules.md", name, col.key)
			}
			r.add(key, c)
		}
	}
}

func (r *Rules) neosync(mappings ast.Node) {
	for _, m := range items(mappings) {
		c := call{table: tableName(m, "table"), column: scalar(at(m, "column")), line: lineOf(m)}
		config := entries(at(m, "transformer", "config"))
		if len(config) == 0 {
			r.Columns = append(r.Columns, Column{Table: c.table, Name: c.column, From: "no transformer", Line: c.line,
				Review: "the mapping has no transformer: choose a rule"})
			continue
		}
		c.name = strings.TrimSuffix(config[0].key, "Config")
		if c.name == "nullconfig" {
			c.name = "null"
		}
		c.named, c.lists = parameters(config[0].value)
		if text := c.named["categories"]; text != "" { // one text, with commas
			for word := range strings.SplitSeq(text, ",") {
				c.lists["categories"] = append(c.lists["categories"], strings.TrimSpace(word))
			}
		}
		r.add("neosync", c)
	}
}

func tableName(n ast.Node, key string) catalog.Name {
	name := catalog.Name{Schema: scalar(at(n, "schema")), Name: scalar(at(n, key))}
	if name.Schema == "" {
		name.Schema = "public"
	}
	return name
}

func qualified(name string) string {
	if !strings.Contains(name, ".") {
		return "public." + name
	}
	return name
}

// parameters are a mapping's scalars and lists of scalars.
func parameters(n ast.Node) (map[string]string, map[string][]string) {
	named, lists := map[string]string{}, map[string][]string{}
	for _, e := range entries(n) {
		if seq, ok := e.value.(*ast.SequenceNode); ok {
			for _, v := range seq.Values {
				lists[e.key] = append(lists[e.key], scalar(v))
			}
			continue
		}
		if text := scalar(e.value); text != "" {
			named[e.key] = text
		}
	}
	return named, lists
}

// entry is a key of a mapping.
type entry struct {
	key   string
	value ast.Node
	line  int
}

func entries(n ast.Node) []entry {
	var list []entry
	switch m := n.(type) {
	case *ast.MappingNode:
		for _, v := range m.Values {
			list = append(list, entry{scalar(v.Key), v.Value, lineOf(v.Key)})
		}
	case *ast.MappingValueNode:
		list = append(list, entry{scalar(m.Key), m.Value, lineOf(m.Key)})
	}
	return list
}

func items(n ast.Node) []ast.Node {
	if seq, ok := n.(*ast.SequenceNode); ok {
		return seq.Values
	}
	return nil
}

// at is the node at a path of keys, nil if there is none.
func at(n ast.Node, path ...string) ast.Node {
	for _, key := range path {
		var next ast.Node
		for _, e := range entries(n) {
			if e.key == key {
				next = e.value
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
}

// scalar is a node's text, empty if it is no scalar.
func scalar(n ast.Node) string {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		return v.Value.Value
	case *ast.NullNode, nil:
		return ""
	case ast.ScalarNode:
		return v.GetToken().Value
	}
	return ""
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil {
		return 0
	}
	return n.GetToken().Position.Line
}
