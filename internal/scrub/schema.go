package scrub

import (
	"bytes"
	"encoding/json"

	"refresher/internal/pii"
	"refresher/internal/scrub/prf"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// object is a JSON object on its way out; its keys are written in their order.
type object = map[string]any

// Schema is the JSON Schema (draft 2020-12) of the rules format, made from what
// the compiler itself reads: rules/schema.json. An editor uses it to complete and
// check a ruleset; what needs the database (whether a column is there, whether a
// transform serves its type) only `refresher check` knows.
func Schema() []byte {
	defs := object{
		"table": tableSchema(), "object": objectSchema(),
		"rows": rowsSchema(), "columnRule": columnRuleSchema(), "when": whenSchema(),
		"reference": referenceSchema(), "risk": riskSchema(), "hipaa": hipaaSchema(), "exception": exceptionSchema(),
		"madeFor":   madeForSchema(),
		"tableName": tableNameSchema(),
		"text":      object{"anyOf": []any{object{"type": "string", "minLength": 1}, ref("var")}},
		"var": object{"type": "object", "required": []string{"var"}, "additionalProperties": false,
			"properties": object{"var": object{"type": "string", "description": "The name of a value under vars."}}},
		"tableKey": tableKeySchema(), "defaults": defaultsSchema(),
		"columnNames": object{"type": "array", "minItems": 1, "items": object{"type": []string{"string", "number", "boolean"}}},
	}
	names := []any{}
	rule := []any{ref("transformName")}
	for _, d := range transform.Definitions() {
		if d.Kind == transform.KindJSON {
			continue // a shape
		}
		if !required(d.AllParams()) {
			names = append(names, object{"const": d.Name, "description": d.Doc})
		}
		defs["transform."+d.Name] = transformSchema(&d)
		rule = append(rule, ref("transform."+d.Name))
	}
	names = append(names, object{"type": "null", "description": "NULL in the place of every value."})
	defs["transformName"] = object{"title": "transform", "anyOf": names}
	for _, s := range transform.Shapes() {
		defs["shape."+s.Key] = shapeSchema(s)
		rule = append(rule, ref("shape."+s.Key))
	}
	defs["rule"] = object{"anyOf": rule}
	return encodeSchema(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "urn:refresher:rules:1",
		"title":   "Rules of refresher",
		"description": "What happens to every table and column of a production database on its way to staging. " +
			"Generated from the transforms' definitions.",
		"type": "object", "required": []string{"version"}, "additionalProperties": false,
		"properties": object{
			"version": object{"const": 1, "description": "Version of the rules format."},
			"include": object{"type": "array", "items": object{"type": "string", "minLength": 1},
				"description": "Rules files whose rules these go over: paths relative to this file, or builtin:NAME. A later rule wins."},
			"defaults": ref("defaults"),
			"tables": object{"type": []string{"object", "null"}, "description": "Tables as schema.table, taken literally; quoted as in SQL where a part holds a dot, space, quote or asterisk. " +
				"With * they are patterns: schema.table for tables, table.column or schema.table.column for columns.",
				"propertyNames": ref("tableKey"), "additionalProperties": ref("table"),
				"patternProperties": object{`\*`: object{"anyOf": []any{ref("table"), ref("columnRule")}}}},
			"objects": object{"type": []string{"object", "null"}, "additionalProperties": ref("object"),
				"description": "Objects in buckets beside the database, by patterns of their keys: ** stands for any " +
					"part of a " +
					"key, * for any part of a name between two slashes, {COLUMN} for a value of that column."},
			"references": object{"type": "array", "items": ref("reference"), "description": "Columns that hold what another table's columns hold, although no foreign key says so."},
			"allow":      object{"type": "array", "items": ref("exception"), "description": "Reviewed exceptions: values that verification may find."},
			"risk":       object{"type": "array", "items": ref("risk"), "description": "Sets of quasi-identifiers whose classes are counted, and may not be too small."},
			"hipaa":      ref("hipaa"),
			"vars": object{"type": "object", "additionalProperties": object{"type": []string{"string", "number", "boolean"}},
				"description": "Values that rules of this file and of those it includes name by {var: NAME}."},
			"made_for": object{"type": "array", "items": ref("madeFor"),
				"description": "Versions of products that these rules were written for; doctor compares them with " +
					"the database's."},
			"large_objects": object{"enum": rules.LargeObjectsChoices, "default": rules.LargeObjectsChoices[0],
				"description": "Whether large objects stay behind, or arrive as they are and are looked through."},
			"prf": object{"enum": prf.Names(), "default": prf.Names()[0],
				"description": "The keyed function that fakes are drawn from. Another one makes other fakes of the same key and values."},
		},
		"$defs": defs,
	})
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func encodeSchema(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("scrub: " + err.Error()) // maps of strings always encode
	}
	return b.Bytes()
}

