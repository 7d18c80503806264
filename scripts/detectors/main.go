// Command detectors measures how well personal data is detected, on files that a
// person supplies, and prints the table of docs/benchmarks/detectors.md:
//
//	go run ./scripts/detectors CORPUS-FOLDER
//
// The folder holds *.jsonl files, each line one record of one of these forms:
//
//	{"text": "write to …", "spans": [{"start": 9, "end": 21, "class": "email"}]}
//	{"value": "44051401359", "class": "national_id", "kind": "pl_pesel", "valid": true}
//
// Offsets count characters; a text has all of its spans of the classes that the file
// labels at all. Kind is one of package ident's, where the class is national_id. A
// value's valid says whether it is one of its kind at all; values of class none are
// noise that nothing should be found in. Whole columns are another matter:
// scripts/discovereval measures those, and generate.py makes large corpora.
//
// With -convert it makes such records from public collections, by their format:
//
//	go run ./scripts/detectors -convert presidio     FILE.json        presidio-research
//	go run ./scripts/detectors -convert presidio-tests FOLDER         presidio, presidio-analyzer/tests
//	go run ./scripts/detectors -convert stdnum       FOLDER           python-stdnum, its sources and tests
//	go run ./scripts/detectors -convert stdnum-js    FOLDER           stdnum-js, its src
//	go run ./scripts/detectors -convert validator.js FILE.js          validator.js, test/validators.test.js
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"refresher/internal/pii"
)

// record is a line of a corpus.
type record struct {
	Text   string    `json:"text,omitempty"`
	Spans  []span    `json:"spans,omitempty"`
	Labels pii.Class `json:"labels,omitempty"` // the only class that this text is labelled with; empty: all of the file

	Value string    `json:"value,omitempty"`
	Class pii.Class `json:"class,omitempty"`
	Kind  string    `json:"kind,omitempty"`
	Valid *bool     `json:"valid,omitempty"`
	// Disputed is why the authority that gives out the kind refuses a value that the
	// corpus calls valid: it is left out of a second measurement.
	Disputed string `json:"disputed,omitempty"`
}

// span is a labelled part of a text, in characters.
type span struct {
	Start int       `json:"start"`
	End   int       `json:"end"`
	Class pii.Class `json:"class"`
}

func main() {
	convert := flag.String("convert", "",
		"make records of a public collection: presidio, presidio-tests, stdnum, stdnum-js, validator.js")
	wrong := flag.Bool("wrong", false, "show what was missed and what was found wrongly: values of the corpus")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: detectors [-wrong] CORPUS-FOLDER | detectors -convert FORMAT SOURCE")
		os.Exit(2)
	}
	var err error
	if *convert != "" {
		err = convertTo(os.Stdout, *convert, flag.Arg(0))
	} else {
		err = measure(os.Stdout, flag.Arg(0), *wrong)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "detectors:", err)
		os.Exit(1)
	}
}

// measure prints the tables of every file.
func measure(w io.Writer, dir string, wrong bool) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no *.jsonl", dir)
	}
	report := &report{w: w, wrong: wrong, named: scores{}, bare: scores{}, agreed: scores{}}
	for _, f := range files {
		records, err := read(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n### %s\n", strings.TrimSuffix(filepath.Base(f), ".jsonl"))
		var texts, values []record
		for i, r := range records {
			switch {
			case r.Text != "":
				texts = append(texts, r)
			case r.Valid != nil && r.Class != "":
				values = append(values, r)
			default:
				return fmt.Errorf("%s: record %d is neither a text nor a value", f, i+1)
			}
		}
		if len(texts) > 0 {
			report.texts(texts)
		}
		if len(values) > 0 {
			report.values(values)
		}
	}
	if len(report.named) > 0 {
		fmt.Fprintf(w, "\n### values of all files\n")
		report.print("in a column of their name", report.named)
		report.print("without those that their authority refuses", report.agreed)
	}
	return nil
}

func read(name string) ([]record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []record
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	for n := 1; s.Scan(); n++ {
		if len(s.Bytes()) == 0 {
			continue
		}
		var r record
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		out = append(out, r)
	}
	return out, s.Err()
}
