package main

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// --format parquet brings files into a folder that is there when all are, and what an earlier pull
// brought is not downloaded again.
func pullFiles(t *testing.T, d *desk) {
	from, dir := d.prefix("data"), filepath.Join(t.TempDir(), "files")
	var mu sync.Mutex
	asked, fail := map[string]int{}, ""
	d.through(func(r *http.Response) {
		mu.Lock()
		defer mu.Unlock()
		_, name, _ := strings.Cut(r.Request.URL.Path, d.latest.Run+"/")
		if r.Request.Method == http.MethodGet {
			asked[name]++
		}
		if fail != "" && strings.HasPrefix(name, fail) {
			r.StatusCode = http.StatusForbidden
		}
	})
	fail = "tables/public.users/"
	d.pulls(exitEnvironment, "users", from, "--format", "parquet", dir, "--jobs", "1")
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("a folder is there, and not all of it")
	}
	before := maps.Clone(asked)
	fail, asked = "", map[string]int{}
	d.pulls(exitClean, "of them were here", from, "--format", "parquet", dir)
	here := d.folder(dir)
	for _, o := range d.manifest.Objects {
		file, ok := here[o.Name]
		wanted := strings.HasSuffix(o.Name, ".parquet") || o.Name == "report.json"
		if strings.HasSuffix(o.Name, ".dump") && ok || wanted && (!ok || sum256(file) != o.SHA256) {
			t.Errorf("%s: there %v, %d bytes", o.Name, ok, len(file))
		}
		if again := asked[o.Name]; strings.HasSuffix(o.Name, ".parquet") && before[o.Name] > 0 && again > 0 &&
			!strings.HasPrefix(o.Name, "tables/public.users/") {
			t.Errorf("%s was downloaded again", o.Name)
		}
	}
	if string(here["manifest.json"]) != string(d.object("data/"+d.latest.Manifest)) ||
		here["manifest.json.sig"] == nil {
		t.Error("the manifest or its signature is missing")
	}
	if names := d.beside(dir); len(names) != 1 {
		t.Errorf("beside it there are %q", names)
	}
	d.pulls(exitInput, "is not empty", from, "--format", "parquet", dir)
	d.pulls(exitInput, "is not there: make it first", from, "--format", "parquet", filepath.Join(dir, "no", "such"))

	// Some tables alone, into a folder that is empty; formats that there are none of; what others made.
	only := filepath.Join(t.TempDir(), "only")
	if err := os.Mkdir(only, 0o755); err != nil {
		t.Fatal(err)
	}
	d.pulls(exitClean, "1 tables", from, "--format", "parquet", only, "--only", "users")
	for name := range d.folder(only) {
		if strings.HasPrefix(name, "tables/") && !strings.HasPrefix(name, "tables/public.users/") {
			t.Errorf("%s was not asked for", name)
		}
	}
	d.pulls(exitInput, "has no files in format jsonl: it has pgdump, parquet, csv", from, "--format", "jsonl", dir+"2")
	d.pulls(exitClean, "holds run", from, "--format", "csv", dir+"5")
	for name := range d.folder(dir + "5") {
		if strings.HasPrefix(name, "tables/") && !strings.HasSuffix(name, ".csv.gz") {
			t.Errorf("%s is no CSV", name)
		}
	}
	if d.folder(dir + "5")["tables/public.users/part-00000.csv.gz"] == nil {
		t.Error("there is no CSV of the users")
	}
	if err := os.Mkdir(dir+"3.partial", 0o755); err != nil {
		t.Fatal(err)
	}
	d.pulls(exitInput, "was not made by pull", from, "--format", "parquet", dir+"3")

	// What is not what the manifest says is refused, and no folder appears.
	d.publish("flipped", func(*parcel) {})
	for _, o := range d.manifest.Objects {
		b := d.object("data/runs/" + d.latest.Run + "/" + o.Name)
		if o.Name == "tables/public.users/part-00000.parquet" {
			b[len(b)/2] ^= 1
		}
		d.put("flipped/runs/"+d.latest.Run+"/"+o.Name, b)
	}
	d.pulls(exitRefused, "part-00000.parquet of run "+d.latest.Run+" is not the one", d.prefix("flipped"),
		"--format", "parquet", dir+"4")
	if _, err := os.Stat(dir + "4"); err == nil {
		t.Error("refused, and the folder is there")
	}
}

// folder are the files in a folder, by their paths in it.
func (d *desk) folder(dir string) map[string][]byte {
	d.t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return files
}

// beside are the names in the folder above.
func (d *desk) beside(dir string) (names []string) {
	d.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
