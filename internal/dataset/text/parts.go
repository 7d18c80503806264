package text

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"refresher/internal/dataset/layout"
)

// parts cuts the rows of one table into files.
type parts struct {
	ctx    context.Context // of the one Export call that this value lives in
	opts   *Options
	put    layout.Put
	file   layout.File // the current or next one
	header []byte      // that every file begins with
	tail   []byte      // that every row ends with, beside what the server sent

	stream  *layout.Stream // nil between files
	packer  *gzip.Writer
	inFile  int64 // rows in the current file
	bytes   int64 // and bytes, before they are packed
	rows    int64
	written []layout.Part
}

// row takes a row.
func (p *parts) row(row []byte) error {
	if !utf8.Valid(row) {
		return fmt.Errorf("row %d holds bytes that are no UTF-8, of which neither CSV nor JSON can be made", p.rows+1)
	}
	if p.stream == nil {
		if err := p.begin(); err != nil {
			return err
		}
	}
	if _, err := p.packer.Write(row); err != nil {
		return err
	}
	if _, err := p.packer.Write(p.tail); err != nil {
		return err
	}
	p.rows++
	p.inFile++
	if p.bytes += int64(len(row)); p.inFile == p.opts.PartRows || p.bytes >= p.opts.PartBytes {
		return p.end()
	}
	return nil
}

func (p *parts) begin() error {
	p.stream = layout.Start(p.ctx, p.put, p.file.Path())
	if p.packer == nil {
		p.packer = gzip.NewWriter(p.stream) // without time or name, so that the same rows make the same bytes
	} else {
		p.packer.Reset(p.stream)
	}
	p.inFile, p.bytes = 0, 0
	_, err := p.packer.Write(p.header)
	return err
}

// end completes the current file.
func (p *parts) end() error {
	stream := p.stream
	p.stream = nil
	if err := stream.Finish(p.packer.Close()); err != nil {
		return err
	}
	p.written = append(p.written, layout.Part{Path: stream.Path(), Rows: p.inFile})
	p.file.Part++
	return nil
}

// close completes the last file, or gives the open one up when cause is an error.
func (p *parts) close(cause error) error {
	switch {
	case cause != nil && p.stream != nil:
		return p.stream.Finish(cause)
	case cause != nil:
		return cause
	case p.stream == nil && len(p.written) == 0: // an empty table has one file
		if err := p.begin(); err != nil {
			return err
		}
	}
	if p.stream == nil {
		return nil
	}
	return p.end()
}
