package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

const mebibyte = 1 << 20

var errWrongBytes = errors.New("wrong bytes came back")

// The dialing side of every work.
func run(t task) {
	conn, err := net.Dial("tcp4", t.Address)
	check(err)
	s := newSession(t.Peer, conn, false)
	switch t.Work {
	case "bulk", "many":
		bytes, elapsed := transfer(s, t.Sizes)
		report("throughput", bytes/mebibyte/elapsed.Seconds())
	case "small":
		_, elapsed := transfer(s, t.Sizes)
		report("rate", float64(t.Sizes.WritesPerStream)/elapsed.Seconds())
	case "churn":
		churn(s, t.Sizes)
	case "latency":
		latency(s, t.Sizes)
	case "beside-bulk":
		besideBulk(s, t.Sizes)
	case "dial":
		dials(s, t.Sizes)
	case "memory":
		openMany(s, t)
	}
}

func transfer(s session, z sizes) (float64, time.Duration) {
	payload := make([]byte, z.BytesPerWrite)
	for i := range payload {
		payload[i] = byteAt(i)
	}
	receipts := make(chan []byte, z.Streams)
	startedAt := time.Now()
	for i := 0; i < z.Streams; i++ {
		stream := opened(s)
		go func() {
			for i := 0; i < z.WritesPerStream; i++ {
				_, err := stream.Write(payload)
				check(err)
			}
			receipts <- readFull(stream, 16)
			stream.Close()
		}()
	}
	bytes, elapsed := -1.0, 0.0
	for i := 0; i < z.Streams; i++ {
		receipt := <-receipts
		if count := floatIn(receipt[8:]); count > bytes {
			bytes, elapsed = count, floatIn(receipt)
		}
	}
	if z.RampBytes == 0 {
		return float64(z.Streams * z.WritesPerStream * z.BytesPerWrite), time.Since(startedAt)
	}
	return bytes, time.Duration(elapsed * float64(time.Millisecond))
}

func churn(s session, z sizes) {
	var next, sum int64
	var all sync.WaitGroup
	startedAt := time.Now()
	for i := 0; i < z.AtOnce; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				number := atomic.AddInt64(&next, 1) - 1
				if number >= int64(z.Streams) {
					return
				}
				stream := opened(s)
				atomic.AddInt64(&sum, exchange(stream, number, 32))
				end(s, stream)
				progress(float64(number) / float64(z.Streams))
			}
		}()
	}
	all.Wait()
	if n := int64(z.Streams); sum != n*(n-1)/2 {
		check(errWrongBytes)
	}
	report("rate", float64(z.Streams)/time.Since(startedAt).Seconds())
}

func latency(s session, z sizes) {
	stream := opened(s)
	times := make([]float64, z.Pings)
	for i := -z.WarmUp; i < z.Pings; i++ {
		startedAt := time.Now()
		ping(stream)
		if i >= 0 {
			times[i] = microseconds(time.Since(startedAt))
		}
	}
	reportPercentiles(times)
}

func besideBulk(s session, z sizes) {
	bulk, pings := opened(s), opened(s)
	go func() {
		for payload := marked(65536, bulkMark); ; {
			_, err := bulk.Write(payload)
			check(err)
		}
	}()
	for ping(pings) < float64(z.RampBytes) {
	}
	first := ping(pings)
	last, times, startedAt := first, []float64{}, time.Now()
	for len(times) < z.Pings && float64(time.Since(startedAt).Milliseconds()) < z.MaxMs {
		sentAt := time.Now()
		last = ping(pings)
		times = append(times, microseconds(time.Since(sentAt)))
	}
	elapsed := time.Since(startedAt)
	reportPercentiles(times)
	report("bulk meanwhile", (last-first)/mebibyte/elapsed.Seconds())
}

func dials(s session, z sizes) {
	times := make([]float64, z.Dials)
	for i := -z.WarmUp; i < z.Dials; i++ {
		startedAt := time.Now()
		stream := opened(s)
		_, err := stream.Write([]byte{byte(i)})
		check(err)
		readFull(stream, 1)
		if i >= 0 {
			times[i] = microseconds(time.Since(startedAt))
		}
		end(s, stream)
	}
	reportPercentiles(times)
}

func openMany(s session, t task) {
	before := memory()
	var streams []io.ReadWriteCloser
	var elapsed time.Duration
	most := math.Max(10, float64(t.MaxOpenStreams)*t.Sizes.Scale)
	for _, count := range t.Sizes.Stages {
		if float64(count) > most {
			break
		}
		startedAt := time.Now()
		streams = openUpTo(s, streams, count)
		elapsed += time.Since(startedAt)
		now, n, at := memory(), float64(count), countText(count)
		report("client at "+at, (now.Client-before.Client)/n)
		report("server at "+at, (now.Server-before.Server)/n)
		report("time to "+at, elapsed.Seconds())
	}
}

func openUpTo(s session, streams []io.ReadWriteCloser, count int) []io.ReadWriteCloser {
	const atOnce = 1000
	first := len(streams)
	streams = append(streams, make([]io.ReadWriteCloser, count-first)...)
	next := int64(first)
	var all sync.WaitGroup
	for i := 0; i < atOnce; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				number := atomic.AddInt64(&next, 1) - 1
				if number >= int64(count) {
					return
				}
				stream := opened(s)
				if exchange(stream, number, 16) != number {
					check(errWrongBytes)
				}
				streams[number] = stream
				progress(float64(number) / float64(count))
			}
		}()
	}
	all.Wait()
	return streams
}

func opened(s session) io.ReadWriteCloser {
	stream, err := s.open()
	check(err)
	return stream
}

// Closes, and waits until the other side has closed, if that is visible.
func end(s session, stream io.ReadWriteCloser) {
	check(stream.Close())
	if !s.hasHalfClose() {
		return
	}
	if _, err := stream.Read(make([]byte, 1)); err != io.EOF {
		check(errWrongBytes)
	}
}

func exchange(stream io.ReadWriteCloser, number int64, length int) int64 {
	payload := make([]byte, length)
	putFloat(payload, float64(number))
	_, err := stream.Write(payload)
	check(err)
	return int64(floatIn(readFull(stream, length)))
}

// Returns the number in the pong.
func ping(stream io.ReadWriteCloser) float64 {
	_, err := stream.Write(marked(pingBytes, pingMark))
	check(err)
	pong := readFull(stream, pingBytes)
	if pong[0] != pingMark || pong[pingBytes-1] != pingMark {
		check(errWrongBytes)
	}
	return floatIn(pong[8:])
}

func readFull(stream io.Reader, length int) []byte {
	bytes := make([]byte, length)
	_, err := io.ReadFull(stream, bytes)
	check(err)
	return bytes
}

var toldAt int64

func progress(done float64) {
	now, before := time.Now().UnixMilli(), atomic.LoadInt64(&toldAt)
	if now-before >= 100 && atomic.CompareAndSwapInt64(&toldAt, before, now) {
		say(fields{"event": "progress", "done": done})
	}
}

func reportPercentiles(times []float64) {
	sort.Float64s(times)
	report("p50", percentile(times, 0.5))
	report("p99", percentile(times, 0.99))
}

// The value that this fraction of the sorted times does not exceed (nearest rank).
func percentile(times []float64, fraction float64) float64 {
	return times[int(math.Max(0, math.Ceil(float64(len(times))*fraction)-1))]
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func countText(count int) string {
	switch {
	case count >= 1e6:
		return fmt.Sprintf("%vM", float64(count)/1e6)
	case count >= 1e3:
		return fmt.Sprintf("%vk", float64(count)/1e3)
	}
	return fmt.Sprint(count)
}
