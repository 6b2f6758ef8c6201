package fetch_test

import (
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/advice"
)

func TestAdviceURLs(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		want         []string
	}{
		{"a list", `{"files":[{"href":"https://a/1"},{"href":"https://a/2"}]}`, []string{"files.#.href"}},
		{"one", `{"result":{"download.url":"http://a"}}`, []string{`result.download\.url`}},
		{"none", `{"status":"done","n":1,"path":"/a"}`, nil},
		{"many", `{"a":"http://1","b":"http://2","c":"http://3","d":"http://4"}`, []string{"a", "b", "c"}},
		{"no JSON", `<html>`, nil},
		{"deep", `[[[[[[[["http://1"]]]]]]]]`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := advice.URLs([]byte(test.answer)); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
