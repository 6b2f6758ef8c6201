package rows

import "testing"

// TestAppendKey: one value is written in one way.
func TestAppendKey(t *testing.T) {
	for _, tt := range []struct{ record, want string }{
		{`{"id":1}`, `{"id":1}`}, {`{"id":1.0}`, `{"id":1}`}, {`{"id":1e0}`, `{"id":1}`}, {`{"id":10E-1}`, `{"id":1}`}, {`{"id":-0.0}`, `{"id":0}`},
		{`{"id":-0}`, `{"id":0}`}, {`{"id":1.50}`, `{"id":1.5}`}, {`{"id":15e-1}`, `{"id":1.5}`}, {`{"id":0.001}`, `{"id":0.001}`}, {`{"id":1e-3}`, `{"id":0.001}`},
		{`{"id":12345678901234567890123}`, `{"id":12345678901234567890123}`}, {`{"id":1.2345678901234567890123e22}`, `{"id":12345678901234567890123}`},
		{`{"id":1e400}`, `{"id":1e400}`}, {`{"id":10e399}`, `{"id":1e400}`}, {`{"id":1e-400}`, `{"id":1e-400}`}, {`{"id":-1E2}`, `{"id":-100}`},
		{`{"id":"1"}`, `{"id":"1"}`}, {`{"id":"\u00e9\/\u0041"}`, `{"id":"é/A"}`}, {`{"id":"a\"\\\n"}`, `{"id":"a\"\\\u000a"}`}, {`{"id":true}`, `{"id":true}`},
		{`{"id":null}`, ``}, {`{}`, ``}, {`{"id":[1]}`, ``}, {`{"id":{"a":1}}`, ``},
	} {
		got, ok := appendKey(nil, []byte(tt.record), []string{"id"})
		if !ok {
			got = nil
		}
		if string(got) != tt.want {
			t.Errorf("%s: got %s, want %s", tt.record, got, tt.want)
		}
	}
	got, _ := appendKey(nil, []byte(`{"b":2,"a":1}`), []string{"a", "b"})
	if string(got) != `{"a":1,"b":2}` {
		t.Errorf("got %s", got)
	}
	record := []byte(`{"id":12,"name":"x"}`)
	n := &KeyNoter{Keys: []string{"id", "name"}}
	dst, _ := n.Note(nil, record, nil)
	if allocs := testing.AllocsPerRun(100, func() { dst, _ = n.Note(dst[:0], record, nil) }); allocs > 0 {
		t.Errorf("a note allocates %v times", allocs)
	}
}
