package inputs

import (
	"os"

	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
)

// OrchestratorLog returns the --log-format and --log-level that an
// orchestrator asks for: Meltano names a file in SINGER_SDK_LOG_CONFIG. Another
// tool reads it too, and says what is wrong with it.
func OrchestratorLog() (format, level string) {
	name := os.Getenv("SINGER_SDK_LOG_CONFIG")
	if name == "" {
		return console.WantedLog(nil)
	}
	data, err := ReadFile("SINGER_SDK_LOG_CONFIG", name)
	if err != nil {
		return console.WantedLog(nil)
	}
	return console.WantedLog(data)
}
