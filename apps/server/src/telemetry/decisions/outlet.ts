/**
 * What a path names: a file, or a named pipe whose reader comes and goes. Opening and writing never wait for a reader.
 */
import { Result } from "effect"
import { constants, openSync } from "node:fs"
import { open, stat } from "node:fs/promises"
import { Socket } from "node:net"

export interface Outlet {
  /** Does a reader see only what is written from now on? Then nothing before it can be torn. */
  readonly isNew: boolean
  readonly write: (lines: Uint8Array) => Promise<void>
  readonly close: () => Promise<void>
}

/** Only owner and group may read: the log names domains and callers. */
const mode = 0o640

// A named pipe without a reader would be waited for without end; with O_NONBLOCK it is ENXIO. A file does not mind.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK

/** `unread` is a named pipe that nobody reads now. */
export const openOutlet = (path: string): Promise<Outlet | "unread"> =>
  stat(path).then((found) => found.isFIFO(), () => false).then((isPipe) => isPipe ? openPipe(path) : openFile(path))

const openFile = (path: string): Promise<Outlet> =>
  open(path, flags | constants.O_CREAT, mode).then((file) => ({
    isNew: false,
    write: (lines) => file.appendFile(lines),
    close: () => file.close()
  }))

/** The socket waits for room in the pipe without a thread, and fails a write when the last reader has gone. */
const openPipe = (path: string): Outlet | "unread" => {
  const fd = Result.try({ try: () => openSync(path, flags), catch: (cause) => cause as NodeJS.ErrnoException })
  if (Result.isFailure(fd) && fd.failure.code === "ENXIO") return "unread"
  const socket = new Socket({ fd: Result.getOrThrow(fd), readable: false, writable: true })
  socket.on("error", () => undefined) // the write tells
  return {
    isNew: true,
    // One after the other: Node.js would join writes that wait.
    write: (lines) =>
      atomicWrites(lines).reduce((before, octets) => before.then(() => writeTo(socket, octets)), Promise.resolve()),
    close: () => Promise.resolve(void socket.destroy())
  }
}

const writeTo = (socket: Socket, octets: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(octets, (cause) => cause === undefined || cause === null ? resolve() : reject(cause))
  })

/** Octets that the system writes to a pipe without those of other processes in between (PIPE_BUF of Linux, pipe(7)). */
const pipeBuf = 4_096

/** Whole lines, as many as the system writes at once; a longer line stands alone. */
export const atomicWrites = (lines: Uint8Array): ReadonlyArray<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  let start = 0
  while (start < lines.length) {
    const fitting = lines.lastIndexOf(lineFeed, start + pipeBuf - 1) + 1
    const whole = fitting > start ? fitting : lines.indexOf(lineFeed, start) + 1
    const end = lines.length - start <= pipeBuf || whole === 0 ? lines.length : whole
    parts.push(lines.subarray(start, end))
    start = end
  }
  return parts
}

const lineFeed = 0x0a
