/**
 * Asks the one resolver that is trusted to validate DNSSEC (POSH-PRF-20). This is the interface; the implementations are in
 * `../../node/dns`.
 */
import { Context, Data, type Effect } from "effect"
import { withPrintable } from "../../encoding/quote.ts"
import type { DnsMessage, DnsQuestion } from "./DnsMessage.ts"

interface DnsTransportErrorFields {
  /** For a person; bounded and escaped, without text from the network (POSH-SEC-14). */
  readonly detail: string
}

/** There is no answer. */
export class DnsTransportError extends Data.TaggedError("DnsTransportError")<DnsTransportErrorFields> {
  constructor(fields: DnsTransportErrorFields) {
    super(withPrintable(fields, "detail"))
  }

  override get message(): string {
    return this.detail
  }
}

export class DnsTransport extends Context.Service<DnsTransport, {
  /**
   * One query and the whole answer to it.
   *
   * **Details**
   *
   * The answer came from the resolver, over a channel that nobody else can write to, so its AD bit counts. It can still
   * report a failure (`rcode`). Interruption ends the query.
   */
  readonly exchange: (question: DnsQuestion) => Effect.Effect<DnsMessage, DnsTransportError>
}>()("posh/DnsTransport") {}
