/**
 * A minimal client of the Redis protocol (RESP2) for controlling a server: one connection, some commands, their
 * replies. A client library is not used: its pools, retries and queues are under test.
 */
import { Data, Effect } from "effect"
import { connect } from "node:net"

/** An error inside an array is its text. */
export type Reply = string | number | null | ReadonlyArray<Reply>

/** Binary values are octets; everything else is UTF-8. */
export type Argument = string | Uint8Array

/** `refused`: the server replied with an error, as `MOVED 866 127.0.0.1:7000`. `unreachable`: there was no reply. */
export class RedisError extends Data.TaggedError("RedisError")<{
  readonly reason: "refused" | "unreachable"
  readonly message: string
}> {}

/** Time-out of a reply, milliseconds; a paused server exceeds it. */
const REPLY_TIMEOUT = 5_000

/** Sends commands over one connection to a Unix socket. Returns the last reply; fails if any reply is an error. */
export const send = (
  path: string,
  commands: ReadonlyArray<ReadonlyArray<Argument>>
): Effect.Effect<Reply, RedisError> =>
  Effect.callback((resume) => {
    const socket = connect(path)
    const state = { pending: Buffer.alloc(0) }
    const end = (outcome: Effect.Effect<Reply, RedisError>) => {
      socket.destroy()
      resume(outcome)
    }
    const fail = (message: string) => end(Effect.fail(new RedisError({ reason: "unreachable", message })))
    socket.setTimeout(REPLY_TIMEOUT, () => fail(`no answer within ${REPLY_TIMEOUT} ms`))
    socket.on("error", ({ message }) => fail(message))
    socket.on("close", () => fail("closed without an answer"))
    socket.on("data", (octets: Buffer) => {
      state.pending = Buffer.concat([state.pending, octets])
      const replies = repliesIn(state.pending)
      const refused = replies.find((reply) => reply instanceof RedisError)
      const last = replies[commands.length - 1]
      if (refused !== undefined) end(Effect.fail(refused))
      if (last !== undefined && !(last instanceof RedisError)) end(Effect.succeed(last))
    })
    socket.write(Buffer.concat(commands.map(encode)))
    return Effect.sync(() => socket.destroy())
  })

const encode = (command: ReadonlyArray<Argument>): Buffer =>
  Buffer.concat([
    Buffer.from(`*${command.length}\r\n`),
    ...command.flatMap((argument) => {
      const octets = typeof argument === "string" ? Buffer.from(argument) : argument
      return [Buffer.from(`$${octets.length}\r\n`), octets, Buffer.from("\r\n")]
    })
  ])

interface Parsed {
  readonly reply: Reply | RedisError
  readonly end: number
}

/** The complete replies so far. */
const repliesIn = (octets: Buffer): ReadonlyArray<Reply | RedisError> => {
  const replies: Array<Reply | RedisError> = []
  for (let next = parse(octets, 0); next !== undefined; next = parse(octets, next.end)) replies.push(next.reply)
  return replies
}

const parse = (octets: Buffer, start: number): Parsed | undefined => {
  const lineEnd = octets.indexOf("\r\n", start)
  if (lineEnd < 0) return undefined
  const line = octets.toString("utf8", start + 1, lineEnd)
  const end = lineEnd + 2
  switch (String.fromCharCode(octets[start] ?? 0)) {
    case "-":
      return { reply: new RedisError({ reason: "refused", message: line }), end }
    case ":":
      return { reply: Number(line), end }
    case "$":
      return parseBulk(octets, Number(line), end)
    case "*":
      return parseArray(octets, Number(line), end)
    default:
      return { reply: line, end }
  }
}

const parseBulk = (octets: Buffer, length: number, start: number): Parsed | undefined => {
  if (length < 0) return { reply: null, end: start }
  const end = start + length
  return octets.length < end + 2 ? undefined : { reply: octets.toString("utf8", start, end), end: end + 2 }
}

const parseArray = (octets: Buffer, length: number, start: number): Parsed | undefined => {
  if (length < 0) return { reply: null, end: start }
  const elements: Array<Reply> = []
  let end = start
  while (elements.length < length) {
    const element = parse(octets, end)
    if (element === undefined) return undefined
    elements.push(element.reply instanceof RedisError ? element.reply.message : element.reply)
    end = element.end
  }
  return { reply: elements, end }
}
