package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/styles"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// token is the token that the sample shop asks for.
const token = styles.Secret

// Cmd reads the sample shop.
type Cmd struct {
	Serve  bool   `help:"Only serve the sample API, to try definitions with, until a signal comes: a shop that wants the token s3cret, and the same orders in the styles of API that the cookbook reads. Its root lists them, with a line for curl each."`
	Listen string `placeholder:"HOST:PORT" default:"127.0.0.1:8025" help:"Where --serve serves it."`

	Address string `arg:"" optional:"" hidden:"" help:"The same, behind --serve."`
}

// Run starts the shop's API on loopback, discovers it and reads it out. It
// leaves nothing behind.
func (c *Cmd) Run(rt *program.Runtime) error {
	switch {
	case c.Serve:
		return serveStyles(rt, cmp.Or(c.Address, c.Listen))
	case c.Address != "":
		return &tap.InputError{Err: fmt.Errorf("demo: unexpected argument %s: it takes none but for --serve", c.Address)}
	}
	var calls callLog
	url, stop, err := apitest.Shop(apitest.RequireBearer(token), apitest.Before(calls.arrived)).Start()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer stop()
	dir, err := os.MkdirTemp("", "tap-rest-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := tellShop(rt, url); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	config := shopConfig(url)
	if err := discoverShop(rt, dir, config); err != nil {
		return err
	}
	return killAndGoOn(rt, dir, config, &calls)
}

// shopConfig is the config of a run that reads the shop.
func shopConfig(url string) []byte {
	// One stream at a time: the call before the one that is never answered is
	// recorded then, whatever else the machine does.
	config, err := json.Marshal(map[string]any{"source": "shop", "base_url": url, "token": token, "run": map[string]int{"concurrency": 1}})
	if err != nil {
		panic(err) // it is text
	}
	return config
}

// serveStyles serves the shop's API, and one in each style of the cookbook, until a
// signal comes.
func serveStyles(rt *program.Runtime, address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return &tap.InputError{Err: fmt.Errorf("demo: nothing can be served at %s: %w (--listen HOST:PORT names another place)", address, err)}
	}
	mux := http.NewServeMux()
	mux.Handle("/", apitest.Shop(apitest.RequireBearer(token)))
	styles.Mount(mux)
	server := &http.Server{Handler: mux}
	context.AfterFunc(rt.Stop, func() { server.Close() })
	rt.Console.Say("A sample shop answers at http://%s: /shops, /customers, /orders. It wants the token %s, and fails now and then, on purpose.",
		l.Addr(), token)
	rt.Console.Say("http://%s/ lists %d styles of API that answer there too, with a line for curl each.", l.Addr(), len(styles.All()))
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// tellShop says where the shop is, and what it answers without a token.
func tellShop(rt *program.Runtime, url string) error {
	answer, err := http.Get(url + "/shops")
	if err != nil {
		return err
	}
	answer.Body.Close()
	rt.Console.Say("A sample shop answers at %s. It wants a token (without it: %s), and fails now and then, on purpose.", url, answer.Status)
	return nil
}

// discoverShop says what there is to read. What it infers is kept for the runs
// that have their state in dir.
func discoverShop(rt *program.Runtime, dir string, settings []byte) error {
	input, err := config.Read([]config.File{{Name: "demo", Data: settings}}, nil)
	if err != nil {
		return err
	}
	o := rt.OptionsIn(filepath.Join(dir, "tap-rest"))
	if o.Definition, err = input.Definition(); err != nil {
		return err
	}
	if o.Config, err = input.Configure(o.Definition); err != nil {
		return err
	}
	rt.Console.Say("Discovery, as by --discover:")
	streams, err := tap.Discover(rt.Stop, o)
	if err != nil {
		return rt.Printed(err)
	}
	for _, s := range streams {
		fields := "no fields"
		var document struct{ Properties map[string]any }
		if json.Unmarshal(s.Schema, &document) == nil {
			fields = report.Numbered(int64(len(document.Properties)), "%s field[|s]")
		}
		rt.Console.Say("  %-10s %s, key %v, %s %s", s.Name, fields, s.KeyProperties, s.ReplicationMethod, s.ReplicationKey)
	}
	return nil
}
