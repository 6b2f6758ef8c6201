//go:build !small

package avro

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	magic      = "Obj\x01"
	syncLength = 16
	// maxBlock is the longest block that is read, packed or unpacked, in bytes.
	maxBlock = 64 << 20
	// maxSchema is the longest schema that is read, in bytes.
	maxSchema = 4 << 20
	// maxKey is the longest name of an entry of a header, in bytes.
	maxKey = 64 << 10
	// maxEmpty is how many records that take no bytes one block may hold.
	maxEmpty = 16 << 20
)

// records are those of one file.
type records struct {
	in     source
	sync   [syncLength]byte // the marker of this file
	found  [syncLength]byte // what stands behind the present block
	codec  codec
	schema *valueType
	names  []byte // the text of the schema, until Skip has shown it
	values values // of the present block
	left   int64  // records of the present block that were not read
	row    int64  // of the record that was read last
	block  int64  // offset of the present block's bytes in the file
	packed []byte // the block as the file has it
	data   []byte // the block unpacked, if a codec packed it
	err    error  // ends the records
}

// Open reads the header of a file. What its blocks hold is read by Next.
func Open(in file.File, _ *file.Options) (file.Records, error) {
	r := &records{in: source{Reader: bufio.NewReaderSize(in, 64<<10)}}
	if err := r.readHeader(); err != nil {
		return nil, r.fail(0, r.in.offset, err)
	}
	return r, nil
}

// Schema returns the JSON Schema of a record.
func (r *records) Schema() json.RawMessage { return jsonSchema(r.schema) }

// Close gives back what the codec holds.
func (r *records) Close() {
	if r.codec.close != nil {
		r.codec.close()
	}
	r.packed, r.data, r.values.data, r.values.text = nil, nil, nil, nil
	if r.err == nil {
		r.err = errors.New("avro: the records are closed")
	}
}

// Next appends the next record.
func (r *records) Next(dst []byte) ([]byte, error) {
	for r.err == nil && r.left == 0 {
		r.err = r.nextBlock()
	}
	if r.err != nil {
		return dst, r.err
	}
	r.left--
	r.row++
	dst, err := r.values.record(dst, r.schema)
	if err == nil && r.left == 0 {
		err = r.values.atEnd()
	}
	if err != nil {
		r.err = r.failInBlock(err)
	}
	return dst, r.err
}

// fail makes the error of a place in the file.
func (r *records) fail(row, offset int64, err error) error {
	return &file.Error{Format: sources.FormatAvro, Row: row, Offset: offset, Err: err}
}

// failInBlock makes the error of the present record. Only blocks that are not
// packed have a place in the file for each of their bytes.
func (r *records) failInBlock(err error) error {
	if r.codec.unpack == nil {
		return r.fail(r.row, r.block+int64(r.values.at), err)
	}
	return r.fail(r.row, r.block, fmt.Errorf("byte %d of the block that begins here, unpacked: %w", r.values.at, err))
}

func (r *records) readHeader() error {
	var start [len(magic)]byte
	if err := r.in.full(start[:]); err != nil {
		return err
	}
	if string(start[:]) != magic {
		return fmt.Errorf("begins with %q; an object container file begins with %q", start[:], magic)
	}
	schema, codecName, err := r.readMetadata()
	if err != nil {
		return err
	}
	if err := r.in.full(r.sync[:]); err != nil {
		return err
	}
	if schema == nil {
		return errors.New("the header has no avro.schema")
	}
	if r.schema, err = parseSchema(schema); err != nil {
		return fmt.Errorf("avro.schema: %w", err)
	}
	r.names = append(schema, `,"value"`...) // which a schema that is no record has
	r.codec, err = newCodec(codecName)
	return err
}

// readMetadata reads the map of a header, whose values are bytes.
func (r *records) readMetadata() (schema []byte, codecName string, err error) {
	for {
		n, err := r.in.long()
		if err != nil || n == 0 {
			return schema, codecName, err
		}
		if n < 0 { // the length of the entries in bytes follows
			n = -n
			if _, err := r.in.long(); err != nil {
				return nil, "", err
			}
		}
		for ; n != 0; n-- {
			key, err := r.in.bytes(nil, maxKey)
			if err != nil {
				return nil, "", fmt.Errorf("name of a header's entry: %w", err)
			}
			value, err := r.readEntry(key)
			if err != nil {
				return nil, "", fmt.Errorf("header's entry %q: %w", key, err)
			}
			switch string(key) {
			case "avro.schema":
				schema = value
			case "avro.codec":
				codecName = string(value)
			}
		}
	}
}

// readEntry reads the value of an entry of the header, and passes over those that
// mean nothing here.
func (r *records) readEntry(key []byte) ([]byte, error) {
	if bytes.HasPrefix(key, []byte("avro.")) {
		return r.in.bytes([]byte{}, maxSchema)
	}
	n, err := r.in.long()
	if err != nil {
		return nil, err
	}
	return nil, r.in.skip(n)
}

// nextBlock reads a block and unpacks it. It returns io.EOF where the file ends.
func (r *records) nextBlock() error {
	if _, err := r.in.Peek(1); err == io.EOF {
		return io.EOF
	} else if err != nil {
		return r.fail(0, r.in.offset, err)
	}
	count, err := r.readBlock()
	if err != nil {
		return r.fail(0, r.in.offset, err)
	}
	r.values.at, r.values.data = 0, r.packed
	if r.codec.unpack != nil {
		if r.data, err = r.codec.safely(r.data[:0], r.packed); err != nil {
			return r.fail(0, r.block, fmt.Errorf("the block that begins here is packed by %s: %w", r.codec.name, err))
		}
		r.values.data = r.data
	}
	if err := r.values.mayHold(count, r.schema.least); err != nil {
		return r.fail(0, r.block, err)
	}
	r.left = count
	return nil
}

// readBlock reads a block, and how many records it claims. It proves by the marker
// behind the block that the block ends where it says.
func (r *records) readBlock() (count int64, err error) {
	if count, err = r.in.long(); err != nil {
		return 0, err
	}
	if count < 0 {
		return 0, fmt.Errorf("the block claims %d records", count)
	}
	n, err := r.in.long()
	if err != nil {
		return 0, err
	}
	r.block = r.in.offset
	if r.packed, err = r.in.exactly(r.packed[:0], n, maxBlock); err != nil {
		return 0, fmt.Errorf("block that claims %d bytes: %w", n, err)
	}
	if err := r.in.full(r.found[:]); err != nil {
		return 0, err
	}
	if r.found != r.sync {
		return 0, fmt.Errorf("%x stood before this place, behind a block; the header says that the marker %x stands there", r.found, r.sync)
	}
	return count, nil
}
