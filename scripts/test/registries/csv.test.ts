import { assert, describe, it } from "@effect/vitest"
import { readTable } from "../../registries/csv.ts"

describe("readTable", () => {
  it.each([
    ["plain cells", "A,B\n1,2\n", [{ A: "1", B: "2" }]],
    ["lines that end in CRLF", "A,B\r\n1,2\r\n3,4", [{ A: "1", B: "2" }, { A: "3", B: "4" }]],
    ["columns in any order, and others", "B,C,A\n2,3,1", [{ A: "1", B: "2" }]],
    ["empty cells", "A,B\n,\n1,", [{ A: "", B: "" }, { A: "1", B: "" }]],
    ["a comma in quotes", "A,B\n\"1, 2\",3", [{ A: "1, 2", B: "3" }]],
    ["quotes in quotes", "A,B\n\"\"\"1\"\"\",2", [{ A: "\"1\"", B: "2" }]],
    ["a line break in quotes", "A,B\n\"1\n        2\",3", [{ A: "1 2", B: "3" }]]
  ])("reads %s", (_, text, rows) => assert.deepStrictEqual(readTable(text, ["A", "B"]), rows))

  it.each([
    ["nothing", "", /no column A, B/],
    ["an error page", "<html>\n<body>404</body>", /no column A, B/],
    ["a registry of other columns", "A,C\n1,2", /no column B/],
    ["a registry without entries", "A,B\n", /no entry/]
  ])("refuses %s", (_, text, message) => assert.throws(() => readTable(text, ["A", "B"]), message))
})
