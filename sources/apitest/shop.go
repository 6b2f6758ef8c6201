package apitest

import "time"

const (
	shopCustomers = 2_000
	shopOrders    = 20_000
)

// Shop returns the sample shop: /shops (3 records), /customers (2,000, by page)
// and /orders (20,000, by cursor). About one request in fifteen of a full read
// goes wrong; where is up to the seed. What goes wrong is over after 75 requests
// and costs a client that waits as it is told some four seconds.
func Shop(opts ...Option) *API {
	a := New(opts...)
	for _, bump := range bumps(a.seed) {
		bump(a)
	}
	return a.Add(Shops()).Add(Customers(shopCustomers)).Add(Orders(shopOrders))
}

// bumps is the shop's script. Each fault strikes within a few requests of its
// place, so that no two meet and even a short read, of 40 requests, has one of
// each kind.
func bumps(seed uint64) []Option {
	throttled := Status(429, RetryAfter("1"))
	places := []struct {
		n int
		Fault
	}{
		{9, throttled}, {16, Status(503)}, {22, CutBody(-1000)}, {28, ResetBody(5000)},
		{34, All(Latency(200*time.Millisecond), Drip(20*time.Millisecond, 16<<10)).as("slow")},
		{42, throttled}, {56, Status(503)}, {73, throttled},
	}
	chance := draws(seed, 0, saltShop)
	var script []Option
	for _, p := range places {
		script = append(script, On(p.n+chance.IntN(5)-2, p.Fault))
	}
	return script
}

// Shops returns the collection /shops, 3 records in one answer:
//
//	{"id":"eu","name":"Europe","currency":"EUR","open":true}
func Shops() Collection {
	return Collection{
		Path:  "/shops",
		Style: None,
		Rows: [][]byte{
			[]byte(`{"id":"eu","name":"Europe","currency":"EUR","open":true}`),
			[]byte(`{"id":"us","name":"United States","currency":"USD","open":true}`),
			[]byte(`{"id":"jp","name":"日本","currency":"JPY","open":false}`),
		},
	}
}

// Customers returns the collection /customers with n records, 100 on a page and
// at most 500, by page, with a total:
//
//	{"id":1,"name":"Zoë Müller","email":"c1@example.com","phone":null,
//	 "country":"DE","vip":false,"credit_limit":1500.00,
//	 "created_at":"2024-01-01T04:52:12Z"}
func Customers(n int) Collection {
	c := newCalendar(n)
	return Collection{
		Path:  "/customers",
		Style: Page,
		Made:  Made{Count: n, Append: func(b []byte, i int) []byte { return appendCustomer(b, i, c) }},
		Size:  100,
		Max:   500,
		Total: true,
	}
}

// Orders returns the collection /orders with n records of about 540 bytes, 250
// on a page and at most 1,000, by cursor, with has_more and a total. Parameters
// from and to filter by updated_at, in whose order the records are:
//
//	{"id":1,"number":"SO-00000001","customer_id":1207,"status":"paid",
//	 "currency":"EUR","total":62.50,
//	 "lines":[{"sku":"MUG-011","title":"Stoneware mug","quantity":2,"price":12.50},…],
//	 "shipping_address":{"name":"Zoë Müller","street":"Harbour Road 12",
//	  "postcode":"20457","city":"Hamburg","country":"DE"},
//	 "tags":["gift","web"],"note":null,
//	 "created_at":"2024-01-01T00:10:31Z","updated_at":"2024-01-01T00:38:02Z"}
//
// The status is draft, open, paid, shipped or cancelled; there are 1 to 4 lines,
// 0 to 3 tags; the note is null or text, at times not ASCII; the total is the
// sum of the lines. All of it follows from the index alone: nothing is stored.
func Orders(n int) Collection {
	c := newCalendar(n)
	return Collection{
		Path:   "/orders",
		Style:  Cursor,
		Made:   Made{Count: n, Append: func(b []byte, i int) []byte { return appendOrder(b, i, c) }},
		Size:   250,
		Max:    1000,
		Total:  true,
		Form:   Form{HasMore: true},
		Filter: Filter{Field: "updated_at", From: "from", To: "to", Ascending: true},
	}
}
