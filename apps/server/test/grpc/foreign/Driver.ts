/**
 * Speaks to a foreign client. Commands and what comes of them are lines of JSON, with the messages of the calls in their JSON form;
 * what belongs to one call has its `id`.
 */
import { create, type DescMethod, fromJson, type MessageInitShape, type MessageShape, toJson } from "@bufbuild/protobuf"
import { Deferred, Effect } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { pathOf } from "../client.ts"
import { Drivers, type Language } from "./Drivers.ts"

/** A message, or the end of a call, or (of a call with one answer) both. */
export interface Told {
  readonly id: number
  /** Number of the status. Below 0 or 99: the library refused, and sent nothing. */
  readonly status?: number
  readonly text?: string
  readonly message?: never
  readonly reason?: string
  readonly domain?: string
  readonly instance?: string
  readonly field?: string
  readonly retryMs?: number
  readonly challenge?: string
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Names that end in `-bin`, and the octets as hexadecimal digits. */
  readonly binary?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly gzip?: boolean
}

/** A call that is under way. */
export interface Call {
  readonly next: Effect.Effect<Told>
  readonly tell: (command: object) => void
}

export interface Driver {
  readonly begin: (command: object) => Call
  /** A call with one answer; interrupted, it is cancelled. */
  readonly call: <M extends DescMethod>(
    method: M,
    request: MessageInitShape<M["input"]>,
    options?: CallOptions
  ) => Effect.Effect<Told>
  readonly kill: Effect.Effect<void>
}

interface Connection {
  /** As of the service. */
  readonly url: string | undefined
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export const openDriver = Effect.fnUntraced(function*(language: Language, { url = "", ...secure }: Connection) {
  const [program = "", ...args] = (yield* Drivers)[language]
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  child.stdin.on("error", () => undefined)
  const inboxes = new Map<number, ReturnType<typeof makeInbox>>()
  createInterface({ input: child.stdout }).on("line", (line) => {
    const told: Told = JSON.parse(line)
    inboxes.get(told.id)?.put(told)
  })
  const write = (command: object) => void child.stdin.write(`${JSON.stringify({ channel: "only", ...command })}\n`)
  write({ do: "dial", target: new URL(url).host, ...secure })
  let last = 0
  const begin = (command: object): Call => {
    const [id, inbox] = [last += 1, makeInbox()]
    inboxes.set(id, inbox)
    write({ id, ...command })
    return { next: inbox.take, tell: (more) => write({ id, ...more }) }
  }
  return {
    begin,
    call: (method, request, options) =>
      Effect.suspend(() => {
        const call = begin({ do: "call", ...methodOf(method), request: jsonOf(method, request), ...plain(options) })
        return Effect.onInterrupt(call.next, () => Effect.sync(() => call.tell({ do: "cancel" })))
      }),
    kill: Effect.sync(() => void child.kill("SIGKILL"))
  } satisfies Driver as Driver
})

export const methodOf = (method: DescMethod) => ({ method: pathOf(method).slice(1) })

/** A request in the JSON form of its message. */
export const jsonOf = <M extends DescMethod>({ input }: M, request: MessageInitShape<M["input"]>) =>
  toJson(input, create(input, request))

export const messageOf = <M extends DescMethod>({ output }: M, { message }: Told): MessageShape<M["output"]> =>
  fromJson(output, message ?? {}) as MessageShape<M["output"]>

/** Options as they stand in a command. */
export const plain = ({ binary = {}, headers = {}, ...same }: CallOptions = {}) => ({
  ...same,
  headers: Object.entries(headers),
  binary: Object.entries(binary)
})

const makeInbox = () => {
  const [arrived, waiting]: [Array<Told>, Array<Deferred.Deferred<Told>>] = [[], []]
  return {
    put: (told: Told) => {
      const first = waiting.shift()
      if (first === undefined) arrived.push(told)
      else Deferred.doneUnsafe(first, Effect.succeed(told))
    },
    take: Effect.suspend(() => {
      const told = arrived.shift()
      if (told !== undefined) return Effect.succeed(told)
      const deferred = Deferred.makeUnsafe<Told>()
      waiting.push(deferred)
      return Deferred.await(deferred)
    })
  }
}
