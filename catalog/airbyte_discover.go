package catalog

import (
	"bytes"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/schema/infer"
)

// The catalog that discovery hands out.
type (
	airbyteCatalog struct {
		Streams []airbyteStream `json:"streams"`
	}
	airbyteStream struct {
		Name                string          `json:"name"`
		JSONSchema          json.RawMessage `json:"json_schema"`
		SupportedSyncModes  []string        `json:"supported_sync_modes"`
		SourceDefinedCursor bool            `json:"source_defined_cursor"`
		DefaultCursorField  []string        `json:"default_cursor_field,omitempty"`
		PrimaryKey          [][]string      `json:"source_defined_primary_key,omitempty"`
		IsResumable         bool            `json:"is_resumable"`
	}
)

// AppendAirbyte appends the catalog of a CATALOG message, on one line. Every
// stream can be resumed, full refreshes too; what is new is the source's to say.
func AppendAirbyte(dst []byte, streams []Described) []byte {
	all := make([]airbyteStream, len(streams))
	for i := range streams {
		d := describe(&streams[i])
		s := airbyteStream{
			Name: d.Stream, JSONSchema: infer.NullsAsText(d.Schema), SupportedSyncModes: []string{"full_refresh"},
			SourceDefinedCursor: true, IsResumable: true,
		}
		if d.ReplicationMethod == Incremental {
			s.SupportedSyncModes = append(s.SupportedSyncModes, "incremental")
		}
		if d.ReplicationKey != "" {
			s.DefaultCursorField = []string{d.ReplicationKey}
		}
		for _, key := range d.KeyProperties {
			s.PrimaryKey = append(s.PrimaryKey, []string{key})
		}
		all[i] = s
	}
	out := bytes.NewBuffer(dst)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(airbyteCatalog{all}) // schemas are JSON by now, and the rest is made of strings
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
