package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/golang/protobuf/proto"
	posh "posh/v1"
)

// `count` calls of `Verify`, `parallel` at a time, by the client that protoc made.
func repeat(c *call) error {
	request := &posh.VerifyRequest{}
	if err := parse(c.Request, request); err != nil {
		return err
	}
	client := posh.NewVerificationServiceClient(c.channel)
	left, valid := int32(c.Count), int32(0)
	return inParallel(c.Parallel, func(int) error {
		for atomic.AddInt32(&left, -1) >= 0 {
			response, err := client.Verify(c.ctx, request, c.options()...)
			if err != nil {
				return err
			}
			if response.Answer.Valid {
				atomic.AddInt32(&valid, 1)
			}
		}
		return nil
	}, func() {
		tellCount(c.Id, map[string]int{"valid": int(valid), "dials": int(atomic.LoadInt32(&c.dials))})
	})
}

// `count` streams, of which none ends before each has the results of its first half of questions.
func manyStreams(c *call) error {
	asked := &posh.VerifyStreamRequest{}
	if err := parse(c.Request, asked); err != nil {
		return err
	}
	client := posh.NewVerificationServiceClient(c.channel)
	var half sync.WaitGroup
	half.Add(c.Count)
	own := int32(0)
	return inParallel(c.Count, func(number int) error {
		opened, err := client.VerifyStream(c.ctx)
		if err != nil {
			half.Done()
			return err
		}
		ask := func(from, to int) error {
			for turn := from; turn < to; turn++ {
				if err := opened.Send(withId(asked, fmt.Sprintf("%d.%d", number, turn))); err != nil {
					return err
				}
			}
			for turn := from; turn < to; turn++ {
				response, err := opened.Recv()
				if err != nil {
					return err
				}
				stream, id := -1, -1
				fmt.Sscanf(response.Result.GetId(), "%d.%d", &stream, &id)
				if stream == number && id >= from && id < to && response.Result.GetAnswer().GetValid() {
					atomic.AddInt32(&own, 1)
				}
			}
			return nil
		}
		err = ask(0, c.Each)
		half.Done()
		if err != nil {
			return err
		}
		half.Wait()
		if err := ask(c.Each, 2*c.Each); err != nil {
			return err
		}
		opened.CloseSend()
		if _, err = opened.Recv(); err != io.EOF {
			return fmt.Errorf("not the end: %v", err)
		}
		return nil
	}, func() {
		tellCount(c.Id, map[string]int{"own": int(own), "dials": int(atomic.LoadInt32(&c.dials))})
	})
}

// Sends `count` questions and reads nothing until it is told to; then everything.
func stall(c *call) error {
	asked := &posh.VerifyStreamRequest{}
	if err := parse(c.Request, asked); err != nil {
		return err
	}
	opened, err := posh.NewVerificationServiceClient(c.channel).VerifyStream(c.ctx)
	if err != nil {
		return err
	}
	sent := int32(0)
	go func() {
		for turn := 0; turn < c.Count; turn++ {
			if opened.Send(withId(asked, fmt.Sprint(turn))) != nil {
				return
			}
			atomic.AddInt32(&sent, 1)
		}
		opened.CloseSend()
	}()
	<-c.resumed
	before := int(atomic.LoadInt32(&sent))
	ids := map[string]bool{}
	for {
		response, err := opened.Recv()
		if err == io.EOF {
			tellCount(c.Id, map[string]int{"sentBefore": before, "results": len(ids)})
			return nil
		}
		if err != nil {
			return err
		}
		ids[response.Result.GetId()] = true
	}
}

func withId(asked *posh.VerifyStreamRequest, id string) *posh.VerifyStreamRequest {
	own := proto.Clone(asked).(*posh.VerifyStreamRequest)
	own.Request.Id = &id
	return own
}

// The first failure, or `done`.
func inParallel(count int, work func(int) error, done func()) error {
	failures := make(chan error, count)
	for number := 0; number < count; number++ {
		go func(number int) { failures <- work(number) }(number)
	}
	var first error
	for number := 0; number < count; number++ {
		if err := <-failures; err != nil && first == nil {
			first = err
		}
	}
	if first == nil {
		done()
	}
	return first
}
