package config

import (
	"reflect"

	"refresher/internal/config/secret"
)

// Secrets are the secrets of a configuration, those of its hooks and notifications too, as they are written.
func (c *Config) Secrets() []secret.Text { return secretsIn(nil, reflect.ValueOf(c).Elem()) }

func secretsIn(found []secret.Text, v reflect.Value) []secret.Text {
	switch v.Kind() {
	case reflect.Struct:
		if t, ok := v.Interface().(secret.Text); ok {
			if !t.IsZero() {
				found = append(found, t)
			}
			return found
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				found = secretsIn(found, v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = secretsIn(found, v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			found = secretsIn(found, v.MapIndex(key))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			found = secretsIn(found, v.Elem())
		}
	}
	return found
}
