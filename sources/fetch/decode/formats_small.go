//go:build small

package decode

import "github.com/tap-rest/tap-rest/sources"

// large are the formats that this build leaves out.
var large = map[sources.Format]opener{
	sources.FormatParquet: nil, sources.FormatAvro: nil, sources.FormatProtobuf: nil, sources.FormatXLSX: nil,
}
