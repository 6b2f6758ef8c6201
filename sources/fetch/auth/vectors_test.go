package auth

import (
	"bufio"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	rfc7616 "github.com/icholy/digest"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

func text(t string) *expr.Template {
	compiled, fault := sources.NewTemplates(nil).Compile(sources.InRequest, "{{ "+`"`+t+`"`+" }}")
	if fault != nil {
		panic(fault)
	}
	return compiled
}

func nothing() Keeping { return Keeping{Secrets: secret.NewHider(nil)} }

func request(t *testing.T, method, target, body string, headers ...string) *Request {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Method: method, URL: u, Header: http.Header{}, Vars: make(expr.Vars, sources.VarCount)}
	if body != "" {
		r.Body = []byte(body)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func newTestAWS(service, access, secret, session string) awsSigV4 {
	return newAWS(&sources.Auth{AWS: &sources.AWS{
		AccessKey: text(access), SecretKey: text(secret), SessionToken: text(session), Region: text("us-east-1"), Service: text(service),
	}}, nothing).(awsSigV4)
}

// TestAWSVectors holds signatures against those that AWS published, but for odd characters in
// paths, which the suite sends as they are: see
// testdata/aws4_testsuite/NOTICE.
func TestAWSVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/aws4_testsuite/*.req")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".req"), func(t *testing.T) {
			session := ""
			if strings.Contains(file, "session-token") {
				session = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
			}
			r := readVector(t, file)
			if err := newTestAWS("service", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", session).sign(t.Context(), r, at); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(strings.TrimSuffix(file, "req") + "authz")
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Header.Get("Authorization"); got != strings.TrimSpace(string(want)) {
				t.Errorf("%s %s\ngot  %s\nwant %s", r.Method, r.URL, got, want)
			}
			if got := r.Header.Get("X-Amz-Security-Token"); got != session {
				t.Errorf("sent the token %q", got)
			}
		})
	}
}

// readVector reads a request as the suite has it: its path may have blanks.
func readVector(t *testing.T, file string) *Request {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(strings.ReplaceAll(string(data), "\r", ""), "\n\n")
	first, rest, _ := strings.Cut(head, "\n")
	method, target, _ := strings.Cut(strings.TrimSuffix(first, " HTTP/1.1"), " ")
	path, query, _ := strings.Cut(target, "?")
	h, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\n" + strings.ReplaceAll(rest, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	u := &url.URL{Scheme: "https", Host: h.Host, Path: path, RawQuery: strings.ReplaceAll(query, " ", "%20")}
	h.Header.Del("X-Amz-Date")
	return &Request{Method: method, URL: u, Header: h.Header, Body: []byte(body), Vars: make(expr.Vars, sources.VarCount)}
}

// TestS3Examples holds signatures against those of S3's documentation, "Examples:
// Signature Calculations in AWS Signature Version 4": the path is signed as it is,
// with the hash of the body in a header.
func TestS3Examples(t *testing.T) {
	at := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	const host = "https://examplebucket.s3.amazonaws.com"
	for _, test := range []struct {
		r    *Request
		want string
	}{
		{request(t, "GET", host+"/test.txt", "", "Range", "bytes=0-9", "Accept-Encoding", "gzip", "Accept", "*/*"), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{request(t, "PUT", host+"/test$file.text", "Welcome to Amazon S3.", "Date", "Fri, 24 May 2013 00:00:00 GMT", "X-Amz-Storage-Class", "REDUCED_REDUNDANCY"), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{request(t, "GET", host+"/?lifecycle", ""), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{request(t, "GET", host+"/?prefix=J&max-keys=2", ""), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		if err := newTestAWS("s3", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "").sign(t.Context(), test.r, at); err != nil {
			t.Fatal(err)
		}
		if got := test.r.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+test.want) {
			t.Errorf("%s %s: got %s, want %s", test.r.Method, test.r.URL, got, test.want)
		}
	}
}

func newTestOAuth1(s sources.OAuth1) oauth1 {
	o := newOAuth1(&sources.Auth{OAuth1: &s}, nothing).(oauth1)
	o.version = "" // RFC 5849's examples do not say it
	return o
}

// TestOAuth1Examples holds signatures against RFC 5849's examples, and others of the
// same request that Python's standard library made.
func TestOAuth1Examples(t *testing.T) {
	r := request(t, "POST", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", "c2&a3=2+q", "Content-Type", "application/x-www-form-urlencoded")
	const want = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
	if got := baseText(r, [][2]string{{"oauth_consumer_key", "9djdj82h48djs9d2"}, {"oauth_token", "kkk9d7dh3k39sjv7"}, {"oauth_signature_method", "HMAC-SHA1"}, {"oauth_timestamp", "137131201"}, {"oauth_nonce", "7d8f3e4a"}}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	user := sources.OAuth1{ConsumerKey: text("dpf43f3p2l4k3l03"), ConsumerSecret: text("kd94hf93k423kf44"), Token: text("nnch734d00sl2jdk"), TokenSecret: text("pfkkdhi9sl3r4s00"), Realm: text("Photos")}
	for method, want := range map[string]string{
		"HMAC-SHA1":   `OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", oauth_token="nnch734d00sl2jdk", oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"`,
		"HMAC-SHA256": `OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA256", oauth_timestamp="137131202", oauth_nonce="chapoH", oauth_token="nnch734d00sl2jdk", oauth_signature="HtMwoX2zenlFjgGg%2FSNEoKEQmL7CzxYFEKzs7er044Y%3D"`,
		"PLAINTEXT":   `OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="PLAINTEXT", oauth_token="nnch734d00sl2jdk", oauth_signature="kd94hf93k423kf44%26pfkkdhi9sl3r4s00"`,
	} {
		user.Method = method
		r := request(t, "GET", "http://photos.example.net/photos?file=vacation.jpg&size=original", "")
		if err := newTestOAuth1(user).sign(r, "137131202", "chapoH"); err != nil {
			t.Fatal(err)
		}
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestDigestExamples holds answers against RFC 7616's examples.
func TestDigestExamples(t *testing.T) {
	for algorithm, want := range map[string]string{
		"MD5": "8ca523f5e9506fed4657c9700eebdbec", "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		d := newDigest(&sources.Auth{Username: text("Mufasa"), Password: text("Circle of Life")}, nothing).(*digestAuth)
		d.nonce = func() string { return "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" }
		header := http.Header{"Www-Authenticate": {`Basic realm="a, Digest b=", Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=` + algorithm +
			`, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`}}
		r := request(t, "GET", "http://www.example.org/dir/index.html", "")
		if p, err := d.Prove(t.Context(), r); err != nil || p != 0 || r.Header.Get("Authorization") != "" {
			t.Fatalf("before the challenge: %v, %v", r.Header, err)
		}
		if !d.Refused(t.Context(), 0, Refusal{Status: 401, Header: header}) {
			t.Fatal("the challenge is not taken")
		}
		if _, err := d.Prove(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got, err := rfc7616.ParseCredentials(r.Header.Get("Authorization"))
		if err != nil || got.Response != want || got.Nc != 1 || got.URI != "/dir/index.html" || got.QOP != "auth" {
			t.Errorf("%s: got %s, want %s", algorithm, r.Header.Get("Authorization"), want)
		}
	}
}
