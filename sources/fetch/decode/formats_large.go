//go:build !small

package decode

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/avro"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/parquet"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/protobuf"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/xlsx"
)

// large are the formats that a small build leaves out.
var large = map[sources.Format]format{
	sources.FormatParquet:  {open: parquet.Open},
	sources.FormatAvro:     {open: avro.Open},
	sources.FormatProtobuf: {open: protobuf.Open, check: func(d *sources.Decode) error { return protobuf.Check(&d.Protobuf) }},
	sources.FormatXLSX:     {open: xlsx.Open},
}
