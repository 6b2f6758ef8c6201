package config_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/tidwall/gjson"
	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/config"
)

// TestShop holds the built-in definition to the API that it describes.
func TestShop(t *testing.T) {
	def, err := config.Load("shop")
	if err != nil {
		t.Fatal(err)
	}
	if len(def.Warnings) > 0 {
		t.Errorf("warnings: %v", def.Warnings)
	}
	api := apitest.New().Add(apitest.Shops()).Add(apitest.Customers(20)).Add(apitest.Orders(200))
	client := &http.Client{Transport: api}
	for _, s := range def.Streams {
		t.Run(s.Name, func(t *testing.T) {
			body := get(t, client, "http://shop.example"+s.Request.Path.Source())
			p := s.Pagination
			for _, path := range []string{s.Records.Steps[0], p.Next.Path, p.Ends.More.Path, p.Ends.Total.Path, p.Ends.TotalPages.Path} {
				if path != "" && !gjson.Get(body, path).Exists() {
					t.Errorf("the answer has no %s", path)
				}
			}
			gjson.Get(body, s.Records.Steps[0]).ForEach(func(_, record gjson.Result) bool {
				checkRecord(t, s, record)
				return !t.Failed()
			})
		})
	}
}

func get(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, resp.StatusCode, err)
	}
	return string(body)
}

func checkRecord(t *testing.T, s *sources.Stream, record gjson.Result) {
	t.Helper()
	for _, field := range append(s.Keys, s.ReplicationKey) {
		if field != "" && !record.Get(field).Exists() {
			t.Errorf("no %s in %s", field, record.Raw)
		}
	}
	if s.Schema.Text == nil {
		return
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(s.Schema.Text), gojsonschema.NewStringLoader(record.Raw))
	if err != nil || !result.Valid() {
		t.Errorf("%v %v: %s", err, result.Errors(), record.Raw)
	}
}
