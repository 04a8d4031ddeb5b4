/**
 * What a parent and its workers say to each other. Each message is decoded before it is believed: after an update of the files, a
 * worker that is started anew may be of another version than its parent.
 */
import { readyStates } from "@posh/api"
import { Schema } from "effect"
import { countsLength, gaugesLength } from "../telemetry/samples.ts"

const numbers = <Item extends Schema.Schema<number>>(item: Item, length: number) =>
  Schema.Array(item).check(Schema.isMinLength(length), Schema.isMaxLength(length))

const state = Schema.Literals(readyStates)
const text = (characters: number) => Schema.String.check(Schema.isMaxLength(characters))
const whole = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Characters of a message about a fault. */
export const longestFault = 16_384

/** Characters of the metrics of all workers; there are some 300,000. */
const longestMetrics = 16 * 1024 * 1024

export const ToWorker = Schema.Union([
  /** The first one. Port 0 only where no worker has bound one yet. */
  Schema.TaggedStruct("Start", { worker: whole, workers: whole, port: whole, isPretty: Schema.Boolean }),
  /** Asks for a `Report`, also to see whether the worker responds. */
  Schema.TaggedStruct("Poll", { gauges: Schema.Boolean }),
  /** Answers `Ask`. */
  Schema.TaggedStruct("OverallState", { state }),
  Schema.TaggedStruct("OverallMetrics", { text: text(longestMetrics) })
])
export type ToWorker = typeof ToWorker.Type

export const ToParent = Schema.Union([
  /** Answers questions now. */
  Schema.TaggedStruct("Ready", { url: text(256) }),
  /** Cannot start, because of a fault of its configuration. */
  Schema.TaggedStruct("Failed", { message: text(longestFault) }),
  /** Without counts where the worker has none: it starts, or `POSH_METRICS` is off. */
  Schema.TaggedStruct("Report", {
    state,
    counts: Schema.optionalKey(numbers(Schema.Finite, countsLength)),
    gauges: Schema.optionalKey(numbers(Schema.Number, gaugesLength))
  }),
  /** A caller wants to know of all workers. Has the state of this one. */
  Schema.TaggedStruct("Ask", { what: Schema.Literals(["state", "metrics"]), state }),
  /** So many requests were not answered to the end. */
  Schema.TaggedStruct("Cut", { requests: whole })
])
export type ToParent = typeof ToParent.Type

export const decodeToWorker = Schema.decodeUnknownOption(ToWorker)
export const decodeToParent = Schema.decodeUnknownOption(ToParent)
