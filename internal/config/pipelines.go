package config

import (
	"fmt"
	"maps"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/jackc/pgx/v5"

	"refresher/internal/config/host"
	"refresher/internal/fault"
	"refresher/internal/restore"
)

// DefaultPipeline is the name of a file's only pipeline if the file names none.
const DefaultPipeline = "default"

// The scopes of a field of [Config]. One without a scope stands at the top of the file,
// for all pipelines, and may be said again for one.
const (
	scopePipeline = "pipeline" // said for each pipeline: never shared
	scopeService  = "service"  // one for the whole process
)

// pipelineName is what a name may be: it is a label of metrics, a part of URLs and the
// name of a folder.
var pipelineName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)
})

const pipelinesDoc = "several databases: what each runs by, by its name, instead of source, staging, rules, " +
	"buckets and schedule at the top; any other field but listen, log and serve may be said again for one, as a whole"

// Pick returns the pipelines of those names in the order of the names, each once, or all
// of them without a name. A name that there isn't is a [fault.Input].
func Pick(all []*Config, names ...string) ([]*Config, error) {
	if len(names) == 0 {
		return all, nil
	}
	var picked []*Config
	var wrong fault.Input
	for _, name := range names {
		i := slices.IndexFunc(all, func(c *Config) bool { return c.Pipeline == name })
		switch {
		case i < 0:
			text := fmt.Sprintf("there is no pipeline %q in %s%s", name, all[0].File, hint(name, Names(all)))
			wrong.Problems = append(wrong.Problems, fault.Problem{Text: text})
		case !slices.Contains(picked, all[i]):
			picked = append(picked, all[i])
		}
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	return picked, nil
}

// One returns the pipeline of that name; the only one there is if the name is empty.
func One(all []*Config, name string) (*Config, error) {
	if name == "" && len(all) > 1 {
		return nil, fault.BadInput("%s has several pipelines: say which one (%s)", all[0].File,
			strings.Join(Names(all), ", "))
	}
	var names []string
	if name != "" {
		names = []string{name}
	}
	picked, err := Pick(all, names...)
	if err != nil {
		return nil, err
	}
	return picked[0], nil
}

// Names are the names of pipelines.
func Names(all []*Config) []string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Pipeline
	}
	return names
}

// hint ends a sentence about an unknown name: with the one that is like it, without regard to case, or with all.
func hint(name string, known []string) string {
	lower := make([]string, len(known))
	for i, n := range known {
		lower[i] = strings.ToLower(n)
	}
	if i := slices.Index(lower, fault.Nearest(strings.ToLower(name), lower)); i >= 0 {
		return fmt.Sprintf(" (did you mean %q?)", known[i])
	}
	return "; there are " + strings.Join(known, ", ")
}

// decoded is a pipeline, and the decoder that knows where its fields stand.
type decoded struct {
	*Config
	d *decoder
}

// decode reads the pipelines of a file; those with problems are left out.
func (d *decoder) decode(text []byte) []decoded {
	root := d.document(text)
	if root == nil {
		return nil
	}
	top, _ := entries(root)
	i := slices.IndexFunc(top, func(e *ast.MappingValueNode) bool { return e.Key.GetToken().Value == "pipelines" })
	if i < 0 {
		c := &Config{File: d.file, Pipeline: DefaultPipeline}
		d.root, d.secrets = root, d.fetcher(c)
		d.value(root, reflect.ValueOf(c).Elem(), "")
		return []decoded{{c, d}}
	}
	shared := slices.Concat(top[:i], top[i+1:])
	for _, e := range shared {
		if f, ok := fieldOf(e); ok && f.Tag.Get("scope") == scopePipeline {
			d.problem(e.Key.GetToken().Position, "%s stands beside pipelines: write it in each of them",
				f.Tag.Get("yaml"))
		}
	}
	pipelines, ok := entries(top[i].Value)
	at := top[i].Key.GetToken().Position
	switch {
	case !ok && top[i].Value.Type() != ast.NullType:
		d.problem(at, "pipelines must be a mapping of names to the fields of each")
	case len(pipelines) == 0:
		d.problem(at, "pipelines is empty: name one, or write source, staging and rules at the top without it")
	}
	var all []decoded
	first := map[string]int{}
	for _, p := range pipelines {
		name, place := p.Key.GetToken().Value, p.Key.GetToken().Position
		switch {
		case !pipelineName().MatchString(name):
			d.problem(place,
				"a pipeline can't have the name %q: take 1 to 63 letters (A to Z), digits, _ and -, "+
					"the first a letter or digit", name)
		case first[name] > 0:
			d.problem(place, "there is a pipeline %q already, in line %d", name, first[name])
		default:
			first[name] = place.Line
			all = append(all, d.pipeline(name, p, root, shared))
		}
	}
	return all
}

