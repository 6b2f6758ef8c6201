package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
)

// demoCmd reads the sample shop.
type demoCmd struct {
	Serve string `placeholder:"HOST:PORT" help:"Only serve the sample API there, to try definitions with, until a signal comes."`
}

// Run starts the shop's API on loopback, discovers it and reads it out. It
// leaves nothing behind.
func (c *demoCmd) Run(rt *runtime) error {
	if c.Serve != "" {
		return serveShop(rt, c.Serve)
	}
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

// serveShop serves the shop's API until a signal comes.
func serveShop(rt *runtime, address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return &tap.InputError{Err: fmt.Errorf("demo: --serve %s: %w", address, err)}
	}
	server := &http.Server{Handler: apitest.Shop()}
	context.AfterFunc(rt.stop, func() { server.Close() })
	rt.console.say("A sample shop answers at http://%s: /shops, /customers, /orders. It fails now and then, on purpose.", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

func demo(rt *runtime, o tap.Options, url string) error {
	rt.console.say("A sample shop answers at %s. It fails now and then, on purpose.\nDiscovery, as by --discover:", url)
	streams, err := tap.Discover(rt.stop, o)
	if err != nil {
		return printed(rt, err)
	}
	for _, s := range streams {
		fields := "no fields"
		var document struct{ Properties map[string]any }
		if json.Unmarshal(s.Schema, &document) == nil {
			fields = fmt.Sprintf("%d fields", len(document.Properties))
		}
		rt.console.say("  %-10s %s, key %v, %s %s", s.Name, fields, s.KeyProperties, s.ReplicationMethod, s.ReplicationKey)
	}
	rt.console.say("A full sync; its messages go to stdout:")
	return syncStreams(rt, o)
}
