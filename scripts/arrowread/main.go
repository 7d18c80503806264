// Command arrowread reads Parquet files with Apache Arrow's library for Go, and prints what it finds in each
// as JSON: a second implementation beside the one that writes them, for the tests of internal/dataset/parquet.
// It is a module of its own, so that the library stays out of the program's.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// found is what a file holds.
type found struct {
	Rows      int64    `json:"rows"`
	RowGroups int      `json:"row_groups"`
	Columns   []column `json:"columns"`
	Chunks    []chunk  `json:"chunks"` // of all row groups
}

type column struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"` // Arrow's
	Nullable bool     `json:"nullable"`
	Values   []string `json:"values"` // as Arrow prints them, NULL as (null)
}

type chunk struct {
	Path       string `json:"path"`
	Codec      string `json:"codec"`
	NullCount  bool   `json:"null_count"` // the statistics have it
	MinMax     bool   `json:"min_max"`
	PageIndex  bool   `json:"page_index"`
	Compressed int64  `json:"compressed"` // bytes
	Plain      int64  `json:"plain"`      // bytes
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for _, path := range os.Args[1:] {
		f, err := read(path)
		if err == nil {
			err = out.Encode(f)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "arrowread: %s: %v\n", path, err)
			os.Exit(1)
		}
	}
}

func read(path string) (*found, error) {
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f := &found{Rows: r.NumRows(), RowGroups: r.NumRowGroups()}
	for g := range r.NumRowGroups() {
		group := r.MetaData().RowGroup(g)
		for i := range group.NumColumns() {
			c, err := group.ColumnChunk(i)
			if err != nil {
				return nil, err
			}
			is := chunk{Path: c.PathInSchema().String(), Codec: c.Compression().String(),
				PageIndex:  c.GetColumnIndexLocation() != nil && c.GetOffsetIndexLocation() != nil,
				Compressed: c.TotalCompressedSize(), Plain: c.TotalUncompressedSize()}
			if set, err := c.StatsSet(); err != nil {
				return nil, err
			} else if set {
				s, err := c.Statistics()
				if err != nil {
					return nil, err
				}
				is.NullCount, is.MinMax = s.HasNullCount(), s.HasMinMax()
			}
			f.Chunks = append(f.Chunks, is)
		}
	}
	arrow, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	table, err := arrow.ReadTable(context.Background())
	if err != nil {
		return nil, err
	}
	defer table.Release()
	for i, field := range table.Schema().Fields() {
		c := column{Name: field.Name, Type: field.Type.String(), Nullable: field.Nullable, Values: []string{}}
		for _, part := range table.Column(i).Data().Chunks() {
			for k := range part.Len() {
				c.Values = append(c.Values, part.ValueStr(k))
			}
		}
		f.Columns = append(f.Columns, c)
	}
	return f, nil
}
