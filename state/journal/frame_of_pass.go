package journal

import (
	"bytes"
	"encoding/json"
)

// A pass's plan and bookmark lie in the body of its frame, the plan first: they
// may be longer than a head.

func passFrame(p *pass) (frame, body []byte) {
	b := newFrame(nil)
	b = appendText(b, p.ID)
	b = appendInt(b, p.ordinal)
	b = appendText(b, p.Stream)
	b = appendTime(b, p.AsOf)
	b = appendTime(b, p.Begun)
	b = appendText(b, p.Previous)
	b = appendText(b, p.Shape)
	b = appendInt(b, flag(p.Finished))
	b = appendInt(b, present(p.Plan))
	b = appendInt(b, present(p.From))
	body = append(bytes.Clone(p.Plan), p.From...)
	seal(b, kindPass, body)
	return b, body
}

func readPass(head, body []byte) (p Pass, ordinal int, ok bool) {
	d := decoder{b: head}
	p.ID = d.text()
	ordinal = d.int()
	p.Stream = d.text()
	p.AsOf, p.Begun = d.time(), d.time()
	p.Previous, p.Shape = d.text(), d.text()
	p.Finished = d.int() == 1
	plan, from := d.int(), d.int()
	b := decoder{b: body}
	p.Plan, p.From = b.json(plan), b.json(from)
	return p, ordinal, !d.bad && !b.bad
}

// present is the length of a document, -1 where there is none.
func present(doc json.RawMessage) int {
	if doc == nil {
		return -1
	}
	return len(doc)
}

func (d *decoder) json(size int) json.RawMessage {
	if size < 0 {
		return nil
	}
	return append(json.RawMessage{}, d.take(uint64(size))...)
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// idFrame is a finish or drop mark.
func idFrame(k kind, id string) []byte {
	b := appendText(newFrame(nil), id)
	seal(b, k, nil)
	return b
}

// partitionFrame is a mark about a partition: a restart, a rejection, or where it
// begins.
func partitionFrame(k kind, key Key, through uint32) []byte {
	b := appendKey(newFrame(nil), key)
	if k == kindStart {
		b = appendInt(b, int(through))
	}
	seal(b, k, nil)
	return b
}

func appendKey(b []byte, k Key) []byte {
	b = appendText(b, k.Pass)
	b = appendText(b, k.Partition)
	b = appendInt(b, k.Generation)
	return appendInt(b, k.N)
}

// headKey is a key whose texts lie in a head.
type headKey struct {
	pass, partition []byte
	generation, n   int
}

func (d *decoder) key() headKey {
	return headKey{d.bytes(), d.bytes(), d.count(), d.count()}
}

// through is the segment up to which what a partition has counts no more, by a
// start mark.
func (d *decoder) through() uint32 { return uint32(d.count()) }
