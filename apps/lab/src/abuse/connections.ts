/**
 * The connections of a hostile caller, from a separate loopback address, until the signal. Bounded in number and in time.
 */
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { postOctets } from "../postOctets.ts"
import type { AttackResult } from "./Attack.ts"

const attacker = "127.0.0.2"

/** Runs on each new connection, until that closes. */
export type Script = (socket: Socket, done: () => void, index: number) => void

/** Keeps a number of connections open; one that closes is reopened. */
export const keep = async (
  port: number,
  connections: number,
  signal: AbortSignal,
  script: Script
): Promise<AttackResult> => {
  let done = 0
  const sockets = new Set<Socket>()
  signal.addEventListener("abort", () => sockets.forEach((socket) => socket.destroy()))
  await Promise.all(Array.from({ length: Math.max(1, connections) }, async (_, index) => {
    await sleep(index / 20) // staggers the connections
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const socket = connect({ port, host: "127.0.0.1", localAddress: attacker })
        sockets.add(socket)
        socket.on("error", () => {})
        socket.once("close", () => {
          sockets.delete(socket)
          resolve()
        })
        socket.once("connect", () => script(socket, () => void (done += 1), index))
      })
      await sleep(20) // no tight loop if connections are refused
    }
  }))
  return { done, faults: [] }
}

export const bearer = (key: string) => `Authorization: Bearer ${key}\r\n`

export const post = (key: string, path: string, body: string | Buffer): Buffer => postOctets(path, body, bearer(key))

/** Sends the next request as soon as the response to the last one begins. */
export const askAgain = (next: () => Buffer): Script => (socket, done) => {
  const send = () => {
    done()
    socket.write(next())
  }
  socket.on("data", send)
  send()
}

/** The same after a pause. */
export const askSlowly = (pauseMs: number, next: () => Buffer): Script => (socket, done) => {
  const send = () => {
    if (socket.destroyed) return
    done()
    socket.write(next())
  }
  socket.on("data", (chunk: Buffer) => chunk.includes("HTTP/1.1 ") && setTimeout(send, pauseMs))
  send()
}

export const trickle = (octets: () => string): Script => (socket, done) => {
  done()
  const timer = setInterval(() => socket.write(octets()), 1_000)
  socket.once("close", () => clearInterval(timer))
  socket.resume()
}

/** Writes as fast as the service reads. */
export const pour = (chunk: Buffer): (socket: Socket) => void => (socket) => {
  const write = () => {
    while (!socket.destroyed && socket.write(chunk)) { /* until the buffer is full */ }
  }
  socket.on("drain", write)
  write()
}

/** Counts up from 1; per worker thread. */
export const counter = (): () => number => {
  let last = 0
  return () => last += 1
}

/** A question about a domain with a fingerprint that no domain publishes. */
export const questionAbout = (domain: string, deadlineMs: number): string =>
  `{"domain":"${domain}","service":"xmpp-server","fingerprint":{"sha-256":"${
    "0".repeat(64)
  }"},"deadlineMs":${deadlineMs}}`
