// Package apitest is an HTTP API that fails on purpose. It serves collections of
// records in all the ways that APIs page, and goes wrong as a script or a seed
// says: it throttles, cuts bodies, resets connections, lets sessions expire,
// repeats pages; below it, package exports forgets jobs.
//
//	api := apitest.New(
//		apitest.Seed(7),
//		apitest.On(3, apitest.Status(429, apitest.RetryAfter("2"))),
//		apitest.OnPath("/orders", 5, apitest.CutBody(1000)),
//		apitest.Chance(0.05, apitest.Status(503), apitest.ResetBody(-1)),
//	).Add(apitest.Orders(20_000))
//	client := &http.Client{Transport: api} // without sockets
//	url, stop, err := api.Start()          // or on loopback
//
// As an [http.RoundTripper] it opens no sockets and starts no goroutines, and
// waits only on timers and contexts, so it works in testing/synctest bubbles: a
// [Hang] of an hour takes no time. [Shop] is a sample API with data, the one
// that demos read.
//
// # Words
//
// A collection is a list of records at a path. Its style is how clients get
// from page to page. A fault is something that goes wrong with one request; the
// script, made of [On], [From], [Every], [OnPath], [OnAttempt] and [Chance],
// says which. Requests are numbered from 1 in order of arrival, those that fail
// too.
//
// # Promises
//
// The same seed, script and order of requests give the same answers, but for the
// Date header and dates reckoned from it. Without faults, and without [Quirks],
// a walk gives every record once, byte for byte as the collection has it.
//
// # Requests
//
//	GET /orders?limit=100&cursor=TOKEN
//
// limit, per_page, size or first ask for a number of records on a page. POST
// collections take parameters in the URL, as a form, or as members of a JSON
// object, a list standing for its last element; GraphQL takes them from the object's variables and wants a query, which
// it does not read. Unknown parameters are ignored. With a [Filter], its From and
// To parameters ask for a range of time.
//
// # Answers
//
// Records stand in data; the rest is there where the style or the collection's
// options Total and HasMore have it. More lines here than in the body:
//
//	{"data":[{…},{…}],
//	 "meta":{"total":20000,"pages":200},     // Total
//	 "next_page":"TOKEN" or null,            // Cursor
//	 "next":"URL" or null,                   // NextURL
//	 "scroll_id":"TOKEN",                    // Scroll
//	 "has_more":true}                        // HasMore
//
// With Bare the body is the array, and headers say the rest, those that would be
// null left out: X-Total-Count, X-Total-Pages, X-Next-Page, X-Next, X-Scroll-Id,
// X-Has-More. The styles:
//
//	None     GET /shops                     all records; limit is ignored
//	Page     GET /orders?page=2             from 1; past the end no records, or with
//	                                        Clamp those of the last page
//	Offset   GET /orders?offset=200         past the end no records
//	Link     GET /orders?page=2             and Link: <URL>; rel="first", …;
//	                                        rel="prev", …; rel="next", …; rel="last"
//	Cursor   GET /orders?cursor=TOKEN       next_page is null on the last page
//	NextURL  GET next                       null on the last page. It repeats all
//	                                        parameters of the request. Relative:
//	                                        "orders?cursor=…", relative to the request
//	GraphQL  POST /graphql                  {"query":"…","variables":{"first":100,"after":"TOKEN"}}
//	Keyset   GET /orders?after=ID           records whose key is greater; at the end none
//	Scroll   POST /scroll                   {"scroll_id":"TOKEN"}, after a first request to
//	                                        the collection's path; the token is always
//	                                        the same and lives on at the end, where
//	                                        pages have no records
//
// Sessions that the client opens and closes itself, whose tokens are like those of
// Scroll:
//
//	POST /scroll/open?collection=/orders    {"scroll_id":"TOKEN"}, without records: the
//	                                        first POST /scroll gives the first ones
//	POST /pit?collection=/orders            {"id":"TOKEN"}, a point in time: requests to
//	                                        any collection may carry it as pit=TOKEN, and
//	                                        are refused once it is gone
//	DELETE /scroll, DELETE /pit             {"scroll_id":"TOKEN"}, {"id":"TOKEN"} ends it;
//	                                        404 where there is none. [API.Open] counts
//
// A GraphQL answer, Name being orders:
//
//	{"data":{"orders":{"nodes":[{…}],
//	 "pageInfo":{"endCursor":"TOKEN" or null,"hasNextPage":true},
//	 "totalCount":20000}}}
//
// [Form] has other names for the parameter that goes on, another envelope, something
// else than commas between records, and another Content-Type. Package styles, below this
// one, has an API in each of the common styles made that way.
//
// [Extended] adds what is no collection: package exports, below this one, adds jobs that a
// client asks for, polls, and downloads the files of.
//
// Tokens are base64 text with +, / and =, which URLs must escape.
//
// Every answer has Date, X-Request-Id (req-000001, the request's number),
// Content-Type and, unless it is chunked, Content-Length. Errors look like
//
//	{"error":{"code":"throttled","message":"this request was chosen to fail"}}
//
// with the codes unauthorized (401, see [RequireBearer], [RequireBasic],
// [RequireKey]), not_found (404), method_not_allowed (405), invalid_parameter,
// invalid_body and invalid_cursor (400), expired_cursor (410: a token unused for
// SessionTTL, or killed by [ExpireSessions]), throttled (429), and for other
// chosen statuses their text, like service_unavailable. GraphQL reports a 400 as
// {"errors":[{"message":"…","extensions":{"code":"INVALID_CURSOR"}}]} under 200.
package apitest
