/**
 * What the rest of the service knows of the listener of gRPC. There is none with `POSH_GRPC_PORT=off`.
 */
import { Context, Effect } from "effect"
import type { Tls } from "../../access/Tls.ts"

export interface GrpcListenerShape {
  /** With the bound port; `undefined` if there is no such listener. */
  readonly url: string | undefined
  /** Tells callers to connect to another replica, and ends streams. Still answers. */
  readonly drain: Effect.Effect<void>
  /** Accepts nothing more, and waits for what is under way, within the drain time. */
  readonly stop: Effect.Effect<void>
  /** Uses other files for new connections. */
  readonly renew: (tls: Tls) => void
}

export const noListener: GrpcListenerShape = {
  url: undefined,
  drain: Effect.void,
  stop: Effect.void,
  renew: () => undefined
}

export const GrpcListener = Context.Reference<GrpcListenerShape>("posh/server/grpc/GrpcListener", {
  defaultValue: () => noListener
})
