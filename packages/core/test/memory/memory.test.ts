/**
 * What the memory cache holds of hostile documents is what it counts, so that its bound is one (POSH-CAC-05), and is plain
 * data. Measured in a process of its own, which says what the heap holds.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { makeKinds } from "./kinds.ts"
import type { Measured } from "./memoryProcess.ts"

const kinds = makeKinds(await Effect.runPromise(selfSigned()))

/** Bytes by which a heap differs from itself. */
const noise = 192 * 1_024

describe("the memory cache holds what it counts", { timeout: 600_000 }, () => {
  const measured = new Map<string, Measured>()
  beforeAll(async () => {
    const script = fileURLToPath(new URL("memoryProcess.ts", import.meta.url))
    const child = spawn(process.execPath, ["--expose-gc", script], { stdio: ["ignore", "pipe", "ignore"] })
    let output = ""
    child.stdout.on("data", (chunk) => output += String(chunk))
    await once(child, "close")
    for (const line of output.trim().split("\n")) {
      const found: Measured = JSON.parse(line)
      measured.set(found.name, found)
    }
  }, 600_000)

  it.each(kinds)("$name", ({ code, most = Number.POSITIVE_INFINITY, name }) => {
    const { codes = [], counted = 0, entries = 0, held = 0, made = [] } = measured.get(name) ?? {}
    assert.deepStrictEqual(codes, [code])
    const figures = `${Math.round(held / entries)} bytes an entry, counted as ${Math.round(counted / entries)}`
    assert.isAtMost(held, 2 * counted + noise, figures)
    assert.isAtMost(counted, 2 * held + noise, figures)
    assert.isAtMost(held, most * entries + noise, figures)
    assert.includeMembers(
      ["Array", "Object", "Uint8Array", "ResolveError", "PackedAssociation"],
      [...made],
      "plain data"
    )
  })

  it("all of them together", () => {
    const sum = (of: (one: Measured) => number) => [...measured.values()].reduce((total, one) => total + of(one), 0)
    assert.isAtMost(sum(({ held }) => held), 2 * sum(({ counted }) => counted))
  })
})
