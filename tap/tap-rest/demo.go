package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
)

// demoCmd reads the sample shop.
type demoCmd struct{}

// Run starts the shop's API on loopback, discovers it and reads it out. It
// leaves nothing behind.
func (demoCmd) Run(rt *runtime) error {
	url, stop, err := apitest.Shop().Start()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer stop()
	dir, err := os.MkdirTemp("", "tap-rest-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir)
	definition, err := sources.Load("shop")
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]string{"base_url": url})
	if err != nil {
		return err
	}
	input, err := sources.ReadConfig([]sources.ConfigFile{{Name: "demo", Data: config}}, nil)
	if err != nil {
		return err
	}
	o := rt.options()
	o.Definition, o.WorkDir = definition, dir
	if o.Config, err = definition.Configure(input); err != nil {
		return err
	}
	return demo(rt, o, url)
}

func demo(rt *runtime, o tap.Options, url string) error {
	fmt.Fprintf(os.Stderr, "A sample shop answers at %s. It fails now and then, on purpose.\n\n", url)
	streams, err := tap.Discover(rt.stop, o)
	if err != nil {
		return printed(rt, err)
	}
	fmt.Fprintln(os.Stderr, "Discovery, as by --discover:")
	for _, s := range streams {
		fields := "no fields"
		var document struct{ Properties map[string]any }
		if json.Unmarshal(s.Schema, &document) == nil {
			fields = fmt.Sprintf("%d fields", len(document.Properties))
		}
		fmt.Fprintf(os.Stderr, "  %-10s %s, key %v, %s %s\n", s.Name, fields, s.KeyProperties, s.ReplicationMethod, s.ReplicationKey)
	}
	fmt.Fprintf(os.Stderr, "\nA full sync; its messages go to stdout:\n")
	return syncStreams(rt, o)
}