func required(params []transform.Param) bool {
	for _, p := range params {
		if p.Required {
			return true
		}
	}
	return false
}

func transformSchema(d *transform.Definition) object {
	name := object{"const": d.Name}
	if d.Kind == transform.KindNull {
		name = object{"enum": []any{"null", nil}}
	}
	return ruleSchema(d.Doc, "transform", name, d.AllParams())
}

func shapeSchema(s transform.Shape) object {
	value := ref("rule")
	if s.Parts != "" {
		value = object{"type": "object", "description": "A rule for each " + s.Parts + ".", "additionalProperties": ref("rule")}
	}
	return ruleSchema(s.Doc, s.Key, value, s.Params)
}

// ruleSchema is a rule written as a mapping, of which key is the key that tells
// it from others.
func ruleSchema(doc, key string, value object, params []transform.Param) object {
	properties := object{key: value, "when": ref("when"),
		"class": object{"enum": append(rules.Classes(), string(pii.None)), "description": "What the values are, where the transform doesn't say it: " +
			"they are looked for in staging as values of this class. none: no person's, even if they look so."},
		"optional": object{"type": "boolean", "default": false,
			"description": "Of a column: it is no mistake if the table lacks it, as some versions of its application do."},
	}
	need := []string{key}
	for _, p := range params {
		properties[p.Name] = paramSchema(&p)
		if p.Required {
			need = append(need, p.Name)
		}
	}
	return object{"type": "object", "description": doc, "required": need, "properties": properties, "additionalProperties": false}
}

func paramSchema(p *transform.Param) object {
	s := object{"description": p.Doc}
	switch p.Kind {
	case rules.String:
		if len(p.Choices) == 0 {
			s["$ref"] = ref("text")["$ref"]
			break
		}
		s["type"], s["minLength"], s["enum"] = "string", 1, p.Choices
	case rules.Number:
		s["type"], s["minimum"], s["maximum"] = "integer", p.Min, p.Max
		if p.Decimal {
			s["type"] = "number"
		}
	case rules.Bool:
		s["type"] = "boolean"
	}
	if p.Default == "" {
		return s
	}
	s["default"] = p.Default
	if p.Kind == rules.Bool || p.Kind == rules.Number {
		s["default"] = json.RawMessage(p.Default)
	}
	return s
}

func tableSchema() object {
	return object{
		"type": "object", "additionalProperties": false,
		"properties": object{
			"columns": object{"type": "object", "additionalProperties": ref("columnRule"),
				"description": "A rule for every column; \"*\" stands for all that are not named, and is flagged in the report."},
			"rows":    ref("rows"),
			"subject": subjectSchema(),
			"optional": object{"type": "boolean", "default": false,
				"description": "It is no mistake if the database lacks the table, as some versions of its application do."},
			"remember": object{"type": "boolean", "default": false,
				"description": "The rows that stay behind are read all the same, so that verification can look for their values in staging."},
		},
		// No rule for a column is ever used in a table without rows.
		"not": object{"required": []string{"rows"}, "properties": object{"rows": object{"const": "none"}},
			"anyOf": []any{object{"required": []string{"columns"}}, object{"required": []string{"subject"}}}},
	}
}

