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
var large = map[sources.Format]opener{
	sources.FormatParquet:  parquet.Open,
	sources.FormatAvro:     avro.Open,
	sources.FormatProtobuf: protobuf.Open,
	sources.FormatXLSX:     xlsx.Open,
}
