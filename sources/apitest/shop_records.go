package apitest

import (
	"math/bits"
	"strconv"
	"time"
)

// The shop's data, texts as they stand in JSON. Records are appended field by field: no fmt, no maps, no
// allocation, so that a load test measures the client.

var shopStatus = [...]string{"draft", "open", "paid", "paid", "shipped", "shipped", "shipped", "cancelled"}

var shopCurrency = [...]string{"EUR", "EUR", "USD", "GBP", "JPY"}

var shopProducts = [...]struct {
	sku, title string
	cents      int
}{
	{"MUG-011", "Stoneware mug", 1250},
	{"POT-204", "Teapot with infuser, 1.2 l", 4900},
	{"LIN-030", "Linen tea towel", 995},
	{"KNF-118", "Paring knife, olive wood", 2799},
	{"BRD-007", "Chopping board, walnut", 5450},
	{"CAF-500", "Café crème, whole beans 500 g", 1340},
	{"TEA-088", "Sencha 抹茶 100 g", 1825},
	{"JAR-310", "Preserving jar 1 l", 449},
	{"PAN-024", "Cast iron pan 24 cm", 6900},
	{"SPN-002", "Wooden spoon", 350},
	{"APR-051", `Apron, \"Chef\"`, 3200},
	{"BWL-016", "Salad bowl", 2150},
	{"GRT-009", "Nutmeg grater", 1105},
	{"SCL-077", "Kitchen scale 5 kg / 1 g", 3999},
	{"TMR-003", "Egg timer", 1299},
	{"BOX-120", "Gift box", 500},
}

var shopNames = [...]string{
	"Ada Lovelace", "Zoë Müller", "José García", "Grace Hopper", "Søren Ødegård", "田中 花子",
	"Łukasz Wójcik", "Mary Jackson", "Chloé Lefèvre", "Alan Turing", "Nadia Haddad", "Ivan Petrov",
}

var shopPlaces = [...]struct{ street, postcode, city, country string }{
	{"Harbour Road", "20457", "Hamburg", "DE"},
	{"Rue de la République", "69002", "Lyon", "FR"},
	{"Calle de Alcalá", "28014", "Madrid", "ES"},
	{"Nyhavn", "1051", "København", "DK"},
	{"King Street", "EC2V 8EA", "London", "GB"},
	{"Market Street", "94103", "San Francisco", "US"},
	{"京橋三丁目", "104-0031", "東京", "JP"},
	{"ulica Długa", "31-147", "Kraków", "PL"},
}

var shopTags = [...]string{"gift", "web", "wholesale", "repeat", "newsletter", "fragile", "express", "store"}

var shopNotes = [...]string{
	"Please ring twice.",
	"Leave with the neighbour at number 7, second floor; the bell is broken.",
	"Für Oma – bitte als Geschenk einpacken 🎁",
	`Invoice to the company, not into the parcel.\nThank you!`,
	"不在の場合は宅配ボックスへ",
}

// saltShop keeps the shop's script apart from other chance.
const saltShop = saltOrder + 1

// epoch and span are the start and the length of 2024 and 2025, in seconds.
const (
	epoch = 1704067200
	span  = 731 * 24 * 3600
)

// calendar spreads records over the two years, one in each step of time.
type calendar struct{ step int64 } // nanoseconds

func newCalendar(n int) calendar {
	return calendar{span * int64(time.Second) / int64(max(1, n))}
}

// created returns when record i was made, in Unix seconds: in the first half of
// its step, so that it ascends.
func (c calendar) created(i int, d *dice) int64 {
	return epoch + (int64(i)*c.step+d.below(c.step/2))/int64(time.Second)
}

// updated returns when record i was last changed: in the second half.
func (c calendar) updated(i int, d *dice) int64 {
	return epoch + (int64(i)*c.step+c.step/2+d.below(c.step/2))/int64(time.Second)
}

// dice is a stream of chance that follows from a record's index.
type dice uint64

// below returns a number from 0 to n-1, or 0.
func (d *dice) below(n int64) int64 {
	*d++
	hi, _ := bits.Mul64(splitmix(uint64(*d)), uint64(max(1, n)))
	return int64(hi)
}

func (d *dice) pick(list []string) string { return list[d.below(int64(len(list)))] }

func roll(kind, i int) dice { return dice(splitmix(uint64(i)<<4 | uint64(kind))) }

const (
	kindOrder = iota
	kindCustomer
)

