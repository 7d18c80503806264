package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"refresher/internal/report/visible"
)

// result is what one database of one size gave.
type result struct {
	Data, About string
	GB          float64
	Rounds      int
	Major       int // of PostgreSQL
	Turns       map[string][]turn
}

// moving are the stages that a copy without proof has too.
var moving = []string{"schema", "data", "post-data", "analyze"}

func (r *result) median(name string, of func(turn) float64) float64 {
	var xs []float64
	for _, t := range r.Turns[name] {
		xs = append(xs, of(t))
	}
	slices.Sort(xs)
	if len(xs) == 0 {
		return 0
	}
	return xs[len(xs)/2]
}

func seconds(t turn) float64 { return t.Seconds }

func unproved(t turn) float64 { return t.stages(moving...) }

func (t turn) stages(names ...string) (sum float64) {
	for _, name := range names {
		sum += t.Stages[name]
	}
	return sum
}

// times is a contestant's time over another's, as the median of the rounds.
func (r *result) times(name string, of func(turn) float64, other string) float64 {
	return r.median(name, of) / r.median(other, seconds)
}

func (r *result) markdown() string {
	var b strings.Builder
	t := r.Turns[refreshed][0]
	fmt.Fprintf(
		&b,
		"### %s, %s\n\n%s: %s rows, %s as COPY carries them. PostgreSQL %d, "+
			"medians of %d rounds in turns, two jobs each.\n\n",
		r.Data,
		visible.Size(t.Bytes),
		r.About,
		visible.Count(t.Rows),
		visible.Size(t.Bytes),
		r.Major,
		r.Rounds,
	)
	b.WriteString(
		"| what | masks | s | least to most | to the floor | processor: source | tool | staging | " +
			"peak memory |\n|---|---|---|---|---|---|---|---|---|\n",
	)
	for _, c := range contestants() {
		turns := r.Turns[c.name]
		if len(turns) == 0 {
			continue
		}
		least, most, peak := turns[0].Seconds, turns[0].Seconds, int64(0)
		for _, t := range turns {
			least, most, peak = min(least, t.Seconds), max(most, t.Seconds), max(peak, t.PeakRSS)
		}
		fmt.Fprintf(
			&b,
			"| **%s**: %s | %s | %.1f | %.1f to %.1f | %.2f | %.1f | %.1f | %.1f | %s |\n",
			c.name,
			c.about,
			c.masks,
			r.median(c.name, seconds),
			least,
			most,
			r.times(c.name, seconds, floor),
			r.median(c.name, func(t turn) float64 { return t.Processor.Source }),
			r.median(
				c.name,
				func(t turn) float64 { return t.Processor.Tool },
			),
			r.median(c.name, func(t turn) float64 { return t.Processor.Staging }),
			visible.Size(peak),
		)
	}
	fmt.Fprintf(&b, "\nrefresher by stage, s: %s.\n\n", r.stages())
	fmt.Fprintf(
		&b,
		"Scrubbed without proof (%s): %.2f × the floor, %.2f × pg_dump and pg_restore unmasked. "+
			"With proof: %.2f × the floor.\n",
		strings.Join(
			moving,
			", ",
		),
		r.times(refreshed, unproved, floor),
		r.times(refreshed, unproved, dumped),
		r.times(refreshed, seconds, floor),
	)
	if ours := r.median(refreshed, seconds); len(r.Turns["greenmask"]) > 0 {
		g := r.median("greenmask", seconds)
		fmt.Fprintf(
			&b,
			"greenmask takes %.1f × our time with proof, %.1f × without.\n",
			g/ours,
			g/r.median(refreshed, unproved),
		)
	}
	return b.String()
}

func (r *result) stages() string {
	var names, parts []string
	for name := range r.Turns[refreshed][0].Stages {
		names = append(names, name)
	}
	of := func(name string) float64 { return r.median(refreshed, func(t turn) float64 { return t.stages(name) }) }
	slices.SortFunc(names, func(a, b string) int { return int(1e6 * (of(b) - of(a))) })
	for _, name := range names {
		if s := of(name); s >= 0.05 {
			parts = append(parts, fmt.Sprintf("%s %.1f", name, s))
		}
	}
	return strings.Join(parts, ", ")
}

// growth says what a gigabyte costs as a database grows; empty for one size.
func growth(all []result) string {
	var b strings.Builder
	for i, r := range all {
		if i == 0 || all[i-1].Data != r.Data {
			continue
		}
		if b.Len() == 0 {
			b.WriteString(
				"### Growth\n\n| database | GB | s | s a GB | to the smaller one's | peak memory |\n" +
					"|---|---|---|---|---|---|\n",
			)
		}
		for _, x := range []*result{&all[i-1], &all[i]} {
			each := func(r *result) float64 {
				return r.median(refreshed, seconds) / (float64(r.Turns[refreshed][0].Bytes) / 1e9)
			}
			fmt.Fprintf(
				&b,
				"| %s | %.2f | %.1f | %.1f | %.2f | %s |\n",
				x.Data,
				float64(x.Turns[refreshed][0].Bytes)/1e9,
				x.median(refreshed, seconds),
				each(x),
				each(
					x,
				)/each(
					&all[i-1],
				),
				visible.Size(int64(x.median(refreshed, func(t turn) float64 { return float64(t.PeakRSS) }))),
			)
		}
	}
	return b.String()
}

func write(dir string, all []result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	doc, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"# A refresh beside the floor\n\nMade by `make bench` on %s: %d cores, %s, all servers and tools on one "+
			"machine. Only ratios within one run travel; the turns are scripts in `testdata/bench/turns`. "+
			"[All figures](refresh.json).\n\n",
		time.Now().Format(time.DateOnly),
		runtime.NumCPU(),
		runtime.GOOS+"/"+runtime.GOARCH,
	)
	for _, r := range all {
		name := fmt.Sprintf("refresh-%s-%gGB.svg", r.Data, r.GB)
		if err := publish(filepath.Join(dir, name), r.picture()); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s\n![Seconds of each](%s)\n\n", r.markdown(), name)
	}
	b.WriteString(growth(all))
	for name, text := range map[string]string{"refresh.md": strings.TrimRight(b.String(), "\n") + "\n", "refresh.json": string(doc) + "\n"} {
		if err := publish(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// publish writes a file that everybody may read.
func publish(path, text string) error {
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // a page of docs
}
