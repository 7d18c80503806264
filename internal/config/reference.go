package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Reference is the table of all fields in Markdown, from the same definitions
// that Load reads by. docs/configuration.md holds it.
func Reference() string {
	var b strings.Builder
	b.WriteString("| field | kind | default | meaning |\n|---|---|---|---|\n")
	reference(&b, reflect.TypeFor[Config](), "")
	fmt.Fprintf(&b, "| `pipelines` | mapping of names to mappings |  | %s |\n", pipelinesDoc)
	return b.String()
}

func reference(b *strings.Builder, t reflect.Type, path string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "-" {
			continue
		}
		name = join(path, name)
		def := f.Tag.Get("default")
		if f.Tag.Get("required") == "true" {
			def = "**required**"
		} else if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, kindName(f.Type), def, f.Tag.Get("doc"))
		switch {
		case f.Type.Kind() == reflect.Struct && f.Type != secretType:
			reference(b, f.Type, name)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct && f.Type.Elem() != secretType:
			reference(b, f.Type.Elem(), name+"[]")
		case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Struct && f.Type.Elem() != secretType:
			reference(b, f.Type.Elem(), name+".*")
		}
	}
}

func kindName(t reflect.Type) string {
	switch {
	case t == secretType:
		return "text, secret"
	case t == reflect.TypeFor[Size]():
		return "size, such as 1GB"
	case t == reflect.TypeFor[[]Key]():
		return "list of values or lists"
	case t == reflect.TypeFor[[]Root]():
		return "list of texts or mappings"
	case t.Kind() == reflect.Struct:
		return "mapping"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && t.Elem() != secretType:
		return "list of mappings"
	case t.Kind() == reflect.Slice:
		return "list of text"
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct && t.Elem() != secretType:
		return "mapping of mappings"
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Slice:
		return "mapping of lists"
	case t.Kind() == reflect.Map:
		return "mapping of text"
	case t.Kind() == reflect.Bool:
		return "true, false"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Uint64:
		return "whole number"
	case t.Kind() == reflect.Float64:
		return "number"
	}
	return "text"
}