func appendOrder(b []byte, i int, c calendar) []byte {
	d := roll(kindOrder, i)
	b = appendInt(append(b, `{"id":`...), i+1)
	b = append(b, `,"number":"SO-`...)
	b = append(appendDigits(b, i+1, 8), '"')
	customer := int(d.below(shopCustomers))
	b = appendInt(append(b, `,"customer_id":`...), customer+1)
	b = appendText(append(b, `,"status":`...), d.pick(shopStatus[:]))
	b = appendText(append(b, `,"currency":`...), d.pick(shopCurrency[:]))
	b = appendLines(b, d)
	d += 16 // past what the lines drew
	b = appendAddress(append(b, `,"shipping_address":`...), customer)
	b = appendTags(append(b, `,"tags":[`...), &d)
	b = append(b, `],"note":`...)
	if d.below(4) == 0 {
		b = appendText(b, d.pick(shopNotes[:]))
	} else {
		b = append(b, "null"...)
	}
	b = appendTime(append(b, `,"created_at":`...), c.created(i, &d))
	b = appendTime(append(b, `,"updated_at":`...), c.updated(i, &d))
	return append(b, '}')
}

// appendLines appends the total and the lines. It draws them twice, the first
// time to add up.
func appendLines(b []byte, d dice) []byte {
	n := 1 + d.below(4)
	total, sum := 0, d
	for range n {
		p, quantity := drawLine(&sum)
		total += shopProducts[p].cents * quantity
	}
	b = appendCents(append(b, `,"total":`...), total)
	b = append(b, `,"lines":`...)
	for k := range n {
		b = append(b, "[,"[min(k, 1)])
		p, quantity := drawLine(&d)
		product := &shopProducts[p]
		b = appendText(append(b, `{"sku":`...), product.sku)
		b = appendText(append(b, `,"title":`...), product.title)
		b = appendInt(append(b, `,"quantity":`...), quantity)
		b = appendCents(append(b, `,"price":`...), product.cents)
		b = append(b, '}')
	}
	return append(b, ']')
}

func drawLine(d *dice) (product, quantity int) {
	return int(d.below(int64(len(shopProducts)))), 1 + int(d.below(5))
}

func appendTags(b []byte, d *dice) []byte {
	first, n := int(d.below(int64(len(shopTags)))), int(d.below(4))
	for k := range n {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendText(b, shopTags[(first+k)%len(shopTags)])
	}
	return b
}

func appendAddress(b []byte, customer int) []byte {
	name, place, number := drawPerson(customer)
	p := &shopPlaces[place]
	b = appendText(append(b, `{"name":`...), name)
	b = append(append(b, `,"street":"`...), p.street...)
	b = append(appendInt(append(b, ' '), number), '"')
	b = appendText(append(b, `,"postcode":`...), p.postcode)
	b = appendText(append(b, `,"city":`...), p.city)
	b = appendText(append(b, `,"country":`...), p.country)
	return append(b, '}')
}

// drawPerson returns who customer i is, so that orders and customers agree.
func drawPerson(i int) (name string, place, number int) {
	d := roll(kindCustomer, i)
	return d.pick(shopNames[:]), int(d.below(int64(len(shopPlaces)))), 1 + int(d.below(199))
}

func appendCustomer(b []byte, i int, c calendar) []byte {
	name, place, number := drawPerson(i)
	d := roll(kindCustomer, i) + 16
	b = appendInt(append(b, `{"id":`...), i+1)
	b = appendText(append(b, `,"name":`...), name)
	b = appendInt(append(b, `,"email":"c`...), i+1)
	b = append(b, `@example.com","phone":`...)
	if d.below(3) == 0 {
		b = append(b, "null"...)
	} else {
		b = append(b, `"+49 40 555`...)
		b = append(appendDigits(b, number, 4), '"')
	}
	b = appendText(append(b, `,"country":`...), shopPlaces[place].country)
	b = strconv.AppendBool(append(b, `,"vip":`...), d.below(20) == 0)
	b = appendCents(append(b, `,"credit_limit":`...), int(d.below(100))*50_00)
	b = appendTime(append(b, `,"created_at":`...), c.created(i, &d))
	return append(b, '}')
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// appendDigits appends n with leading zeros to a width.
func appendDigits(b []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			b = append(b, "00000000"[:width-1]...)
			break
		}
		limit *= 10
	}
	return appendInt(b, n)
}

// appendCents appends an amount with two decimals.
func appendCents(b []byte, cents int) []byte {
	b = append(appendInt(b, cents/100), '.')
	return append(b, byte('0'+cents/10%10), byte('0'+cents%10))
}

// appendText appends one of the shop's texts, which are escaped already, as a
// JSON string.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendTime(b []byte, unix int64) []byte {
	b = append(b, '"')
	b = time.Unix(unix, 0).UTC().AppendFormat(b, time.RFC3339)
	return append(b, '"')
}