func objectSchema() object {
	return object{
		"type": "object", "additionalProperties": false,
		"properties": object{
			"columns": object{"type": "object", "additionalProperties": ref("columnRule"),
				"description": "A rule for every column of a CSV or Parquet file, every member of a JSON line " +
					"and every " +
					"value in a key."},
			"rows": object{"enum": []string{"all", "none"}, "description": "none: the objects stay behind."},
			"delimiter": object{"type": "string", "minLength": 1, "maxLength": 1,
				"description": "Of CSV; without it a tab in .tsv, else a comma."},
			"header":  describe(ref("columnNames"), "The columns of CSV files that have no header line."),
			"subject": subjectSchema(),
		},
		"anyOf": []any{object{"required": []string{"columns"}}, object{"required": []string{"rows"}}},
		"not":   object{"required": []string{"rows", "columns"}, "properties": object{"rows": object{"const": "none"}}},
	}
}

func subjectSchema() object {
	return object{
		"description": "The column that identifies the person whom a row is about: names, usernames and dates of one person agree, and free text knows the person's identifiers.",
		"anyOf": []any{
			object{"type": "string"},
			object{"type": "object", "required": []string{"column"}, "additionalProperties": false, "properties": object{
				"column":   object{"type": "string", "description": "The column."},
				"domain":   object{"type": "string", "default": rules.Person, "description": "The kind of person: one value is one person within a domain."},
				"fallback": object{"type": "string", "description": "The column of e-mail addresses that stands for the person where the column is NULL."},
				"home":     object{"type": "boolean", "default": false, "description": "Says where the persons of the domain are at home, one row each, if several tables could be."},
			}},
		},
	}
}

func rowsSchema() object {
	return object{
		"description": "Which rows are copied: all (the default), none (structure only), or those for which a condition holds.",
		"anyOf": []any{
			object{"enum": []string{"all", "none"}},
			object{"type": "object", "required": []string{"when"}, "additionalProperties": false, "properties": object{"when": ref("when")}},
		},
	}
}

func columnRuleSchema() object {
	return object{"anyOf": []any{
		ref("rule"),
		object{"type": "array", "minItems": 1, "items": ref("rule"), "description": "The first rule whose condition (when) holds; the last one has none."},
	}}
}

func whenSchema() object {
	return object{"type": []string{"string", "boolean"}, "pattern": `\S`,
		"description": "A condition over the columns of the row as they are in production, as in: country == \"US\" and not is_staff"}
}

func tableNameSchema() object {
	const part = `("([^"]|"")+"|[^". \t\r\n]+)`
	return object{"type": "string", "pattern": `^` + part + `\.` + part + `$`}
}

// tableKeySchema is a table's name, or a pattern of two or three parts.
func tableKeySchema() object {
	const part = `("([^"]|"")+"|[^". \t\r\n]+)`
	return object{"anyOf": []any{ref("tableName"),
		object{"type": "string", "pattern": `^` + part + `(\.` + part + `){1,2}$`, "allOf": []any{object{"pattern": `\*`}}}}}
}

func defaultsSchema() object {
	classes := object{}
	for _, c := range rules.Classes() {
		classes[c] = ref("columnRule")
	}
	return object{"type": "object", "additionalProperties": false,
		"description": "Rules for columns of which nothing else says anything, by what their name says they hold, then by type, then for all others.",
		"properties": object{
			"classes": object{"type": "object", "additionalProperties": false, "properties": classes},
			"types": object{"type": "object", "additionalProperties": ref("columnRule"),
				"description": "By type as SQL writes it, as in text, integer or timestamp with time zone; a domain counts as its base type, too."},
			"other": ref("columnRule"),
		}}
}

func referenceSchema() object {
	return object{
		"type": "object", "required": []string{"table", "columns", "to"}, "additionalProperties": false,
		"properties": object{
			"table":      ref("tableName"),
			"columns":    ref("columnNames"),
			"to":         ref("tableName"),
			"to_columns": ref("columnNames"),
			"when":       ref("when"),
		},
	}
}

