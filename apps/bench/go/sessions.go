package main

import (
	"io"
	"net"
	"time"

	"github.com/hashicorp/yamux"
	"github.com/xtaci/smux"
)

const windowBytes = 1 << 20

// A multiplexer, as the works see it.
type session interface {
	open() (io.ReadWriteCloser, error)
	accept() (io.ReadWriteCloser, error)
	// Whether Close ends one direction only, so that a work can wait for the other side's end.
	hasHalfClose() bool
}

func newSession(peer string, conn net.Conn, isServer bool) session {
	if peer == "go-smux" {
		return newSmux(conn, isServer)
	}
	return newYamux(conn, isServer)
}

type yamuxSession struct{ *yamux.Session }

func newYamux(conn net.Conn, isServer bool) session {
	config := yamux.DefaultConfig()
	config.MaxStreamWindowSize = windowBytes
	config.AcceptBacklog = 4096
	config.ConnectionWriteTimeout = time.Minute
	config.LogOutput = io.Discard
	start := yamux.Client
	if isServer {
		start = yamux.Server
	}
	s, err := start(conn, config)
	check(err)
	return yamuxSession{s}
}

func (s yamuxSession) open() (io.ReadWriteCloser, error)   { return s.OpenStream() }
func (s yamuxSession) accept() (io.ReadWriteCloser, error) { return s.AcceptStream() }
func (s yamuxSession) hasHalfClose() bool                  { return true }

type smuxSession struct{ *smux.Session }

func newSmux(conn net.Conn, isServer bool) session {
	config := smux.DefaultConfig()
	config.Version = 2
	config.MaxStreamBuffer = windowBytes
	config.MaxReceiveBuffer = 32 * windowBytes
	start := smux.Client
	if isServer {
		start = smux.Server
	}
	s, err := start(conn, config)
	check(err)
	return smuxSession{s}
}

func (s smuxSession) open() (io.ReadWriteCloser, error)   { return s.OpenStream() }
func (s smuxSession) accept() (io.ReadWriteCloser, error) { return s.AcceptStream() }
func (s smuxSession) hasHalfClose() bool                  { return false }
