// One process of a measurement for peers in Go. Tasks, messages and commands are those of the processes in
// JavaScript (src/protocol.ts).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

type sizes struct {
	Streams         int     `json:"streams"`
	WritesPerStream int     `json:"writesPerStream"`
	BytesPerWrite   int     `json:"bytesPerWrite"`
	RampBytes       int64   `json:"rampBytes"`
	AtOnce          int     `json:"atOnce"`
	Pings           int     `json:"pings"`
	WarmUp          int     `json:"warmUp"`
	MaxMs           float64 `json:"maxMs"`
	Dials           int     `json:"dials"`
	Stages          []int   `json:"stages"`
	Scale           float64 `json:"scale"`
}

type task struct {
	Side           string `json:"side"`
	Peer           string `json:"peer"`
	Work           string `json:"work"`
	Sizes          sizes  `json:"sizes"`
	Address        string `json:"address"`
	MaxOpenStreams int    `json:"maxOpenStreams"`
}

type command struct {
	Do     string  `json:"do"`
	Client float64 `json:"client"`
	Server float64 `json:"server"`
}

type fields map[string]interface{}

var (
	sayLock  sync.Mutex
	memories = make(chan command)
)

func main() {
	var t task
	check(json.Unmarshal([]byte(os.Args[1]), &t))
	go obey()
	if t.Side == "server" {
		serve(t)
		return
	}
	run(t)
	say(fields{"event": "done"})
	select {}
}

func obey() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		check(json.Unmarshal(lines.Bytes(), &c))
		if c.Do == "memory" {
			memories <- c
			continue
		}
		debug.FreeOSMemory()
		say(fields{"event": "rss", "bytes": residentBytes()})
	}
	os.Exit(0)
}

func memory() command {
	say(fields{"event": "memory"})
	return <-memories
}

// The second number of statm is the resident set, in pages; see proc(5).
func residentBytes() int {
	statm, err := os.ReadFile("/proc/self/statm")
	check(err)
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	check(err)
	return pages * os.Getpagesize()
}

func report(metric string, value float64) {
	say(fields{"event": "value", "metric": metric, "value": value})
}

func say(message fields) {
	line, _ := json.Marshal(message)
	sayLock.Lock()
	defer sayLock.Unlock()
	fmt.Println(string(line))
}

func check(err error) {
	if err == nil {
		return
	}
	say(fields{"event": "failed", "message": err.Error()})
	os.Exit(1)
}
