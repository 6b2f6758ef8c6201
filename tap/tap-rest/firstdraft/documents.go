package firstdraft

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/foreign"
	"github.com/tap-rest/tap-rest/sources/draft/odata"
	"github.com/tap-rest/tap-rest/sources/draft/openapi"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
	"github.com/tap-rest/tap-rest/sources/draft/postman"
	"github.com/tap-rest/tap-rest/sources/pattern"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
)

// documents are the readers of documents that describe an API. The document may be
// at a URL, which is known by its end.
var documents = []reader{
	documentReader("openapi", "an OpenAPI or Swagger document", pattern.New(`(?i)/(?:openapi|swagger)[^/?#]*$|/api-docs$`), openapi.LooksLike, openapi.Read),
	documentReader("odata", "the $metadata of an OData service", pattern.New(`\$metadata$`), odata.LooksLike, odata.Read),
	documentReader("postman", "a collection of Postman", pattern.New(`(?i)postman[^/?#]*\.json$`), postman.LooksLike, postman.Read),
	documentReader("sling", "an API spec of Sling", pattern.New(`^$`), foreign.LooksLikeSling, foreign.ReadSling),
	documentReader("dlt", "the rest_api source of dlt, as JSON", pattern.New(`^$`), foreign.LooksLikeDLT, foreign.ReadDLT),
	documentReader("msdk", "the config of tap-rest-api-msdk", pattern.New(`^$`), foreign.LooksLikeMSDK, foreign.ReadMSDK),
}

// documentReader makes a reader of what reads a document.
func documentReader(name, what string, ending func() *regexp.Regexp, looksLike func([]byte) bool, read func(string, []byte) (*draft.Definition, error)) reader {
	return reader{
		name: name, what: what,
		looksLike: func(text []byte) bool {
			if !looksLikeURL(text) {
				return looksLike(text)
			}
			address, err := url.Parse(string(bytes.TrimSpace(text)))
			return err == nil && ending().MatchString(address.Path)
		},
		read: func(text []byte, in *survey) (*draft.Definition, error) {
			file := in.file
			if file == "" {
				file = "-"
			}
			if looksLikeURL(text) {
				var err error
				if text, file, err = in.fetch(string(bytes.TrimSpace(text)), what); err != nil {
					return nil, err
				}
			}
			d, err := read(file, text)
			if err == nil {
				err = choose(d, in.streams)
			}
			if err != nil {
				return nil, &tap.InputError{Err: fmt.Errorf("init: %w", err)}
			}
			in.told(d)
			return d, nil
		},
	}
}

// fetch gets a document by one call, and returns it with its URL, from which
// whatever may be secret is gone.
func (in *survey) fetch(address, what string) (text []byte, shown string, err error) {
	request, err := http.NewRequestWithContext(in.stop, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", &tap.InputError{Err: errors.New("init: the source is no URL")}
	}
	plain := *request.URL
	plain.User, plain.RawQuery, plain.Fragment = nil, "", ""
	shown = plain.String()
	if in.calls <= 0 {
		return nil, "", &tap.InputError{Err: fmt.Errorf("init: %s takes one call to get, and --calls is 0: save it, and name the file", what)}
	}
	request.Header.Set("Accept", "application/json, application/yaml;q=0.9, application/xml;q=0.8, */*;q=0.5")
	for _, header := range in.headers {
		name, value, _ := strings.Cut(header, ":")
		request.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if user, password, _ := strings.Cut(in.user, ":"); in.user != "" {
		request.SetBasicAuth(user, password)
	}
	client := http.Client{Transport: in.api, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > 10 || next.URL.Host != via[0].URL.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	response, err := client.Do(request)
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the URL
	}
	if err != nil {
		return nil, "", fmt.Errorf("init: get %s from %s: %w", what, shown, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("init: get %s from %s: answered %s; save it, and name the file", what, shown, response.Status)
	}
	text, err = io.ReadAll(io.LimitReader(response.Body, outline.MaxJSON+1))
	if err != nil {
		return nil, "", fmt.Errorf("init: get %s from %s: %w", what, shown, err)
	}
	return text, shown, nil
}

// streamsOf are the streams of a definition, with the names of their parents.
func streamsOf(d *draft.Definition) (streams []any, names []string, parent map[string]string) {
	streams, _ = d.Root.Get("streams").([]any)
	parent = map[string]string{}
	for _, s := range streams {
		m, _ := s.(*draft.Map)
		name, _ := m.Get("name").(string)
		names = append(names, name)
		if by, isMap := m.Get("partition_by").(*draft.Map); isMap {
			parent[name], _ = by.Get("parent").(string)
		}
	}
	return streams, names, parent
}

// choose leaves those streams in a definition that are named, and their parents.
func choose(d *draft.Definition, wanted []string) error {
	if len(wanted) == 0 {
		return nil
	}
	streams, names, parent := streamsOf(d)
	keep := map[string]bool{}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return fmt.Errorf("--stream %s: the document has no stream of that name; it has %s", name, strings.Join(names[:min(len(names), 50)], ", "))
		}
		for ; name != "" && !keep[name]; name = parent[name] {
			keep[name] = true
		}
	}
	var some []any
	for i, s := range streams {
		if keep[names[i]] {
			some = append(some, s)
		}
	}
	d.Root.Set("streams", some, "")
	return nil
}

// told says how much was found, and what the user has to give.
func (in *survey) told(d *draft.Definition) {
	streams, _, _ := streamsOf(d)
	in.say("%s of the document", report.Numbered(int64(len(streams)), "%s stream[|s]"))
	if len(d.Left) > 0 {
		in.say("%s: see the end of the definition", report.Numbered(int64(len(d.Left)), "%s remark[|s] on what it does not say"))
	}
	settings, _ := d.Root.Get("settings").(*draft.Map)
	if settings == nil {
		return
	}
	required, _ := settings.Get("required").([]any)
	properties, _ := settings.Get("properties").(*draft.Map)
	var missing []string
	for _, name := range required {
		text, _ := name.(string)
		if schema, _ := properties.Get(text).(*draft.Map); schema != nil && schema.Get("default") == nil {
			missing = append(missing, text)
		}
	}
	if len(missing) > 0 {
		in.say("The config must have: %s", strings.Join(missing, ", "))
	}
}
