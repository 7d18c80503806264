// Command bench measures a refresh beside the least that moving the same data can cost, and beside
// what people do instead, in one run on one machine: `make bench`.
//
// The turns are in testdata/bench/turns, a script each, and in [ours]; they alternate, so that a
// noisy machine is noisy to all of them. What is printed are medians, ratios to the floor, the
// processor time of each side and the peak of memory, for two databases: the sample database, and a
// wide one (sixty text columns of which twenty are masked, documents of many keys, long notes).
// -out writes the same as Markdown, SVG and JSON.
//
// A peer's turn is taken where its program is on PATH; its file of rules stands beside ours.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
)

type options struct {
	data   []string
	sizes  []float64 // GB, as COPY carries them
	rounds int
	bin    string
	out    string
}

func main() {
	var o options
	data := flag.String("data", "shop,wide", "the databases")
	sizes := flag.String("size", "1", "GB as COPY carries them; several, between commas, show how all grows")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each takes its turn")
	flag.StringVar(&o.bin, "refresher", "bin/refresher", "the program to measure")
	flag.StringVar(&o.out, "out", "", "a folder to write refresh.md, refresh.json and a picture for each database to")
	flag.Parse()
	err := o.parse(*data, *sizes)
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err = run(ctx, o)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (o *options) parse(data, sizes string) error {
	o.data = strings.Split(data, ",")
	for _, s := range strings.Split(sizes, ",") {
		gb, err := strconv.ParseFloat(s, 64)
		if err != nil || gb <= 0 {
			return fmt.Errorf("-size %s: a number of gigabytes is wanted, such as 1 or 0.25", s)
		}
		o.sizes = append(o.sizes, gb)
	}
	if o.rounds < 1 {
		return errors.New("-rounds: at least 1")
	}
	bin, err := filepath.Abs(o.bin)
	o.bin = bin
	return err
}

func run(ctx context.Context, o options) error {
	var all []result
	for _, name := range o.data {
		d, err := databaseNamed(name)
		if err != nil {
			return err
		}
		for _, gb := range o.sizes {
			r, err := measure(ctx, d, gb, o)
			if err != nil {
				return fmt.Errorf("%s, %g GB: %w", name, gb, err)
			}
			fmt.Println(r.markdown())
			all = append(all, r)
		}
	}
	fmt.Print(growth(all))
	if o.out == "" {
		return nil
	}
	return write(o.out, all)
}

// measure lets all take their turns on one database of one size.
func measure(ctx context.Context, d database, gb float64, o options) (result, error) {
	s, err := start(ctx, d, gb)
	if err != nil {
		return result{}, err
	}
	defer s.stop()
	r := result{
		Data:   d.name,
		About:  d.about,
		GB:     gb,
		Rounds: o.rounds,
		Major:  s.staging.Major(),
		Turns:  map[string][]turn{},
	}
	for round := range o.rounds {
		for _, c := range contestants() {
			if c.skip() {
				continue
			}
			fmt.Fprintf(os.Stderr, "%s, %g GB, round %d of %d: %s …\n", d.name, gb, round+1, o.rounds, c.name)
			t, err := s.take(ctx, c, o.bin)
			if err != nil {
				return result{}, fmt.Errorf("%s: %w", c.name, err)
			}
			r.Turns[c.name] = append(r.Turns[c.name], t)
		}
	}
	return r, nil
}
