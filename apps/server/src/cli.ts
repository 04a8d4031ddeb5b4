/**
 * The command line: what the entry loads where there are arguments. Settings are variables of the environment; there are
 * arguments only for what runs once.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { CliConfig, Command, Flag, GlobalFlag } from "effect/cli"
import { checkConfig } from "./checkConfig.ts"
import { productVersion } from "./process/version.ts"
import { start, teardown } from "./start.ts"

const flags = {
  checkConfig: Flag.Boolean("check-config").pipe(
    Flag.withDescription(
      "Check all variables, and the files that they name, as a start would. Prints OK or every fault; exit code 0 or 1"
    ),
    Flag.withDefault(false)
  )
}

const command = Command.make("posh-server", flags, (given) => given.checkConfig ? checkConfig : start).pipe(
  Command.withDescription(
    "The POSH verification service (RFC 7711). Without arguments it starts, and stops on SIGTERM. All settings are " +
      "variables of the environment: see docs/reference/configuration.md, or --check-config"
  )
)

const only = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

command.pipe(
  Command.run({ version: productVersion }),
  Effect.provide(Layer.merge(NodeServices.layer, only)),
  NodeRuntime.runMain({ teardown, disableErrorReporting: true })
)
