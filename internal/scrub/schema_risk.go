package scrub

import "refresher/internal/scrub/rules"

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
