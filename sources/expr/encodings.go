package expr

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
)

var base64Encode = onText(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })

// base64Decode reads standard and URL-safe base64, with or without padding.
func base64Decode(r *run, a []Value) (Value, error) {
	s := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(a[0].text), "=")
	decoded, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return Value{}, errors.New("the text is not base64")
	}
	return r.string(string(decoded))
}

func hashNamed(name string) (func() hash.Hash, error) {
	switch name {
	case "md5":
		return md5.New, nil
	case "sha1":
		return sha1.New, nil
	case "sha224":
		return sha256.New224, nil
	case "sha256":
		return sha256.New, nil
	case "sha384":
		return sha512.New384, nil
	case "sha512":
		return sha512.New, nil
	}
	return nil, errors.New("the hash is one of md5, sha1, sha224, sha256, sha384 and sha512")
}

// hashText takes value, hash_type, salt and encoding. The salt comes after the text.
func hashText(r *run, a []Value) (Value, error) {
	newHash, err := hashNamed(a[1].text)
	if err != nil {
		return Value{}, err
	}
	return r.digest(newHash(), a[0].text+a[2].text, a[3].text)
}

// digest writes the text to the hash, and returns its digest as hex or base64.
func (r *run) digest(h hash.Hash, text, encoding string) (Value, error) {
	if err := r.spend(len(text)); err != nil {
		return Value{}, err
	}
	h.Write([]byte(text))
	switch encoding {
	case "hex":
		return String(hex.EncodeToString(h.Sum(nil))), nil
	case "base64":
		return String(base64.StdEncoding.EncodeToString(h.Sum(nil))), nil
	}
	return Value{}, errors.New("the encoding is hex or base64")
}

// hmacText takes value, key, hash_type and encoding.
func hmacText(r *run, a []Value) (Value, error) {
	newHash, err := hashNamed(a[2].text)
	if err != nil {
		return Value{}, err
	}
	if a[1].Missing() {
		return Value{}, fmt.Errorf("the key is %s", a[1].kind)
	}
	key, err := r.text(a[1])
	if err != nil {
		return Value{}, err
	}
	if err := r.spend(len(key)); err != nil {
		return Value{}, err
	}
	return r.digest(hmac.New(newHash, []byte(key)), a[0].text, a[3].text)
}

// toJSON writes JSON: in Jinja's mode with keys in order and with characters that mean something
// in HTML escaped.
func toJSON(r *run, a []Value) (Value, error) {
	if err := r.spend(a[0].weight()); err != nil {
		return Value{}, err
	}
	if r.jinja {
		return r.string(string(dumper{sorted: true, html: true}.append(nil, a[0], 0)))
	}
	if len(a[0].text) > maxText {
		return Value{}, errText
	}
	return r.string(string(a[0].AppendJSON(nil)))
}

// toString returns what the value prints. In Jinja's mode it is the filter of Airbyte's CDK, which
// writes JSON in triple quotes.
func toString(r *run, a []Value) (Value, error) {
	if a[0].kind == KindString {
		return a[0], nil
	}
	if r.jinja {
		if err := r.spend(a[0].weight()); err != nil {
			return Value{}, err
		}
		return r.string(`"""` + string(dumper{}.append(nil, a[0], 0)) + `"""`)
	}
	s, err := r.text(a[0])
	if err != nil {
		return Value{}, err
	}
	return r.string(s)
}

// urlEncode percent-encodes a text, except /; or the members of a dict, or pairs in a list, as a
// query: a=1&b=2.
func urlEncode(r *run, a []Value) (Value, error) {
	switch a[0].kind {
	case KindDict:
		list, err := pairs(r, a)
		if err != nil {
			return Value{}, err
		}
		return r.query(list)
	case KindList:
		return r.query(a[0])
	}
	text, err := r.text(a[0])
	if err != nil {
		return Value{}, err
	}
	return r.string(percentEncode(text, "/"))
}

func (r *run) query(list Value) (Value, error) {
	items, err := r.items(list)
	if err != nil {
		return Value{}, err
	}
	var parts []string
	for _, item := range items {
		if item.kind != KindList || item.Len() != 2 {
			return Value{}, errors.New("want a text, a dict, or a list of pairs")
		}
		var pair [2]string
		for i := range pair {
			if pair[i], err = r.text(item.Index(i)); err != nil {
				return Value{}, err
			}
		}
		part := percentEncode(pair[0], "") + "=" + percentEncode(pair[1], "")
		parts = append(parts, strings.ReplaceAll(part, "%20", "+"))
		if err := r.spend(len(part)); err != nil {
			return Value{}, err
		}
	}
	return r.string(strings.Join(parts, "&"))
}

// percentEncode is Python's quote: all but letters, digits, _.-~ and the safe characters.
func percentEncode(s, safe string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		case strings.IndexByte("_.-~", c) >= 0 || strings.IndexByte(safe, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
