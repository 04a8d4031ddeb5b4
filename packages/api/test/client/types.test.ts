/** The plain types of the client are those of the contract: this file does not compile otherwise. */
import { assert, it } from "@effect/vitest"
import type { ClientAnswer, ClientQuestion } from "../../src/client/index.ts"
import type { Answer, Question } from "../../src/index.ts"

type Wire<Q> = Omit<Q, "certificate" | "chain">
const isAnswer = (answer: Answer): ClientAnswer => answer
const isWholeAnswer = (answer: Omit<ClientAnswer, "evidence">): Omit<Answer, "evidence"> => answer
const isQuestion = (question: Question): ClientQuestion => question
const isWholeQuestion = (question: Wire<ClientQuestion>): Wire<Question> => question
const keys = <A, B>(same: [keyof A, keyof B] extends [keyof B, keyof A] ? true : false) => same

it("the client's types have the members of the contract's", () => {
  assert.isTrue(keys<Answer, ClientAnswer>(true))
  assert.isTrue(keys<Question, ClientQuestion>(true))
  for (const check of [isAnswer, isWholeAnswer, isQuestion, isWholeQuestion]) assert.isFunction(check)
})
