/**
 * Header fields that have one value, and are there more than once: servers behind one another both set them.
 */
import { quote } from "../../encoding/quote.ts"
import { type Head, headerValues } from "../../fetch/Fetcher.ts"
import { type Lint, lint } from "../../Lint.ts"

/** A finding for each such field (RFC 9110 §5.3). Whether the response can be used all the same is decided elsewhere. */
export const lintRepeatedFields = (head: Head, path?: string): ReadonlyArray<Lint> =>
  singletons.flatMap((name) => {
    const values = headerValues(head, name)
    return values.length < 2 ? [] : [lint("RepeatedField", "warning", path, `${name}, ${describe(values)}`)]
  })

/** `2 times with one value`, or the values where they differ. */
const describe = (values: ReadonlyArray<string>): string =>
  new Set(values).size === 1
    ? `${values.length} times with one value`
    : `${values.length} times with different values: "${quote(values.join(", "))}"`

/** Those that say something about a document, or for how long it counts. Two of Location are a failure (POSH-RES-62). */
const singletons = ["content-type", "age", "date", "expires", "etag", "last-modified"] as const
