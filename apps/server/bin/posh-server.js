#!/usr/bin/env node
// The entry of the published package. Runs on any Node.js, so that an old one says what is missing.
const needed = 24

if (Number(process.versions.node.split(".")[0]) >= needed) {
  await import("../main.js")
} else {
  process.stderr.write(`posh: needs Node.js ${needed} or newer; this is ${process.versions.node}\n`)
  process.exitCode = 1
}
