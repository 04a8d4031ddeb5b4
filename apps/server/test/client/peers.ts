/** Clients that need no service, and how a connection with one ends. */
import { assert } from "@effect/vitest"
import type { ClientAnswer, PromiseClient } from "@posh/api/client"
import { type PeerOptions, secureConnect, type SecureConnectCode, SecureConnectError } from "@posh/api/client/node"
import { Effect } from "effect"
import type { TLSSocket } from "node:tls"

export const identity = { domain: "hosted.example", service: "xmpp-server" } as const
export type Client = Pick<PromiseClient, "verify">

export const codeOf = (options: object, client: Client, more: object = {}) =>
  Effect.promise(() =>
    secureConnect(options as PeerOptions, { ...identity, client, ...more }).then(
      () => "connected" as const,
      (error: unknown): SecureConnectCode => {
        assert.instanceOf(error, SecureConnectError)
        return (error as SecureConnectError).code
      }
    )
  )

export const unused: Client = { verify: () => Promise.reject(new Error("the service is asked")) }
export const silent: Client = { verify: () => new Promise(() => undefined) }
export const answering = (answer: Partial<ClientAnswer>): Client => ({
  verify: () => Promise.resolve({ kind: "answer", answer: { message: "x", ...answer } as ClientAnswer })
})

/** What comes, until it is as long as `text`. */
export const read = (socket: TLSSocket, text: string) =>
  Effect.callback<string>((resume) => {
    let read = ""
    socket.on("data", (data: Buffer) => {
      read += String(data)
      if (read.length >= text.length) resume(Effect.succeed(read))
    })
  })
