//go:build small

package decode

import "github.com/tap-rest/tap-rest/sources"

// large are the formats that this build leaves out.
var large = map[sources.Format]format{
	sources.FormatParquet: {}, sources.FormatAvro: {}, sources.FormatProtobuf: {}, sources.FormatXLSX: {},
}