// pipeline reads one pipeline: its own fields, and the shared ones that it doesn't say again.
func (d *decoder) pipeline(name string, p *ast.MappingValueNode, root ast.Node,
	shared []*ast.MappingValueNode) decoded {
	c := &Config{File: d.file, Pipeline: name}
	v := reflect.ValueOf(c).Elem()
	one := &decoder{file: d.file, getenv: d.getenv, places: map[string]*token.Position{}, root: root,
		prefix: "pipelines." + name,
		own:    map[string]bool{}}
	one.places[""], one.secrets = p.Key.GetToken().Position, d.fetcher(c)
	own, ok := entries(p.Value)
	if !ok {
		one.problem(p.Key.GetToken().Position, "%s must be a mapping with the fields %s", one.prefix,
			fieldNames(v.Type(), scopeService))
		return decoded{c, one}
	}
	own = slices.DeleteFunc(slices.Clone(own), func(e *ast.MappingValueNode) bool {
		f, ok := fieldOf(e)
		if !ok {
			return false
		}
		one.own[f.Tag.Get("yaml")] = true
		if f.Tag.Get("scope") == scopeService {
			one.problem(e.Key.GetToken().Position,
				"%s.%s belongs to the service, which all pipelines share: write it at the top",
				one.prefix, f.Tag.Get("yaml"))
			return true
		}
		return false
	})
	shared = slices.DeleteFunc(slices.Clone(shared), func(e *ast.MappingValueNode) bool {
		f, ok := fieldOf(e)
		return ok && (one.own[f.Tag.Get("yaml")] || f.Tag.Get("scope") == scopePipeline)
	})
	given := one.fields(own, v, one.prefix)
	maps.Copy(given, one.fields(shared, v, ""))
	one.defaults(p.Key, v, one.prefix, given)
	return decoded{c, one}
}

// fieldOf is the field of Config that an entry gives, false if there is none.
func fieldOf(e *ast.MappingValueNode) (reflect.StructField, bool) {
	t := reflect.TypeFor[Config]()
	i := fieldIndex(t, e.Key.GetToken().Value)
	if i < 0 {
		return reflect.StructField{}, false
	}
	return t.Field(i), true
}

// apart finds pipelines that would write to one place.
func apart(all []decoded) {
	for i, c := range all {
		for _, other := range all[:i] {
			c.clash(other)
		}
	}
}

func (c decoded) clash(other decoded) {
	if c.Staging.URL.IsReference() && c.Staging.URL.Same(other.Staging.URL) {
		c.d.at("staging.url", "is the database that pipeline %q replaces; each needs one of its own", other.Pipeline)
	}
	if mine := c.staging().atHand(); mine != nil {
		if its := other.staging().atHand(); its != nil && sameServer(mine, its) {
			switch mine.Database {
			case its.Database:
				c.d.at("staging.url", "is the database that pipeline %q replaces; each needs one of its own",
					other.Pipeline)
			case restore.PreviousName(its.Database):
				c.d.at("staging.url", "is the name under which pipeline %q keeps the database before; take another",
					other.Pipeline)
			}
			if its.Database == restore.PreviousName(mine.Database) {
				other.d.at("staging.url",
					"is the name under which pipeline %q keeps the database before; take another", c.Pipeline)
			}
		}
	}
	for i, b := range c.Buckets {
		if slices.ContainsFunc(other.Buckets, func(o Bucket) bool {
			return strings.TrimRight(o.URL, "/") == strings.TrimRight(b.URL, "/")
		}) {
			c.d.at(indexed("buckets", i, "url"), "is used by pipeline %q too; each dataset needs a prefix of its own",
				other.Pipeline)
		}
	}
	for i, o := range c.Objects {
		for j, t := range o.To {
			if slices.ContainsFunc(other.prefixes(), t.overlaps) {
				c.d.at(indexed("objects", i, fmt.Sprintf("to[%d].url", j)),
					"is used by pipeline %q too; each needs a prefix of its own", other.Pipeline)
			}
		}
	}
	if u := c.Prints.URL; u != "" && c.Prints.Bucket() == "" && c.d.own["fingerprints"] && u == other.Prints.URL {
		c.d.at("fingerprints.url",
			"is used by pipeline %q too; give each a place of its own, or write it once at the top",
			other.Pipeline)
	}
}

// sameServer reports whether two connections may lead to one server, by their addresses.
func sameServer(a, b *pgx.ConnConfig) bool {
	for host := range addresses(a) {
		if addresses(b)[host] {
			return true
		}
	}
	return false
}

func addresses(c *pgx.ConnConfig) map[string]bool {
	address := func(name string, port uint16) string {
		if host.Loopback(name) {
			name = "localhost"
		}
		return net.JoinHostPort(strings.TrimSuffix(strings.ToLower(name), "."), strconv.Itoa(int(port)))
	}
	all := map[string]bool{address(c.Host, c.Port): true}
	for _, f := range c.Fallbacks {
		all[address(f.Host, f.Port)] = true
	}
	return all
}
