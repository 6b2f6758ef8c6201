package uri

import (
	"net/url"
	"testing"
)

func TestUnsigned(t *testing.T) {
	for _, tt := range []struct{ name, link, unsigned, shown string }{
		{"none", "https://h/f?part=2", "https://h/f?part=2", ""},
		{"as it is written", "https://h/a%20b?x=%7e&y", "https://h/a%20b?x=%7e&y", ""},
		{"Amazon", "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=1&X-Amz-Signature=ab&versionId=7", "https://b.s3.amazonaws.com/k?versionId=7", ""},
		{"Amazon, older", "https://b/k?AWSAccessKeyId=A&Expires=1&Signature=x%3D", "https://b/k", ""},
		{"CloudFront", "https://c/k?Policy=p&Signature=s&Key-Pair-Id=K", "https://c/k", ""},
		{"Google", "https://storage/k?X-Goog-Signature=ab&X-Goog-Expires=9&generation=3", "https://storage/k?generation=3", ""},
		{"Azure", "https://a/k?sv=2022&se=2024&sr=b&sp=r&sig=x%2B", "https://a/k", ""},
		{"what Azure's names are elsewhere", "https://a/k?st=NY&sp=5", "https://a/k?st=NY&sp=5", ""},
		{"an end without a signature", "https://a/k?expires=never", "https://a/k?expires=never", ""},
		{"a token that may say which file", "https://a/d?token=file1", "https://a/d?token=file1", "https://a/d?token=***"},
	} {
		u, err := url.Parse(tt.link)
		if err != nil {
			t.Fatal(err)
		}
		if tt.shown == "" {
			tt.shown = tt.unsigned
		}
		if got := Unsigned(u).String(); got != tt.unsigned {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.unsigned)
		}
		if got := Shown(u).String(); got != tt.shown {
			t.Errorf("%s: shown is %s, want %s", tt.name, got, tt.shown)
		}
	}
}
