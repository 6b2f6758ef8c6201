package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// awsSigV4 signs requests as AWS has it, version 4.
type awsSigV4 struct {
	signer
	access, secret, session, region, service part
	library                                  *v4.Signer
}

func newAWS(a *sources.Auth, keep func() Keeping) Authenticator {
	s := a.AWS
	return awsSigV4{
		signer: newSigner(keep), library: v4.NewSigner(),
		access: part{"access_key", s.AccessKey}, secret: part{"secret_key", s.SecretKey}, session: part{"session_token", s.SessionToken},
		region: part{"region", s.Region}, service: part{"service", s.Service},
	}
}

func (a awsSigV4) Prove(ctx context.Context, r *Request) (Proof, error) {
	return 0, a.sign(ctx, r, time.Now())
}

// unsigned are headers that proxies change on the way.
var unsigned = []string{"Accept", "Accept-Encoding", "Connection", "User-Agent"}

func (a awsSigV4) sign(ctx context.Context, r *Request, at time.Time) error {
	given, err := texts(r.Vars, a.access, a.secret, a.region, a.service)
	if err != nil {
		return err
	}
	session, err := a.session.optional(r.Vars)
	if err != nil {
		return fmt.Errorf("auth.session_token: %w", err)
	}
	access, key, region, service := given[0], given[1], given[2], given[3]
	h, sum := r.http(), sha256.Sum256(r.Body)
	for _, name := range unsigned {
		h.Header.Del(name)
	}
	payload, s3 := hex.EncodeToString(sum[:]), isS3(service)
	if s3 { // it signs the path as it is, and wants the hash of the body said
		h.URL.RawPath = httpbinding.EscapePath(h.URL.Path, false)
		h.Header.Set("X-Amz-Content-Sha256", payload)
	}
	err = a.library.SignHTTP(ctx, aws.Credentials{AccessKeyID: access, SecretAccessKey: key, SessionToken: session}, h, payload, service, region, at,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s3 })
	if err != nil {
		return fmt.Errorf("auth: %w", err)
	}
	for name, values := range h.Header {
		if name == "Authorization" || strings.HasPrefix(name, "X-Amz-") {
			r.Header[name] = values
		}
	}
	r.URL.RawQuery, r.URL.RawPath = h.URL.RawQuery, h.URL.RawPath // in the order and spelling that are signed
	_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	a.hide(signature)
	return nil
}

// isS3 reports whether a service signs paths as S3 does.
func isS3(service string) bool {
	return service == "s3" || strings.HasPrefix(service, "s3-") || service == "s3express"
}

func (a awsSigV4) Known(vars expr.Vars) (Known, error) {
	return Known{
		Secrets: secretsOf(vars, a.secret, a.session), Headers: []string{http.CanonicalHeaderKey("X-Amz-Security-Token")},
	}, check(vars, a.access, a.secret, a.region, a.service)
}
