/**
 * What `node:cluster` does not do: the connection that a worker was given and did not take before it died is given to another one.
 * `node:cluster` forgets it; its caller would wait without end, and the parent would keep its file open.
 *
 * **Gotchas**
 *
 * Reads and answers the internal messages of `node:cluster`, which have been the same since Node.js 0.12. Should they change,
 * `test/workers/killed.test.ts` fails.
 */
import type { Worker } from "node:cluster"

interface Closable {
  readonly close: () => void
}

/** `hasOthers`: do other workers listen? If not, nobody can take the connection, and it is closed. */
export const rescueUntaken = ({ process: child }: Worker, hasOthers: () => boolean): void => {
  // One at a time: the next one is given when the last one was taken, or refused.
  const given: { handle: Closable | undefined; seq: unknown } = { handle: undefined, seq: undefined }
  const { send } = child
  Object.assign(child, {
    send: (...args: ReadonlyArray<unknown>) => {
      const [message, handle] = args
      if (isClosable(handle)) Object.assign(given, { handle, seq: seqOf(message) })
      return Reflect.apply(send, child, args)
    }
  })
  // Before `node:cluster` hears of it, which then gives the next one.
  child.prependListener("internalMessage", ({ ack }: { readonly ack?: unknown }) => {
    if (ack !== undefined && ack === given.seq) given.handle = undefined
  })
  const settle = () => {
    const { handle, seq } = given
    given.handle = undefined
    if (handle === undefined) return
    // Without a channel all that the worker said has been read, and `node:cluster` gives it nothing more.
    if (child.connected || !hasOthers()) return handle.close()
    child.emit("internalMessage", { cmd: "NODE_CLUSTER", ack: seq, accepted: false }, undefined)
  }
  // A channel whose worker owes a receipt for a handle never says that it is disconnected.
  child.once("exit", settle).once("disconnect", settle)
}

const seqOf = (message: unknown): unknown =>
  typeof message === "object" && message !== null && "seq" in message ? message.seq : undefined

const isClosable = (handle: unknown): handle is Closable =>
  typeof handle === "object" && handle !== null && "close" in handle && typeof handle.close === "function"
