package console

import (
	"io"
	"log/slog"

	"github.com/tap-rest/tap-rest/tap/message"
)

// SpeakAirbyte makes all that is said go to stdout in Airbyte's lines, the log
// too, and returns these. Before a run they wait, and while it goes on its emitter
// writes them.
func (c *Console) SpeakAirbyte(stdout io.Writer) *message.AirbyteLog {
	c.stdout, c.airbyte = stdout, &message.AirbyteLog{}
	c.logger = slog.New(&lineHandler{level: c.level, write: func(level slog.Level, text string) {
		c.airbyte.Add(level, c.Redact(text))
	}})
	return c.airbyte
}

// SpeaksAirbyte reports whether all goes to stdout in Airbyte's lines.
func (c *Console) SpeaksAirbyte() bool { return c.airbyte != nil }

// Redact returns a text without the secrets of the run.
func (c *Console) Redact(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secrets.Line(text)
}

// Speak writes lines on stdout, after those of the log.
func (c *Console) Speak(lines []byte) error {
	_, err := c.stdout.Write(append(c.airbyte.Take(nil), lines...))
	return err
}
