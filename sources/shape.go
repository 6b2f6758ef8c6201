package sources

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Shape returns 16 hexadecimal digits that change with what decides the
// requests of the stream: its own keys and the settings that are not secret.
func (c *Config) Shape(s *Stream) string {
	shape := s.Loaded.Shape
	if shape == "" {
		shape = s.asked()
	}
	sum := sha256.Sum256(append([]byte(shape+"\n"), c.public...))
	return hex.EncodeToString(sum[:8])
}

// asked returns what of the model decides the requests of the stream.
func (s *Stream) asked() string {
	parts := []any{s.Client.BaseURL, s.Request, s.Records.Steps, s.Pagination, s.PartitionBy}
	if s.Incremental != nil {
		inc := *s.Incremental
		inc.Lookback, inc.Settle, inc.Sorted, inc.ClientFilter = times.Span{}, 0, false, false
		parts = append(parts, inc, inc.Windows.Timezone.String(), inc.RecordTimes.Timezone.String())
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic("sources: a model that is not JSON: " + err.Error()) // templates and values are
	}
	return string(text)
}

// Digests returns, of each setting that is given and no secret, 8 hexadecimal digits of
// its value: who has others can be told which differ. Of one that holds a secret
// somewhere inside, the rest counts.
func (c *Config) Digests() map[string]string {
	all := map[string]string{}
	if c.public == nil {
		return all
	}
	for at := raw.Text(c.public).Root().Items(0); at.Next(); {
		sum := sha256.Sum256(at.Value())
		all[at.Key.Unquote()] = hex.EncodeToString(sum[:4])
	}
	return all
}

// Identity returns 32 hexadecimal digits that name what is read: the
// definition, the settings, and, under a salt that keeps them unguessable, the
// secrets that the user gave, or what run.journal.identity says in their place.
func (c *Config) Identity(d *Definition, salt []byte) string {
	secrets := hmac.New(sha256.New, salt)
	if identity := c.Run.Journal.Identity; identity != "" {
		fmt.Fprintf(secrets, "identity:%s", identity)
	} else {
		for _, s := range c.Secrets {
			fmt.Fprintf(secrets, "%d:%s,", len(s.Reveal()), s.Reveal())
		}
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%d:%s,%d:%s,%x", len(d.Name), d.Name, len(c.public), c.public, secrets.Sum(nil))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
