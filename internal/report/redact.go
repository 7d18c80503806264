package report

import (
	"reflect"
	"strings"
)

// named are fields, by their JSON names, whose text is an address, a hash or a key that others compare.
var named = map[string]bool{"run": true, "url": true, "key": true, "sha256": true, "public_key": true, "address": true,
	"ruleset_sha256": true, "schema_sha256": true, "key_fingerprint": true, "snapshot": true, "system_identifier": true,
	"version": true}

// Redact replaces every text of the report but hashes, keys and addresses by what redact
// makes of it: names of the schema and what the rules quote can be personal data too.
func (r *Report) Redact(redact func(string) string) { redactIn(reflect.ValueOf(r).Elem(), redact) }

func redactIn(v reflect.Value, redact func(string) string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			redactIn(v.Elem(), redact)
		}
	case reflect.Slice:
		for i := range v.Len() {
			redactIn(v.Index(i), redact)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && name != "-" && !named[name] {
				redactIn(v.Field(i), redact)
			}
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() {
			v.SetString(redact(v.String()))
		}
	}
}
