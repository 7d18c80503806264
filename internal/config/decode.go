package config

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
)

// decoder fills a struct from YAML and collects every problem instead of
// stopping at the first.
type decoder struct {
	file     string
	getenv   func(string) (string, bool)
	secrets  secret.Fetcher
	problems []fault.Problem
	places   map[string]*token.Position // dotted field → where it stands
	root     ast.Node                   // the whole file

	// For a pipeline of several, what stands before its own fields in messages, and which
	// those are; the others are shared.
	prefix string
	own    map[string]bool
}

var secretType = reflect.TypeFor[secret.Text]()

// document is the file's one document; nil, with a problem, if it isn't YAML.
func (d *decoder) document(text []byte) ast.Node {
	d.places = map[string]*token.Position{}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // fields reports duplicates
	if err != nil {
		d.syntax(err)
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		d.problem(nil, "the file must hold one YAML document with at least source, staging, rules and key")
		return nil
	}
	return file.Docs[0].Body
}

func (d *decoder) value(n ast.Node, v reflect.Value, path string) {
	if a, ok := n.(*ast.AnchorNode); ok {
		n = a.Value
	}
	d.places[strings.TrimPrefix(path, d.prefix+".")] = n.GetToken().Position
	switch {
	case v.Type() == secretType:
		if s, ok := d.scalar(n, path); ok {
			d.secret(n, s, v, path)
		}
	case v.Kind() == reflect.Struct:
		if i := shorthand(v.Type()); i >= 0 && isScalar(n) {
			setDefaults(v)
			d.value(n, v.Field(i), path)
			return
		}
		d.mapping(n, v, path)
	case v.Kind() == reflect.Slice:
		d.sequence(n, v, path)
	case v.Kind() == reflect.Map:
		d.texts(n, v, path)
	default:
		if s, ok := d.scalar(n, path); ok {
			d.parse(n, s, v, path)
		}
	}
}

// fetcher is what the references in c need.
func (d *decoder) fetcher(c *Config) secret.Fetcher {
	return secret.Fetcher{Dir: filepath.Dir(d.file), Getenv: d.getenv, Vault: &c.Vault}
}

// secret takes a secret or its reference, which is looked at and not fetched.
func (d *decoder) secret(n ast.Node, s string, v reflect.Value, path string) {
	at := n.GetToken().Position
	text := d.secrets.Text(s, fault.Problem{File: d.file, Line: at.Line, Col: at.Column, Field: path})
	if problem := text.Check(false); problem != "" {
		d.problem(at, "%s: %s", path, problem)
	}
	v.Set(reflect.ValueOf(text))
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string) {
	entries, ok := entries(n)
	if !ok {
		d.problem(n.GetToken().Position, "%s must be a mapping with the fields %s", cmp.Or(path, "the file"),
			fieldNames(v.Type(), ""))
		return
	}
	d.defaults(n, v, path, d.fields(entries, v, path))
}

// fields reads entries of a mapping, and returns which were given.
func (d *decoder) fields(entries []*ast.MappingValueNode, v reflect.Value, path string) map[string]bool {
	given, first := map[string]bool{}, map[string]int{}
	for _, e := range entries {
		name, at := e.Key.GetToken().Value, e.Key.GetToken().Position
		i := fieldIndex(v.Type(), name)
		switch {
		case i < 0:
			d.problem(at, "unknown field %q in %s; known are %s", name, cmp.Or(path, "the file"), d.known(v.Type(),
				path))
			continue
		case given[name]:
			d.problem(at, "%s is given twice, first in line %d", join(path, name), first[name])
			continue
		}
		given[name], first[name] = true, at.Line
		d.value(e.Value, v.Field(i), join(path, name))
		if text, ok := v.Field(i).Interface().(secret.Text); ok && !text.IsReference() &&
			v.Type().Field(i).Tag.Get("reference") == "true" {
			if problem := text.Check(true); problem != "" {
				d.problem(e.Value.GetToken().Position, "%s: %s", join(path, name), problem)
			}
		}
	}
	return given
}

// known are the fields that a mapping may have.
func (d *decoder) known(t reflect.Type, path string) string {
	switch path {
	case "":
		return fieldNames(t, "") + ", pipelines"
	case d.prefix:
		return fieldNames(t, scopeService)
	}
	return fieldNames(t, "")
}

