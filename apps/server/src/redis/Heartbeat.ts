/**
 * Messages of this process to itself over the channel of changes. That they arrive shows that Redis lets it announce, and
 * delivers what is announced; in a cluster, from node to node.
 */
import { Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import type { ReplyTimeout } from "./ReplyTimeout.ts"

/** `refused`: Redis does not let this process announce. `unknown`: it could not be sent, and nothing follows. */
export type HeartbeatResult = "heard" | "lost" | "refused" | "unknown"

export interface Heartbeat {
  readonly send: Effect.Effect<HeartbeatResult>
  /** One has arrived. */
  readonly heard: () => void
}

export const makeHeartbeat = (
  client: RedisClient,
  channel: string,
  message: string,
  { wait }: ReplyTimeout
): Heartbeat => {
  const waiting = new Set<() => void>()
  const send = Effect.suspend(() => {
    // Before it is sent, because it may arrive before the reply.
    const arrived = new Promise<void>((resolve) => void waiting.add(resolve))
    return Effect.matchEffect(client.send("PUBLISH", channel, message), {
      onFailure: ({ reason }) => Effect.succeed<HeartbeatResult>(reason === "refused" ? "refused" : "unknown"),
      onSuccess: () => Effect.promise<HeartbeatResult>(() => wait(arrived).then(() => "heard", () => "lost"))
    })
  })
  return {
    send,
    heard: () => {
      waiting.forEach((resolve) => resolve())
      waiting.clear()
    }
  }
}
