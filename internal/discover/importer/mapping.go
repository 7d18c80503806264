package importer

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed mappings.txt
var mappingsText string

// mapping is a line of mappings.txt.
type mapping struct {
	rule   string // with <placeholders>; empty if there is no counterpart
	review string
}

// mappings are the lines by "tool name".
var mappings = sync.OnceValue(func() map[string]mapping {
	all := map[string]mapping{}
	for line := range strings.Lines(mappingsText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		tool, rest, _ := strings.Cut(line, " ")
		names, rule, _ := strings.Cut(strings.TrimSpace(rest), " ")
		var m mapping
		m.rule = strings.TrimSpace(rule)
		if why, none := strings.CutPrefix(m.rule, "- "); none {
			m = mapping{review: why}
		} else if rule, review, ok := strings.Cut(m.rule, " review: "); ok {
			m = mapping{rule: strings.TrimSpace(rule), review: review}
		}
		for name := range strings.SplitSeq(names, "|") {
			all[tool+" "+name] = m
		}
	}
	return all
})

var placeholder = regexp.MustCompile(`<([^<>]+)>`)

// fill puts a call's parameters into the rule; missing names one that is not there
// or can't be read.
func (m mapping) fill(c call) (rule, missing string) {
	rule = placeholder.ReplaceAllStringFunc(m.rule, func(p string) string {
		p = p[1 : len(p)-1]
		spec, format, _ := strings.Cut(p, "|")
		spec, fallback, hasDefault := strings.Cut(spec, ":")
		for name := range strings.SplitSeq(spec, "/") {
			if text, ok := c.parameter(name, format); ok {
				return text
			}
		}
		if hasDefault {
			text, _ := formatted(fallback, format)
			return text
		}
		if missing == "" {
			missing = "its parameter " + strings.ReplaceAll(spec, "/", " or ")
		}
		return ""
	})
	return rule, missing
}

// parameter is a call's argument, by its place from 1 or by its name, in a form.
func (c call) parameter(name, format string) (string, bool) {
	if format == "list" {
		if list, ok := c.lists[name]; ok && len(list) > 0 {
			return yamlList(list), true
		}
	}
	text, ok := c.named[name]
	if n, err := strconv.Atoi(name); err == nil {
		ok = n <= len(c.args)
		if ok {
			text = c.args[n-1]
		}
	}
	if !ok {
		return "", false
	}
	return formatted(text, format)
}

func formatted(text, format string) (string, bool) {
	switch format {
	case "percent":
		ratio, err := strconv.ParseFloat(text, 64)
		if err != nil || ratio <= 0 {
			return "", false
		}
		return strconv.FormatFloat(min(ratio*100, 99), 'f', -1, 64), true
	case "days":
		return days(text)
	case "list":
		list, ok := arrayOf(text)
		return yamlList(list), ok
	case "quote":
		return quote(text), true
	case "word":
		return strings.ToLower(strings.Trim(text, `'" `)), true
	}
	return text, text != ""
}

// arrayOf reads ARRAY['a', 'b'] as SQL writes it.
func arrayOf(text string) ([]string, bool) {
	text = strings.TrimSpace(text)
	if len(text) < 7 || !strings.EqualFold(text[:5], "array") {
		return nil, false
	}
	inner, ok := strings.CutPrefix(strings.TrimSpace(text[5:]), "[")
	end := strings.LastIndexByte(inner, ']')
	if !ok || end < 0 {
		return nil, false
	}
	list := arguments(inner[:end])
	return list, len(list) > 0
}

var interval = regexp.MustCompile(`(?i)(\d+(?:\.\d+)?)\s*(years?|y|months?|mons?|weeks?|w|days?|d|hours?|h|minutes?|mins?|m|seconds?|secs?|s)\b`)

// days is an interval in whole days, rounded up.
func days(text string) (string, bool) {
	hours := 0.0
	found := interval.FindAllStringSubmatch(text, -1)
	for _, f := range found {
		n, _ := strconv.ParseFloat(f[1], 64)
		unit := strings.ToLower(f[2])
		switch {
		case unit[0] == 'y':
			hours += n * 365 * 24
		case strings.HasPrefix(unit, "mo"):
			hours += n * 30 * 24
		case unit[0] == 'w':
			hours += n * 7 * 24
		case unit[0] == 'd':
			hours += n * 24
		case unit[0] == 'h':
			hours += n
		default:
			hours++
		}
	}
	if len(found) == 0 {
		return "", false
	}
	return strconv.Itoa(min(36500, int(hours+23)/24)), true
}

func yamlList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quote is a string of YAML, which takes JSON's.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil || !utf8.ValidString(s) {
		return `""`
	}
	return string(b)
}
