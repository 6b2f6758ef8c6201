package apitest_test

import (
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

func Example() {
	api := apitest.New(apitest.On(2, apitest.Status(503))).Add(apitest.Shops())
	client := &http.Client{Transport: api}
	for range 3 {
		res, err := client.Get("http://shop.example/shops")
		if err != nil {
			fmt.Println(err)
			continue
		}
		res.Body.Close()
		fmt.Println(res.Header.Get("X-Request-Id"), res.Status)
	}
	// Output:
	// req-000001 200 OK
	// req-000002 503 Service Unavailable
	// req-000003 200 OK
}
