package lake

import (
	"cmp"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// windows reads a Parquet file so that nothing of it is downloaded twice: its columns stand one behind the other
// in each row group and are read side by side, so each has a window of its own that moves on through the file.
type windows struct {
	content Content
	ahead   int     // bytes that a window holds
	chunks  []chunk // in the order of the file; none until the footer was read
	of      []window
}

// chunk is where a column stands in a row group.
type chunk struct {
	from, to int64
	column   int
}

// window is the part of a column that was read last.
type window struct {
	mu    sync.Mutex
	start int64
	data  []byte
}

// columns tells where the columns of a file stand.
func (w *windows) columns(f *parquet.File) {
	for _, g := range f.Metadata().RowGroups {
		for i, c := range g.Columns {
			m := &c.MetaData
			from := m.DataPageOffset
			if m.DictionaryPageOffset > 0 {
				from = min(from, m.DictionaryPageOffset)
			}
			w.chunks = append(w.chunks, chunk{from, from + m.TotalCompressedSize, i})
		}
		w.of = make([]window, max(len(w.of), len(g.Columns)))
	}
	slices.SortStableFunc(w.chunks, func(a, b chunk) int { return cmp.Compare(a.from, b.from) })
}

// ReadAt reads anywhere: within a column through its window.
func (w *windows) ReadAt(p []byte, off int64) (n int, err error) {
	i, found := slices.BinarySearchFunc(w.chunks, off, func(c chunk, off int64) int { return cmp.Compare(c.from, off) })
	if !found {
		i--
	}
	if i < 0 || off >= w.chunks[i].to {
		return w.content.Range(p, off)
	}
	c := w.chunks[i]
	v := &w.of[c.column]
	v.mu.Lock()
	defer v.mu.Unlock()
	for n < len(p) {
		at := off + int64(n)
		if skip := at - v.start; skip >= 0 && skip < int64(len(v.data)) {
			n += copy(p[n:], v.data[skip:])
			continue
		}
		room := min(c.to, w.content.Size()) - at
		if room <= 0 || int64(len(p)-n) >= min(room, int64(w.ahead)) {
			k, err := w.content.Range(p[n:], at)
			return n + k, err
		}
		v.start, v.data = at, slices.Grow(v.data[:0], w.ahead)[:min(room, int64(w.ahead))]
		if k, err := w.content.Range(v.data, at); k < len(v.data) {
			v.data = v.data[:k]
			return n, cmp.Or(err, io.ErrUnexpectedEOF)
		}
	}
	return n, nil
}
