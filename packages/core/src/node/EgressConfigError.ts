/**
 * Why outgoing requests cannot be made as an operator wants them.
 */
import { Data } from "effect"

/** The members of `EgressOptions` that can be wrong. */
export type EgressOptionName = "userAgent" | "extraCa" | "pins" | "connectTo" | "allowNetworks" | "dnsServers" | "proxy"

/** An option cannot be used; `detail` says what is wrong with it. */
export class EgressConfigError extends Data.TaggedError("EgressConfigError")<{
  readonly option: EgressOptionName
  readonly detail: string
}> {
  override get message(): string {
    return `${this.option}: ${this.detail}`
  }
}
