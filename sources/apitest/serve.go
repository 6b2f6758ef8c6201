package apitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
)

var (
	_ http.RoundTripper = (*API)(nil)
	_ http.Handler      = (*API)(nil)
)

// RoundTrip answers without a socket. What goes wrong on the wire comes back as
// net/http's client would report it: an error from RoundTrip where there is no
// answer, from the body's Read where it breaks off. All waits are timers that
// end with the request's context; nothing runs on after the body was closed.
func (a *API) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	ctx := r.Context()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	x, err := a.exchange(r)
	if err != nil {
		return nil, err
	}
	if err := x.begin(ctx); err != nil {
		return nil, err
	}
	return x.answer.response(r), nil
}

// response wraps the answer for a client.
func (a *answer) response(r *http.Request) *http.Response {
	maps.DeleteFunc(a.header, func(_ string, v []string) bool { return len(v) == 0 })
	res := &http.Response{
		Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header,
		Body:          a.wire(r.Context()),
		ContentLength: a.length(),
		Request:       r,
	}
	if a.chunked {
		res.ContentLength = -1
		res.TransferEncoding = []string{"chunked"}
		return res
	}
	a.header.Set("Content-Length", strconv.FormatInt(a.length(), 10))
	return res
}

// ServeHTTP answers over a connection. It panics with [http.ErrAbortHandler]
// where the answer breaks off, as net/http's server wants it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	x, err := a.exchange(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if err := x.begin(ctx); err != nil {
		sever(w, err)
		return
	}
	body := x.answer.wire(ctx)
	defer body.Close()
	x.answer.head(w)
	if err := pump(w, body); err != nil {
		sever(w, err)
	}
}

// head sends the status line and the headers.
func (a *answer) head(w http.ResponseWriter) {
	h := w.Header()
	maps.Copy(h, a.header)
	if !a.chunked {
		h.Set("Content-Length", strconv.FormatInt(a.length(), 10))
	}
	w.WriteHeader(a.status)
	if a.chunked || a.piece > 0 || a.ending != whole {
		flush(w)
	}
}

// pump sends the body until it ends; the error is how, nil for whole.
func pump(w http.ResponseWriter, body *wire) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		if body.piece > 0 || body.ending != whole {
			flush(w)
		}
	}
}

// flush sends what is written so far. A writer that cannot is one that keeps all
// of it, in a test.
func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// sever breaks the connection, by a reset if that is what err says.
func sever(w http.ResponseWriter, err error) {
	h, ok := w.(http.Hijacker)
	if !ok || !errors.Is(err, syscall.ECONNRESET) {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // closing then resets
	}
	conn.Close()
}

// Start serves the API on a free port of 127.0.0.1. stop ends it, with all
// requests that still hang, and returns when nothing runs any more.
func (a *API) Start() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen on loopback: %w", err)
	}
	var running sync.WaitGroup
	srv := &http.Server{
		Handler:  a,
		ErrorLog: log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew: // on Serve's goroutine, so before Wait can end
				running.Add(1)
			case http.StateClosed, http.StateHijacked:
				running.Done()
			}
		},
	}
	running.Go(func() {
		srv.Serve(l) // always ErrServerClosed, after stop
	})
	stop = sync.OnceFunc(func() {
		srv.Close()
		running.Wait()
	})
	return "http://" + l.Addr().String(), stop, nil
}
