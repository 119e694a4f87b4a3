package runner

import (
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/rows"
)

const (
	// maxPassedOver is how many rows are kept that came before the one that was asked for: users come out of order, and
	// the rows between are those of other processes.
	maxPassedOver = 1024
	// maxCursors is how many places in a file are read on from.
	maxCursors = 8
)

// numbered gives rows by number. A file is read from its beginning to its end, so that it keeps its place: one for
// each sequence of numbers that is asked for. Users may share it.
type numbered struct {
	mu      sync.Mutex
	cursors []*cursor // the one that was used last comes last
}

// A cursor is a place in a file of rows.
type cursor struct {
	reader *rows.Reader
	next   int // number of the row that the reader gives next, from 0, counted on from one pass over the file to the next
	first  int // number of the first row in this pass
	over   map[int]*environment.Layer
}

func dataLayer(row rows.Row) *environment.Layer {
	return &environment.Layer{Rank: environment.RankData, Name: row.String(), Values: row.Values}
}

// row is the row with a number from 0, nil where there are none.
func (b *numbered) row(file *rows.File, number int) (*environment.Layer, error) {
	if file == nil {
		return nil, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.cursor(number)
	if c == nil {
		c = &cursor{over: map[int]*environment.Layer{}}
		if b.cursors = append(b.cursors, c); len(b.cursors) > maxCursors {
			b.cursors[0].close()
			b.cursors = slices.Delete(b.cursors, 0, 1)
		}
	}
	if layer, ok := c.over[number]; ok {
		delete(c.over, number)
		return layer, nil
	}
	for {
		layer, err := c.read(file, number)
		if err != nil {
			return nil, err
		}
		at := c.next - 1
		if at == number {
			return layer, nil
		}
		c.over[at] = layer
		delete(c.over, at-maxPassedOver)
	}
}

// cursor is the place that has a row, or that is the nearest before it.
func (b *numbered) cursor(number int) *cursor {
	best := -1
	for i, c := range b.cursors {
		if _, ok := c.over[number]; ok {
			best = i
			break
		}
		if c.next <= number && (best < 0 || c.next > b.cursors[best].next) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	c := b.cursors[best]
	b.cursors = append(slices.Delete(b.cursors, best, best+1), c)
	return c
}

// read reads one row on. The file begins again behind its end, and whole passes before the number are left out.
func (c *cursor) read(file *rows.File, number int) (*environment.Layer, error) {
	for {
		if c.reader == nil {
			reader, err := file.Read()
			if err != nil {
				return nil, err
			}
			c.reader = reader
		}
		row, err := c.reader.Next()
		if err == nil {
			c.next++
			return dataLayer(row), nil
		}
		if !errors.Is(err, io.EOF) || c.next == c.first {
			return nil, err
		}
		total := c.next - c.first
		c.next += (number - c.next) / total * total
		c.first = c.next
		c.close()
	}
}

func (c *cursor) close() {
	if c.reader != nil {
		c.reader.Close()
		c.reader = nil
	}
}

func (b *numbered) close() {
	for _, c := range b.cursors {
		c.close()
	}
}
