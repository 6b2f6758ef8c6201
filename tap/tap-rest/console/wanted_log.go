package console

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// WantedLog reads a Python logging configuration in JSON or YAML. Where it says
// nothing of them, format is text and level info.
func WantedLog(config []byte) (format, level string) {
	format, level = "text", "info"
	var c struct {
		Formatters map[string]struct {
			Class string `yaml:"()"`
		}
		Root struct{ Level string }
	}
	if yaml.Unmarshal(config, &c) != nil {
		return format, level
	}
	for _, f := range c.Formatters {
		if f.Class == "singer_sdk.logging.StructuredFormatter" {
			format = "json"
		}
	}
	switch wanted := strings.ToLower(c.Root.Level); wanted {
	case "debug", "error":
		level = wanted
	case "warning":
		level = "warn"
	case "critical":
		level = "error"
	}
	return format, level
}