func (d *decoder) defaults(n ast.Node, v reflect.Value, path string, given map[string]bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("yaml")
		switch {
		case name == "-" || given[name]:
		case f.Tag.Get("required") == "true":
			at, where := n, path
			if path == d.prefix && f.Tag.Get("scope") == "" { // what all pipelines lack is missing once
				at, where = d.root, ""
			}
			d.problem(at.GetToken().Position, "%s is missing: %s", join(where, name), f.Tag.Get("doc"))
		case f.Tag.Get("default") != "":
			d.parse(n, f.Tag.Get("default"), v.Field(i), join(path, name))
		case f.Type.Kind() == reflect.Struct:
			setDefaults(v.Field(i))
		}
	}
}

// setDefaults fills an optional struct that the file leaves out.
func setDefaults(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch text := f.Tag.Get("default"); {
		case f.Type.Kind() == reflect.Struct && f.Type != secretType:
			setDefaults(v.Field(i))
		case text == "":
		case v.Field(i).Kind() == reflect.String:
			v.Field(i).SetString(text)
		case v.Field(i).Kind() == reflect.Int:
			n, _ := strconv.Atoi(text) // a tag's, not a user's
			v.Field(i).SetInt(int64(n))
		}
	}
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, path string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok && v.Type() == reflect.TypeFor[Key]() && isScalar(n) {
		if text, ok := d.scalar(n, path); ok {
			v.Set(reflect.ValueOf(Key{text}))
		}
		return
	}
	if !ok {
		d.problem(n.GetToken().Position, "%s must be a list, such as [a, b]", path)
		return
	}
	list := reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values))
	for i, item := range s.Values {
		d.value(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	if len(s.Values) == 0 {
		d.problem(n.GetToken().Position, "%s is empty", path)
	}
	v.Set(list)
}

// texts reads a mapping of names to texts, or to mappings.
func (d *decoder) texts(n ast.Node, v reflect.Value, path string) {
	list, ok := entries(n)
	if !ok {
		what := "texts"
		if v.Type().Elem().Kind() == reflect.Struct {
			what = "mappings"
		}
		d.problem(n.GetToken().Position, "%s must be a mapping of names to %s", path, what)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range list {
		name := e.Key.GetToken().Value
		if v.MapIndex(reflect.ValueOf(name)).IsValid() {
			d.problem(e.Key.GetToken().Position, "%s is given twice", join(path, name))
		}
		text := reflect.New(v.Type().Elem()).Elem()
		d.value(e.Value, text, join(path, name))
		v.SetMapIndex(reflect.ValueOf(name), text)
	}
}

// scalar is the node's text with variables expanded.
func (d *decoder) scalar(n ast.Node, path string) (string, bool) {
	var text string
	switch n := n.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		text = n.GetToken().Value
	case *ast.NullNode:
		text = ""
	default:
		d.problem(n.GetToken().Position, "%s must be one value", path)
		return "", false
	}
	out, err := expand(text, d.getenv)
	if err != nil {
		d.problem(n.GetToken().Position, "%s: %v", path, err)
		return "", false
	}
	return out, true
}

func (d *decoder) parse(n ast.Node, s string, v reflect.Value, path string) {
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		var b bool
		if b, err = strconv.ParseBool(s); err == nil {
			v.SetBool(b)
			return
		}
		d.problem(n.GetToken().Position, "%s must be true or false", path)
	case reflect.Uint64:
		var u uint64
		if u, err = strconv.ParseUint(s, 10, 64); err == nil {
			v.SetUint(u)
			return
		}
		d.problem(n.GetToken().Position, "%s must be a whole number", path)
	case reflect.Int64:
		if size, ok := parseSize(s); ok {
			v.SetInt(int64(size))
			return
		}
		d.problem(n.GetToken().Position, "%s must be a size such as 500MB or 1GB", path)
	case reflect.Int:
		var i int64
		if i, err = strconv.ParseInt(s, 10, 32); err == nil {
			v.SetInt(i)
			return
		}
		d.problem(n.GetToken().Position, "%s must be a whole number", path)
	case reflect.Float64:
		var f float64
		if f, err = strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) {
			v.SetFloat(f)
			return
		}
		d.problem(n.GetToken().Position, "%s must be a number", path)
	}
}

func entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// shorthand is the field of a struct that a single value stands for, -1 if there is none.
func shorthand(t reflect.Type) int {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("shorthand") == "true" {
			return i
		}
	}
	return -1
}

func isScalar(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	}
	return false
}

func fieldIndex(t reflect.Type, name string) int {
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag == name && tag != "-" {
			return i
		}
	}
	return -1
}

// fieldNames are the fields of a struct, but those of a scope.
func fieldNames(t reflect.Type, without string) string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if tag := f.Tag.Get("yaml"); tag != "-" && (without == "" || f.Tag.Get("scope") != without) {
			names = append(names, tag)
		}
	}
	return strings.Join(names, ", ")
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
