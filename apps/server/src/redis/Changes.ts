/**
 * Who changed what: the channel by which the processes of a fleet tell each other, so that what one of them replaced or
 * forgot, the others drop from their memory.
 */
import type { Changes } from "@posh/core"
import { Effect, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { openConnection, type RedisClient } from "./Client.ts"
import type { RedisSettings } from "./options.ts"

type Listener = Parameters<Changes["listen"]>[0]

/** Subscribes on a connection of its own, and announces through `client`. */
export const makeChanges = (
  settings: RedisSettings,
  client: RedisClient,
  prefix: string
): Effect.Effect<Changes, never, Scope.Scope> =>
  Effect.gen(function*() {
    const channel = `${prefix}v1:changes`
    const self = randomUUID()
    const listeners = new Set<Listener>()
    const state = { stands: false }
    const tell = (stands: boolean) => {
      if (state.stands === stands) return
      state.stands = stands
      for (const listener of listeners) {
        if (stands) listener.back()
        else listener.lost()
      }
    }

    const connection = yield* openConnection(settings)
    const subscribe = () => void connection.subscribe(channel).then(() => tell(true), () => tell(false))
    const onMessage = (_channel: string, message: string) => {
      const [origin, keyText] = message.split(" ", 2)
      if (origin === self || keyText === undefined) return // what we changed, we know
      for (const listener of listeners) listener.changed(keyText)
    }
    const onGone = () => tell(false)
    // A cluster moves its subscription when a node goes, and does not say what was missed meanwhile.
    const onNodeGone = () => {
      tell(false)
      subscribe()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        connection.on("ready", subscribe).on("close", onGone).on("end", onGone).on("-node", onNodeGone)
        connection.on("message", onMessage)
        if (connection.status === "ready") subscribe()
      }),
      () =>
        Effect.sync(() => {
          connection.off("ready", subscribe).off("close", onGone).off("end", onGone).off("-node", onNodeGone)
          connection.off("message", onMessage)
        })
    )

    return {
      announce: ({ text }) => Effect.ignore(client.send("PUBLISH", channel, `${self} ${text}`)),
      listen: (listener) =>
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => {
            listeners.add(listener)
            if (state.stands) listener.back()
          }),
          () => Effect.sync(() => listeners.delete(listener))
        ))
    }
  })
