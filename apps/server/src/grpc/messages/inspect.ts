/**
 * Refuses a message that consists of more parts than a request can have, before it is decoded.
 */
import type { DescMessage } from "@bufbuild/protobuf"
import { type Problem, problem } from "@posh/api"
import { structureOf } from "../../service/limits/structure.ts"
import { callLimits } from "../calls/limits.ts"
import { FieldCount, shapeOf } from "./FieldCount.ts"

/** Looks at one message. */
export interface Inspection {
  /** Returns false if it must not be decoded. */
  readonly feed: (octets: Uint8Array) => boolean
  /** It is complete. Returns false if it must not be decoded. */
  readonly finish: () => boolean
}

/** Begins with a message. */
export type Inspect = () => Inspection

export const tooManyParts: Problem = problem("InvalidRequest", "The message has more fields than a request can have.")

/** `fields`: the most of them. */
export const inspectProto = (desc: DescMessage, fields: number): Inspect => {
  const shape = shapeOf(desc)
  return () => {
    const count = new FieldCount(shape, fields)
    return { feed: (octets) => count.feed(octets), finish: () => true }
  }
}

/** The same of JSON, which is looked at as a whole. */
export const inspectJson: Inspect = () => {
  const chunks: Array<Uint8Array> = []
  return {
    feed: (octets) => {
      chunks.push(octets)
      return true
    },
    finish: () => !structureOf(Buffer.concat(chunks)).isOver
  }
}

/** All of a message. Few octets cannot be many parts. */
export const isSimple = (inspect: Inspect, octets: Uint8Array): boolean => {
  if (octets.length <= callLimits.simpleMessage) return true
  const { feed, finish } = inspect()
  return feed(octets) && finish()
}