func madeForSchema() object {
	text := func(doc string) object { return object{"type": "string", "pattern": `\S`, "description": doc} }
	return object{
		"type": "object", "required": []string{"product", "table", "column", "versions"}, "additionalProperties": false,
		"properties": object{
			"product": text("Its name, for people."),
			"table":   ref("tableName"),
			"column":  text("Column that says the version, as the product's migrations write it."),
			"newest":  text("Column whose greatest value marks the row that counts; without it there is one row."),
			"versions": object{"type": "array", "minItems": 1, "items": object{"type": "string", "minLength": 1},
				"description": "What the column holds in versions that the rules were written for; * stands for " +
					"anything."},
		},
	}
}

func exceptionSchema() object {
	return object{
		"type": "object", "required": []string{"column", "class", "why"}, "additionalProperties": false,
		"anyOf": []any{object{"required": []string{"values"}}, object{"required": []string{"up_to"}}},
		"oneOf": []any{object{"required": []string{"table"}}, object{"required": []string{"objects"}}},
		"properties": object{
			"table": ref("tableName"),
			"objects": object{"type": "string", "pattern": `\S`,
				"description": "Instead of a table, a pattern under objects; of JSON lines only values are excepted, in all members."},
			"column": object{"type": "string", "pattern": `\S`},
			"class":  object{"enum": rules.Classes()},
			"values": object{"type": "array", "minItems": 1, "items": object{"type": []string{"string", "number", "boolean"}, "minLength": 1}},
			"up_to": object{"type": "integer", "minimum": 1,
				"description": "How many findings of the class are accepted in the column, beside the listed values."},
			"why": object{"type": "string", "pattern": `\S`, "description": "The reason, for the one who reviews it."},
		},
	}
}

func riskSchema() object {
	return object{
		"type": "object", "required": []string{"table", "quasi_identifiers"}, "additionalProperties": false,
		"description": "Columns that together point at few people: a set of quasi-identifiers.",
		"properties": object{
			"table":             describe(ref("tableName"), "The table; the rows of its partitions and children count with it."),
			"quasi_identifiers": describe(ref("columnNames"), "The columns of the set. Rows that show the same values in all of them are a class."),
			"sensitive":         describe(ref("columnNames"), "Columns of which a class must not hold one value only."),
			"person":            object{"type": "string", "pattern": `\S`, "description": "The column that says whom a row is about, where a person can have several rows: classes are counted in persons."},
			"min_k":             object{"type": "integer", "minimum": 2, "default": rules.DefaultMinK, "description": "The least size of a class, in rows or persons."},
			"min_l":             object{"type": "integer", "minimum": 2, "default": rules.DefaultMinL, "description": "The least number of different values of each sensitive column in a class; NULL is one."},
			"below":             object{"enum": rules.BelowChoices, "default": rules.BelowChoices[0], "description": "What happens to classes below: fail refuses the run, suppress takes them out of staging, report shows figures only."},
			"suppress":          object{"enum": rules.SuppressChoices, "default": rules.SuppressChoices[0], "description": "How: values makes the set's columns NULL in their rows; rows removes the rows, and the references to them."},
		},
		"dependentRequired": object{"min_l": []string{"sensitive"}, "suppress": []string{"below"}},
	}
}

func hipaaSchema() object {
	identifier := object{"enum": rules.HIPAAIdentifiers()}
	return object{
		"type": "object", "additionalProperties": false,
		"description": "Where the 18 identifiers of HIPAA's Safe Harbor (45 CFR 164.514(b)(2)(i)) are, as far as transforms don't say it.",
		"properties": object{
			"absent": object{"type": "object", "propertyNames": identifier, "additionalProperties": object{"type": "string", "pattern": `\S`},
				"description": "Identifiers that the database doesn't hold, each with how one can know."},
			"columns": object{"type": "object", "description": "Columns, as schema.table.column, and the identifier that each holds.",
				"additionalProperties": object{"anyOf": []any{identifier, object{"type": "array", "minItems": 1, "items": identifier}}}},
			"gaps": object{"enum": rules.GapsChoices, "default": rules.GapsChoices[0],
				"description": "What an identifier does of which nothing is said, or which is mapped and not removed: report shows it, fail refuses the run before a row is read."},
		},
	}
}

func describe(s object, text string) object {
	s["description"] = text
	return s
}
