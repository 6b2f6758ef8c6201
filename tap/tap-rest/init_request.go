package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/curl"
	"github.com/tap-rest/tap-rest/tap"
)

// readCurl reads a line of curl.
func readCurl(text []byte, in *survey) (*draft.Definition, error) {
	c, remarks, err := curl.Parse(string(text), os.LookupEnv)
	if err != nil {
		return nil, &tap.InputError{Err: fmt.Errorf("init: %w", err)}
	}
	for _, remark := range remarks {
		in.say("curl: %s", remark)
	}
	return readCall(c, remarks, in)
}

// readURL reads a URL, with the headers and the user of the command line.
func readURL(text []byte, in *survey) (*draft.Definition, error) {
	line := []string{"curl", "--url", string(bytes.TrimSpace(text))}
	for _, header := range in.headers {
		line = append(line, "-H", header)
	}
	if in.user != "" {
		line = append(line, "-u", in.user)
	}
	c, remarks, err := curl.ParseWords(line)
	if err != nil {
		return nil, &tap.InputError{Err: fmt.Errorf("init: %w", err)}
	}
	return readCall(c, remarks, in)
}

// readCall makes a definition of one request.
func readCall(c *call.Call, remarks []string, in *survey) (*draft.Definition, error) {
	described := c.Describe()
	in.settings = described.Settings
	d := new(draft.Definition)
	d.Root.Set("version", 1, "").Set("name", described.Name, "")
	call.AppendSettings(&d.Root, described.Settings)
	d.Root.Set("client", described.Client, "")
	stream := new(draft.Map).Set("name", described.Name, "")
	if len(in.streams) > 0 {
		stream.Set("name", in.streams[0], "")
	}
	stream.Entries = append(stream.Entries, described.Stream.Entries...)
	d.Root.Set("streams", []any{stream}, "")
	for _, remark := range remarks {
		d.Left = append(d.Left, "curl: "+remark)
	}
	d.Left = append(d.Left, described.Left...)
	return d, nil
}
