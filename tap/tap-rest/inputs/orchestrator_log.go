package inputs

import (
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// OrchestratorLog returns the --log-format and --log-level that an
// orchestrator asks for: Meltano names a file in SINGER_SDK_LOG_CONFIG. Another
// tool reads it too, and says what is wrong with it.
func OrchestratorLog() (format, level string) {
	name := os.Getenv("SINGER_SDK_LOG_CONFIG")
	if name == "" {
		return wantedLog(nil)
	}
	data, err := ReadFile("SINGER_SDK_LOG_CONFIG", name)
	if err != nil {
		return wantedLog(nil)
	}
	return wantedLog(data)
}

// wantedLog reads a Python logging configuration in JSON or YAML. Where it says
// nothing of them, format is text and level info.
func wantedLog(config []byte) (format, level string) {
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
