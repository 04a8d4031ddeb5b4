/**
 * The response body of a batch as JSON, rendered in portions as the caller reads it.
 */
import type { BatchResult } from "@posh/api"
import { Effect, Result, Stream } from "effect"
import type { BatchItem, BatchItems } from "../../service/answerBatch.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import type { InTurn, Pieces } from "../../service/limits/Turns.ts"

/** Complete if one portion suffices; otherwise a stream that renders the next portion when it is pulled. */
export type BatchText = string | Stream.Stream<Uint8Array>

/** Renders the first portion, and the others in time slices of their own. The answers are JSON text already. */
export const renderBatch = (inTurn: InTurn, { next, size }: BatchItems<string>): Pieces<BatchText> => {
  /** Text of the results from `start` on, and the start of the next portion. */
  const portion = (start: number): Pieces<readonly [text: string, end: number]> =>
    function*() {
      let text = start === 0 ? `{"results":[` : ""
      let end = start
      while (end < size && text.length < callerBounds.portion) {
        text += end === 0 ? renderItem(next()) : `,${renderItem(next())}`
        end += 1
        yield
      }
      return end < size ? [text, end] : [`${text}]}`, end]
    }
  return function*() {
    const [first, second] = yield* portion(0)()
    if (second >= size) return first
    const rest = Stream.unfold(second, (start) =>
      start >= size
        ? Effect.succeed(undefined)
        : Effect.map(inTurn(portion(start)), ([text, end]) => [Buffer.from(text), end] as const))
    return Stream.concat(Stream.succeed(Buffer.from(first)), rest)
  }
}

const renderItem = ({ answer, id }: BatchItem<string>): string => {
  if (Result.isSuccess(answer)) {
    return `{${id === undefined ? "" : `"id":${JSON.stringify(id)},`}"answer":${answer.success}}`
  }
  const result: BatchResult = { ...(id === undefined ? {} : { id }), problem: answer.failure }
  return JSON.stringify(result)
}
