package config

import (
	"encoding/json"
	"reflect"
	"slices"
)

// SchemaName is what the schema of the configuration is called beside it.
const SchemaName = "refresher.schema.json"

// Schema is the JSON Schema (2020-12) of refresher.yaml, from the same definitions
// that Load reads by: an editor completes and checks the file with it. A field of
// any kind may also be a text with a ${VARIABLE}.
func Schema() []byte {
	type m = map[string]any
	s, one := object(reflect.TypeFor[Config]()), object(reflect.TypeFor[Config]())
	properties, each := s["properties"].(m), one["properties"].(m)
	own, shared := m{}, []string{}
	for f := range reflect.TypeFor[Config]().Fields() {
		switch name := f.Tag.Get("yaml"); {
		case f.Tag.Get("scope") == scopePipeline:
			own[name] = false
		case f.Tag.Get("scope") == scopeService:
			delete(each, name)
		case f.Tag.Get("required") == "true":
			shared = append(shared, name)
		}
	}
	one["required"] = slices.DeleteFunc(one["required"].([]string),
		func(n string) bool { return slices.Contains(shared, n) })
	properties["pipelines"] = m{"type": "object", "description": pipelinesDoc, "minProperties": 1,
		"propertyNames": m{"pattern": pipelineName().String()}, "additionalProperties": one}
	s["if"], s["then"], s["else"] = m{"required": []string{"pipelines"}}, m{"properties": own},
		m{"required": s["required"]}
	delete(s, "required")
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "refresher.yaml"
	b, _ := json.MarshalIndent(s, "", "  ") // maps of texts and lists
	return append(b, '\n')
}

func object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "-" {
			continue
		}
		p := kindSchema(f.Type)
		p["description"] = f.Tag.Get("doc")
		if def := f.Tag.Get("default"); def != "" {
			p["description"] = f.Tag.Get("doc") + "; default: " + def
		}
		properties[name] = p
		if f.Tag.Get("required") == "true" {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// withVariable is the schema of a kind, or of a text with a ${VARIABLE} in it, which
// stands for a value of any kind.
func withVariable(kind string) map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": kind},
		map[string]any{"type": "string", "pattern": `\$\{[^}]+\}`},
	}}
}

func kindSchema(t reflect.Type) map[string]any {
	switch {
	case t == secretType, t.Kind() == reflect.String: // Load takes retry: {restarts: 3} as text, too
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	case t == reflect.TypeFor[Size]():
		return map[string]any{"type": []string{"string", "number"}}
	case t == reflect.TypeFor[Key]():
		one := map[string]any{"type": []string{"string", "number", "boolean"}}
		return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one}}}
	case t.Kind() == reflect.Struct && shorthand(t) >= 0:
		return map[string]any{"anyOf": []any{kindSchema(t.Field(shorthand(t)).Type), object(t)}}
	case t.Kind() == reflect.Struct:
		return object(t)
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": kindSchema(t.Elem())}
	case t.Kind() == reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": kindSchema(t.Elem())}
	case t.Kind() == reflect.Bool:
		return withVariable("boolean")
	case t.Kind() == reflect.Int:
		return withVariable("integer")
	case t.Kind() == reflect.Float64:
		return withVariable("number")
	}
	return map[string]any{}
}
