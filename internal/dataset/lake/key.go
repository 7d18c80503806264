package lake

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"refresher/internal/pii/detect"
	"refresher/internal/scrub"
)

// hiveNull stands in a key for NULL (Apache Hive, hive.exec.default.partition.name).
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// plainName is a name that says nothing of a person by its form.
var plainName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,63}$`)
})

// Visible is a key or name as it may be shown: values of partitions, and what looks like
// personal data, are left out.
func Visible(key string) string {
	parts := strings.Split(key, "/")
	for i, part := range parts {
		if name, _, ok := strings.Cut(part, "="); ok && i < len(parts)-1 {
			parts[i] = name + "=***"
			part = name
		}
		if len(detect.New().Scan(nil, []byte(part))) > 0 || !plainName().MatchString(part) && !plainFile(part) {
			parts[i] = "***" + ending(part)
		}
	}
	return strings.Join(parts, "/")
}

// plainFile reports a name of a file that is made of a program's words and numbers.
func plainFile(name string) bool {
	for _, c := range name {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.ContainsRune("._-", c):
		default:
			return false
		}
	}
	return name != ""
}

// ending is the end of a file's name that says its kind.
func ending(name string) string {
	if kind, _, ok := KindOf(name); ok && kind != "" {
		return name[strings.LastIndexByte(strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst"), '.'):]
	}
	return ""
}

// label is the key without the values that rules say are in it.
func (it *Item) label() string {
	var b strings.Builder
	next := 0
	for _, v := range it.values {
		b.WriteString(it.Key[next:v.Start])
		b.WriteString("value")
		next = v.End
	}
	b.WriteString(it.Key[next:])
	return Visible(b.String())
}

// masked are the values in an item's key and what stands in their place; nil for NULL.
type masked struct {
	key    string            // with all of them replaced
	values map[string][]byte // by column, as rows have them
}

// mask masks the values in a key.
func (it *Item) mask(rows *scrub.Rows, columns []string) (m masked, err error) {
	m.values = map[string][]byte{}
	fields := make([][]byte, len(columns))
	for i, column := range columns {
		for _, v := range it.values {
			if v.Column != column {
				continue
			}
			raw := it.Key[v.Start:v.End]
			text, err := url.PathUnescape(raw)
			if err != nil {
				text = raw
			}
			switch {
			case raw == hiveNull:
			case fields[i] != nil && string(fields[i]) != text:
				return m, fmt.Errorf("the key of object %s holds two values of column %q", it.Label, Visible(column))
			default:
				fields[i] = []byte(text)
			}
		}
	}
	made, err := rows.Scrub(fields)
	if err != nil {
		return m, fmt.Errorf("the key of object %s: %w", it.Label, err)
	}
	same := map[string]bool{}
	for i, column := range columns {
		if made[i] != nil {
			m.values[column] = append([]byte{}, made[i]...)
		}
		same[column] = (made[i] == nil) == (fields[i] == nil) && string(made[i]) == string(fields[i])
	}
	var b strings.Builder
	next := 0
	for _, v := range it.values {
		b.WriteString(it.Key[next:v.Start])
		switch value := m.values[v.Column]; {
		case same[v.Column]:
			b.WriteString(it.Key[v.Start:v.End])
		case value == nil:
			b.WriteString(hiveNull)
		default:
			b.WriteString(escape(value))
		}
		next = v.End
	}
	b.WriteString(it.Key[next:])
	m.key = b.String()
	return m, nil
}

// escape writes a value as Hive writes those of partitions: what could mean something in a
// key as %XX.
func escape(value []byte) string {
	var b strings.Builder
	for _, c := range value {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80,
			strings.IndexByte("._-@+ ", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
