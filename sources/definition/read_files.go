package definition

import (
	"errors"
	"io/fs"
	"path"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// readFile reads a file beside the definition; ok is false where that cannot be read,
// which is said.
func (r *reader) readFile(n *document.Node, what string) (data []byte, ok bool) {
	data, err := r.open(n.Text)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		r.Problem(n, "%s %s: %v", what, document.Clip(n.Text), err)
		return nil, false
	}
	if len(data) > maxSchema {
		r.Problem(n, "%s %s is larger than %d bytes", what, document.Clip(n.Text), maxSchema)
		return nil, false
	}
	return data, true
}

func readBytes(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Text || n.Text == "" {
		return r.wants(n, k)
	}
	if data, ok := r.readFile(n, "file"); ok {
		return data
	}
	return nil
}

// readProtoFiles reads .proto files.
func readProtoFiles(r *reader, n *document.Node, k key) any {
	items := n.List()
	if n.Shape == document.Map || len(items) == 0 {
		return r.wants(n, k)
	}
	texts := map[string][]byte{}
	for _, item := range items {
		if item.Shape != document.Text || item.Text == "" {
			return r.wants(item, k)
		}
		data, ok := r.readFile(item, "file")
		if !ok {
			return nil
		}
		texts[path.Clean(item.Text)] = data
	}
	return texts
}

// protobufOf builds which messages a file holds.
func protobufOf(n *document.Node) sources.Protobuf {
	p := sources.Protobuf{
		Message: document.Value[string](n, "message"), Descriptor: document.Value[[]byte](n, "descriptor"),
		Sources: document.Value[map[string][]byte](n, "proto"),
	}
	if proto := n.Get("proto"); p.Sources != nil {
		for _, item := range proto.List() {
			p.Roots = append(p.Roots, path.Clean(item.Text))
		}
	}
	return p
}
