// Package pemtext reads the keys and certificates of definitions: PEM that stands in
// a setting, or in the file that the setting names. Its errors quote neither: names of
// files and secrets may be mistaken for each other.
package pemtext

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Is reports whether a text is PEM itself, or JSON, rather than the name of a file.
func Is(text string) bool {
	text = strings.TrimSpace(text)
	return strings.Contains(text, "-----BEGIN ") || strings.HasPrefix(text, "{") || strings.ContainsAny(text, "\n\r")
}

// Read is the text, or what is in the file that it names.
func Read(text string) ([]byte, error) {
	if !Is(text) {
		data, err := ReadFile(text)
		return withLines(data), err
	}
	return withLines([]byte(text)), nil
}

// withLines has the line ends that texts often come without, which are settings from
// the environment: as \n. In JSON they stand so.
func withLines(text []byte) []byte {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return text
	}
	return bytes.ReplaceAll(text, []byte(`\n`), []byte("\n"))
}

// longest is how long what is read can be: a name that is mistaken may be that of a
// large file.
const longest = 1 << 20

// ReadFile reads a small file.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > longest) {
		err = errors.New("is no small file")
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	var where *fs.PathError
	if errors.As(err, &where) {
		err = where.Err
	}
	if err != nil {
		return nil, fmt.Errorf("is neither the text itself nor the path of a file that can be read: %w", err)
	}
	return data, nil
}

// Find returns the first block of a type that ends so; nil: there is none.
func Find(text []byte, kind string) *pem.Block {
	for text = withLines(text); ; {
		block, rest := pem.Decode(text)
		if block == nil || strings.HasSuffix(block.Type, kind) {
			return block
		}
		text = rest
	}
}

// Certificate returns the first certificate of a text.
func Certificate(text []byte) (*pem.Block, error) {
	if block := Find(text, "CERTIFICATE"); block != nil {
		return block, nil
	}
	return nil, errors.New("has no certificate in it: wants PEM that begins with -----BEGIN CERTIFICATE-----, or the path of such a file")
}

// PrivateKey returns the first private key of a text, or says what is there in its
// place.
func PrivateKey(text []byte) (*pem.Block, error) {
	block := Find(text, "PRIVATE KEY")
	switch other := Find(text, ""); {
	case block == nil && other != nil:
		return nil, fmt.Errorf("holds a %s, and no private key: give the key that belongs to it; are the two exchanged?", strings.ToLower(other.Type))
	case block == nil:
		return nil, errors.New("has no private key in it: wants PEM that begins with -----BEGIN PRIVATE KEY-----, has lines of base64, and an END line")
	case strings.Contains(block.Type, "ENCRYPTED"), strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"), block.Headers["DEK-Info"] != "":
		return nil, errors.New("is encrypted with a passphrase: give it without one (openssl pkey -in KEY -out PLAIN)")
	}
	return block, nil
}
