/**
 * One command to Redis and its reply, by callback and as an effect. Imports no Redis library: it may not be loaded.
 */
import { Effect, type Result } from "effect"
import type { RedisError } from "./RedisError.ts"

export type Argument = string | number | Buffer

/** Bulk strings arrive as buffers. */
export type Reply = null | number | string | Buffer | ReadonlyArray<Reply>

/** Sends one command, and hands on its result, once. */
export type CallCommand = (
  command: string,
  args: ReadonlyArray<Argument>,
  done: (reply: Result.Result<Reply, RedisError>) => void
) => void

/** Sends one command. */
export type SendCommand = (command: string, ...args: ReadonlyArray<Argument>) => Effect.Effect<Reply, RedisError>

export const sendBy = (call: CallCommand): SendCommand => (command, ...args) =>
  Effect.callback((resume) => call(command, args, (reply) => resume(Effect.fromResult(reply))))
