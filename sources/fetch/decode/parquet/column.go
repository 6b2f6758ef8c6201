//go:build !small

package parquet

import (
	"fmt"
	"io"
	"math/bits"
)

// column reads one column of a row group, entry by entry: a value or a null, with its
// levels. The levels of the next entry are known before it is read.
type column struct {
	leaf
	definition, repetition uint8 // of the next entry
	has                    bool  // there is a next entry
	left                   int64 // entries behind the next one in this row group
	inPage                 int64 // of those, the ones in this page
	definitions            runs
	repetitions            runs
	values                 values
	page, dictionary       []byte
	hasDictionary          bool
	place                  place
	pages                  *pages
}

// place is where a column of a row group lies in the file.
type place struct {
	codec int32
	began int64 // where the page begins that is being read
	next  int64 // where the one behind it begins
	end   int64
}

// begin begins a row group.
func (c *column) begin(k *chunk, rows int64) error {
	from := k.data
	if k.dictionary > 0 {
		from = min(from, k.dictionary)
	}
	c.place.began = from
	switch {
	case k.physical != c.physical:
		return fmt.Errorf("has the physical type %d in a row group and %d in the schema", k.physical, c.physical)
	case from < 4 || k.length < 0 || from > c.pages.end || k.length > c.pages.end-from:
		return fmt.Errorf("claims %d bytes from byte %d on; values end at byte %d", k.length, from, c.pages.end)
	case c.maxRepetition == 0 && k.values != rows, k.values < rows:
		return fmt.Errorf("claims %d values; its row group has %d rows", k.values, rows)
	}
	c.place = place{codec: k.codec, began: from, next: from, end: from + k.length}
	c.inPage, c.left, c.has, c.hasDictionary = 0, k.values, true, false
	return c.advance()
}

// advance goes on to the next entry.
func (c *column) advance() error {
	if c.inPage == 0 {
		if more, err := c.refill(); !more {
			return err
		}
	}
	c.left--
	c.inPage--
	if c.maxRepetition > 0 {
		v, err := c.repetitions.next()
		if err != nil || v > uint64(c.maxRepetition) {
			return fmt.Errorf("repetition level %d, of at most %d: %w", v, c.maxRepetition, orLevels(err))
		}
		c.repetition = uint8(v)
	}
	if c.maxDefinition > 0 {
		v, err := c.definitions.next()
		if err != nil || v > uint64(c.maxDefinition) {
			return fmt.Errorf("definition level %d, of at most %d: %w", v, c.maxDefinition, orLevels(err))
		}
		c.definition = uint8(v)
	}
	return nil
}

// refill reads the next page that has entries, and reports whether there is one.
func (c *column) refill() (more bool, err error) {
	if !c.has {
		return false, fmt.Errorf("has fewer values than its row group has rows: %w", io.ErrUnexpectedEOF)
	}
	if c.left == 0 {
		c.has, c.definition, c.repetition = false, 0, 0
		return false, nil
	}
	for c.inPage == 0 {
		if err := c.nextPage(); err != nil {
			return false, err
		}
	}
	return true, nil
}

func orLevels(err error) error {
	if err == nil {
		return errLevels
	}
	return err
}

// nextPage reads the next page, with the dictionary if that comes first.
func (c *column) nextPage() error {
	c.place.began = c.place.next
	h, body, err := c.pages.header(c.place.next, c.place.end)
	if err != nil {
		return err
	}
	if h.kind == pageIndex {
		if int64(h.packed) > c.place.end-body {
			return io.ErrUnexpectedEOF
		}
		c.place.next = body + int64(h.packed)
		return nil
	}
	if h.kind == pageDictionary {
		err = c.readDictionary(&h, body)
	} else {
		err = c.readData(&h, body)
	}
	c.place.next = body + int64(h.packed)
	return err
}

func (c *column) readDictionary(h *pageHeader, body int64) (err error) {
	if c.hasDictionary {
		return fmt.Errorf("has a second dictionary")
	}
	if h.encoding != encodingPlain && h.encoding != encodingPlainDictionary {
		return fmt.Errorf("the dictionary has the encoding %d; only PLAIN is possible", h.encoding)
	}
	if c.dictionary, err = c.pages.body(c.dictionary, h, body, c.place.end, c.place.codec); err != nil {
		return fmt.Errorf("dictionary: %w", err)
	}
	c.hasDictionary = true
	return c.values.load(c.dictionary, int64(h.values), c.physical, c.width)
}

func (c *column) readData(h *pageHeader, body int64) (err error) {
	if int64(h.values) > c.left {
		return fmt.Errorf("a page claims %d values; its column has %d more", h.values, c.left)
	}
	if c.page, err = c.pages.body(c.page, h, body, c.place.end, c.place.codec); err != nil {
		return err
	}
	repetitions, definitions, rest, err := h.splitLevels(c.page, &c.leaf)
	if err != nil {
		return err
	}
	if !c.hasDictionary {
		c.values.dictionary = dictionary{ends: c.values.ends[:0]}
	}
	c.inPage = int64(h.values)
	c.repetitions.reset(repetitions, uint(bits.Len8(c.maxRepetition)))
	c.definitions.reset(definitions, uint(bits.Len8(c.maxDefinition)))
	return c.values.reset(rest, h.encoding)
}
