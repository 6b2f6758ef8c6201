//go:build !small

package protobuf_test

import (
	"bytes"
	"io"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/decodetest"
)

// orders is a file as exports have it: n messages of the type that orderProto says.
func orders(n int) []byte {
	var b, m, item []byte
	for i := range n {
		m = protowire.AppendVarint(append(m[:0], 1<<3), uint64(1e12)+uint64(i))
		m = protowire.AppendString(append(m, 2<<3|2), "customer@example.com")
		m = protowire.AppendFixed64(append(m, 3<<3|1), 0x40590a3d70a3d70a) // 100.16
		m = append(m, 4<<3, 1)
		item = protowire.AppendVarint(append(item[:0], 1<<3), 1704164645)
		item = protowire.AppendVarint(append(item, 2<<3), 123456000)
		m = protowire.AppendBytes(append(m, 5<<3|2), item)
		for k := range 3 {
			item = protowire.AppendString(append(item[:0], 1<<3|2), "SKU-0012")
			item = append(item, 2<<3, byte(k+1), 3<<3, 99)
			m = protowire.AppendBytes(append(m, 6<<3|2), item)
		}
		m = protowire.AppendBytes(append(m, 7<<3|2), append(protowire.AppendString([]byte{1<<3 | 2}, "channel"), 2<<3|2, 3, 'w', 'e', 'b'))
		b = protowire.AppendBytes(b, m)
	}
	return b
}

const orderProto = `syntax = "proto3";
import "google/protobuf/timestamp.proto";
message Order {
  uint64 id = 1; string email = 2; double total = 3; Status status = 4; google.protobuf.Timestamp created_at = 5;
  repeated Item items = 6; map<string, string> labels = 7; optional string note = 8;
}
message Item { string sku = 1; int32 quantity = 2; int64 cents = 3; }
enum Status { NONE = 0; PAID = 1; }`

func BenchmarkNext(b *testing.B) {
	p, in := text(b, "Order", orderProto), orders(10_000)
	b.SetBytes(int64(len(in)) / 10_000)
	b.ReportAllocs()
	r := open(b, p, bytes.NewReader(in))
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = r.Next(dst[:0]); err == io.EOF {
			r = open(b, p, bytes.NewReader(in))
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

func TestNoAllocationPerRecord(t *testing.T) {
	p := text(t, "Order", orderProto)
	r := open(t, p, bytes.NewReader(orders(2000)))
	dst := make([]byte, 0, 4096)
	var err error
	next := func() {
		if dst, err = r.Next(dst[:0]); err != nil {
			t.Fatal(err)
		}
	}
	next()
	want := `{"id":1000000000001,"email":"customer@example.com","total":100.16,"status":"PAID","created_at":"2024-01-02T03:04:05.123456Z",` +
		`"items":[{"sku":"SKU-0012","quantity":1,"cents":99},{"sku":"SKU-0012","quantity":2,"cents":99},{"sku":"SKU-0012","quantity":3,"cents":99}],` +
		`"labels":{"channel":"web"},"note":null}`
	if next(); string(dst) != want {
		t.Fatalf("got\n%s\nwant\n%s", dst, want)
	}
	decodetest.NoAllocation(t, r, 900)
}
