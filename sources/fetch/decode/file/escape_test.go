package file

import (
	"encoding/json"
	"testing"
)

func TestAppendEscaped(t *testing.T) {
	var all []byte
	for c := range 0x80 {
		all = append(all, byte(c))
	}
	for _, text := range []string{"", "plain", "ä\u2028\x7f", string(all), `"`, "a\"b\\c\n"} {
		var got string
		quoted := append(AppendEscaped([]byte{'"'}, []byte(text)), '"')
		if err := json.Unmarshal(quoted, &got); err != nil || got != text {
			t.Errorf("%q became %s, which is %q: %v", text, quoted, got, err)
		}
	}
}
