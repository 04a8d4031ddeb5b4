/** The folders of the server, and what is refused of them. */
import { assert, describe, it } from "@effect/vitest"
import type { SourceFile } from "../rules/files.ts"
import { checkServerFolders, serverFolderBreaches } from "../rules/serverFolders.ts"

const file = (path: string, ...imported: ReadonlyArray<string>): SourceFile => ({
  path: `apps/server/src/${path}`,
  text: imported.map((specifier) => `import { x } from "${specifier}"\n`).join("")
})

describe("the folders of the server", () => {
  it("know what they may", () => assert.deepStrictEqual(checkServerFolders(), []))

  const planted: ReadonlyArray<
    readonly [name: string, files: ReadonlyArray<SourceFile>, breaches: ReadonlyArray<string>]
  > = [
    ["service may know config", [file("service/A.ts", "../config/B.ts", "effect"), file("config/B.ts")], []],
    ["http may know service", [file("http/A.ts", "../service/B.ts", "node:http"), file("service/B.ts")], []],
    [
      "service imports http",
      [file("service/A.ts", "../http/B.ts"), file("http/B.ts")],
      ["service/A.ts: must not reach apps/server/src/http/B.ts"]
    ],
    [
      "service imports a type of http",
      [
        { path: "apps/server/src/service/limits/A.ts", text: `import type {\n  X,\n  Y\n} from "../../http/B.ts"\n` },
        file("http/B.ts")
      ],
      ["service/limits/A.ts: must not reach apps/server/src/http/B.ts"]
    ],
    [
      "service loads http when it runs",
      [
        { path: "apps/server/src/service/A.ts", text: `const load = () => import("../http/B.ts")\n` },
        file("http/B.ts")
      ],
      ["service/A.ts: must not reach apps/server/src/http/B.ts"]
    ],
    [
      "service reaches http by a detour, through a circle",
      [
        file("service/A.ts", "../telemetry/B.ts"),
        file("telemetry/B.ts", "../service/A.ts", "../routes.ts"),
        file("routes.ts", "./http/C.ts"),
        file("http/C.ts")
      ],
      [
        "service/A.ts: must not reach apps/server/src/telemetry/B.ts -> apps/server/src/routes.ts -> apps/server/src/http/C.ts",
        "telemetry/B.ts: must not reach apps/server/src/routes.ts -> apps/server/src/http/C.ts",
        "routes.ts: must not reach apps/server/src/http/C.ts"
      ]
    ],
    [
      "service imports grpc",
      [file("service/A.ts", "../grpc/B.ts")],
      ["service/A.ts: must not reach apps/server/src/grpc/B.ts"]
    ],
    ...["node:http", "node:https", "node:http2", "node:net", "node:tls", "effect/http", "effect/http/HttpRouter"].map(
      (name): readonly [string, ReadonlyArray<SourceFile>, ReadonlyArray<string>] => [
        `service imports ${name}`,
        [file("service/A.ts", name)],
        [`service/A.ts: must not import ${name}`]
      ]
    ),
    [
      "access imports http",
      [file("access/A.ts", "../http/B.ts")],
      ["access/A.ts: must not reach apps/server/src/http/B.ts"]
    ],
    ["one transport imports the other", [file("grpc/A.ts", "../http/B.ts"), file("http/B.ts", "../grpc/A.ts")], [
      "grpc/A.ts: must not know apps/server/src/http/B.ts",
      "http/B.ts: must not know apps/server/src/grpc/A.ts"
    ]],
    [
      "process imports config",
      [file("process/A.ts", "../config/B.ts")],
      ["process/A.ts: must not know apps/server/src/config/B.ts"]
    ]
  ]
  it.each(planted)(
    "%s",
    (_, files, breaches) =>
      assert.deepStrictEqual(serverFolderBreaches(files), breaches.map((breach) => `apps/server/src/${breach}`))
  )
})
