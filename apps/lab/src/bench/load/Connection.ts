/** A keep-alive connection of a generator: raw octets out, and of the answer only what is needed to know its end. */
import { connect, type Socket } from "node:net"

export interface Connection {
  /** One request at a time. */
  readonly ask: (request: Buffer, onAnswer: (isRight: boolean) => void) => void
  readonly close: () => void
}

/** `onError` is called once, if the connection is lost or an answer cannot be read. */
export const openConnection = (
  port: number,
  expect: string,
  onError: (error: Error) => void
): Promise<Connection> =>
  new Promise((resolve) => {
    const socket: Socket = connect(port, "127.0.0.1")
    const expected = Buffer.from(expect)
    let received: Buffer = Buffer.alloc(0)
    let onAnswer: (isRight: boolean) => void = () => undefined
    let isOver = false
    const close = () => {
      isOver = true
      socket.destroy()
    }
    const fail = (error: Error) => {
      if (isOver) return
      close()
      onError(error)
    }
    socket.setNoDelay(true)
    socket.on("error", fail).on("close", () => fail(new Error("connection closed")))
    socket.on("data", (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const end = endOf(received)
      if (end === undefined) return
      if (Number.isNaN(end)) return fail(new Error(`no Content-Length: ${received.toString("latin1")}`))
      if (received.length < end) return
      const isRight = received.toString("latin1", 9, 12) === "200" && received.includes(expected)
      received = Buffer.alloc(0)
      onAnswer(isRight)
    })
    socket.on("connect", () =>
      resolve({
        ask: (request, next) => {
          onAnswer = next
          socket.write(request)
        },
        close
      }))
  })

/** Octets of the first response; `undefined` before its head is complete, NaN if that does not tell. */
const endOf = (received: Buffer): number | undefined => {
  const head = received.indexOf("\r\n\r\n")
  if (head < 0) return undefined
  return head + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(received.toString("latin1", 0, head))?.[1])
}
