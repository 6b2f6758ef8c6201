package fetch_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestSOAPFault proves that a fault is told as what it is, with its text and without
// secrets, and not as an answer whose records lie elsewhere.
func TestSOAPFault(t *testing.T) {
	const v11 = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>`
	const v12 = `<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body><env:Fault>`
	for _, tt := range []struct{ name, answer, says string }{
		{"1.1", v11 + "<faultcode>soap:Server</faultcode><faultstring>The quota of s3cret-key-77\n is used up</faultstring><detail><e>7</e></detail></soap:Fault></soap:Body></soap:Envelope>",
			"the answer is a SOAP fault: The quota of *** is used up"},
		{"1.1 in a language", v11 + `<faultstring xml:lang="en">Bad window</faultstring></soap:Fault></soap:Body></soap:Envelope>`, "a SOAP fault: Bad window"},
		{"1.1 without a text", v11 + "<faultcode>soap:Server</faultcode><faultstring/></soap:Fault></soap:Body></soap:Envelope>", "a SOAP fault: soap:Server"},
		{"1.2", v12 + `<env:Code><env:Value>env:Sender</env:Value></env:Code><env:Reason><env:Text xml:lang="en">Bad window</env:Text></env:Reason></env:Fault></env:Body></env:Envelope>`, "a SOAP fault: Bad window"},
		{"1.2 in two languages", v12 + `<env:Reason><env:Text xml:lang="en">Bad window</env:Text><env:Text xml:lang="de">Falsch</env:Text></env:Reason></env:Fault></env:Body></env:Envelope>`, "a SOAP fault: Bad window"},
		{"long", v11 + "<faultstring>" + strings.Repeat("x", 500) + "</faultstring></soap:Fault></soap:Body></soap:Envelope>", "a SOAP fault: " + strings.Repeat("x", 80) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, "", `path: /x, decode: xml, records: Envelope.Body.Rows.Row, headers: {X-Key: "{{ config.key }}"}`)[0]
				api := &script{answers: []answer{{200, tt.answer, nil}}}
				e := failure(t, newRig(t, s, api, "key", "s3cret-key-77").run(s, paging.Position{}).err)
				if !strings.Contains(e.Error(), tt.says) || strings.Contains(e.Error(), "write records") || strings.Contains(e.Error(), "s3cret") || len(api.requests) != 1 {
					t.Errorf("%d requests, got %v\nwant %s", len(api.requests), e, tt.says)
				}
			})
		})
	}
}
