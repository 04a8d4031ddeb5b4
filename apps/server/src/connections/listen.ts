/**
 * Binds the address of a listener.
 */
import { Data, Effect } from "effect"
import type { AddressInfo, Server } from "node:net"

/** Cannot bind the address. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly cause: Error
  readonly host: string
  readonly port: number
  /** The names of the variables that set the address. */
  readonly variables: string
}> {
  override get message(): string {
    return `${this.variables}: cannot listen on ${this.host}:${this.port} (${this.cause.message})`
  }
}

export interface Address {
  readonly host: string
  readonly port: number
  /** The names of the variables that set the address, for the error message. */
  readonly variables: string
}

export const bind = (server: Server, { host, port, variables }: Address): Effect.Effect<void, ListenError> =>
  Effect.callback((resume) => {
    const onError = (cause: Error) => resume(Effect.fail(new ListenError({ cause, host, port, variables })))
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

/** Of a server that listens. */
export const urlOf = (scheme: "http" | "https", server: Server): string => {
  const { address, family, port } = server.address() as AddressInfo // not null, because it listens; not a string, because it is no pipe
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`
}
