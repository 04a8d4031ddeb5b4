import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { firstOpener, unitTests } from "../unitTests.ts"

const test = "packages/core/test/deep/some.test.ts"

const openerOf = (files: Readonly<Record<string, string>>) => firstOpener(test, (path) => files[path])

describe("a test reaches a socket or a process", () => {
  it.each([
    ["by a module of node", `import { createServer } from "node:http"`],
    ["by a child process", `import * as child from "node:child_process"`],
    ["dynamically", `const { Worker } = await import("node:worker_threads")`],
    ["by a server of the fake world", `import { issue, makeOrigins } from "@posh/testing"`],
    ["by one under another name", `import { makeDns as dns } from "@posh/testing"`],
    ["by one from its source", `import { makeDns } from "../../../testing/src/Dns.ts"`],
    ["by a program it installs", `import { ensureInstalled } from "@posh/testing"`],
    ["by the way out", `import {\n  HttpsFetcher,\n  parseProxy\n} from "@posh/core/node"`],
    ["by the whole service", `import { App } from "../../src/App.ts"`],
    ["by a helper", `import { world } from "./world.ts"`]
  ])("%s", (_, text) =>
    assert.isString(openerOf({
      [test]: text,
      "packages/core/test/deep/world.ts": `import "./circle.ts"\nexport { start } from "./start.ts"`,
      "packages/core/test/deep/circle.ts": `import "./world.ts"`,
      "packages/core/test/deep/start.ts": `import { spawn } from "node:child_process"`
    })))

  it.each([
    ["by types", `import type { Server } from "node:http"\nimport { type Socket } from "node:net"`],
    ["by questions about text", `import { BlockList, isIPv6 } from "node:net"`],
    ["by certificates", `import { issue, type Origins } from "@posh/testing"`],
    ["by sources", `import { Resolver } from "../../src/Resolver.ts"`],
    ["by parsers of settings", `import { parseNetworks } from "@posh/core/node"`]
  ])("not %s", (_, text) => assert.isUndefined(openerOf({ [test]: text })))
})

describe("the unit tests of this repository", () => {
  const root = join(import.meta.dirname, "../..")

  it("are most files of the core that start nothing", () => {
    const names = unitTests(root, []).map((path) => path.split("/").at(-1) ?? "")
    for (const name of ["AddressPolicy.test.ts", "openApi.test.ts", "csv.test.ts"]) assert.include(names, name)
    for (const name of ["redis.test.ts", "endToEnd.test.ts", "process.test.ts"]) assert.notInclude(names, name)
    assert.isAbove(names.length, 50)
  })

  it("are fewer by what is excluded", () => {
    const names = unitTests(root, ["packages/core/**", "**/csv.test.ts"])
    assert.isAbove(names.length, 0)
    assert.deepStrictEqual(names.filter((path) => /^packages\/core|csv\.test/.test(path)), [])
  })
})
