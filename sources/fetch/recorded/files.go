package recorded

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// SetFiles keeps in the headers what is known of the files of the export's job.
func SetFiles(h http.Header, f paging.Files) {
	text := fmt.Sprint(f.Count, " ", f.Order)
	if len(f.Says) > 0 {
		says, err := json.Marshal(f.Says)
		if err != nil {
			panic("recorded: what an answer says that is not JSON: " + err.Error()) // it is texts and numbers
		}
		text += " " + base64.RawURLEncoding.EncodeToString(says)
	}
	h.Set(FilesHeader, strings.TrimSpace(text))
}

// Files undoes [SetFiles]; known is false where the headers have nothing of it.
func Files(h http.Header) (f paging.Files, known bool) {
	says := ""
	n, _ := fmt.Sscan(h.Get(FilesHeader), &f.Count, &f.Order, &says)
	if text, err := base64.RawURLEncoding.DecodeString(says); err == nil && says != "" {
		_ = json.Unmarshal(text, &f.Says) // what is damaged says nothing
	}
	return f, n > 0
}
