package main

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"sync/atomic"
	"time"
)

const (
	pingBytes = 64
	pingMark  = 0x50
	bulkMark  = 0x42
)

// The accepting side of every work; the works in JavaScript explain each.
func serve(t task) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	check(err)
	say(fields{"event": "listening", "address": listener.Addr().String()})
	conn, err := listener.Accept()
	check(err)
	s := newSession(t.Peer, conn, true)
	handle := handlerOf(t)
	for {
		stream, err := s.accept()
		if err != nil {
			return
		}
		go handle(stream)
	}
}

func handlerOf(t task) func(io.ReadWriteCloser) {
	switch t.Work {
	case "bulk", "many", "small":
		sink := &sink{sizes: t.Sizes}
		return sink.handle
	case "beside-bulk":
		both := &both{}
		return both.handle
	}
	return echo
}

func echo(stream io.ReadWriteCloser) {
	defer stream.Close()
	buffer := make([]byte, 64)
	for {
		n, err := stream.Read(buffer)
		if err != nil {
			return
		}
		if _, err := stream.Write(buffer[:n]); err != nil {
			return
		}
	}
}

type sink struct {
	sizes     sizes
	total     int64
	rampAt    int64
	rampBytes int64
}

func (s *sink) handle(stream io.ReadWriteCloser) {
	defer stream.Close()
	buffer := make([]byte, 65536)
	expected := s.sizes.WritesPerStream * s.sizes.BytesPerWrite
	for received := 0; received < expected; {
		n, err := stream.Read(buffer)
		check(err)
		first, last := byteAt(received%s.sizes.BytesPerWrite), byteAt((received+n-1)%s.sizes.BytesPerWrite)
		if buffer[0] != first || buffer[n-1] != last {
			check(errors.New("wrong bytes"))
		}
		received += n
		total := atomic.AddInt64(&s.total, int64(n))
		if total >= s.sizes.RampBytes && atomic.CompareAndSwapInt64(&s.rampAt, 0, time.Now().UnixNano()) {
			atomic.StoreInt64(&s.rampBytes, total)
		}
	}
	receipt := make([]byte, 16)
	if at := atomic.LoadInt64(&s.rampAt); at != 0 {
		putFloat(receipt, float64(time.Now().UnixNano()-at)/1e6)
		putFloat(receipt[8:], float64(atomic.LoadInt64(&s.total)-atomic.LoadInt64(&s.rampBytes)))
	}
	_, err := stream.Write(receipt)
	check(err)
	// The other side closes first, so that the receipt is read.
	_, _ = stream.Read(buffer)
}

type both struct{ bulk int64 }

func (b *both) handle(stream io.ReadWriteCloser) {
	defer stream.Close()
	buffer := make([]byte, 65536)
	isPing, pending := false, 0
	for first := true; ; first = false {
		n, err := stream.Read(buffer)
		if err != nil {
			return
		}
		if first {
			isPing = buffer[0] == pingMark
		}
		if !isPing {
			atomic.AddInt64(&b.bulk, int64(n))
			continue
		}
		for pending += n; pending >= pingBytes; pending -= pingBytes {
			pong := marked(pingBytes, pingMark)
			putFloat(pong[8:], float64(atomic.LoadInt64(&b.bulk)))
			if _, err := stream.Write(pong); err != nil {
				return
			}
		}
	}
}

func byteAt(index int) byte { return byte(index*31 + (index>>8)*7 + 5) }

func marked(length int, mark byte) []byte {
	bytes := make([]byte, length)
	for i := range bytes {
		bytes[i] = mark
	}
	return bytes
}

func putFloat(bytes []byte, value float64) {
	binary.LittleEndian.PutUint64(bytes, math.Float64bits(value))
}

func floatIn(bytes []byte) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(bytes))
}
