package config

import "github.com/tap-rest/tap-rest/sources/document"

// With returns the config of the files, as JSON on one line, with another text in
// place of a setting's. It reports whether the files have such a setting.
func (in *Input) With(setting []string, text string) (config []byte, found bool) {
	at := in.values
	for _, key := range setting {
		if at = at.Get(key); at == nil {
			return nil, false
		}
	}
	if len(setting) == 0 || at.Shape != document.Text {
		return nil, false
	}
	leaf := &document.Node{Shape: document.Text, Text: text}
	return overlay(in.values, nest(setting, leaf)).AppendJSON(nil, false), true
}
