package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
)

// parse reads the file. Its error quotes nothing of it, which may be a secret.
func (f File) parse() (root *document.Node, err error) {
	switch ext := strings.ToLower(filepath.Ext(f.Name)); {
	case len(bytes.TrimSpace(bytes.TrimPrefix(f.Data, []byte("\ufeff")))) == 0:
		return &document.Node{Shape: document.Map}, nil
	case ext == ".yaml" || ext == ".yml":
		root, err = f.parseYAML()
	case ext == ".toml":
		root, err = f.parseTOML()
	default:
		if root, err = document.ParseJSON(f.Data); err != nil {
			err = fmt.Errorf("config %s: not JSON: %w", f.Name, jsonError(f.Data, err))
		}
	}
	if err == nil && root.Shape != document.Map {
		err = fmt.Errorf("config %s: wants a JSON object, not %s", f.Name, root.Shape)
	}
	return root, err
}

func (f File) parseYAML() (*document.Node, error) {
	d := document.New(f.Name, f.Data)
	root := d.Root(f.Data)
	if len(d.Problems) == 0 {
		return root, nil
	}
	at := d.Problems.Sorted()[0]
	return nil, fmt.Errorf("config %s: line %d, column %d: a value that needs quotes, a key that stands twice, or no YAML", f.Name, at.Line, at.Column)
}

// jsonError says where a text is not JSON, without the piece of it that the
// JSON package may quote: it may be a secret.
func jsonError(data []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	var raw json.RawMessage
	if errors.As(json.Unmarshal(data, &raw), &syntax) && syntax.Offset < int64(len(data)) {
		before := data[:syntax.Offset]
		line, start := 1+bytes.Count(before, []byte("\n")), bytes.LastIndexByte(before, '\n')+1
		return fmt.Errorf("syntax error on line %d, byte %d", line, len(before)-start)
	}
	return io.ErrUnexpectedEOF
}
