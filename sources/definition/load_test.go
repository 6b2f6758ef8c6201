package definition_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
)

// foreign are files that people name by mistake, with a secret in each.
var foreign = map[string]string{
	"shadow":  "root:$6$s3cret$s3cret/s3cret:19000:0:99999:7:::\nsync:*:19000:0:::\n",
	"netrc":   "machine a.example login ann password s3cret\n",
	"env":     "export TOKEN=s3cret\nPASSWORD='s3cret\n",
	"key":     "-----BEGIN PRIVATE KEY-----\ns3cret: s3cret: s3cret\n-----END PRIVATE KEY-----\n",
	"json":    `{"type": "service_account", "private_key": "s3cret", "client_id": 12_3}`,
	"broken":  `{"private_key": "s3cret`,
	"compose": "services:\n  db:\n    environment: {PASSWORD: 1_234_s3cret, PIN: 1_234, KEY: {{s3cret}}}\n",
	"tagged":  "password: !s3cret s3cret\nother: *s3cret\n",
	"numbers": "- 1_234\n- 0x5e\n",
	"tabs":    "\tpassword: s3cret\n",
}

// TestForeignFiles proves that an error about a file that is no definition, and
// no schema, says nothing of what is in it.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range foreign {
		for _, ext := range []string{"", ".yaml", ".json"} {
			file := filepath.Join(dir, name+ext)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := config.Load(file)
			if err == nil || !strings.Contains(err.Error(), "is no definition") {
				t.Errorf("%s: got %v", name+ext, err)
			}
			_, schemaErr := definition.Parse(filepath.Join(dir, "t.yaml"), []byte("version: 1\nname: t\nstreams: [{name: s, path: 'http://a.test', schema: "+name+ext+"}]\n"))
			if schemaErr == nil {
				t.Errorf("%s: taken for a schema", name+ext)
			}
			for _, said := range []error{err, schemaErr} {
				for _, piece := range []string{"s3cret", "1_234", "1234", "0x5e", "12_3"} {
					if said != nil && strings.Contains(said.Error(), piece) {
						t.Errorf("%s: the error says %s: %v", name+ext, piece, said)
					}
				}
			}
		}
	}
}
