/**
 * For who puts a verifier behind a service: callers with budgets, questions that are traced, and what is counted.
 */

// What a caller may still cost others
export { CallerBudget, type CallerBudgetShape } from "./question/CallerBudget.ts"

// The certificate of a question, read before the question
export { parsePresented } from "./presented/parsePresented.ts"

// What to count and to time
export { type FetchPhase, ResolutionObserver, type ResolutionObserverShape } from "./cache/ResolutionObserver.ts"
export { type FetchCode, fetchCodes } from "./fetch/Fetcher.ts"

// Spans for the stages of a question
export { currentStage, spanned, type StageTracer, untraced } from "./question/StageTracer.ts"

// Time that no correction of the wall clock extends
export { makeSteadyClock, monotonicMsOf } from "./question/Stamp.ts"

// Where JSON text is at fault
export { parseJson } from "./encoding/json.ts"

// Text of strangers, bounded and escaped
export { printable } from "./encoding/quote.ts"
export { messageCharacters } from "./Limits.ts"
